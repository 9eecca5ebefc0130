import { createHash, type Hash } from 'node:crypto';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { compressionOf, HEAD } from '../domain/layers/compression.js';
import { FileStream, PIECE } from './file-stream.js';
import { GzipReader, type LayerReader, TarReader } from './layer-readers.js';
import { BrokenError, RescueError } from './problems.js';

/** Between how many pieces of memory a file goes round. */
const RING = 4;

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
  if (layer instanceof FileStream) return new CheckedFile(layer, options);
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

/** What is known of a layer so far. */
class Check {
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

/** A layer that comes as a stream. */
class Passage extends Transform {
  readonly #check: Check;

  constructor(options: CheckOptions) {
    super({ highWaterMark: PIECE });
    this.#check = new Check(options);
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.push(chunk);
    this.#check.take(chunk, () => done());
  }

  override _flush(done: TransformCallback): void {
    this.#check.end().then(
      () => done(),
      (error: Error) => done(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#check.stop();
    done(error);
  }
}

/**
 * A layer in a file. Its memory is used over and over: for new memory the system clears every page, and Node
 * collects garbage all the time. Nothing is read before the piece before it was taken (a high-water mark of one
 * byte), so that at most two are in use: one that waits, and one that is still being written.
 */
class CheckedFile extends Readable {
  readonly #file: FileStream;
  readonly #check: Check;
  readonly #ring: readonly Buffer[];
  #turn = 0;

  constructor(file: FileStream, options: CheckOptions) {
    super({ highWaterMark: 1 });
    this.#file = file;
    this.#check = new Check(options);
    const length = Math.min(PIECE, Math.max(options.size ?? PIECE, 1));
    this.#ring = Array.from({ length: RING }, () => Buffer.allocUnsafeSlow(length));
  }

  override _read(): void {
    try {
      const memory = this.#ring[this.#turn % RING] ?? Buffer.alloc(0);
      this.#turn += 1;
      const length = this.#file.fill(memory);
      const piece = memory.subarray(0, length);
      // The thread that inflates is done with it before others see it.
      if (length > 0) this.#check.take(piece, () => this.push(piece));
      else this.#end();
    } catch (error) {
      this.destroy(explained(error as Error));
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#check.stop();
    this.#file.destroy();
    done(error);
  }

  #end(): void {
    this.#check.end().then(
      () => this.push(null),
      (error: Error) => this.destroy(error),
    );
  }
}
