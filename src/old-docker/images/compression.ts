import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { OldDockerError } from '../requests/errors.js';

type Compression = 'gzip' | 'bzip2' | 'xz' | 'none';

/** The first bytes, in hex, by which docker told compressions apart; everything else is a bare tar. */
const MARKS: readonly (readonly [mark: string, compression: Compression])[] = [
  ['1f8b', 'gzip'],
  ['425a68', 'bzip2'],
  ['fd377a585a00', 'xz'],
];

/** Bytes that it takes to tell. */
const HEAD = 6;

/**
 * The tar of a layer as a registry sends it: gzipped, or bare as some programs pushed it.
 * @throws OldDockerError for bzip2 and xz, which this docker does not read; an Error for a broken gzip
 */
export async function* unpacked(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const source = pieces[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < HEAD) {
      const { done, value } = await source.next();
      if (done === true) break;
      head = Buffer.concat([head, value]);
    }
    const whole = rejoined(head, source);
    // Errors appear where the tar is read.
    if (isGzip(head)) yield* pipeline(whole, createGunzip(), () => undefined);
    else yield* whole;
  } finally {
    await source.return?.();
  }
}

/** The same for a layer in memory. */
export function unpackedWhole(layer: Buffer): Buffer {
  return isGzip(layer) ? gunzipSync(layer) : layer;
}

function isGzip(head: Buffer): boolean {
  const compression = compressionOf(head);
  if (compression === 'bzip2' || compression === 'xz') {
    throw new OldDockerError(`the layer is ${compression}, which this played docker does not read`);
  }
  return compression === 'gzip';
}

function compressionOf(layer: Buffer): Compression {
  const head = layer.toString('hex', 0, HEAD);
  return MARKS.find(([mark]) => head.startsWith(mark))?.[1] ?? 'none';
}

async function* rejoined(head: Buffer, source: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  yield head;
  for (;;) {
    const { done, value } = await source.next();
    if (done === true) return;
    yield value;
  }
}
