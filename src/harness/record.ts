import type { Exchange, SeenBody } from '../wire/exchange.js';
import { SEEN_BYTES } from '../wire/exchange.js';
import { hasSecrets, maskBody, maskHeaders, maskPath, maskQuery } from './masking.js';
import type { Narrator } from './sentences.js';

/** Who made a request, and how that was shown. */
export type Who =
  | { readonly by: 'none' }
  | { readonly by: 'basic'; readonly user: string }
  | { readonly by: 'token'; readonly repository: string; readonly access: string };

/** A body as the journal shows it: its start as text, or base64 where it is none. */
export interface RecordedBody {
  /** Length in bytes. */
  readonly size: number;
  readonly text?: string;
  readonly base64?: string;
  /** True when `text` or `base64` is only the start. */
  readonly cut?: boolean;
  /** Of a layer: the sum that the registry computed of it. */
  readonly digest?: string;
}

/** One request and its answer, as the journal and the log show it. Passwords and tokens are masked. */
export interface JournalRecord {
  readonly id: string;
  /** Counts up from 1 within a journal. */
  readonly number: number;
  /** ISO 8601, by the system's clock. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: RecordedBody;
  /** 0 when the connection was gone before any answer. */
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string | readonly string[]>>;
  readonly responseBody: RecordedBody;
  /** Milliseconds until the answer was out. */
  readonly duration: number;
  /** False when the client was gone, or was cut off, before the answer was out. */
  readonly complete: boolean;
  readonly who: Who;
  /** The name of the fault that acted. */
  readonly fault?: string;
  /** What this step is in the protocol, in one sentence. */
  readonly sentence: string;
}

/** What the record of an exchange needs to be made later, without keeping the request alive. */
export interface RawRecord {
  readonly exchange: Omit<Exchange, 'ctx'>;
  readonly method: string;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly responseHeaders: NodeJS.Dict<number | string | string[]>;
  readonly received: SeenBody | undefined;
  readonly sent: SeenBody;
}

/** Takes what a record needs; cheap, since every request pays for it. */
export function takeRaw({ ctx, ...exchange }: Exchange): RawRecord {
  return {
    exchange,
    method: ctx.method,
    url: ctx.originalUrl,
    headers: ctx.req.headers,
    responseHeaders: ctx.res.getHeaders(),
    received: ctx.state.received,
    sent: sentBody(ctx.body, ctx.res.getHeader('Content-Length')),
  };
}

/** Makes the record that people see. */
export function toRecord(raw: RawRecord, number: number, narrator: Narrator): JournalRecord {
  const { exchange, method, url, received } = raw;
  // A client that takes the hub for a proxy sends the whole address.
  const [address = '', query = ''] = splitOnce(url.replace(/^https?:\/\/[^/?]*/i, ''), '?');
  const path = maskPath(address);
  const who = whoOf(exchange.caller);
  // The path may be spelt in several ways, the route is what it was taken for.
  const place = exchange.route ?? path;
  return {
    id: exchange.id,
    number,
    time: new Date(exchange.started).toISOString(),
    method,
    path,
    query: maskQuery(query),
    headers: maskHeaders(raw.headers),
    // Of a body that nobody read, it is known how long the client said it was.
    body: recordBody(received ?? { size: Number(raw.headers['content-length'] ?? 0) }, place),
    status: exchange.status,
    responseHeaders: maskHeaders(raw.responseHeaders),
    // The hub says nobody's password.
    responseBody: recordBody(raw.sent, ''),
    duration: Math.round(exchange.duration * 100) / 100,
    complete: exchange.complete,
    who,
    ...(exchange.fault === undefined ? {} : { fault: exchange.fault }),
    sentence: narrator.tell({
      method,
      path,
      route: exchange.route,
      status: exchange.status,
      userAgent: String(raw.headers['user-agent'] ?? ''),
      who,
      requestBody: startText(received),
    }),
  };
}

/** The start of a body as text, for the sentence about it. */
export function startText(body: SeenBody | undefined): string {
  return body?.start?.toString('utf8') ?? '';
}

/** Who made a request, as records say it. */
export function whoOf(caller: Exchange['caller']): Who {
  if (caller?.kind === 'account') return { by: 'basic', user: caller.account.username };
  if (caller?.kind !== 'token') return { by: 'none' };
  const { repository, access } = caller.token;
  return { by: 'token', repository, access };
}

function sentBody(body: unknown, length: unknown): SeenBody {
  if (typeof body === 'string') return startOf(Buffer.from(body.slice(0, SEEN_BYTES)), body);
  if (Buffer.isBuffer(body)) {
    return { size: body.length, start: Buffer.from(body.subarray(0, SEEN_BYTES)) };
  }
  return { size: Number(length ?? 0) };
}

function startOf(start: Buffer, whole: string): SeenBody {
  const size = whole.length <= SEEN_BYTES ? start.length : Buffer.byteLength(whole);
  return { size, start };
}

function recordBody({ size, start, digest }: SeenBody, place: string): RecordedBody {
  const sum = digest === undefined ? {} : { digest };
  if (start === undefined || start.length === 0) return { size, ...sum };
  const cut = start.length < size ? { cut: true } : {};
  const text = decode(start);
  // What can't be read can't be masked either.
  if (text === undefined && hasSecrets(place)) return { size, ...cut, ...sum };
  if (text === undefined) return { size, base64: start.toString('base64'), ...cut, ...sum };
  return { size, text: maskBody(place, text, cut.cut), ...cut, ...sum };
}

/** The text of a body's start, which may end inside a character; undefined when it is no text. */
function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
