import { errors } from '../../src/domain/errors.js';
import type { WebContext } from './web.js';

/** What a browser says of a request that its user or a page of the hub itself made. */
const OWN_SITES: readonly unknown[] = ['same-origin', 'none'];

/**
 * Refuses what a page of another site makes a browser send, since it comes with its user's cookie. A client that
 * names no page (curl, scripts of the time) is not a browser, and passes. Throws `foreignForm`.
 */
export function requireOwnPage(ctx: WebContext): void {
  const { origin, referer, host = '', 'sec-fetch-site': site } = ctx.req.headers;
  if (site !== undefined && !OWN_SITES.includes(site)) throw errors.foreignForm();
  const from = origin ?? referer;
  if (from !== undefined && hostOf(from) !== host.toLowerCase()) throw errors.foreignForm();
}

/** The host and port of an address; undefined for `null`, and for what is not one. */
function hostOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).host : undefined;
}
