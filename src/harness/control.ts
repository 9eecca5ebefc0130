import type { Endpoints } from './endpoints.js';
import type { Handles } from './handles.js';
import type { Harness } from './harness.js';
import type { CheckedSeed } from './seed.js';
import type { SeedOptions } from './seed-content.js';
import type { ArchiveFinder } from './seed-files.js';

export type { SeedOptions };

/** Everything that a test does to a hub, whether in its process or over HTTP. */
export interface Control extends Handles {
  readonly harness: Harness;
  readonly endpoints: Endpoints;
  /** Where the archives lie that a seed over HTTP may name. */
  readonly findArchive: ArchiveFinder;
  /** Adds a seed to what is there, as a whole or not at all. Throws an InvalidInput. */
  seed(seed: CheckedSeed, options?: SeedOptions): Promise<void>;
  /**
   * Plants the seed of the start. What an earlier start planted stays as it has become.
   * `owners` will be users soon.
   */
  plantAtStart(seed: CheckedSeed, owners: readonly string[]): Promise<void>;
}
