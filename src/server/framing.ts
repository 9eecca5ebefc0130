import type { IncomingMessage } from 'node:http';
import type { BareErrorName } from '../wire/error-answers.js';

/*
 * What Node's parser lets pass and RFC 9112 does not. A proxy in front of the hub may read such a request
 * differently from the hub, and take a part of it for another one.
 */

/** What such a request is answered. */
export type Doubt = Extract<BareErrorName, 'unreadable' | 'unknownCoding'>;

/**
 * `uri-host [ ":" port ]` (RFC 9110 §7.2), a name or an IP literal; it may be empty.
 */
const HOST = /^(?:\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d{0,5})?$/;

/**
 * Why a request can't be answered, as what it is or where it ends is ambiguous; undefined for
 * nearly all of them.
 */
export function doubtAbout(request: IncomingMessage): Doubt | undefined {
  const { host = '', 'transfer-encoding': codings } = request.headers;
  // "A server MUST respond with a 400 to any request message that contains more than one Host header field
  // line or a Host header field with an invalid field value" (RFC 9112 §3.2).
  if (!HOST.test(host) || hasTwoHosts(request.rawHeaders)) return 'unreadable';
  return codings === undefined ? undefined : doubtAboutCodings(request, codings);
}

/** Node keeps the first of them. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/**
 * A coding that is not known here is 501 (RFC 9112 §6.1), one without a name is none at all, and HTTP/1.0
 * has no codings ("MUST treat the message as if the framing is faulty"). The parser itself refuses those
 * that do not end with `chunked`.
 */
function doubtAboutCodings({ httpVersion }: IncomingMessage, codings: string): Doubt | undefined {
  const names = codings.split(',').map((each) => each.trim().toLowerCase());
  if (codings !== '' && names.at(-1) !== 'chunked') return undefined;
  if (httpVersion !== '1.1' || names.includes('')) return 'unreadable';
  return names.length === 1 ? undefined : 'unknownCoding';
}
