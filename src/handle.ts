import type { Domain } from './domain/domain.js';
import { UsersHandle } from './harness/accounts.js';
import type { HubClock } from './harness/clock.js';
import type { Fault, FaultRule, Faults } from './harness/faults.js';
import type { Harness, Part } from './harness/harness.js';
import { ImagesHandle } from './harness/images.js';
import type { Journal } from './harness/journal.js';
import type { HubRandom } from './harness/random.js';
import { RepositoriesHandle } from './harness/repositories.js';
import type { SeedTarget } from './harness/seed.js';
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
  /** Remembers data, faults, clock and randomness under a name. */
  snapshot(name: string): void;
  /** Puts them back. Throws an InvalidInput when there is no such snapshot. */
  restore(name: string): Promise<void>;

  readonly users: UsersHandle;
  readonly repositories: RepositoriesHandle;
  readonly images: ImagesHandle;
  /** What the hub saw. */
  readonly requests: Journal;
  readonly faults: Faults;
  readonly clock: HubClock;
  readonly random: HubRandom;
}

export type { Fault, FaultRule };

/** Users, repositories and images, without HTTP. */
export interface Handles {
  readonly users: UsersHandle;
  readonly repositories: RepositoriesHandle;
  readonly images: ImagesHandle;
}

export function createHandles(domain: Domain): Handles {
  return {
    users: new UsersHandle(domain.accounts),
    repositories: new RepositoriesHandle(domain.repositories),
    images: new ImagesHandle(domain),
  };
}

/** How a seed gets in: by the same handles as a test's own things. */
export function seedTarget({ users, repositories, images }: Handles): SeedTarget {
  return {
    createUser: (user) => users.create(user),
    createRepository: (repository) => repositories.create(repository),
    createImage: (image) => images.create(image),
    importArchive: () => Promise.reject(new Error('not yet')),
  };
}

/** Puts the front door together. */
export function createHub(parts: {
  readonly listener: Listener;
  readonly harness: Harness;
  readonly handles: Handles;
  readonly close: () => Promise<void>;
}): Hub {
  const { listener, harness, handles } = parts;
  const { journal, faults, clock, random } = harness.parts;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= listener.close().then(parts.close);
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
    ...handles,
    requests: journal,
    faults,
    clock,
    random,
  };
}
