import { randomBytes } from 'node:crypto';
import { createApp } from './app.js';
import type { Clock, RandomBytes } from './domain/clock.js';
import { createDomain, type Domain } from './domain/domain.js';
import { createHandles, createHub, type Hub, seedTarget } from './handle.js';
import { HubClock } from './harness/clock.js';
import type { FaultRule } from './harness/faults.js';
import { createHarness, type Harness } from './harness/harness.js';
import { HubRandom } from './harness/random.js';
import { plantSeed, readSeed, type Seed } from './harness/seed.js';
import { createLog, type LogFormat, type LogLevel, logExchanges } from './log.js';
import { type Login, type Pem, parseEndpoints, parseLogin, readTlsFiles } from './option-texts.js';
import { type Listener, listen } from './server.js';
import type { DiskOptions } from './storage/disk.js';
import { openStorage, type Storage } from './storage/storage.js';
import { packageRoot } from './version.js';
import type { Exchange } from './wire/exchange.js';
import { OFFICIAL_NAMES } from './wire/official-names.js';

export type { Hub } from './handle.js';
export { InvalidInput } from './harness/invalid-input.js';
export { StorageError } from './storage/errors.js';

/** Everything that can be set about a hub; the flags and the environment have the same names. */
export interface HubOptions {
  /** The address to listen on; 127.0.0.1. */
  readonly host?: string;
  /** The port to listen on; 0, any that is free. */
  readonly port?: number;
  /** The data directory, made if missing. Without one the hub is ephemeral. */
  readonly data?: string;
  /** True: documents in memory, layers in a temporary folder, and nothing left behind. */
  readonly ephemeral?: boolean;
  /** An admin account to make or update, also as `NAME:PASSWORD`. */
  readonly admin?: Login | string;
  /** Asked for an admin account when there is no account at all and `admin` names none. */
  readonly firstAdmin?: () => Login;
  /** `host[:port]` of each registry, for X-Docker-Endpoints; none: the host that was asked. */
  readonly endpoints?: readonly string[] | string;
  /** Whether anybody may register; `open`. */
  readonly registration?: 'open' | 'closed';
  /** Seconds that a token is good for; 3600. */
  readonly tokenTtl?: number;
  /** The real Hub's name to answer under, `index.docker.io`: as old clients have it built in. */
  readonly as?: string;
  /** True: TLS 1.0 and the ciphers of 2013 are accepted, as well as newer ones. */
  readonly tlsLegacy?: boolean;
  /** A certificate and its key, PEM; with them the hub speaks https. */
  readonly tls?: Pem;
  /** The same as paths of files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** `silent` in a process of one's own, `info` on the command line. */
  readonly logLevel?: LogLevel;
  /** bcrypt's cost, 4 to 15; 10. Tests want 4. */
  readonly bcryptRounds?: number;
  /** The longest layer accepted, in bytes; 10 GiB. */
  readonly maxLayer?: number;
  /** How log lines look; `json`. */
  readonly logFormat?: LogFormat;
  /** What the hub begins with, and goes back to on a reset: an object, or a JSON or YAML file. */
  readonly seed?: Seed | string;
  /** Faults to begin with. */
  readonly faults?: readonly FaultRule[];
  /** How many requests the journal remembers; 10,000, and 0 for none. */
  readonly journal?: number;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  /** Called before each step of a write to the disk; what it throws fails that step. For tests. */
  readonly onDiskStep?: DiskOptions['onStep'];
}

/** Milliseconds that running requests are given when a hub is closed. */
const GRACE = 10_000;
/** The longest JSON body, in bytes. */
const MAX_JSON = 1024 * 1024;
/** How many requests a journal remembers. */
const JOURNAL = 10_000;

/** An open storage and the rules over it, without anything that listens. */
export interface OpenHub {
  readonly storage: Storage;
  readonly domain: Domain;
  close(): Promise<void>;
}

/**
 * Opens a data directory (or an ephemeral one) with the rules over it. Throws a StorageError when it
 * is locked, unreadable or corrupt.
 */
export async function openHub(options: HubOptions): Promise<OpenHub> {
  const folder = options.ephemeral === true ? undefined : options.data;
  const storage = await openStorage({ folder, onStep: options.onDiskStep });
  try {
    const domain = createDomain(storage, {
      tokenTtl: options.tokenTtl ?? 3600,
      bcryptRounds: options.bcryptRounds ?? 10,
      maxLayer: options.maxLayer ?? 10 * 1024 ** 3,
      clock: options.clock ?? Date,
      random: options.random ?? randomBytes,
    });
    await storage.load();
    await domain.recover();
    return { storage, domain, close: () => closeAll(domain, storage) };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/**
 * Starts a hub; it answers when this resolves. Two in one process share nothing. Throws a
 * StorageError, an error of the system when it can't listen, a HubError for a bad admin account, or an
 * InvalidInput for a bad seed or fault.
 */
export async function startHub(options: HubOptions = {}): Promise<Hub> {
  const clock = new HubClock(options.clock);
  const random = new HubRandom(options.random);
  const seed = options.seed === undefined ? undefined : readSeed(options.seed);
  const open = await openHub({ ...options, clock, random: (count) => random.bytes(count) });
  try {
    await makeAdmin(open.domain, options);
    const harness = createHarness(open, { clock, random, journal: options.journal ?? JOURNAL });
    const handles = createHandles(open.domain);
    if (seed !== undefined) await plantSeed(seedTarget(handles), seed);
    harness.parts.data.markBaseline();
    for (const rule of options.faults ?? []) harness.parts.faults.add(rule);
    const listener = await startListener(open.domain, harness, options);
    return createHub({ listener, harness, handles, close: () => open.close() });
  } catch (error) {
    await open.close();
    throw error;
  }
}

async function makeAdmin({ accounts }: Domain, options: HubOptions): Promise<void> {
  const isEmpty = accounts.list().length === 0;
  const given = options.admin ?? (isEmpty ? options.firstAdmin?.() : undefined);
  const admin = typeof given === 'string' ? parseLogin(given) : given;
  if (admin !== undefined) await accounts.ensureAdmin(admin.username, admin.password);
}

function startListener(domain: Domain, harness: Harness, options: HubOptions): Promise<Listener> {
  const log = createLog({
    level: options.logLevel ?? 'silent',
    format: options.logFormat ?? 'json',
  });
  const { endpoints = [], tls = readTlsFiles(options.tlsCert, options.tlsKey) } = options;
  const settings = {
    endpoints: typeof endpoints === 'string' ? parseEndpoints(endpoints) : endpoints,
    registration: options.registration ?? 'open',
    officialNames: options.as === undefined ? [] : [options.as, ...OFFICIAL_NAMES],
    contract: new URL('openapi.yaml', packageRoot),
    maxJson: MAX_JSON,
  };
  const { journal, faults, clock } = harness.parts;
  const listeners = [
    ...(journal.isOn ? [(exchange: Exchange) => journal.add(exchange)] : []),
    ...(log.isLevelEnabled('info') ? [logExchanges(log)] : []),
  ];
  const app = createApp({ domain, settings, log, listeners, faults, clock });
  return listen(app.callback(), {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    tls: tls && { ...tls, legacy: options.tlsLegacy ?? false },
    grace: GRACE,
  });
}

async function closeAll(domain: Domain, storage: Storage): Promise<void> {
  await domain.close();
  await storage.close();
}
