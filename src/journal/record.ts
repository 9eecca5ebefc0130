import type { ServerResponse } from 'node:http';
import type { PathParams } from '../wire/context.js';
import type { Operation, Voice } from '../wire/operation.js';
import { SEEN_BYTES, type SeenBody } from '../wire/seen-body.js';
import type { Exchange } from './exchange.js';
import type { JournalRecord, RecordedBody, Who } from './journal-record.js';
import { type KeptText, type KeptTexts, keptLine, keptStart } from './kept-texts.js';
import {
  maskBody,
  maskHeaders,
  maskParams,
  maskPath,
  maskQuery,
  nameClaimed,
  type Secrets,
  secretsOf,
} from './masking.js';
import { tell } from './sentences.js';
import type { Step } from './step.js';

export type { JournalRecord, Who };

/**
 * What the record of an exchange needs to be made later, without keeping the request alive. Flat, since
 * there are thousands of it.
 */
export interface RawRecord {
  readonly number: number;
  readonly id: string;
  readonly address: string;
  readonly started: number;
  readonly duration: number;
  readonly operation: Operation | undefined;
  readonly params: PathParams;
  readonly voice: Voice;
  readonly caller: Exchange['caller'];
  readonly status: number;
  readonly complete: boolean;
  readonly fault: string | undefined;
  readonly method: string;
  /**
   * The target, names and values of the request's headers in turn and those of the answer's, a line each: one
   * text is kept far cheaper than a dozen.
   */
  readonly lines: KeptText;
  /** How many of the lines are the request's. */
  readonly requestLines: number;
  readonly received: SeenBody | undefined;
  /** A text that is short, the start of anything else, or of a stream only its length. */
  readonly sent: string | SentBody | number;
}

/**
 * How long a text can be to be kept itself, in characters: most texts were written once for many requests,
 * and to copy what is seen of one would take longer than all else.
 */
const SHORT = 4096;

/** A body that was sent: its length in bytes, and where its start is kept. */
interface SentBody {
  readonly size: number;
  readonly start: KeptText;
}

/** A record as it is shown, and what other languages tell it from; undefined for something that was not a request. */
export interface Shown {
  readonly record: JournalRecord;
  readonly step: Step | undefined;
}

/** Takes what a record needs; cheap, since every request pays for it. */
export function takeRaw(exchange: Exchange, number: number, texts: KeptTexts): RawRecord {
  const { ctx } = exchange;
  const { req, res } = ctx;
  const asked = [ctx.originalUrl, ...req.rawHeaders];
  return {
    number,
    id: exchange.id,
    address: exchange.address,
    started: exchange.started,
    duration: exchange.duration,
    operation: exchange.operation,
    params: ctx.params,
    voice: ctx.state.voice,
    caller: exchange.caller,
    status: exchange.status,
    complete: exchange.complete,
    fault: exchange.fault,
    method: req.method ?? '',
    lines: texts.keepLine([...asked, ...sentHeaders(res)].join('\n')),
    requestLines: asked.length,
    received: ctx.state.received,
    sent: req.method === 'HEAD' ? 0 : sentBody(keptBody(ctx), res, texts),
  };
}

/** Makes the record that people see. */
export function toShown(raw: RawRecord): Shown {
  const { number, method, received, operation, status, fault } = raw;
  const [url = '', ...lines] = keptLine(raw.lines).split('\n');
  // A client that takes the hub for a proxy sends the whole address.
  const [address = '', query = ''] = splitOnce(url.replace(/^https?:\/\/[^/?]*/i, ''), '?');
  const secrets = secretsOf(operation, address);
  const path = maskPath(address, secrets);
  const headers = headersIn(lines.slice(0, raw.requestLines - 1));
  const maskedQuery = maskQuery(query, secrets);
  // The hub says nobody's password, but hands out tokens.
  const responseBody = recordBody(seenBody(raw.sent), secrets.includes('answer') ? ['body'] : []);
  const who = whoOf(raw.caller, raw.voice, first(headers, 'authorization'));
  const step: Step = {
    method,
    path,
    query: maskedQuery,
    operation,
    voice: raw.voice,
    params: maskParams(raw.params, secrets),
    status,
    complete: raw.complete,
    userAgent: first(headers, 'user-agent') ?? '',
    who,
    holder: raw.caller?.kind === 'token' ? raw.caller.holder : undefined,
    isBare: !headers.has('authorization'),
    asksToken: first(headers, 'x-docker-token') !== undefined,
    fault,
    requestBody: startText(received),
    reply: responseBody.text ?? '',
  };
  const record = {
    id: raw.id,
    number,
    time: new Date(raw.started).toISOString(),
    address: raw.address,
    method,
    path,
    query: maskedQuery,
    headers: maskHeaders(headers),
    // Of a body that nobody read, it is known how long the client said it was.
    body: recordBody(received ?? { size: Number(first(headers, 'content-length') ?? 0) }, secrets),
    status,
    responseHeaders: maskHeaders(headersIn(lines.slice(raw.requestLines - 1))),
    responseBody,
    duration: Math.round(raw.duration * 100) / 100,
    complete: raw.complete,
    who,
    ...(operation === undefined ? {} : { operation: operation.id }),
    ...(fault === undefined ? {} : { fault }),
    sentence: tell(step),
  };
  return { record, step };
}

