import { createReadStream } from 'node:fs';
import type { Disk, WholeFile } from './disk.js';
import { type NewFile, SHORT } from './new-file.js';
import type { PieceMemory } from './piece-memory.js';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * A file whose bytes come one after the other: written aside in large pieces, one on its way while the next
 * is gathered. A short one is written as a whole. It is nothing until a document names it.
 */
export class StreamedFile {
  readonly #disk: Disk;
  readonly #memory: PieceMemory;
  readonly #path: string;
  readonly #aside: NewFile;
  /** What is gathered; short at first, as most files end there. */
  #piece: Buffer = Buffer.allocUnsafeSlow(SHORT);
  #gathered = 0;
  #isBegun = false;
  /** Ends when the piece before is written. */
  #writing = Promise.resolve();

  /** `path` is the place where it will be. Throws the error of the system. */
  constructor(disk: Disk, memory: PieceMemory, path: string) {
    this.#disk = disk;
    this.#memory = memory;
    this.#path = path;
    this.#aside = disk.openAside(path);
  }

  /**
   * Takes a copy of a chunk. Undefined when more may come at once, as mostly; otherwise it resolves when
   * more may come, or rejects when a piece could not be written.
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    const rest = this.#gather(chunk);
    return rest.length === 0 ? undefined : this.#writeOn(rest);
  }

  /**
   * Puts the file in its place, or in another one beside it: durable before any document that is written after it.
   */
  async finish(path = this.#path): Promise<void> {
    const whole = this.whole(path);
    if (whole !== undefined) return this.#disk.finishWholes([whole]);
    await this.#writing;
    await this.#disk.append(this.#aside, this.#gatheredBytes());
    this.#giveUpMemory();
    await this.#disk.finish(this.#aside, path, { isPart: true });
  }

  /** A short file as a whole one that is to be at `path`, which is then the caller's; undefined for a long one. */
  whole(path: string): WholeFile | undefined {
    if (this.#isBegun) return undefined;
    return { aside: this.#aside, path, bytes: this.#gatheredBytes() };
  }

  /** Shows all that was written so far. */
  async readBack(show: (bytes: Uint8Array) => unknown): Promise<void> {
    await this.#writing;
    if (this.#isBegun) for await (const bytes of createReadStream(this.#aside.path)) show(bytes);
    show(this.#gatheredBytes());
  }

  /** Removes what was written, as well as it can be done. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    this.#giveUpMemory();
    await this.#disk.discard(this.#aside);
  }

  /** Gathers as much of a chunk as there is room for; returns the rest. */
  #gather(chunk: Uint8Array): Uint8Array {
    const room = this.#piece.length - this.#gathered;
    const fitting = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.#piece.set(fitting, this.#gathered);
    this.#gathered += fitting.length;
    return chunk.subarray(fitting.length);
  }

  async #writeOn(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; rest = this.#gather(rest)) await this.#writePiece();
  }

  /** Begins to write what is gathered, once the piece before is written. */
  async #writePiece(): Promise<void> {
    await this.#writing;
    const [piece, bytes] = [this.#piece, this.#gatheredBytes()];
    this.#isBegun = true;
    this.#piece = this.#memory.take();
    this.#gathered = 0;
    this.#writing = this.#disk
      .append(this.#aside, bytes)
      .finally(() => this.#memory.giveBack(piece));
    // Until somebody waits for it, a failure has nobody to go to.
    this.#writing.catch(() => undefined);
  }

  #giveUpMemory(): void {
    this.#memory.giveBack(this.#piece);
    this.#piece = NOTHING;
    this.#gathered = 0;
  }

  #gatheredBytes(): Uint8Array {
    return this.#piece.subarray(0, this.#gathered);
  }
}
