import type { HubContext } from './context.js';
import { parseHttpDate } from './http-date.js';

/**
 * Whether the client asks for another version than the one that ETag and Last-Modified of the answer name
 * (`If-Match`, `If-Unmodified-Since`; RFC 9110 §13.2.2). An invalid date is ignored (§13.1.4).
 */
export function hasFailed({ req, response }: HubContext): boolean {
  const { 'if-match': wanted, 'if-unmodified-since': since } = req.headers;
  if (wanted !== undefined) return !names(wanted, response.get('ETag'));
  const given = since === undefined ? undefined : parseHttpDate(since);
  return given !== undefined && given < Date.parse(response.get('Last-Modified'));
}

/** Whether a GET or HEAD that would be 200 is for a client that has this very version (Koa's `fresh`). */
export function isFresh(ctx: HubContext): boolean {
  const { headers } = ctx.req;
  const { 'if-none-match': known, 'if-modified-since': since } = headers;
  if (known === undefined && since === undefined) return false;
  // Koa weighs both, and takes dates that HTTP does not know (RFC 9110 §13.1.3).
  const isIgnored = known !== undefined || parseHttpDate(since ?? '') === undefined;
  if (isIgnored) delete headers['if-modified-since'];
  ctx.status = 200;
  return ctx.fresh;
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((each) => ['*', etag].includes(each.trim()));
}
