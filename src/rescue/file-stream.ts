import { closeSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';

/** How much of a file is read at a time, in bytes. */
export const PIECE = 1024 * 1024;
/** How much of it at first, in bytes: most files end there, and to make and clear a megabyte takes longer than to read one. */
const FIRST_PIECE = 64 * 1024;

/**
 * A file from its beginning to its end, as a stream or piece by piece into memory of somebody's own. It is read
 * at once: a command has nobody else to answer, and to have a thread do it takes longer.
 */
export class FileStream extends Readable {
  readonly #descriptor: number;
  #next = FIRST_PIECE;

  /** `descriptor` is that of an open file, which is closed with the stream. */
  constructor(descriptor: number) {
    super({ highWaterMark: PIECE });
    this.#descriptor = descriptor;
  }

  /** The next bytes; how many there were, 0 at the end. Throws the error of the system. */
  fill(memory: Uint8Array): number {
    return readSync(this.#descriptor, memory, 0, memory.length, null);
  }

  override _read(): void {
    const memory = Buffer.allocUnsafeSlow(this.#next);
    try {
      const length = this.fill(memory);
      if (length === memory.length) this.#next = PIECE;
      this.push(length === 0 ? null : memory.subarray(0, length));
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    try {
      closeSync(this.#descriptor);
      done(error);
    } catch (failure) {
      done(error ?? (failure as Error));
    }
  }
}
