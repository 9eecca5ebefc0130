import { plainAddress } from './client-address.js';
import type { HubContext } from './context.js';

/** `host[:port]`, with the brackets of an IPv6 address. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/;

/** The host and port that the client itself used; HTTP/1.0 may leave it out, and anybody may lie. */
export function askedHost({ req }: Pick<HubContext, 'req'>): string {
  const { host = '' } = req.headers;
  if (HOST.test(host)) return host;
  const { localAddress = '', localPort } = req.socket;
  const address = plainAddress(localAddress);
  return `${address.includes(':') ? `[${address}]` : address}:${localPort}`;
}
