import { networkInterfaces } from 'node:os';

/** An address of this machine, as Node has it. */
export interface OwnAddress {
  readonly address: string;
  readonly family: string;
  /** Only this machine reaches it. */
  readonly internal: boolean;
}

/**
 * Addresses under which others may reach a hub that listens on `host`: its own, or for all of them (`0.0.0.0`, `::`)
 * those of IPv4 that the machine has. None where only this machine reaches it.
 */
export function reachableAddresses(
  host: string,
  own: readonly OwnAddress[] = ownAddresses(),
): string[] {
  if (isLoopback(host)) return [];
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host];
  return own
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

/** Whether a name or an address, perhaps with a port, is of this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])(?::\d{1,5})?$/.test(host);
}

function ownAddresses(): OwnAddress[] {
  return Object.values(networkInterfaces()).flatMap((each) => each ?? []);
}
