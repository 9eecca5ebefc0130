import type { IncomingHttpHeaders } from 'node:http';

/** What a browser says of a request that its user, or a page of the hub itself, made. */
const OWN_SITES: readonly unknown[] = ['same-origin', 'none'];

/**
 * Whether a page of another site made a browser send a request: `Sec-Fetch-Site` says so, or `from`, the
 * address or origin of the page, is not of the host that was asked. A client that says neither is not a browser.
 */
export function isFromForeignPage(
  { host = '', 'sec-fetch-site': site }: IncomingHttpHeaders,
  from: string | undefined,
): boolean {
  if (site !== undefined && !OWN_SITES.includes(site)) return true;
  if (from === undefined) return false;
  return !URL.canParse(from) || new URL(from).host !== host.toLowerCase();
}
