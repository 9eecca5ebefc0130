import type { Disk } from './disk.js';
import type { FileAside } from './file-aside.js';

/** How many bytes are gathered before they are written: a write costs more than its bytes do. */
const PIECE = 1024 * 1024;
/** And how many chunks: what comes byte by byte takes much more memory than it has bytes. */
const MOST_CHUNKS = 256;

/** Writes to a file aside in large pieces, one on its way while the next is gathered. */
export class PieceWriter {
  readonly #disk: Disk;
  readonly #aside: FileAside;
  #chunks: Uint8Array[] = [];
  #gathered = 0;
  #writing = Promise.resolve();

  constructor(disk: Disk, aside: FileAside) {
    this.#disk = disk;
    this.#aside = aside;
  }

  /** Resolves when more may come. Rejects when an earlier piece could not be written. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#gathered += chunk.length;
    const isFull = this.#gathered >= PIECE || this.#chunks.length >= MOST_CHUNKS;
    if (isFull) await this.#writePiece();
  }

  /** Writes what is left; resolves when everything is written. */
  async end(): Promise<void> {
    await this.#writePiece();
    await this.#writing;
  }

  /** Resolves when nothing is on its way any more, however it went. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #writePiece(): Promise<void> {
    await this.#writing;
    this.#writing = this.#disk.append(this.#aside, Buffer.concat(this.#chunks));
    // Until somebody waits for it, a failure has nobody to go to.
    this.#writing.catch(() => undefined);
    this.#chunks = [];
    this.#gathered = 0;
  }
}
