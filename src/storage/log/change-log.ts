import { join, relative } from 'node:path';
import { StorageError } from '../errors.js';
import type { DiskOptions } from '../files/disk.js';
import { readIfThere } from '../files/read-if-there.js';
import { type Change, encodeEntry, newRun } from './log-entry.js';
import { assertInPlace, SegmentPair } from './segment-pair.js';

export interface ChangeLogOptions {
  readonly onStep?: DiskOptions['onStep'];
  /** How many bytes fill a segment; 4 MB unless it is given. */
  readonly capacity?: number | undefined;
}

/** A change, and what makes it in the directory. */
export interface PlannedChange extends Change {
  readonly make: () => void;
}

/** Changes that are made all or not at all, and the caller that waits for them. */
interface Waiting {
  readonly changes: readonly PlannedChange[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** True where nobody waits for it to be durable. */
  readonly isNote: boolean;
}

/**
 * What is going to change in a data directory, written ahead of the changes. To make a document durable by
 * itself takes two commits of the file system, one for the file and one for its name. Here all changes that
 * wait are made durable together, by one short write to a file that is there already; then they are made in
 * the directory, where they need not be durable for as long as the log tells of them.
 *
 * It lies in two segments (segment-pair.ts). What a log says when the power went is made good by
 * `recoverChanges`.
 */
export class ChangeLog {
  readonly #folder: string;
  readonly #step: NonNullable<DiskOptions['onStep']>;
  readonly #segments: SegmentPair;
  readonly #run = newRun();
  #sequence = 1;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  /** For the data directory `folder`, in which all is durable. */
  constructor(folder: string, { onStep, capacity }: ChangeLogOptions = {}) {
    this.#folder = folder;
    this.#step = onStep ?? (() => undefined);
    this.#segments = new SegmentPair(folder, this.#step, capacity);
  }

  /**
   * Resolves when the files at some paths are durably as their `bytes` say, or gone where they are undefined: a power
   * cut leaves all or none of them. `make` makes a change in the directory; changes are made in the order in which they
   * were added. Rejects with the error of the system or of a `make`: those that were made before it stay; or with a
   * StorageError after the end.
   */
  add(...planned: readonly PlannedChange[]): Promise<void> {
    const [first] = planned;
    if (first === undefined) return Promise.resolve();
    if (this.#isClosed) return Promise.reject(StorageError.closed(first.path));
    const below = (path: string): string => relative(this.#folder, path);
    const changes = planned.map((each) => ({ ...each, path: below(each.path) }));
    return new Promise((resolve, reject) => {
      this.#enqueue({ changes, resolve, reject, isNote: false });
    });
  }

  /**
   * Notes that the file at `path` is gone, if the log says otherwise, so that no start brings it back after
   * a kill. It need not be durable.
   */
  note(path: string): void {
    const nothing = (): void => undefined;
    const gone = { path: relative(this.#folder, path), bytes: undefined, make: nothing };
    if (this.#isClosed || this.#segments.sumOf(gone.path) === undefined) return;
    this.#enqueue({ changes: [gone], resolve: nothing, reject: nothing, isNote: true });
  }

  /**
   * Forces to the disk what the log speaks of, and removes it. Rejects with the error of the system, or with
   * a StorageError if the log is not in its place any more. It is then left for the next start, and also
   * where files are not as it says, since somebody has changed them: the next start judges that.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.#segments.end();
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#running ??= this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#commit(batch);
    }
    this.#running = undefined;
  }

  /** Never rejects: what fails is for those who wait. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    const isForced = batch.some(({ isNote }) => !isNote);
    const failed = await this.#write(changesOf(batch), { isForced }).then(
      () => makeAll(batch),
      (error: unknown) => batch.map((waiting) => ({ waiting, error })),
    );
    const [first, ...more] = failed;
    if (first === undefined) return;
    // There may be no room for all of them, and yet for some.
    if (failed.length === batch.length && more.length > 0) {
      for (const waiting of batch) await this.#commit([waiting]);
      return;
    }
    await this.#takeBack(changesOf(failed.map(({ waiting }) => waiting)));
    for (const { waiting, error } of failed) waiting.reject(error);
  }

  /**
   * The log may speak of changes that were not made: its next entry says how things are, in the place of
   * the last one if that failed. When this fails, too, the last one is made unreadable at least.
   */
  async #takeBack(changes: readonly Change[]): Promise<void> {
    try {
      const isNow = ({ path }: Change): Change => {
        return { path, bytes: readIfThere(join(this.#folder, path)) };
      };
      await this.#write(changes.map(isNow), { isForced: true });
    } catch {
      // Those who wait hear of the failure that came first.
      await this.#segments.spoil().catch(() => undefined);
    }
  }

  /** Adds an entry; durable when this resolves, if it is to be forced to the disk. */
  async #write(changes: readonly Change[], { isForced }: { isForced: boolean }): Promise<void> {
    const logged = changes.map(({ path, bytes }) => ({
      path,
      bytes,
      before: this.#segments.before(path),
    }));
    const [run, sequence] = [this.#run, this.#sequence];
    const entry = encodeEntry({ run, sequence, time: Date.now(), changes: logged });
    const segment = await this.#segments.write(entry);
    assertInPlace(segment);
    if (isForced) {
      this.#step('fsync', segment.path);
      await segment.force();
    }
    segment.keep(entry, changes);
    this.#sequence += 1;
  }
}

function changesOf(batch: readonly Waiting[]): Change[] {
  return batch.flatMap(({ changes }) => changes);
}

/** Makes changes that are in the log now; returns those that could not be made. */
function makeAll(batch: readonly Waiting[]): { waiting: Waiting; error: unknown }[] {
  const failed: { waiting: Waiting; error: unknown }[] = [];
  for (const waiting of batch) {
    try {
      for (const { make } of waiting.changes) make();
      waiting.resolve();
    } catch (error) {
      failed.push({ waiting, error });
    }
  }
  return failed;
}
