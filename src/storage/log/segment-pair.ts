import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { type DiskOptions, replaceUnforced } from '../files/disk.js';
import { force, forceBelow } from '../files/force.js';
import { readIfThere } from '../files/read-if-there.js';
import { sumOfFile } from './log-entry.js';
import { logFiles, removeInOrder } from './log-files.js';
import { LogSegment } from './log-segment.js';

/** How many bytes fill a segment. */
const CAPACITY = 4 * 1024 * 1024;
/** And how many files: forcing them takes time, and somebody may have to wait for it. */
const MOST_FILES = 1024;

interface Segments {
  readonly current: LogSegment;
  readonly other: LogSegment;
}

/**
 * The two segments of a log of changes, of which one is written. When it is full, the files that it speaks of
 * are forced to the disk beside the hub's work, while the other one is written from its beginning.
 */
export class SegmentPair {
  readonly #folder: string;
  readonly #step: NonNullable<DiskOptions['onStep']>;
  readonly #capacity: number;
  /** None before the first change. */
  #open: Segments | undefined;
  /** Resolves when the files that the other segment speaks of are on the disk. */
  #forced = Promise.resolve();

  /** `folder` is the data directory; a segment of `capacity` bytes, 4 MB unless it is given, is full. */
  constructor(
    folder: string,
    onStep: NonNullable<DiskOptions['onStep']>,
    capacity: number = CAPACITY,
  ) {
    this.#folder = folder;
    this.#step = onStep;
    this.#capacity = capacity;
  }

  /** The sum of what a file holds, as the log says; undefined where it says nothing of it, or that it is gone. */
  sumOf(path: string): string | undefined {
    if (this.#open === undefined) return undefined;
    const { current, other } = this.#open;
    return (current.files.has(path) ? current : other).files.get(path);
  }

  /** What a change of a file takes the place of. */
  before(path: string): string | undefined {
    return this.sumOf(path) ?? this.#sumOnDisk(path);
  }

  #sumOnDisk(path: string): string | undefined {
    const bytes = readIfThere(join(this.#folder, path));
    return bytes && sumOfFile(bytes);
  }

  /** Writes an entry where there is room for it, and returns where. */
  async write(entry: Buffer): Promise<LogSegment> {
    this.#open ??= await this.#begin();
    const { current } = this.#open;
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
    if (this.#open === undefined) throw new Error('there is a log before it turns');
    const { current, other } = this.#open;
    await this.#untilForced(other);
    other.rewind();
    this.#open = { current: other, other: current };
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

  /** Makes the last entry unreadable. Rejects with the error of the system. */
  async spoil(): Promise<void> {
    await this.#open?.current.spoil();
  }

  /**
   * Forces to the disk what the segments speak of, and removes them; see `ChangeLog.close` for when they
   * are left.
   */
  async end(): Promise<void> {
    if (this.#open === undefined) return;
    const { current, other } = this.#open;
    try {
      await this.#untilForced(other);
      await forceBelow(this.#folder, current.files.keys());
      for (const segment of [current, other]) assertInPlace(segment);
      if (!this.#isTrue({ current, other })) return;
    } finally {
      this.#open = undefined;
      current.close();
      other.close();
    }
    // A segment that nothing was added to since it started over holds what is older than the other.
    const [older, newer] = current.size === 0 ? [current, other] : [other, current];
    await removeInOrder(this.#folder, [older.path, newer.path]);
  }

  /** Whether every file is as the log says. */
  #isTrue({ current, other }: Segments): boolean {
    return [...new Map([...other.files, ...current.files])].every(
      ([path, sum]) => sum === this.#sumOnDisk(path),
    );
  }
}

/** Throws a StorageError unless a segment is still the file at its path, where a start looks for it. */
export function assertInPlace(segment: LogSegment): void {
  if (!segment.isInPlace) throw StorageError.displaced(segment.path);
}
