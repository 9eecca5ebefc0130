/* The connections of a client of today: headers as they are given, each answer held against openapi.yaml. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { checkAnswer } from '../contract.js';

export type Header = readonly [name: string, value: string];

export interface Request {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body?: Buffer | undefined;
}

export interface Answer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Go copies bodies in pieces of this size. */
const PIECE = 32 * 1024;
/** Milliseconds; nothing that a test asks for takes as long. */
const LONGEST = 30_000;

export class Wire {
  /** `METHOD path` of all that was asked. */
  readonly lines: string[] = [];
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, { closes }: { readonly closes: boolean }) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: !closes });
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  close(): void {
    this.#agent.destroy();
  }

  async send({ method, path, headers, body }: Request): Promise<Answer> {
    this.lines.push(`${method} ${path}`);
    const answer = await new Promise<Answer>((resolve, reject) => {
      const asked = httpRequest({
        agent: this.#agent,
        host: '127.0.0.1',
        port: this.#port,
        method,
        path,
        headers: headers.flat(),
        timeout: LONGEST,
      });
      asked.once('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)));
      asked.once('error', reject);
      asked.once('response', (message) => {
        const { statusCode: status = 0, headers: said } = message;
        buffer(message).then(
          (bytes) => resolve({ method, path, status, headers: said, body: bytes }),
          reject,
        );
      });
      for (let at = 0; at < (body?.length ?? 0); at += PIECE) {
        asked.write(body?.subarray(at, at + PIECE));
      }
      asked.end();
    });
    checkAnswer(answer);
    return answer;
  }

  /** Says hello in TLS on the plain port, and resolves to whether anything came back before the end (v2.md §0.5). */
  hello(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port, rejectUnauthorized: false });
      socket.setTimeout(LONGEST, () => socket.destroy(new Error('TLS handshake timeout')));
      socket.once('secureConnect', () => {
        socket.destroy();
        reject(new Error('The hub speaks TLS'));
      });
      // An answer that is not TLS is an error of SSL; a connection that ends without a byte is one of the socket.
      socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
        resolve(code.startsWith('ERR_SSL'));
      });
    });
  }
}
