import { finished, PassThrough, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { inflateLayer, LayerFormatError } from '../domain/layers/inflate.js';
import { tarEntries } from '../domain/layers/tar-entries.js';
import { uncompressed } from '../domain/layers/uncompressed.js';
import { PIECE } from './file-stream.js';
import { BrokenError } from './problems.js';

/** How much is inflated at a time, in bytes: with a quarter as much memory a megabyte takes a seventh less time. */
const INFLATED = 256 * 1024;

export interface ReadingOptions {
  /** The most bytes that a layer may inflate to. */
  readonly maxInflated: number;
  /** Opens the same layer once more: for one whose gzip is odd, so that it has to be looked at closely. */
  readonly again: () => Promise<Readable>;
}

/** Reads what passes; it is held up where the reader is slower. */
export interface LayerReader {
  take(chunk: Buffer, done: () => void): void;
  /** Resolves when all was sound. Throws a BrokenError. */
  end(): Promise<void>;
  stop(): void;
}

/** By Node's own reader, in a thread: reads of a gigabyte must not take longer than they have to. */
export class GzipReader implements LayerReader {
  readonly #options: ReadingOptions;
  readonly #gunzip = createGunzip({ chunkSize: INFLATED });
  readonly #ended: Promise<Error | undefined>;
  #inflated = 0;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#gunzip.on('data', (chunk: Buffer) => {
      this.#inflated += chunk.length;
      if (this.#inflated > options.maxInflated) this.#gunzip.destroy(tooLong(options));
    });
    this.#ended = new Promise((resolve) => {
      finished(this.#gunzip, (error) => resolve(error ?? undefined));
    });
  }

  take(chunk: Buffer, done: () => void): void {
    if (this.#gunzip.destroyed || this.#gunzip.write(chunk)) done();
    else once(this.#gunzip, done);
  }

  async end(): Promise<void> {
    this.#gunzip.end();
    const error = await this.#ended;
    if (error === undefined) return;
    if (error instanceof BrokenError) throw error;
    // Node also refuses what merely follows a sound gzip; docker took such layers.
    await readThrough(inflateLayer(await this.#options.again(), this.#options));
  }

  stop(): void {
    this.#gunzip.destroy();
  }
}

/** A bare tar, or one that is packed with xz or bzip2. */
export class TarReader implements LayerReader {
  readonly #bytes = new PassThrough({ highWaterMark: PIECE });
  readonly #read: Promise<unknown>;

  constructor({ maxInflated }: ReadingOptions) {
    const entries = tarEntries(uncompressed(this.#bytes, { maxInflated }));
    this.#read = readThrough(entries).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  take(chunk: Buffer, done: () => void): void {
    if (this.#bytes.destroyed || this.#bytes.write(chunk)) done();
    else once(this.#bytes, done);
  }

  async end(): Promise<void> {
    this.#bytes.end();
    const error = await this.#read;
    if (error !== undefined) throw error;
  }

  stop(): void {
    this.#bytes.destroy();
  }
}

/** Calls `done` when a stream takes more, or is closed. */
function once(stream: NodeJS.EventEmitter, done: () => void): void {
  const goOn = (): void => {
    stream.off('drain', goOn).off('close', goOn);
    done();
  };
  stream.on('drain', goOn).on('close', goOn);
}

async function readThrough(things: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of things);
  } catch (error) {
    if (!(error instanceof LayerFormatError)) throw error;
    throw new BrokenError(`its layer is broken: ${error.message}`);
  }
}

function tooLong({ maxInflated }: ReadingOptions): BrokenError {
  return new BrokenError(`its layer inflates to more than ${maxInflated} bytes`);
}
