import { lookup } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { RescueError } from './problems.js';

/** Whether a request may be sent to an address. */
export type MayReach = (address: string) => boolean;

type Range = readonly [address: string, prefix: number];

/** Loopback, no address, and link-local ones, where clouds keep the secrets of a machine. */
const OF_MACHINE = rangesOf([
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['::', 96],
  ['fe80::', 10],
]);
/** Those that mean another machine in each network. */
const OF_NETWORK = rangesOf([
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
]);

/**
 * For requests to where somebody at an address leads us: to this machine, or into this network, only if they are there
 * themselves. Somebody of no known address leads nowhere but to public ones.
 */
export function reachFrom(origin: string | undefined): MayReach {
  const most = origin === undefined ? 0 : nearness(origin);
  return (address) => nearness(address) <= most;
}

/** 2 is on this machine, 1 in this network, 0 anywhere else. */
function nearness(address: string): number {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (OF_MACHINE.check(address, family)) return 2;
  return OF_NETWORK.check(address, family) ? 1 : 0;
}

/** Throws a RescueError for a host that is written as an address which must not be reached. */
export function requireReach(mayReach: MayReach, { hostname }: URL): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !mayReach(address)) throw unreachable(hostname);
}

/**
 * Finds the addresses of a name that may be reached. It does so for the very connection that is made, since a name may
 * lead elsewhere the next time.
 */
export function lookupWithin(mayReach: MayReach): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const reachable = found.filter(({ address }) => mayReach(address));
      const [first] = reachable;
      if (first === undefined) done(unreachable(hostname), []);
      else if (options.all === true) done(null, reachable);
      else done(null, first.address, first.family);
    });
  };
}

function unreachable(host: string): RescueError {
  return new RescueError(
    `the registry leads to ${host}, which is an internal address, and the registry has none`,
  );
}

/** IPv4 also counts inside of IPv6, as NAT64 has it; `BlockList` itself knows mapped addresses. */
function rangesOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) {
    const isV4 = isIPv4(address);
    list.addSubnet(address, prefix, isV4 ? 'ipv4' : 'ipv6');
    if (isV4) list.addSubnet(`64:ff9b::${address}`, 96 + prefix, 'ipv6');
  }
  return list;
}
