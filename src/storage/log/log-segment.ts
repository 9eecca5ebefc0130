import { NewFile } from '../files/new-file.js';
import { type Change, sumOfFile } from './log-entry.js';

/**
 * How a segment grows, in bytes: to write where there is something already changes the bytes alone, which
 * is several times cheaper to force to the disk than a file that becomes longer.
 */
const GROWTH = 256 * 1024;
/** What a disk gives room for at least, in bytes. */
const BLOCK = 4096;

/** One file of a log. Entries are added from its beginning on, over those of the turn before. */
export class LogSegment {
  readonly #file: NewFile;
  /** Where the next entry begins. */
  #end = 0;
  /** How long the file is. */
  #length = 0;
  /** The files that its entries speak of, below the data directory, with the sums that they end with. */
  readonly #files = new Map<string, string | undefined>();

  /** Creates the file at `path`. Throws the error of the system. */
  constructor(path: string) {
    this.#file = new NewFile(path);
  }

  get path(): string {
    return this.#file.path;
  }

  /** The files that its entries speak of, with the sums of what they hold in the end; undefined: gone. */
  get files(): ReadonlyMap<string, string | undefined> {
    return this.#files;
  }

  /** Whether the segment is still the file at its path: somebody may have removed or replaced it. */
  get isInPlace(): boolean {
    return this.#file.isInPlace;
  }

  /** How many bytes its entries have. */
  get size(): number {
    return this.#end;
  }

  /** Has room on the disk for what is to come; durable when this resolves. */
  async reserve(): Promise<void> {
    await this.#grow(1);
    await this.#file.sync();
  }

  /** Adds an entry, without forcing it. Until `keep` the next one takes its place. */
  async write(entry: Buffer): Promise<void> {
    const end = this.#end + entry.length;
    // Before any byte of the entry is written: an entry that a full disk refused must not be found later.
    if (end > this.#length) await this.#grow(end);
    await this.#file.writeAt(this.#end, entry);
  }

  /** Makes the last entry that was written unreadable, as well as it can be done. */
  async spoil(): Promise<void> {
    await this.#file.writeAt(this.#end, Buffer.alloc(Math.min(BLOCK, this.#length - this.#end)));
    await this.#file.syncBytes();
  }

  /** Resolves when everything written is on the disk. */
  async force(): Promise<void> {
    await this.#file.syncBytes();
  }

  /** The entry that was written last stays, with what it says of these files. */
  keep(entry: Buffer, changes: readonly Change[]): void {
    this.#end += entry.length;
    for (const { path, bytes } of changes) this.#files.set(path, bytes && sumOfFile(bytes));
  }

  /** Starts over: the next entry is the first. */
  rewind(): void {
    this.#end = 0;
    this.#files.clear();
  }

  close(): void {
    this.#file.close();
  }

  /** Grows to this length; on a nearly full disk, no further than it must. */
  async #grow(least: number): Promise<void> {
    try {
      await this.#lengthen(Math.ceil(least / GROWTH) * GROWTH);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      await this.#lengthen(Math.ceil(least / BLOCK) * BLOCK);
    }
  }

  async #lengthen(length: number): Promise<void> {
    try {
      await this.#file.writeAt(this.#length, Buffer.alloc(length - this.#length));
      this.#length = length;
    } catch (error) {
      // Others may need the room that it got.
      this.#file.truncate(this.#length);
      throw error;
    }
  }
}
