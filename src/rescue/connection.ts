import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { lookupWithin, type MayReach, requireReach } from './addresses.js';
import { BrokenError, RescueError } from './problems.js';

/** Silence after which a connection is given up, and how long an answer may take to begin, in milliseconds. */
const PATIENCE = 60_000;
/** How long a document may take to come, in milliseconds; layers may take as long as they need. */
const LONGEST_DOCUMENT = 300_000;
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
  readonly longest?: number | undefined;
  readonly firstPause?: number | undefined;
}

/** A request, and its body if it has one; a body is opened again for each try. */
export interface Question {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: { readonly length: number; open(): Promise<Readable> } | Buffer | undefined;
  /** Where it may go, also after redirects; without it anywhere. */
  readonly mayReach?: MayReach | undefined;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name; several lines of one name are one value with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where it was answered, after redirects. */
  readonly url: URL;
  /** The IP address that answered, where it is known. */
  readonly address: string | undefined;
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
      const longest = this.#options.longest ?? LONGEST_DOCUMENT;
      return { ...answer, bytes: await readAll(body, { most, longest, url }) };
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
        if (outcome instanceof BrokenError || outcome instanceof RescueError) throw outcome;
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

  /** Goes where a GET is sent on to; a login goes to the origin that it is for, and no further. */
  async #follow(first: URL, question: Question): Promise<OpenAnswer> {
    const { method = 'GET' } = question;
    const { authorization: _, ...open } = question.headers ?? {};
    let { headers } = question;
    let url = first;
    for (let count = 0; ; count += 1) {
      if (url.origin !== first.origin) headers = open;
      const response = await this.#send(url, { ...question, headers });
      const { statusCode: status = 0 } = response;
      const location = response.headers.location;
      const isSentOn = [301, 302, 303, 307, 308].includes(status) && location !== undefined;
      if (!isSentOn || !['GET', 'HEAD'].includes(method)) {
        const address = response.socket.remoteAddress;
        return { status, headers: flat(response), url, address, body: response };
      }
      response.destroy();
      if (count === MOST_REDIRECTS) throw new BrokenError(`${shown(first)} leads in a circle`);
      url = new URL(location, url);
      if (!/^https?:$/.test(url.protocol)) throw new BrokenError(`${shown(first)} leads elsewhere`);
    }
  }

  async #send(url: URL, question: Question): Promise<IncomingMessage> {
    const { method = 'GET', headers, body, mayReach } = question;
    if (mayReach !== undefined) requireReach(mayReach, url);
    const source = body === undefined || Buffer.isBuffer(body) ? undefined : await body.open();
    const length = body === undefined ? undefined : { 'content-length': String(body.length) };
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const pool = url.protocol === 'https:' ? this.#https : this.#http;
    // A connection that is kept may have been made to anywhere.
    const way =
      mayReach === undefined ? { agent: pool } : { agent: false, lookup: lookupWithin(mayReach) };
    const patience = this.#options.patience ?? PATIENCE;
    return new Promise((resolve, reject) => {
      const request = send(bare(url), {
        ...way,
        method,
        headers: { ...USER_AGENT, ...headers, ...length },
      });
      limit(request, patience);
      request.on('error', reject).on('response', resolve);
      request.on('close', () => source?.destroy());
      if (source === undefined) request.end(body);
      else source.on('error', (error) => request.destroy(error)).pipe(request);
    });
  }
}

/**
 * Gives a request up after silence, or when it has been sent and its answer does not begin: a server that drips the bytes
 * of a header is never silent.
 */
function limit(request: ClientRequest, patience: number): void {
  const giveUp = () => void request.destroy(new Error('it has been silent for too long'));
  request.setTimeout(patience, giveUp);
  let late: NodeJS.Timeout | undefined;
  const begin = () => {
    late = setTimeout(giveUp, patience);
  };
  request.once('finish', begin);
  request.once('response', () => {
    request.off('finish', begin);
    clearTimeout(late);
  });
  request.once('close', () => clearTimeout(late));
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

/** How much a document may have, in bytes, and how long it may take, in milliseconds. */
interface Bounds {
  readonly most: number;
  readonly longest: number;
  readonly url: URL;
}

async function readAll(body: Readable, { most, longest, url }: Bounds): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const late = setTimeout(() => {
    body.destroy(new RescueError(`${shown(url)} has not ended after ${longest / 1000} s`));
  }, longest);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > most) throw new BrokenError(`${shown(url)} has more than ${most} bytes`);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks);
}
