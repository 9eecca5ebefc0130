import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type DiskOptions, replaceUnforced } from './disk.js';
import { StorageError } from './errors.js';
import { force, forceBelow } from './force.js';
import { type Change, encodeEntry, newRun, sumOfFile } from './log-entry.js';
import { logFiles, removeInOrder } from './log-files.js';
import { LogSegment } from './log-segment.js';
import { readIfThere } from './read-if-there.js';

/** From how many bytes on a segment is full. */
const CAPACITY = 4 * 1024 * 1024;
/** And from how many files on: to force them takes its time, and somebody may have to wait for it. */
const MOST_FILES = 1024;

export interface ChangeLogOptions {
  readonly onStep?: DiskOptions['onStep'];
  /** From how many bytes on a segment is full; 4 MB unless it is given. */
  readonly capacity?: number | undefined;
}

interface Segments {
  readonly current: LogSegment;
  readonly other: LogSegment;
}

/** A change, and who waits for it. */
interface Waiting extends Change {
  readonly make: () => void;
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
 * Of two segments one is written. When it is full, the files that it speaks of are forced to the disk
 * beside the hub's work, while the other one is written from its beginning. What a log says when the power
 * went is made good by `recoverChanges`.
 */
export class ChangeLog {
  readonly #folder: string;
  readonly #step: NonNullable<DiskOptions['onStep']>;
  readonly #capacity: number;
  readonly #run = newRun();
  #sequence = 1;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** None before the first change. */
  #segments: Segments | undefined;
  /** Resolves when the files that the other segment speaks of are on the disk. */
  #forced = Promise.resolve();
  #isClosed = false;

  /** For the data directory `folder`, in which all is durable. */
  constructor(folder: string, { onStep, capacity = CAPACITY }: ChangeLogOptions = {}) {
    this.#folder = folder;
    this.#step = onStep ?? (() => undefined);
    this.#capacity = capacity;
  }

