import { malformed } from './tar-header.js';

const EMPTY: Buffer = Buffer.alloc(0);

/** Reads chunks by offset, without joining more of them than a header needs. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = EMPTY;
  #offset = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** How many bytes were taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Exactly `length` bytes; fewer only at the end. For small pieces: they are held in memory. What comes in
   * parts is copied, since each part would keep the whole chunk that it is from: a gzip whose members hold
   * one byte each gives a chunk of 64 KiB for each byte.
   */
  async read(length: number): Promise<Buffer> {
    let whole = EMPTY;
    let filled = 0;
    while (filled < length) {
      const piece = await this.#take(length - filled);
      if (piece === undefined) break;
      if (piece.length === length) return piece;
      if (filled === 0) whole = Buffer.allocUnsafe(length);
      filled += piece.copy(whole, filled);
    }
    return whole.subarray(0, filled);
  }

  /** The bytes from here to `end`, as they come. */
  async *readTo(end: number): AsyncGenerator<Buffer> {
    while (this.#offset < end) {
      const piece = await this.#take(end - this.#offset);
      if (piece === undefined) throw malformed('it ends inside a file');
      yield piece;
    }
  }

  /** Drops what is left of a file that ends at `end`. */
  async passFile(end: number): Promise<void> {
    await this.skipTo(end);
    if (this.#offset < end) throw malformed('it ends inside a file');
  }

  /** Drops the bytes before `end`; stops without an error at the end. */
  async skipTo(end: number): Promise<void> {
    while (this.#offset < end) {
      if ((await this.#take(end - this.#offset)) === undefined) return;
    }
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Up to `most` bytes, at least one; undefined at the end. */
  async #take(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    this.#offset += piece.length;
    return piece;
  }
}
