import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as tlsConnect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { OldDockerError, PushStopped } from './errors.js';

/** A header as it is written on the wire, name in its own letter case. */
export type Header = readonly [name: string, value: string];

/** One answer as the client saw it; tests may check each against openapi.yaml. */
export interface Answer {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Each value of a header that came on several lines. */
  lines(name: string): string[];
  readonly body: Buffer;
  /** The connection ended before the whole body had come. */
  readonly cut: boolean;
}

/** One request, its headers complete and in the order in which they are to be written. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body?: Buffer | undefined;
  /** Breaks the connection after so many bytes of the body are sent. */
  readonly cutBodyAfter?: number | undefined;
  /** Breaks the connection after so many bytes of the answer's body have come. */
  readonly cutAnswerAfter?: number | undefined;
}

/** Where the hub is and who wants to see its answers. */
export interface WireOptions {
  /** `127.0.0.1:5000` */
  readonly host: string;
  readonly https?: { readonly ca?: string | Buffer } | undefined;
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
}

/** Go copies bodies in pieces of this size. */
const PIECE = 32 * 1024;

const REQUEST_TIMEOUT = 30_000;

/** A docker waits 5 to 10 s for a TLS handshake; the hub is to close it at once. */
const HELLO_TIMEOUT = 3_000;

/** The socket level of the model: one connection per request, headers exactly as given. */
export class Wire {
  readonly #options: WireOptions;
  readonly #hostname: string;
  readonly #port: number;

  constructor(options: WireOptions) {
    this.#options = options;
    const [hostname = '', port = ''] = options.host.split(/:(?=\d+$)/);
    this.#hostname = hostname;
    this.#port = Number(port || (options.https === undefined ? 80 : 443));
  }

  get host(): string {
    return this.#options.host;
  }

  get scheme(): 'http' | 'https' {
    return this.#options.https === undefined ? 'http' : 'https';
  }

  /** The same wire to another host. */
  at(host: string): Wire {
    return host === this.host ? this : new Wire({ ...this.#options, host });
  }

  /** Sends one request and reads its answer. */
  async send(request: WireRequest): Promise<Answer> {
    const answer = await this.#exchange(request);
    if (!answer.cut) {
      this.#options.onAnswer?.(answer);
    }
    return answer;
  }

  /**
   * Says hello in TLS on the plain port, as every docker does first; the server must close it
   * (clients.md, "Probing a host"). Resolves once it has.
   */
  hello(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = tlsConnect({
        host: this.#hostname,
        port: this.#port,
        rejectUnauthorized: false,
      });
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new OldDockerError(`Get https://${this.host}/v1/_ping: TLS handshake timeout`));
      }, HELLO_TIMEOUT);
      socket.once('secureConnect', () => {
        clearTimeout(timer);
        socket.destroy();
        reject(new OldDockerError(`${this.host} speaks TLS: this model was told it does not`));
      });
      const closed = (): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve();
      };
      socket.on('error', closed);
      socket.on('close', closed);
    });
  }

  #exchange(wanted: WireRequest): Promise<Answer> {
    const { https } = this.#options;
    return new Promise((resolve, reject) => {
      let answered = false;
      const options = {
        host: this.#hostname,
        port: this.#port,
        method: wanted.method,
        path: wanted.path,
        agent: false,
        setHost: false,
      } as const;
      const request =
        https === undefined
          ? httpRequest(options)
          : // A docker takes 127.0.0.0/8 for "insecure" and accepts any certificate there.
            httpsRequest({ ...options, ...https, rejectUnauthorized: https.ca !== undefined });
      setHeaders(request, wanted.headers);
      request.setTimeout(REQUEST_TIMEOUT, () => {
        request.destroy(new OldDockerError(`${wanted.method} ${wanted.path}: i/o timeout`));
      });
      request.on('error', (error) => {
        // A server may answer and close before it has read a whole body: the answer counts.
        if (!answered) {
          reject(error);
        }
      });
      request.once('response', (message) => {
        answered = true;
        readAnswer(wanted, message).then(resolve, reject);
      });
      writeBody(request, wanted).catch(reject);
    });
  }
}

type ClientRequest = ReturnType<typeof httpRequest>;

function setHeaders(request: ClientRequest, headers: readonly Header[]): void {
  for (const [name] of headers) {
    const values = headers.filter(([other]) => other === name).map(([, value]) => value);
    request.setHeader(name, values.length === 1 ? (values[0] ?? '') : values);
  }
  // Go says nothing about the connection when it means to keep it.
  if (!headers.some(([name]) => name === 'Connection')) {
    request.removeHeader('Connection');
  }
}

async function writeBody(request: ClientRequest, wanted: WireRequest): Promise<void> {
  const body = wanted.body ?? Buffer.alloc(0);
  const end = Math.min(wanted.cutBodyAfter ?? body.length, body.length);
  for (let start = 0; start < end && !request.destroyed; start += PIECE) {
    const piece = body.subarray(start, Math.min(start + PIECE, end));
    await new Promise<void>((resolve) => {
      request.once('close', resolve);
      request.write(piece, () => {
        request.off('close', resolve);
        resolve();
      });
    });
  }
  if (wanted.cutBodyAfter !== undefined) {
    request.destroy(new PushStopped(`connection lost after ${end} bytes of ${wanted.path}`));
    return;
  }
  request.end();
}

function readAnswer(wanted: WireRequest, message: IncomingMessage): Promise<Answer> {
  const { cutAnswerAfter } = wanted;
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const finish = (cut: boolean): void => {
      const whole = Buffer.concat(pieces);
      resolve({
        method: wanted.method,
        path: wanted.path,
        status: message.statusCode ?? 0,
        headers: message.headers,
        lines: (name) => message.headersDistinct[name.toLowerCase()] ?? [],
        body: cut ? whole.subarray(0, cutAnswerAfter) : unpack(message, whole),
        cut,
      });
    };
    message.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (cutAnswerAfter !== undefined && length >= cutAnswerAfter) {
        message.removeAllListeners();
        message.on('error', () => undefined);
        message.destroy();
        finish(true);
      }
    });
    message.once('end', () => finish(false));
    message.once('error', () => finish(true));
  });
}

/** Go asks for gzip by itself and then unpacks it unseen. */
function unpack(message: IncomingMessage, body: Buffer): Buffer {
  return message.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
