/*
 * An HTTP client that says what it is told to, valid or not, keeps its connections as long as the server does
 * (what one request leaves behind would spoil the next), and may go away in the middle of a body.
 */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';

/** A header as it is written on the wire. */
export type Header = readonly [name: string, value: string];

/** A request, ready to be sent; `Host` and the framing are added unless they are given. */
export interface WireRequest {
  readonly method: string;
  /** The request target, in characters up to U+00FF and without blanks. */
  readonly path: string;
  readonly headers: readonly Header[];
  /** The pieces in which the body is written; none: no body. */
  readonly body?: readonly Uint8Array[] | undefined;
  /** Sends the body in chunks, without a length. */
  readonly chunked?: boolean | undefined;
  /** Breaks the connection after so many bytes of the body. */
  readonly cutAt?: number | undefined;
}

/** An answer, its headers by their lower-case names. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/** How long an answer may take if nothing else is said, in milliseconds. */
const PATIENCE = 20_000;

/** Talks to one server. */
export class WireClient {
  readonly #url: URL;
  readonly #patience: number;
  readonly #agent = new Agent({ keepAlive: true });

  /** `patience` is how long an answer may take, in milliseconds. */
  constructor(url: string, patience: number = PATIENCE) {
    this.#url = new URL(url);
    this.#patience = patience;
  }

  /** The answer; undefined if the request was cut off by itself. Rejects when none comes. */
  async send(wanted: WireRequest): Promise<WireAnswer | undefined> {
    for (;;) {
      const sent = this.#start(wanted);
      try {
        return await exchange(sent, wanted, this.#patience);
      } catch (error) {
        // The server may close an idle connection at the moment when it is used again.
        if (wanted.cutAt !== undefined) return undefined;
        if (!sent.reusedSocket || !isReset(error)) throw error;
      }
    }
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #start({ method, path, headers, body, chunked }: WireRequest): ClientRequest {
    const given = new Set(headers.map(([name]) => name.toLowerCase()));
    const length = (body ?? []).reduce((sum, piece) => sum + piece.length, 0);
    const framing: Header[] = chunked
      ? [['Transfer-Encoding', 'chunked']]
      : body === undefined && !method.startsWith('P')
        ? []
        : [['Content-Length', String(length)]];
    const all: Header[] = [['Host', this.#url.host], ...framing];
    const lines = [...all.filter(([name]) => !given.has(name.toLowerCase())), ...headers];
    const { hostname: host, port } = this.#url;
    return request({ host, port, method, path, agent: this.#agent, headers: lines.flat() });
  }
}

function exchange(
  sent: ClientRequest,
  wanted: WireRequest,
  patience: number,
): Promise<WireAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const { cutAt } = wanted;
    let answered = false;
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${patience} ms`));
      sent.destroy();
    }, patience);
    sent.on('close', () => clearTimeout(timer));
    sent.on('response', (response) => {
      answered = true;
      collect(response).then(resolve, reject);
    });
    // Once there is an answer, the server may well refuse the rest of a body.
    sent.on('error', (error) => answered || reject(error));
    write(sent, wanted.body ?? [], cutAt).then(() => {
      if (cutAt === undefined) return sent.end();
      sent.destroy();
      resolve(undefined);
    }, reject);
  });
}

async function write(
  sent: ClientRequest,
  pieces: readonly Uint8Array[],
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  let left = most;
  if (most < Number.POSITIVE_INFINITY) sent.flushHeaders();
  for (const piece of pieces) {
    if (left <= 0 || sent.destroyed) return;
    await new Promise<void>((done) => {
      // Called also when the connection is gone.
      sent.write(piece.subarray(0, left), () => done());
    });
    left -= piece.length;
  }
}

async function collect(response: IncomingMessage): Promise<WireAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (!response.complete) throw new Error('the answer broke off');
  const headers: Record<string, string[]> = {};
  const raw = response.rawHeaders;
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    headers[name] = [...(headers[name] ?? []), raw[at + 1] ?? ''];
  }
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) };
}

function isReset(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
