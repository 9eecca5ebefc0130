import { type FileHandle, open } from 'node:fs/promises';
import type { PieceMemory } from './piece-memory.js';

/** A part of a file: from the first byte to the last, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** A part of a file, open to be read once, piece by piece. */
export class LayerPieces {
  /** How many bytes there are in all. */
  readonly length: number;
  readonly #handle: FileHandle;
  readonly #range: ByteRange;
  readonly #memory: PieceMemory;

  private constructor(handle: FileHandle, range: ByteRange, memory: PieceMemory) {
    this.length = range.last + 1 - range.first;
    this.#handle = handle;
    this.#range = range;
    this.#memory = memory;
  }

  /** Opens a part of the file at `path`. Rejects with the error of the system. */
  static async open(path: string, range: ByteRange, memory: PieceMemory): Promise<LayerPieces> {
    return new LayerPieces(await open(path), range, memory);
  }

  /**
   * Shows the pieces to `use`, one after the other and all in the same memory, so that each is good only
   * until the promise of `use` is settled. Closes the file. Rejects as `use` does, with the error of the
   * system, or with an error where the file is shorter than it was.
   */
  async each(use: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const memory = this.#memory.take();
    try {
      for (let { first: at, last } = this.#range; at <= last; ) {
        const wanted = Math.min(memory.length, last + 1 - at);
        const { bytesRead } = await this.#handle.read(memory, 0, wanted, at);
        if (bytesRead === 0) throw new Error(`a layer ends at byte ${at}, before byte ${last}`);
        at += bytesRead;
        await use(memory.subarray(0, bytesRead));
      }
    } finally {
      this.#memory.giveBack(memory);
      await this.#handle.close();
    }
  }
}
