import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { BrokenError, RescueError } from './problems.js';

/** Silence after which a connection is given up, in milliseconds. */
const PATIENCE = 60_000;
/** How often a request is sent before it counts as failed, and the first pause between two, in milliseconds. */
const TRIES = 4;
const FIRST_PAUSE = 500;
/** The longest pause that a server may ask for, in milliseconds. */
const LONGEST_PAUSE = 60_000;
const MOST_REDIRECTS = 5;
const MOST_CONNECTIONS = 16;
const USER_AGENT = { 'user-agent': 'hub-v1-rescue' };
/** What a server says when it can't just now. */
const PASSING = new Set([429, 500, 502, 503, 504]);
/** Errors that mean that nobody answers there, now or later. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export interface ConnectionOptions {
  /** Milliseconds; tests set their own. */
  readonly patience?: number | undefined;
  readonly firstPause?: number | undefined;
}

/** A request, and its body if it has one; a body is opened again for each try. */
export interface Question {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: { readonly length: number; open(): Promise<Readable> } | Buffer | undefined;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name; several lines of one name are one value with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where it was answered, after redirects. */
  readonly url: URL;
}

/** An answer whose body is still to come. */
export interface OpenAnswer extends Answer {
  readonly body: Readable;
}

/** An answer with its body. */
export interface WholeAnswer extends Answer {
  readonly bytes: Buffer;
}

/**
 * HTTP to an old registry, which may be slow, busy or cut connections: requests are repeated, silence has
 * an end, and bodies that are held in memory have a bound. What it throws names no password.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });

  constructor(options: ConnectionOptions = {}) {
    this.#options = options;
  }

  /** Sends a request and reads the whole answer. Throws a RescueError, or a BrokenError for a long one. */
  async ask(url: URL, most: number, question: Question = {}): Promise<WholeAnswer> {
    return this.#repeatedly(url, async () => {
      const { body, ...answer } = await this.#follow(url, question);
      return { ...answer, bytes: await readAll(body, most, url) };
    });
  }

  /** Sends a request, and leaves it to the caller to read the body or to destroy it. Throws a RescueError. */
  open(url: URL, question: Question = {}): Promise<OpenAnswer> {
    return this.#repeatedly(url, () => this.#follow(url, question));
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #repeatedly<A extends Answer>(url: URL, attempt: () => Promise<A>): Promise<A> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await attempt().catch((error: NodeJS.ErrnoException) => error);
      const isFailed = outcome instanceof Error;
      if (!isFailed && (!PASSING.has(outcome.status) || tries === TRIES)) return outcome;
      if (isFailed) {
        if (outcome instanceof BrokenError) throw outcome;
        if (tries === TRIES || NOBODY.has(outcome.code ?? '')) throw silent(url, outcome);
      } else if ('body' in outcome) (outcome.body as Readable).destroy();
      const asked = isFailed ? undefined : outcome.headers['retry-after'];
      await wait(this.#pause(tries, asked));
    }
  }

  #pause(tries: number, asked: string | undefined): number {
    const own = (this.#options.firstPause ?? FIRST_PAUSE) * 2 ** (tries - 1);
    const seconds = Number(asked);
    return Number.isFinite(seconds) ? Math.min(Math.max(seconds * 1000, own), LONGEST_PAUSE) : own;
  }

  /** Goes where a GET is sent on to; a login goes nowhere but to the host that it is for. */
  async #follow(first: URL, question: Question): Promise<OpenAnswer> {
    const { method = 'GET' } = question;
    let url = first;
    for (let count = 0; ; count += 1) {
      const { authorization: _, ...open } = question.headers ?? {};
      const headers = url.origin === first.origin ? question.headers : open;
      const response = await this.#send(url, { ...question, headers });
      const { statusCode: status = 0 } = response;
      const location = response.headers.location;
      const isSentOn = [301, 302, 303, 307, 308].includes(status) && location !== undefined;
      if (!isSentOn || !['GET', 'HEAD'].includes(method)) {
        return { status, headers: flat(response), url, body: response };
      }
      response.destroy();
      if (count === MOST_REDIRECTS) throw new BrokenError(`${shown(first)} leads in a circle`);
      url = new URL(location, url);
      if (!/^https?:$/.test(url.protocol)) throw new BrokenError(`${shown(first)} leads elsewhere`);
    }
  }

  async #send(url: URL, { method = 'GET', headers, body }: Question): Promise<IncomingMessage> {
    const source = body === undefined || Buffer.isBuffer(body) ? undefined : await body.open();
    const length = body === undefined ? undefined : { 'content-length': String(body.length) };
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const agent = url.protocol === 'https:' ? this.#https : this.#http;
    return new Promise((resolve, reject) => {
      const request = send(bare(url), {
        method,
        agent,
        headers: { ...USER_AGENT, ...headers, ...length },
      });
      request.setTimeout(this.#options.patience ?? PATIENCE, () => {
        request.destroy(new Error('it has been silent for too long'));
      });
      request.on('error', reject).on('response', resolve);
      request.on('close', () => source?.destroy());
      if (source === undefined) request.end(body);
      else source.on('error', (error) => request.destroy(error)).pipe(request);
    });
  }
}

/** A URL as messages show it: without a password, and without what may be a signature. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function bare(url: URL): URL {
  const without = new URL(url);
  without.username = '';
  without.password = '';
  return without;
}

function flat({ headers }: IncomingMessage): Record<string, string> {
  const lines = Object.entries(headers).map(([name, value = '']) => [name, String(value)] as const);
  return Object.fromEntries(lines);
}

function silent(url: URL, { message }: Error): RescueError {
  return new RescueError(`${url.origin} does not answer: ${message}`);
}

async function readAll(body: Readable, most: number, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new BrokenError(`${shown(url)} has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
