import type { UsersHandle } from './accounts.js';
import type { Endpoints } from './endpoints.js';
import type { Harness } from './harness.js';
import type { ImagesHandle } from './images.js';
import type { RepositoriesHandle } from './repositories.js';
import type { CheckedSeed } from './seed.js';
import type { ArchiveFinder } from './seed-files.js';

/** Users, repositories and images, without HTTP. */
export interface Handles {
  readonly users: UsersHandle;
  readonly repositories: RepositoriesHandle;
  readonly images: ImagesHandle;
}

export interface SeedOptions {
  /** True: what is there afterwards is what a reset goes back to. */
  readonly baseline?: boolean;
}

/** Everything that a test does to a hub, whether in its process or over HTTP. */
export interface Control extends Handles {
  readonly harness: Harness;
  readonly endpoints: Endpoints;
  /** Where the archives lie that a seed over HTTP may name. */
  readonly findArchive: ArchiveFinder;
  /** Adds a seed to what is there, as a whole or not at all. Throws an InvalidInput. */
  seed(seed: CheckedSeed, options?: SeedOptions): Promise<void>;
}
