import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { Crc32 } from './crc32.js';

const CHUNK = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** Flags of a member's header (RFC 1952 §2.3.1). */
const HAS_HEADER_SUM = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;
const RESERVED = 0xe0;

/** What follows the last member. */
export interface Trailing {
  /** How many bytes; at least one. */
  readonly bytes: number;
  /** Whether they are zeros alone, with which tapes were filled up. */
  readonly isPadding: boolean;
}

/** The bytes are not a sound gzip. */
export class GzipError extends Error {
  override readonly name = 'GzipError';
}

/** Where the compressed bytes come from, with the possibility to give some back. */
class Source {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = EMPTY;
  #offset = 0;

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  /** How many bytes were taken and not given back. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bytes, at least one; undefined at the end. */
  async take(): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const bytes = this.#rest;
    this.#rest = EMPTY;
    this.#offset += bytes.length;
    return bytes;
  }

  /** Gives back the last bytes of what was taken last. */
  giveBack(bytes: Buffer): void {
    this.#rest = bytes;
    this.#offset -= bytes.length;
  }

  /** The next `length` bytes; fewer at the end. For small pieces. */
  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const chunk = await this.take();
      if (chunk === undefined) break;
      pieces.push(chunk.subarray(0, missing));
      this.giveBack(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
    return Buffer.concat(pieces);
  }
}

/**
 * What the members of a gzip hold, one after the other (RFC 1952). What follows the last member and is not
 * another does not belong to it: dockers accepted such layers, and Node's own reader loses the last piece of the
 * sound part where it meets them. `onTrailing` is told of them at the end.
 *
 * Throws a GzipError where the first member is broken, or a later one that has already given something.
 */
export async function* gunzipMembers(
  chunks: AsyncIterator<Buffer>,
  onTrailing: (trailing: Trailing) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const source = new Source(chunks);
  for (let isFirst = true; ; isFirst = false) {
    const soundEnd = source.offset;
    const begin = await source.read(2);
    if (isFirst || isMark(begin)) {
      const member = readMember(source, begin);
      let given = 0;
      try {
        for await (const chunk of member) {
          given += chunk.length;
          yield chunk;
        }
        continue;
      } catch (error) {
        if (isFirst || given > 0 || !(error instanceof GzipError)) throw error;
      }
    }
    const isPadding = await dropRest(source, begin);
    const bytes = source.offset - soundEnd;
    if (bytes > 0) onTrailing({ bytes, isPadding });
    return;
  }
}

function isMark(begin: Buffer): boolean {
  return begin[0] === 0x1f && begin[1] === 0x8b;
}

/** Reads the rest to its end; whether it is nothing but zeros. */
async function dropRest(source: Source, begin: Buffer): Promise<boolean> {
  let isZero = begin.equals(Buffer.alloc(begin.length));
  for (;;) {
    const chunk = await source.take();
    if (chunk === undefined) return isZero;
    isZero &&= chunk.equals(Buffer.alloc(chunk.length));
  }
}

/** One member, after its first two bytes. */
async function* readMember(source: Source, begin: Buffer): AsyncGenerator<Buffer, void, undefined> {
  await skipHeader(source, begin);
  const sum = new Crc32();
  let length = 0;
  for await (const chunk of inflate(source)) {
    sum.add(chunk);
    length = (length + chunk.length) % 2 ** 32;
    yield chunk;
  }
  const trailer = await source.read(8);
  if (trailer.length < 8) throw new GzipError('unexpected end of file');
  if (trailer.readUInt32LE(0) !== sum.value) throw new GzipError('incorrect data check');
  if (trailer.readUInt32LE(4) !== length) throw new GzipError('incorrect length check');
}

/** Goes through a header, without holding any of the texts in it. */
async function skipHeader(source: Source, begin: Buffer): Promise<void> {
  const fixed = await source.read(8);
  if (fixed.length < 8) throw new GzipError('unexpected end of file');
  const [method = 0, flags = 0] = fixed;
  if (!isMark(begin)) throw new GzipError('incorrect header check');
  if (method !== 8) throw new GzipError('unknown compression method');
  if ((flags & RESERVED) !== 0) throw new GzipError('unknown header flags set');
  if (flags & HAS_EXTRA) {
    const size = await source.read(2);
    await source.read(size.length === 2 ? size.readUInt16LE() : 0);
  }
  if (flags & HAS_NAME) await skipText(source);
  if (flags & HAS_COMMENT) await skipText(source);
  if (flags & HAS_HEADER_SUM) await source.read(2);
}

async function skipText(source: Source): Promise<void> {
  for (;;) {
    const chunk = await source.take();
    if (chunk === undefined) throw new GzipError('unexpected end of file');
    const end = chunk.indexOf(0);
    if (end === -1) continue;
    source.giveBack(chunk.subarray(end + 1));
    return;
  }
}

/** Inflates up to where the compressed data says that it ends, and gives back what comes then. */
async function* inflate(source: Source): AsyncGenerator<Buffer, void, undefined> {
  const inflater = createInflateRaw({ chunkSize: CHUNK });
  const feed = new Feed(inflater, source);
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (feed.failure !== undefined) throw feed.failure;
    throw isZlibError(error) ? new GzipError(error.message, { cause: error }) : error;
  } finally {
    inflater.destroy();
  }
  await feed.done;
}

/** Brings compressed bytes to an inflater, one chunk at a time, as long as it takes them. */
class Feed {
  /** What the source threw. */
  failure: unknown;
  /** Resolves when no more is read from the source, and what was too much is given back. */
  readonly done: Promise<void>;
  readonly #inflater: InflateRaw;
  readonly #source: Source;
  /** Since the inflater has all it wants, it no longer says that a chunk is through. */
  readonly #isOver: Promise<void>;
  #hasEnded = false;

  constructor(inflater: InflateRaw, source: Source) {
    this.#inflater = inflater;
    this.#source = source;
    this.#isOver = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      inflater.once('end', end).once('close', end);
    });
    this.done = this.#run().catch((error: unknown) => {
      this.failure = error;
      inflater.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #run(): Promise<void> {
    for (let fed = 0; ; ) {
      const chunk = await this.#source.take();
      if (chunk === undefined) {
        if (!this.#hasEnded) this.#inflater.end();
        return;
      }
      if (!this.#hasEnded) await this.#write(chunk);
      const used = Math.max(0, this.#inflater.bytesWritten - fed);
      if (used < chunk.length) {
        this.#source.giveBack(chunk.subarray(used));
        return;
      }
      fed += chunk.length;
    }
  }

  async #write(chunk: Buffer): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.#inflater.write(chunk, () => resolve());
    });
    await Promise.race([taken, this.#isOver]);
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
