import { createHash, type Hash } from 'node:crypto';
import { compressionOf, HEAD } from '../domain/layers/compression.js';
import { GzipReader, type LayerReader, type ReadingOptions, TarReader } from './layer-readers.js';
import { BrokenError } from './problems.js';

export interface CheckOptions extends ReadingOptions {
  /** How many bytes it is to have, where that is known. */
  readonly size: number | undefined;
  /** What its bytes must sum up to, where that is known. */
  readonly digest?: string | undefined;
  /** Told of each chunk that passed. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Whether a layer is whole: the end of its gzip with its checksum, or of its tar. (An old docker-registry took
 * what came: only `_inprogress` and the layer itself tell whether all of it did.)
 */
export class Check {
  readonly #options: CheckOptions;
  /** The bytes before it is clear what they are. */
  #head = Buffer.alloc(0);
  #reader: LayerReader | undefined;
  #length = 0;
  readonly #hash: Hash | undefined;

  constructor(options: CheckOptions) {
    this.#options = options;
    const [algorithm] = options.digest?.split(':') ?? [];
    this.#hash = algorithm === undefined ? undefined : createHash(algorithm);
  }

  /** Looks at a chunk, which must stay as it is until `done` is called. */
  take(chunk: Buffer, done: () => void): void {
    this.#length += chunk.length;
    this.#options.onBytes(chunk.length);
    this.#hash?.update(chunk);
    if (this.#reader !== undefined) {
      this.#reader.take(chunk, done);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < HEAD) done();
    else this.#begin().take(this.#head, done);
  }

  /** Resolves when all was sound. Throws a BrokenError. */
  async end(): Promise<void> {
    if (this.#length === 0) throw new BrokenError('its layer has 0 bytes');
    const { size = this.#length, digest } = this.#options;
    if (size !== this.#length) {
      throw new BrokenError(`its layer gave ${this.#length} bytes of ${size}`);
    }
    const sum = this.#hash?.digest('hex');
    if (sum !== undefined && !digest?.endsWith(`:${sum}`)) {
      throw new BrokenError('its layer is damaged');
    }
    const isShort = this.#reader === undefined;
    const reader = this.#begin();
    if (isShort) await new Promise<void>((resolve) => reader.take(this.#head, resolve));
    await reader.end();
  }

  stop(): void {
    this.#reader?.stop();
  }

  #begin(): LayerReader {
    const isGzip = compressionOf(this.#head) === 'gzip';
    this.#reader ??= isGzip ? new GzipReader(this.#options) : new TarReader(this.#options);
    return this.#reader;
  }
}
