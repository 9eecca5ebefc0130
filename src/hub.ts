import { randomBytes } from 'node:crypto';
import { createApp } from './app.js';
import type { Clock, RandomBytes } from './domain/clock.js';
import { createDomain, type Domain } from './domain/domain.js';
import { createLog, type LogLevel } from './log.js';
import { type Listener, listen } from './server.js';
import type { DiskOptions } from './storage/disk.js';
import { openStorage, type Storage } from './storage/storage.js';
import { packageRoot } from './version.js';

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
  /** An admin account to make or update. */
  readonly admin?: { readonly username: string; readonly password: string };
  /** Asked for an admin account when there is no account at all and `admin` names none. */
  readonly firstAdmin?: () => { readonly username: string; readonly password: string };
  /** `host[:port]` of each registry, for X-Docker-Endpoints; none: the host that was asked. */
  readonly endpoints?: readonly string[];
  /** Whether anybody may register; `open`. */
  readonly registration?: 'open' | 'closed';
  /** Seconds that a token is good for; 3600. */
  readonly tokenTtl?: number;
  /** PEM texts; with them the hub speaks https. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** `silent` in a process of one's own, `info` on the command line. */
  readonly logLevel?: LogLevel;
  /** bcrypt's cost, 4 to 15; 10. Tests want 4. */
  readonly bcryptRounds?: number;
  /** The longest layer accepted, in bytes; 10 GiB. */
  readonly maxLayer?: number;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  /** Called before each step of a write to the disk; what it throws fails that step. For tests. */
  readonly onDiskStep?: DiskOptions['onStep'];
}

/** A running hub. */
export interface Hub {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly port: number;
  /** Lets running requests end (10 s at most), then gives everything back. */
  close(): Promise<void>;
}

/** Milliseconds that running requests are given when a hub is closed. */
const GRACE = 10_000;
/** The longest JSON body, in bytes. */
const MAX_JSON = 1024 * 1024;

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
 * StorageError, an error of the system when it can't listen, or a HubError for a bad admin account.
 */
export async function startHub(options: HubOptions = {}): Promise<Hub> {
  const { domain, close } = await openHub(options);
  try {
    const admin = options.admin ?? (isEmpty(domain) ? options.firstAdmin?.() : undefined);
    if (admin !== undefined) await domain.accounts.ensureAdmin(admin.username, admin.password);
    const listener = await startListener(domain, options);
    return {
      url: listener.url,
      port: listener.port,
      close: async () => {
        await listener.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function isEmpty(domain: Domain): boolean {
  return domain.accounts.list().length === 0;
}

function startListener(domain: Domain, options: HubOptions): Promise<Listener> {
  const settings = {
    endpoints: options.endpoints ?? [],
    registration: options.registration ?? 'open',
    contract: new URL('openapi.yaml', packageRoot),
    maxJson: MAX_JSON,
  };
  const app = createApp(domain, settings, createLog(options.logLevel ?? 'silent'));
  return listen(app.callback(), {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    tls: options.tls,
    grace: GRACE,
  });
}

async function closeAll(domain: Domain, storage: Storage): Promise<void> {
  await domain.close();
  await storage.close();
}
