import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { piecesOf, watched, writeBody } from './bodies.js';
import { OldDockerError } from './errors.js';
import { type Address, addressOf, type Route } from './hosts.js';
import type { Answer, Header, OpenAnswer, WireRequest } from './messages.js';

/** Where the hub is, and observers of requests and answers. */
export interface WireOptions extends Route {
  /** `127.0.0.1:5000` */
  readonly host: string;
  /** Goes on in TLS where the host turns out to speak it. */
  readonly discoversTls?: boolean;
  /** Sees each answer whole; layers are then kept in memory, so this is for tests. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
  /** Sees each request before it goes out, and holds it back until it is done. */
  readonly onRequest?: ((request: WireRequest, address: Address) => Promise<void>) | undefined;
  /** Is given each connection before it is made. */
  readonly onConnection?: ((socket: Socket) => void) | undefined;
}

const REQUEST_TIMEOUT = 30_000;

/** A docker waits 5 to 10 s for a TLS handshake; the hub is to close it at once. */
const HELLO_TIMEOUT = 3_000;

/** No answer but a layer is larger than this, in bytes. */
const LARGEST_ANSWER = 32 * 1024 * 1024;

/** The socket level: one connection per request, headers exactly as given. */
export class Wire {
  readonly #options: WireOptions;
  #address: Address;
  #isDiscovered = false;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#address = addressOf(options.host, options);
  }

  get host(): string {
    return this.#options.host;
  }

  /** The scheme that docker believes it speaks. */
  get scheme(): 'http' | 'https' {
    return this.#address.scheme;
  }

  /** The same wire to another host. */
  at(host: string): Wire {
    if (host === this.host) return this;
    const https = this.#options.https ?? (this.#isDiscovered ? {} : undefined);
    return new Wire({ ...this.#options, https, host });
  }

  /** Sends one request and reads its answer. */
  async send(request: WireRequest): Promise<Answer> {
    const answer = await this.#begin(request);
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of answer.pieces) {
      length += piece.length;
      if (length > LARGEST_ANSWER) {
        throw new OldDockerError(`${request.method} ${request.path}: the answer is too large`);
      }
      pieces.push(piece);
    }
    const whole = { ...answer, body: Buffer.concat(pieces) };
    this.#options.onAnswer?.(whole);
    return whole;
  }

  /** Sends one request; its answer's body is read piece by piece. */
  async open(request: WireRequest): Promise<OpenAnswer> {
    const answer = await this.#begin(request);
    const { onAnswer } = this.#options;
    return onAnswer === undefined ? answer : { ...answer, pieces: watched(answer, onAnswer) };
  }

  /**
   * Says hello in TLS on the plain port, as every docker does first; the server must close it
   * (clients.md, "Probing a host"). Resolves once it has.
   */
  hello(): Promise<void> {
    const { hostname, port } = this.#address;
    if (this.#isDiscovered) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const socket = tlsConnect({ host: hostname, port, rejectUnauthorized: false });
      this.#options.onConnection?.(socket);
      const end = (): void => {
        clearTimeout(timer);
        socket.destroy();
      };
      const timer = setTimeout(() => {
        end();
        reject(new OldDockerError(`Get https://${this.host}/v1/_ping: TLS handshake timeout`));
      }, HELLO_TIMEOUT);
      socket.once('secureConnect', () => {
        end();
        if (this.#options.discoversTls !== true) {
          reject(new SpeaksTls(this.host));
          return;
        }
        this.#isDiscovered = true;
        this.#address = addressOf(this.host, { ...this.#options, https: {} });
        resolve();
      });
      const closed = (): void => {
        end();
        resolve();
      };
      socket.on('error', closed);
      socket.on('close', closed);
    });
  }

  async #begin(wanted: WireRequest): Promise<OpenAnswer> {
    await this.#options.onRequest?.(wanted, this.#address);
    const message = await this.#exchange(wanted);
    return {
      method: wanted.method,
      path: wanted.path,
      status: message.statusCode ?? 0,
      headers: message.headers,
      lines: (name) => message.headersDistinct[name.toLowerCase()] ?? [],
      pieces: piecesOf(message, wanted.cutAnswerAfter),
    };
  }

  #exchange(wanted: WireRequest): Promise<IncomingMessage> {
    const { hostname, port, tls } = this.#address;
    return new Promise((resolve, reject) => {
      let answered = false;
      const options = {
        host: hostname,
        port,
        method: wanted.method,
        path: wanted.path,
        agent: false,
        setHost: false,
      } as const;
      const request =
        tls === undefined
          ? httpRequest(options)
          : // A docker takes 127.0.0.0/8 for "insecure" and accepts any certificate there.
            httpsRequest({ ...options, ...tls, rejectUnauthorized: isVerified(hostname, tls.ca) });
      request.once('socket', (socket) => this.#options.onConnection?.(socket));
      setHeaders(request, wanted.headers);
      request.setTimeout(REQUEST_TIMEOUT, () => {
        request.destroy(new OldDockerError(`${wanted.method} ${wanted.path}: i/o timeout`));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A server may answer and close before it has read a whole body: the answer counts.
        if (!answered) {
          reject(error);
        }
      });
      request.once('response', (message) => {
        answered = true;
        resolve(message);
      });
      writeBody(request, wanted).catch((error: unknown) => {
        request.destroy();
        reject(error);
      });
    });
  }
}

function isVerified(hostname: string, ca: string | Buffer | undefined): boolean {
  return ca !== undefined || !(hostname === 'localhost' || hostname.startsWith('127.'));
}

/** The host answered a TLS hello: it is to be spoken to over https. */
export class SpeaksTls extends OldDockerError {
  override readonly name = 'SpeaksTls';

  constructor(host: string) {
    super(`${host} speaks TLS: this docker was told that it does not`);
  }
}

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
