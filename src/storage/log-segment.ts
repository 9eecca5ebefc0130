import { NewFile } from './new-file.js';

/**
 * How a segment grows, in bytes: to write where there is something already changes the bytes alone, which
 * is several times cheaper to force to the disk than a file that becomes longer.
 */
const GROWTH = 256 * 1024;

/** One file of a log. Entries are added from its beginning on, over those of the turn before. */
export class LogSegment {
  readonly #file: NewFile;
  /** Where the next entry begins. */
  #end = 0;
  /** How long the file is. */
  #length = 0;
  /** The files that its entries speak of, below the data directory. */
  readonly paths = new Set<string>();

  /** Creates the file at `path`. Throws the error of the system. */
  constructor(path: string) {
    this.#file = new NewFile(path);
  }

  get path(): string {
    return this.#file.path;
  }

  /** How many bytes its entries have. */
  get size(): number {
    return this.#end;
  }

  /** Makes room on the disk for what is to come; durable when this resolves. */
  async reserve(): Promise<void> {
    await this.write(Buffer.alloc(0));
    await this.#file.sync();
  }

  /** Adds an entry, without forcing it. Until `keep` the next one takes its place. */
  async write(entry: Buffer): Promise<void> {
    const end = this.#end + entry.length;
    if (end < this.#length) return this.#file.writeAt(this.#end, entry);
    const length = Math.ceil((end + 1) / GROWTH) * GROWTH;
    const padded = Buffer.alloc(length - this.#end);
    entry.copy(padded);
    await this.#file.writeAt(this.#end, padded);
    this.#length = length;
  }

  /** Resolves when everything written is on the disk. */
  async force(): Promise<void> {
    await this.#file.syncBytes();
  }

  /** The entry that was written last stays, with what it says of these files. */
  keep(entry: Buffer, paths: readonly string[]): void {
    this.#end += entry.length;
    for (const path of paths) this.paths.add(path);
  }

  /** Begins anew: from now on the next entry is the first. */
  rewind(): void {
    this.#end = 0;
    this.paths.clear();
  }

  close(): void {
    this.#file.close();
  }
}
