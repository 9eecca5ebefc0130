import { createHash, type Hash } from 'node:crypto';
import {
  finished,
  PassThrough,
  type Readable,
  Transform,
  type TransformCallback,
} from 'node:stream';
import { createGunzip } from 'node:zlib';
import { compressionOf, HEAD } from '../domain/layers/compression.js';
import { inflateLayer, LayerFormatError } from '../domain/layers/inflate.js';
import { tarEntries } from '../domain/layers/tar-entries.js';
import { uncompressed } from '../domain/layers/uncompressed.js';
import { BrokenError, RescueError } from './problems.js';

/** How much is inflated at a time, in bytes. */
const PIECE = 1024 * 1024;

export interface CheckOptions {
  /** The most bytes that a layer may inflate to. */
  readonly maxInflated: number;
  /** How many bytes it is to have, where that is known. */
  readonly size: number | undefined;
  /** What its bytes must sum up to, where that is known. */
  readonly digest?: string | undefined;
  /** Opens the same layer once more: for one whose gzip is odd, so that it has to be looked at closely. */
  readonly again: () => Promise<Readable>;
  /** Told of each chunk that passed. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * A layer on its way, byte for byte, which is read to its end beside that: the end of its gzip with its
 * checksum, or of its tar. When it is cut, or anything but a layer, the stream fails with a BrokenError
 * before its own end. (An old docker-registry took what came: only `_inprogress` and the layer itself
 * tell whether all of it did.)
 */
export function checkedLayer(layer: Readable, options: CheckOptions): Readable {
  const passage = new Passage(options);
  layer.on('error', (error) => passage.destroy(explained(error)));
  passage.on('close', () => layer.destroy());
  return layer.pipe(passage);
}

/** Reading fails for one layer; a registry that is gone for all of them. */
function explained(error: Error): Error {
  if (error instanceof BrokenError || error instanceof RescueError) return error;
  return new BrokenError(`its layer can't be read: ${error.message}`);
}

class Passage extends Transform {
  readonly #options: CheckOptions;
  /** The bytes before it is clear what they are. */
  #head = Buffer.alloc(0);
  #reader: Reader | undefined;
  #length = 0;
  readonly #hash: Hash | undefined;

  constructor(options: CheckOptions) {
    super({ highWaterMark: PIECE });
    this.#options = options;
    const [algorithm] = options.digest?.split(':') ?? [];
    this.#hash = algorithm === undefined ? undefined : createHash(algorithm);
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#length += chunk.length;
    this.#options.onBytes(chunk.length);
    this.#hash?.update(chunk);
    this.push(chunk);
    if (this.#reader !== undefined) {
      this.#reader.take(chunk, () => done());
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < HEAD) done();
    else this.#begin().take(this.#head, () => done());
  }

  override _flush(done: TransformCallback): void {
    const end = async (): Promise<void> => {
      if (this.#length === 0) throw new BrokenError('its layer has 0 bytes');
      const { size = this.#length } = this.#options;
      if (size !== this.#length) {
        throw new BrokenError(`its layer gave ${this.#length} bytes of ${size}`);
      }
      const sum = this.#hash?.digest('hex');
      if (sum !== undefined && !this.#options.digest?.endsWith(`:${sum}`)) {
        throw new BrokenError('its layer is damaged');
      }
      const isShort = this.#reader === undefined;
      const reader = this.#begin();
      if (isShort) await new Promise<void>((resolve) => reader.take(this.#head, resolve));
      await reader.end();
    };
    end().then(
      () => done(),
      (error: Error) => done(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#reader?.stop();
    done(error);
  }

  #begin(): Reader {
    this.#reader ??= readerFor(this.#head, this.#options);
    return this.#reader;
  }
}

/** Reads what passes; it is held up where the reader is slower. */
interface Reader {
  take(chunk: Buffer, done: () => void): void;
  /** Resolves when all was sound. Throws a BrokenError. */
  end(): Promise<void>;
  stop(): void;
}

function readerFor(head: Buffer, options: CheckOptions): Reader {
  return compressionOf(head) === 'gzip' ? new GzipReader(options) : new TarReader(options);
}

/** By Node's own reader, in a thread: reads of a gigabyte must not take longer than they have to. */
class GzipReader implements Reader {
  readonly #options: CheckOptions;
  readonly #gunzip = createGunzip({ chunkSize: PIECE });
  readonly #ended: Promise<Error | undefined>;
  #inflated = 0;

  constructor(options: CheckOptions) {
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
class TarReader implements Reader {
  readonly #bytes = new PassThrough({ highWaterMark: PIECE });
  readonly #read: Promise<unknown>;

  constructor({ maxInflated }: CheckOptions) {
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

/** Calls `done` when a stream takes more, or takes nothing any more. */
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

function tooLong({ maxInflated }: CheckOptions): BrokenError {
  return new BrokenError(`its layer inflates to more than ${maxInflated} bytes`);
}
