import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, type Socket } from 'node:net';

/** How much of an IPv6 address is one household's: the owner of one has the 2^64 beside it. */
const GROUPS_OF_ONE = 4;
/** Nobody has more proxies than this in a row; a client made up a longer list. */
const MOST_PROXIES = 16;
/** No address with its port is longer. */
const LONGEST_HOP = 64;

/** A range of addresses: those that have the first `prefix` bits in common. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
}

/**
 * Where requests come from. `X-Forwarded-For` is believed as far as trusted proxies have written it: each
 * adds its client at the end, so the header is read from the end up to the first address that is not a
 * trusted proxy. Everything before that is only the client's word.
 */
export class ClientAddresses {
  readonly #trusted: BlockList | undefined;
  /** Those for whom the hub speaks to itself, by the near end of the connection that it made. */
  readonly #spokenFor = new Map<string, string>();

  /** `proxies` are those that are trusted; without any no header is looked at. */
  constructor(proxies: readonly Network[] = []) {
    if (proxies.length === 0) return;
    this.#trusted = new BlockList();
    for (const { address, prefix } of proxies) {
      this.#trusted.addSubnet(address, prefix, familyOf(address));
    }
  }

  /** The client's address; an IPv4 address as it is, also where it comes inside of IPv6. */
  of({ socket, headers }: IncomingMessage): string {
    const reader = this.#readerAt(socket);
    if (reader !== undefined) return reader;
    const peer = plainAddress(socket.remoteAddress ?? 'unknown');
    const said = headers['x-forwarded-for'];
    if (this.#trusted === undefined || said === undefined) return peer;
    return this.#behind(peer, typeof said === 'string' ? said : said.join(','));
  }

  /** Who is at the other end of a connection of which no request is known. */
  peerOf(socket: Socket): string {
    return this.#readerAt(socket) ?? plainAddress(socket.remoteAddress ?? 'unknown');
  }

  /**
   * Takes what comes over a connection that the hub is about to make to itself for `address`'s, until it is closed: what
   * somebody has the hub do counts as theirs. No header says so, since anybody could send one.
   */
  speakFor(address: string, socket: Socket): void {
    let end: string | undefined;
    socket.once('connect', () => {
      end = endOf(socket.localAddress, socket.localPort);
      this.#spokenFor.set(end, address);
    });
    socket.once('close', () => {
      if (end !== undefined) this.#spokenFor.delete(end);
    });
  }

  /** Whether a trusted proxy says that its client came by TLS. */
  isBehindTls({ socket, headers }: IncomingMessage): boolean {
    if (!this.#isTrusted(plainAddress(socket.remoteAddress ?? ''))) return false;
    return headers['x-forwarded-proto'] === 'https';
  }

  /** What logins are counted by: the address of IPv4, the network of IPv6. */
  networkOf(request: IncomingMessage): string {
    return networkOf(this.of(request));
  }

  /** The last that a trusted proxy said; of a list that can't be read, the proxy that passed it on. */
  #behind(peer: string, said: string): string {
    let client = peer;
    let end = said.length;
    for (let hop = 0; hop < MOST_PROXIES && end >= 0 && this.#isTrusted(client); hop += 1) {
      const comma = end === 0 ? -1 : said.lastIndexOf(',', end - 1);
      const next = addressIn(said.slice(Math.max(comma + 1, end - LONGEST_HOP), end));
      if (next === undefined) break;
      client = next;
      end = comma;
    }
    return client;
  }

  #readerAt({ remoteAddress, remotePort }: Socket): string | undefined {
    if (this.#spokenFor.size === 0) return undefined;
    return this.#spokenFor.get(endOf(remoteAddress, remotePort));
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted?.check(address, familyOf(address)) === true;
  }
}

/** An end of a connection, as both ends see it. */
function endOf(address = '', port = 0): string {
  return `${plainAddress(address)} ${port}`;
}

/** `192.0.2.7`, `2001:db8::7`, and as some proxies write them, `192.0.2.7:4711` and `[2001:db8::7]:4711`. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':');
  const isV4WithPort = colon > 0 && isIPv4(text.slice(0, colon));
  const bare = bracket > 0 ? text.slice(1, bracket) : isV4WithPort ? text.slice(0, colon) : text;
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}

/** Takes an IPv4 address out of IPv6; leaves anything else as it was. */
export function plainAddress(address: string): string {
  const inside = /^::ffff:/i.test(address) ? address.slice('::ffff:'.length) : '';
  return isIPv4(inside) ? inside : address;
}

/** An IPv4 address as it is, also inside of IPv6; of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [bare = ''] = plain.split('%', 1);
  const [head = '', tail] = bare.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  return `${[...first, ...zeros, ...last].slice(0, GROUPS_OF_ONE).join(':')}::/64`;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