/** About how many bytes a record keeps. */
export function sizeOf({ lines, received, sent }: RawRecord): number {
  const start = received?.start?.length ?? 0;
  if (typeof sent === 'string') return lines.length + start + sent.length;
  return lines.length + start + (typeof sent === 'number' ? 0 : sent.start.length);
}

/** The start of a body as text, for the sentence about it. */
export function startText(body: SeenBody | undefined): string {
  return body?.start?.toString('utf8') ?? '';
}

/** Who made a request, as records say it. */
export function whoOf(caller: Exchange['caller'], voice: Voice, authorization?: string): Who {
  if (caller?.kind === 'account') {
    const { username: user } = caller.account;
    if (voice === 'web') return { by: 'session', user };
    return { by: /^\s*bearer\b/i.test(authorization ?? '') ? 'bearer' : 'basic', user };
  }
  if (caller?.kind !== 'token') {
    const claimed = nameClaimed(authorization ?? '');
    return { by: 'none', ...(claimed === undefined ? {} : { claimed }) };
  }
  const { repository, access } = caller.token;
  return { by: 'token', repository, access };
}

/**
 * Names and values of an answer's headers in turn; none where none went out. Without Date and Keep-Alive, which
 * Node adds as it sends them.
 */
function sentHeaders(response: ServerResponse): string[] {
  if (!response.headersSent) return [];
  const lines: string[] = [];
  // In loops, since every request pays for it: what reads better takes ten times as long.
  for (const name of response.getHeaderNames()) {
    const value = response.getHeader(name) ?? [];
    if (Array.isArray(value)) for (const each of value) lines.push(name, each);
    else lines.push(name, String(value));
  }
  if (!response.hasHeader('connection')) {
    lines.push('connection', response.shouldKeepAlive ? 'keep-alive' : 'close');
  }
  if (response.chunkedEncoding && !response.hasHeader('transfer-encoding')) {
    lines.push('transfer-encoding', 'chunked');
  }
  return lines;
}

/** Headers by their names in small letters; a list where one has several lines. */
type HeaderMap = Map<string, string | string[]>;

function headersIn(lines: readonly string[]): HeaderMap {
  const headers: HeaderMap = new Map();
  for (let at = 0; at < lines.length; at += 2) addHeader(headers, lines[at], lines[at + 1]);
  return headers;
}

function addHeader(headers: HeaderMap, name = '', value = ''): void {
  const key = name.toLowerCase();
  const known = headers.get(key);
  headers.set(key, known === undefined ? value : [known, value].flat());
}

function first(headers: HeaderMap, name: string): string | undefined {
  return [headers.get(name)].flat()[0];
}

/** Of an answer as much as may be kept: a page can have passwords on it, those of a class's cards. */
function keptBody({ state, body }: Exchange['ctx']): unknown {
  return state.voice === 'web' ? undefined : (state.unaltered ?? body);
}

function sentBody(body: unknown, res: ServerResponse, texts: KeptTexts): RawRecord['sent'] {
  if (typeof body === 'string') {
    if (body.length <= SHORT) return body;
    return { size: Buffer.byteLength(body), start: texts.keepStart(body) };
  }
  if (Buffer.isBuffer(body)) return { size: body.length, start: texts.keepStart(body) };
  return Number(res.getHeader('Content-Length') ?? 0);
}

function seenBody(sent: RawRecord['sent']): SeenBody {
  if (typeof sent === 'string') return seenText(sent);
  if (typeof sent === 'number') return { size: sent };
  return { size: sent.size, start: keptStart(sent.start) };
}

function seenText(text: string): SeenBody {
  const start = Buffer.alloc(SEEN_BYTES);
  // Never half a character.
  const length = start.write(text);
  return { size: Buffer.byteLength(text), start: start.subarray(0, length) };
}

function recordBody({ size, start, digest }: SeenBody, secrets: Secrets): RecordedBody {
  const sum = digest === undefined ? {} : { digest };
  if (start === undefined || start.length === 0) return { size, ...sum };
  const cut = start.length < size ? { cut: true } : {};
  const text = decode(start);
  // What can't be read can't be masked either.
  if (text === undefined && secrets.includes('body')) return { size, ...cut, ...sum };
  if (text === undefined) return { size, base64: start.toString('base64'), ...cut, ...sum };
  return { size, text: maskBody(text, secrets, cut.cut), ...cut, ...sum };
}

/** The text of a body's start, which may end inside a character; undefined when it is not text. */
function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
