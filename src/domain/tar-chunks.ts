import { malformed } from './tar-header.js';

const EMPTY = Buffer.alloc(0);

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

  /** Exactly `length` bytes; fewer only at the end. For small pieces: they are held in memory. */
  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const piece = await this.#take(missing);
      if (piece === undefined) break;
      if (piece.length === length) return piece;
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
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

  /** Drops the bytes before `end`; stops without complaint where there are no more. */
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
