import { errors } from '../../src/domain/errors.js';
import { isFromForeignPage, isNameOfOwn } from '../../src/wire/own-page.js';
import type { WebContext } from './web.js';

/**
 * Refuses what a page of another site makes a browser send, since it comes with its user's cookie. A client that
 * names no page (curl, scripts of the time) is not a browser, and passes. Throws `foreignForm`.
 */
export function requireOwnPage(ctx: WebContext): void {
  const { origin, referer } = ctx.req.headers;
  if (isFromForeignPage(ctx.req.headers, origin ?? referer)) throw errors.foreignForm();
}

/**
 * Refuses pages under a name that the options do not give the hub, where only this machine is to reach it: somebody
 * else's page may have made the name lead here. Throws `foreignName`.
 */
export function requireOwnName(ctx: WebContext): void {
  const { isLocal, endpoints, officialNames } = ctx.state.settings;
  const isOwn = !isLocal || isNameOfOwn(ctx.get('Host'), [...endpoints, ...officialNames]);
  if (!isOwn) throw errors.foreignName();
}
