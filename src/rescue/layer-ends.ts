import { compressionOf } from '../domain/layers/compression.js';

/** A tar has whole blocks of so many bytes. */
const BLOCK = 512;
/** The last bytes of a gzip tell its length before it was packed, modulo 2^32. */
const LENGTH = 4;

/**
 * How a layer that passes begins and ends. A gzip that was cut ends like that of a tar once in 512 times, so this alone
 * proves nothing; it is for layers that are as they were sent, and perhaps were sent so.
 */
export class LayerEnds {
  #isGzip: boolean | undefined;
  #last = Buffer.alloc(0);

  take(piece: Buffer): void {
    this.#isGzip ??= compressionOf(piece) === 'gzip';
    const before = piece.length < LENGTH ? this.#last : Buffer.alloc(0);
    this.#last = Buffer.concat([before, piece.subarray(-LENGTH)]).subarray(-LENGTH);
  }

  /** Whether they are those of the gzip of a tar. */
  get areOfPackedTar(): boolean {
    if (this.#isGzip !== true || this.#last.length < LENGTH) return false;
    return this.#last.readUInt32LE() % BLOCK === 0;
  }
}
