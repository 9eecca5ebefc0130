import { errors } from '../../src/domain/errors.js';
import { isFromForeignPage } from '../../src/wire/own-page.js';
import type { WebContext } from './web.js';

/**
 * Refuses what a page of another site makes a browser send, since it comes with its user's cookie. A client that
 * names no page (curl, scripts of the time) is not a browser, and passes. Throws `foreignForm`.
 */
export function requireOwnPage(ctx: WebContext): void {
  const { origin, referer } = ctx.req.headers;
  if (isFromForeignPage(ctx.req.headers, origin ?? referer)) throw errors.foreignForm();
}
