import type { Time } from '../input/time.js';
import type {
  JournalRecord,
  JournalSize,
  RecordFilter,
  RecordPage,
  WaitOptions,
} from '../journal/journal-record.js';
import type { Fault, FaultRule } from './fault-rule.js';
import type { Image, NewImage } from './image-content.js';
import type { Part } from './part.js';
import type {
  NewRepository,
  NewUser,
  Repository,
  Seed,
  SeedOptions,
  User,
} from './seed-content.js';

/*
 * What a program can do with a hub in its own process. Nothing here needs another package, so that the types
 * of startHub are whole by themselves.
 */

/** The accounts of a hub, without HTTP. */
export interface Users {
  /** Makes an account. Throws an InvalidInput that names the field that is wrong or taken. */
  create(user: NewUser): Promise<User>;
  get(username: string): User | undefined;
  list(): User[];
  /** Throws when there is no such account, as do the two below. */
  activate(username: string): Promise<void>;
  deactivate(username: string): Promise<void>;
  /** Removes an account; its repositories stay. */
  delete(username: string): Promise<void>;
}

/** The repositories of a hub, without HTTP. */
export interface RepositoriesOfHub {
  /** Makes a repository, or changes the one of that name. Throws an InvalidInput. */
  create(repository: NewRepository): Promise<Repository>;
  /** Throws for a name that no repository can have. */
  get(name: string): Repository | undefined;
  list(): Repository[];
  /** Removes a repository at once, with what only it holds. Throws when there is none. */
  delete(name: string): Promise<void>;
}

/** The images of a hub, without HTTP. */
export interface Images {
  /**
   * Makes an image; the same content on the same image always gives the same id. Throws an InvalidInput that
   * names the field that is wrong.
   */
  create(image: NewImage): Promise<Image>;
  /**
   * Takes the images of a `docker save` tar in, under the names that it gives them or as one repository.
   * Throws an error of one line that begins with the path; nothing is kept then.
   */
  import(
    path: string,
    named?: { readonly repository?: string; readonly tag?: string },
  ): Promise<void>;
  get(id: string): Image | undefined;
  /** The image that `ns/repo:tag`, or an id, means. Throws an InvalidInput when there is none. */
  find(reference: string): Image;
  list(): Image[];
  /** Takes an image, and the tags of all that is built on it, out of every repository. */
  delete(id: string): Promise<void>;
}

/** What the hub saw, the newest requests; none under `/_hub`. */
export interface Requests {
  /** The records that a filter wants, the oldest first. Throws an InvalidInput for a wrong filter. */
  list(filter?: RecordFilter): JournalRecord[];
  /**
   * Resolves with the first record that is wanted, one that is here already or the next to come. Rejects
   * with a NotSeen after `timeout` milliseconds (5000).
   */
  waitFor(
    wanted: RecordFilter | ((record: JournalRecord) => boolean),
    options?: WaitOptions,
  ): Promise<JournalRecord>;
  /** As `list`, but at most so many. */
  page(filter: RecordFilter, limit: number): RecordPage;
  readonly size: JournalSize;
}

/** Faults on demand: rules, asked in their order; the first that acts is the only one. */
export interface FaultRules {
  /** Adds a rule after the others. Throws an InvalidInput that names the field that is wrong. */
  add(rule: FaultRule): Fault;
  /** All rules in their order, with their counts. */
  list(): Fault[];
  /** The rules that never acted, so that a test can say so. */
  unhit(): Fault[];
  /** Takes one rule away, or all of them. False when there is none of that name. */
  clear(name?: string): boolean;
}

/** The time, as the hub takes it. Each change throws an InvalidInput for an invalid time. */
export interface ClockOfHub {
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether the time differs from the system's. */
  readonly isAltered: boolean;
  readonly isFrozen: boolean;
  /** Holds the time still, now or at a moment. */
  freeze(at?: Time): void;
  /** Sets the time; it goes on from there unless it stands still. */
  set(to: Time): void;
  /** Moves the time on by milliseconds, or back. */
  advance(by: number): void;
  /** Back to the time of the start. */
  reset(): void;
}

/** Where tokens and ids come from. */
export interface Randomness {
  /** From here on they are the same as after the same seed before. Throws an InvalidInput. */
  seed(seed: string | number): void;
  /** The seed, if there is one. */
  readonly currentSeed: string | undefined;
}

/** What X-Docker-Endpoints says: where the hub is, so a reset leaves it alone. */
export interface EndpointsOfHub {
  /** `host[:port]` of each registry; none: the host that was asked. */
  list(): readonly string[];
  /** Throws an InvalidInput when one of them is not a `host[:port]`. */
  set(endpoints: readonly string[]): void;
  /** Back to what the hub was started with. */
  reset(): void;
}

/** A running hub, for a program that uses it in its own process. */
export interface Hub {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly port: number;
  /** Lets running requests end (10 s at most), then gives everything back. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Lets the process end although the hub has not been closed, as when a test fails before it could. What an
   * ephemeral hub has on the disk is removed by the next one then.
   */
  unref(): Hub;

  /**
   * Back to the seeded start: everything, or one part. What is under way ends first, also what was asked of
   * the handles; what is asked of them meanwhile comes after it.
   */
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

  readonly users: Users;
  readonly repositories: RepositoriesOfHub;
  readonly images: Images;
  readonly endpoints: EndpointsOfHub;
  readonly requests: Requests;
  readonly faults: FaultRules;
  readonly clock: ClockOfHub;
  readonly random: Randomness;
}
