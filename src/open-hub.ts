import { randomBytes } from 'node:crypto';
import { randomBytesOf } from './domain/clock.js';
import { createDomain, type Domain, type DomainOptions } from './domain/domain.js';
import { HubClock } from './harness/clock.js';
import type { HubOptions } from './hub-options.js';
import { withDefaults } from './options/check-options.js';
import { openStorage, openStorageToRead, type Storage } from './storage/storage.js';

/** An open storage and the rules over it, without anything that listens. */
export interface OpenHub {
  readonly storage: Storage;
  readonly domain: Domain;
  close(): Promise<void>;
  /** As `close`, after a start that failed: a data directory that it began is not left behind. */
  abandon(): Promise<void>;
}

/** What a hub that listens adds. */
export type OpenHubParts = Pick<DomainOptions, 'tokenKey' | 'onFailure'>;

/**
 * Opens a data directory (or an ephemeral one) with the rules over it. Throws a StorageError when it
 * is locked, unreadable or corrupt. Tokens are signed with `tokenKey`, while there is one.
 */
export async function openHub(options: HubOptions, parts: OpenHubParts = {}): Promise<OpenHub> {
  const folder = options.ephemeral === true ? undefined : options.data;
  const storage = await openStorage({ folder, onStep: options.onDiskStep });
  return openOver(storage, options, { ...parts, recover: (domain) => domain.recover() });
}

/**
 * Opens a data directory to read it, also while a hub runs on it: nothing there is changed, and what
 * would change something fails. Throws as `openHub`, and where no hub keeps its data.
 */
export async function openHubToRead(data: string): Promise<OpenHub> {
  const storage = await openStorageToRead(data);
  return openOver(storage, {}, { recover: async () => undefined });
}

interface Opening extends OpenHubParts {
  /** Repairs what a crash left behind. */
  readonly recover: (domain: Domain) => Promise<void>;
}

async function openOver(
  storage: Storage,
  options: HubOptions,
  { tokenKey, onFailure, recover }: Opening,
): Promise<OpenHub> {
  try {
    const clock = options.clock instanceof HubClock ? options.clock : new HubClock(options.clock);
    const domain = createDomain(storage, {
      ...withDefaults(options),
      clock,
      random: options.random === undefined ? randomBytes : randomBytesOf(options.random),
      tokenKey,
      onFailure,
    });
    clock.onMove(() => domain.expiry.wake());
    await storage.load();
    await recover(domain);
    const end = (work: () => Promise<void>): Promise<void> => domain.close().finally(work);
    return {
      storage,
      domain,
      close: () => end(() => storage.close()),
      abandon: () => end(() => storage.abandon()),
    };
  } catch (error) {
    // This error came first, so it outranks one on the way out.
    await storage.abandon().catch(() => undefined);
    throw error;
  }
}
