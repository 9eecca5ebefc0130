import { Readable } from 'node:stream';
import { type Compression, compressionOf, HEAD } from './compression.js';
import { decompress } from './decoders/decompress.js';
import { inflateLayer, type LayerReadOptions } from './inflate.js';

/** How what is compressed is read. */
export interface UncompressedOptions extends LayerReadOptions {
  /** Told at the beginning what it is compressed with, if it is. */
  readonly onCompression?: ((compression: Compression | undefined) => void) | undefined;
}

/**
 * The bytes of a layer or of an archive without their compression: by the one bounded door
 * for layers (inflateLayer), which also opens gzip, behind the readers of all others.
 *
 * Throws a LayerFormatError. The source is read to its end, or destroyed when reading stops early.
 */
export async function* uncompressed(
  source: Readable,
  { onCompression = () => {}, ...options }: UncompressedOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const { compression, bytes } = await recognized(source);
    onCompression(compression);
    const isForeign = compression !== undefined && compression !== 'gzip';
    const plain = isForeign ? decompress(bytes, compression) : bytes;
    yield* inflateLayer(Readable.from(plain, { objectMode: false }), options);
  } finally {
    source.destroy();
  }
}

/** What a stream is compressed with, and its bytes from the beginning. */
async function recognized(source: Readable): Promise<{
  readonly compression: Compression | undefined;
  readonly bytes: AsyncGenerator<Buffer, void, undefined>;
}> {
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  for (let length = 0; length < HEAD; ) {
    const next = await chunks.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(first);
  return { compression: compressionOf(head), bytes: rejoined(head, chunks) };
}

async function* rejoined(
  head: Buffer,
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
