import type { Disk } from './disk.js';
import { type NewFile, SHORT } from './new-file.js';

/** How many bytes are gathered before they are written: a write costs more than its bytes do. */
const PIECE = 1024 * 1024;
/** And how many chunks: what comes byte by byte takes much more memory than it has bytes. */
const MOST_CHUNKS = 256;

/**
 * A file whose bytes come one after the other: written aside in large pieces, one on its way while the next
 * is gathered. A short one is written as a whole. It is nothing until a document names it.
 */
export class StreamedFile {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #aside: NewFile;
  #chunks: Uint8Array[] = [];
  #gathered = 0;
  #isBegun = false;
  #writing = Promise.resolve();

  /** `path` is the place where it will be. Throws the error of the system. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    this.#aside = disk.openAside(path);
  }

  /** Resolves when more may come. Rejects when an earlier piece could not be written. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#gathered += chunk.length;
    const isFull = this.#gathered >= PIECE || this.#chunks.length >= MOST_CHUNKS;
    if (isFull) await this.#writePiece();
  }

  /** Puts the file in its place: durable before any document that is written after it. */
  async finish(): Promise<void> {
    if (!this.#isBegun && this.#gathered <= SHORT) {
      const bytes = Buffer.concat(this.#chunks);
      return this.#disk.finishWhole(this.#aside, this.#path, bytes);
    }
    await this.#writePiece();
    await this.#writing;
    await this.#disk.finish(this.#aside, this.#path, { isPart: true });
  }

  /** Removes what was written, as well as it can be done. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#disk.discard(this.#aside);
  }

  async #writePiece(): Promise<void> {
    this.#isBegun = true;
    await this.#writing;
    this.#writing = this.#disk.append(this.#aside, Buffer.concat(this.#chunks));
    // Until somebody waits for it, a failure has nobody to go to.
    this.#writing.catch(() => undefined);
    this.#chunks = [];
    this.#gathered = 0;
  }
}
