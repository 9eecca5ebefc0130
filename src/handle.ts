import type { Domain } from './domain/domain.js';
import { UsersHandle } from './harness/accounts.js';
import type { HubClock } from './harness/clock.js';
import type { Control, Handles, SeedOptions } from './harness/control.js';
import type { Endpoints } from './harness/endpoints.js';
import type { Faults } from './harness/faults.js';
import type { Harness, Part } from './harness/harness.js';
import { ImagesHandle } from './harness/images.js';
import type { Journal } from './harness/journal.js';
import type { HubRandom } from './harness/random.js';
import { RepositoriesHandle } from './harness/repositories.js';
import {
  type CheckedSeed,
  plantSeed,
  readSeed,
  type Seed,
  type SeedTarget,
} from './harness/seed.js';
import type { Listener } from './server.js';

/** A running hub, for a program that uses it in its own process. */
export interface Hub extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly port: number;
  /** Lets running requests end (10 s at most), then gives everything back. */
  close(): Promise<void>;

  /** Back to the seeded start: everything, or one part. */
  reset(part?: Part): Promise<void>;
  /** Remembers data, faults, clock and randomness under a name. Throws an InvalidInput. */
  snapshot(name: string): Promise<void>;
  /** Puts them back. Throws an InvalidInput when there is no such snapshot. */
  restore(name: string): Promise<void>;
  /** Forgets a snapshot; false when there is none of that name. */
  dropSnapshot(name: string): Promise<boolean>;
  /** The names of all snapshots. */
  readonly snapshots: readonly string[];
  /** Adds to what is there, all of it or nothing; `baseline`: a reset goes back to the result. */
  seed(seed: Seed | string, options?: SeedOptions): Promise<void>;

  readonly users: UsersHandle;
  readonly repositories: RepositoriesHandle;
  readonly images: ImagesHandle;
  /** What X-Docker-Endpoints says. */
  readonly endpoints: Endpoints;
  /** What the hub saw. */
  readonly requests: Journal;
  readonly faults: Faults;
  readonly clock: HubClock;
  readonly random: HubRandom;
}

/** What is done to a hub, over its rules and its harness. */
export function createControl(
  domain: Domain,
  harness: Harness,
  { endpoints, findArchive }: Pick<Control, 'endpoints' | 'findArchive'>,
): Control {
  const handles = {
    users: new UsersHandle(domain.accounts),
    repositories: new RepositoriesHandle(domain),
    images: new ImagesHandle(domain),
  };
  const { data } = harness.parts;
  return {
    ...handles,
    harness,
    endpoints,
    findArchive,
    seed: async (seed, { baseline = false } = {}) => {
      await plantSeed(seedTarget(handles), data, seed);
      if (baseline) await data.markBaseline();
    },
  };
}

/**
 * Plants the seed of the start. What a data directory has from the start before stays as it became,
 * and what is made at random is the same in every hub with this seed. `owners` will be users soon.
 */
export async function plantAtStart(
  control: Control,
  seed: CheckedSeed,
  owners: readonly string[],
): Promise<void> {
  const { data, random } = control.harness.parts;
  random.seed('the seed of the start');
  await plantSeed(seedTarget(control), data, seed, { known: 'keep', owners });
  random.reset();
}

/** How a seed gets in: by the same handles as a test's own things. */
function seedTarget({ users, repositories, images }: Handles): SeedTarget {
  return {
    hasUser: (username) => users.get(username) !== undefined,
    hasRepository: (name) => repositories.get(name) !== undefined,
    createUser: (user) => users.create(user),
    createRepository: (repository) => repositories.create(repository),
    createImage: (image) => images.create(image),
    importArchive: (path, repository) => images.import(path, { repository }),
  };
}

/** Puts the front door together. */
export function createHub(parts: {
  readonly listener: Listener;
  readonly control: Control;
  readonly close: () => Promise<void>;
}): Hub {
  const { listener, control } = parts;
  const { harness, users, repositories, images, endpoints } = control;
  const { journal, faults, clock, random } = harness.parts;
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // First, or the listener would wait for those who wait.
    harness.end();
    try {
      await listener.close();
      await harness.close();
    } finally {
      // Whatever failed, the data directory is given back.
      await parts.close();
    }
  };
  const close = (): Promise<void> => {
    closing ??= end();
    return closing;
  };
  return {
    url: listener.url,
    port: listener.port,
    close,
    [Symbol.asyncDispose]: close,
    reset: (part) => harness.reset(part),
    snapshot: (name) => harness.snapshot(name),
    restore: (name) => harness.restore(name),
    dropSnapshot: (name) => harness.dropSnapshot(name),
    get snapshots() {
      return harness.snapshots;
    },
    seed: async (seed, options) => control.seed(readSeed(seed), options),
    users,
    repositories,
    images,
    endpoints,
    requests: journal,
    faults,
    clock,
    random,
  };
}
