import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isOwnName } from './own-name.js';

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

/**
 * Whether a page in a browser may go by the name in `host`, where only this machine reaches the hub: by one of this
 * machine's own, by one of `names` (`name[:port]`), or by an address. Any other name may have been made to lead here,
 * so that a page of its owner is of the hub's own origin (DNS rebinding); an address leads nowhere else. Browsers take
 * `*.localhost` for this machine without asking.
 */
export function isNameOfOwn(host: string, names: readonly string[]): boolean {
  if (host === '' || isOwnName(host)) return true;
  const bare = bareName(host);
  if (bare.endsWith('.localhost') || isIP(bare.replace(/^\[(.*)\]$/, '$1')) !== 0) return true;
  return names.some((name) => bareName(name) === bare);
}

/** A host without its port, and without the dot that may end a whole name. */
function bareName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '');
}