  /**
   * Resolves when the file at `path` is durably as `bytes` say, or gone where they are undefined. `make`
   * makes the change in the directory; changes are made in the order in which they were added. Rejects
   * with the error of the system or of `make`, the file is then as it was; or with a StorageError after
   * the end.
   */
  add(path: string, bytes: Uint8Array | undefined, make: () => void): Promise<void> {
    if (this.#isClosed) return Promise.reject(StorageError.closed(path));
    return new Promise((resolve, reject) => {
      const change = { path: relative(this.#folder, path), bytes };
      this.#enqueue({ ...change, make, resolve, reject, isNote: false });
    });
  }

  /**
   * Notes that the file at `path` is gone, if the log says otherwise, so that no start brings it back after
   * a kill. It need not be durable.
   */
  note(path: string): void {
    const gone = { path: relative(this.#folder, path), bytes: undefined };
    if (this.#isClosed || this.#sumOf(gone.path) === undefined) return;
    const nothing = (): void => undefined;
    this.#enqueue({ ...gone, make: nothing, resolve: nothing, reject: nothing, isNote: true });
  }

  /**
   * Forces to the disk what the log speaks of, and removes it. Rejects with the error of the system, or with
   * a StorageError if the log is not in its place any more. It is then left for the next start, and also
   * where files are not as it says, since somebody has changed them: the next start judges that.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    if (this.#segments === undefined) return;
    const { current, other } = this.#segments;
    try {
      await this.#untilForced(other);
      await forceBelow(this.#folder, current.files.keys());
      for (const segment of [current, other]) assertInPlace(segment);
      if (!this.#isTrue({ current, other })) return;
    } finally {
      this.#segments = undefined;
      current.close();
      other.close();
    }
    // One that nothing was added to since it was begun anew holds what is older than the other.
    const [older, newer] = current.size === 0 ? [current, other] : [other, current];
    await removeInOrder(this.#folder, [older.path, newer.path]);
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#running ??= this.#commitAll();
  }

  /** Whether every file is as the log says. */
  #isTrue({ current, other }: Segments): boolean {
    return [...new Map([...other.files, ...current.files])].every(
      ([path, sum]) => sum === this.#sumOnDisk(path),
    );
  }

  /** The sum of what a file holds, as the log says; undefined where it says nothing of it, or that it is gone. */
  #sumOf(path: string): string | undefined {
    if (this.#segments === undefined) return undefined;
    const { current, other } = this.#segments;
    return (current.files.has(path) ? current : other).files.get(path);
  }

  /** What a change of a file takes the place of. */
  #before(path: string): string | undefined {
    return this.#sumOf(path) ?? this.#sumOnDisk(path);
  }

  #sumOnDisk(path: string): string | undefined {
    const bytes = readIfThere(join(this.#folder, path));
    return bytes && sumOfFile(bytes);
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
    const failed = await this.#write(batch, { isForced }).then(
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
    await this.#takeBack(failed.map(({ waiting }) => waiting));
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
      await this.#segments?.current.spoil().catch(() => undefined);
    }
  }

  /** Adds an entry; durable when this resolves, if it is to be forced to the disk. */
  async #write(changes: readonly Change[], { isForced }: { isForced: boolean }): Promise<void> {
    const logged = changes.map(({ path, bytes }) => ({ path, bytes, before: this.#before(path) }));
    const [run, sequence] = [this.#run, this.#sequence];
    const entry = encodeEntry({ run, sequence, time: Date.now(), changes: logged });
    const segment = await this.#withRoom(entry);
    assertInPlace(segment);
    if (isForced) {
      this.#step('fsync', segment.path);
      await segment.force();
    }
    segment.keep(entry, changes);
    this.#sequence += 1;
  }

  /** Writes an entry where there is room for it, and returns where. */
  async #withRoom(entry: Buffer): Promise<LogSegment> {
    this.#segments ??= await this.#begin();
    const { current } = this.#segments;
    const isFull = current.size >= this.#capacity || current.files.size >= MOST_FILES;
    const segment = isFull ? await this.#turn() : current;
    this.#step('write', segment.path);
    try {
      await segment.write(entry);
      return segment;
    } catch (error) {
      // On a full disk it can't grow, and the other one has the room that it had before.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' || segment.size === 0) throw error;
    }
    const other = await this.#turn();
    await other.write(entry);
    return other;
  }

  /** Takes the other segment for the current one, as soon as nothing depends on what it says. */
  async #turn(): Promise<LogSegment> {
    if (this.#segments === undefined) throw new Error('there is a log before it turns');
    const { current, other } = this.#segments;
    await this.#untilForced(other);
    other.rewind();
    this.#segments = { current: other, other: current };
    this.#forced = this.#force(current);
    // A failure is for the next turn, or for the end.
    this.#forced.catch(() => undefined);
    return other;
  }

  /**
   * Resolves when what the other segment speaks of is on the disk. What failed is tried once more, with
   * files that are new: Linux tells of bytes that it could not write once, and then forgets them.
   */
  async #untilForced(segment: LogSegment): Promise<void> {
    await this.#forced.catch(() => {
      this.#forced = this.#writeAnew(segment).then(() => this.#force(segment));
      return this.#forced;
    });
  }

  async #force({ files }: LogSegment): Promise<void> {
    this.#step('fsync-folder', this.#folder);
    await forceBelow(this.#folder, files.keys());
  }

  async #writeAnew({ files }: LogSegment): Promise<void> {
    for (const path of files.keys()) {
      const place = join(this.#folder, path);
      const bytes = readIfThere(place);
      if (bytes !== undefined) await replaceUnforced(place, bytes);
    }
  }

  async #begin(): Promise<Segments> {
    const made: LogSegment[] = [];
    const make = async (path: string): Promise<LogSegment> => {
      this.#step('open', path);
      // One that a failed beginning has left.
      rmSync(path, { force: true });
      const segment = new LogSegment(path);
      made.push(segment);
      await segment.reserve();
      return segment;
    };
    const [first, second] = logFiles(this.#folder);
    try {
      const segments = { current: await make(first), other: await make(second) };
      await force(this.#folder);
      return segments;
    } catch (error) {
      for (const segment of made) segment.close();
      for (const { path } of made) rmSync(path, { force: true });
      throw error;
    }
  }
}

/** Throws a StorageError unless a segment is still the file at its path, where a start looks for it. */
function assertInPlace(segment: LogSegment): void {
  if (!segment.isInPlace) throw StorageError.displaced(segment.path);
}

/** Makes changes that are in the log now; returns those that could not be made. */
function makeAll(batch: readonly Waiting[]): { waiting: Waiting; error: unknown }[] {
  const failed: { waiting: Waiting; error: unknown }[] = [];
  for (const waiting of batch) {
    try {
      waiting.make();
      waiting.resolve();
    } catch (error) {
      failed.push({ waiting, error });
    }
  }
  return failed;
}
