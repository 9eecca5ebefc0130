import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request of the bench; a body of several parts is sent in chunks, as docker sends a layer. */
export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Iterable<Uint8Array>;
}

export interface Answer {
  readonly status: number;
  /** As they came, name by name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A client as an old docker is one: each request has a connection of its own. Or, with `keepAlive`, as one of today:
 * what comes after the other goes over the same connection.
 */
export class Client {
  readonly #url: string;
  readonly #agent: Agent | false;

  constructor(url: string, { keepAlive = false } = {}) {
    this.#url = url;
    this.#agent = keepAlive && new Agent({ keepAlive: true });
  }

  /** Ends connections that were kept. */
  close(): void {
    if (this.#agent !== false) this.#agent.destroy();
  }

  /** The whole answer. Throws where its status is not among `expected`. */
  async call(call: Call, expected: readonly number[] = [200]): Promise<Answer> {
    const response = await this.#send(call);
    const parts: Buffer[] = [];
    for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    if (!expected.includes(response.statusCode ?? 0)) {
      throw new Error(`${call.method ?? 'GET'} ${call.path}: ${response.statusCode} ${body}`);
    }
    return { status: response.statusCode ?? 0, headers: namedHeaders(response), body };
  }

  /**
   * Reads a long body and forgets it; tells how long it was. A slow reader rests after each part, for so
   * many milliseconds.
   */
  async download(path: string, rest = 0, headers: Call['headers'] = {}): Promise<number> {
    let length = 0;
    const response = await this.#send({ path, headers });
    for await (const part of response as AsyncIterable<Buffer>) {
      length += part.length;
      if (rest > 0) await sleep(rest);
    }
    return length;
  }

  #send({ method = 'GET', path, headers = {}, body = '' }: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, this.#url), { method, headers, agent: this.#agent });
      outgoing.on('response', resolve).on('error', reject);
      if (typeof body === 'string' || body instanceof Uint8Array) outgoing.end(body);
      else pipeline(Readable.from(body), outgoing).catch(reject);
    });
  }
}

/** `Authorization: Basic …` */
export function basic(username: string, password: string): { Authorization: string } {
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  return { Authorization: `Basic ${pair}` };
}

function namedHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers[rawHeaders[at] ?? ''] = rawHeaders[at + 1] ?? '';
  }
  return headers;
}
