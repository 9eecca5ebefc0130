import { isIPv4, type Socket } from 'node:net';

/** How much of an IPv6 address is one household's: whoever has one has the 2^64 beside it. */
const GROUPS_OF_ONE = 4;

/**
 * Where a connection comes from, as far as logins are counted by it: the address of IPv4, the network of
 * IPv6. Behind a proxy it is the proxy's.
 */
export function clientAddress({ remoteAddress = 'unknown' }: Socket): string {
  return networkOf(remoteAddress);
}

/** An IPv4 address as it is, also inside of IPv6; of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const inside = address.replace(/^::ffff:/i, '');
  if (isIPv4(inside)) return inside;
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  return `${[...first, ...zeros, ...last].slice(0, GROUPS_OF_ONE).join(':')}::/64`;
}
