/**
 * What a layer is to dockers of today: the digest of its bytes, and that of what they hold. And how layers that
 * those can't read are gzipped again.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { checksumText } from './checksums.js';
import type { LayerReadOptions } from './inflate.js';
import { uncompressed } from './uncompressed.js';

/** The sums of a layer, as a manifest and a config of today name it; lengths in bytes. */
export interface LayerDigests {
  /** `sha256:` of the bytes as they are stored. */
  readonly digest: string;
  /** The length of those. */
  readonly size: number;
  /** `sha256:` of exactly the uncompressed bytes, with nothing added. */
  readonly diffId: string;
  /** The length of those. */
  readonly inflated: number;
  /**
   * Whether everybody takes these bytes for a gzipped layer: sound gzip, also in several members, or a
   * plain tar. Dockers of today differ over gzip with something after it, even zeros, and over xz, bzip2 and
   * zstd. Whether a tar is inside is not looked at.
   */
  readonly isServable: boolean;
}

/** What a layer has become. */
export type PackedLayer = Omit<LayerDigests, 'isServable'>;

/** The same level and no name or time, so that the same content always gives the same bytes. */
const LEVEL = 6;
/** Where the header tells the system it was made on, and what stands for none (RFC 1952 §2.3.1). */
const SYSTEM = { at: 9, unknown: 0xff };

/**
 * Reads a layer through, however it is compressed, holding no more of it than a piece.
 *
 * @throws LayerFormatError if its compression is broken or cut short, or it is more than the bounds allow
 */
export async function digestLayer(
  layer: Readable,
  options: LayerReadOptions = {},
): Promise<LayerDigests> {
  const stored = new Tally();
  const plain = new Tally();
  let isServable = true;
  const onCompression = (compression: string | undefined): void => {
    isServable = compression === undefined || compression === 'gzip';
  };
  const onTrailing = (): void => {
    isServable = false;
  };
  const source = Readable.from(stored.passing(layer));
  try {
    const bytes = uncompressed(source, { ...options, onCompression, onTrailing });
    for await (const _ of plain.passing(bytes));
  } finally {
    layer.destroy();
  }
  // A file of no bytes is a layer of none, but no client was seen to take it for gzip.
  if (stored.length === 0) isServable = false;
  return {
    digest: stored.digest(),
    size: stored.length,
    diffId: plain.digest(),
    inflated: plain.length,
    isServable,
  };
}

/**
 * Gives the content of a layer to `write` as sound gzip: what follows the sound part of its own gzip is left
 * out, other compressions are undone. The same content gives the same bytes.
 *
 * @throws LayerFormatError as `digestLayer`, or what `write` throws
 */
export async function packLayer(
  layer: Readable,
  options: LayerReadOptions,
  write: (packed: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<PackedLayer> {
  const plain = new Tally();
  const packed = new Tally();
  let writing = Promise.resolve();
  try {
    await pipeline(
      plain.passing(uncompressed(layer, options)),
      createGzip({ level: LEVEL }),
      (chunks: AsyncIterable<Buffer>) => {
        writing = write(packed.passing(madeAnywhere(chunks)));
        return writing;
      },
    );
  } finally {
    layer.destroy();
    // When the layer fails, the pipeline does not wait for what clears up after it.
    await writing.catch(() => undefined);
  }
  return {
    digest: packed.digest(),
    size: packed.length,
    diffId: plain.digest(),
    inflated: plain.length,
  };
}

/** A gzip whose header does not tell the system that it was made on. */
async function* madeAnywhere(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let at = 0;
  for await (const chunk of chunks) {
    const index = SYSTEM.at - at;
    if (index >= 0 && index < chunk.length) chunk[index] = SYSTEM.unknown;
    at += chunk.length;
    yield chunk;
  }
}

/** The length and the sum of what passes. */
class Tally {
  readonly #hash = createHash('sha256');
  length = 0;

  async *passing(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      this.length += chunk.length;
      yield chunk;
    }
  }

  /** `sha256:<hex>`; once. */
  digest(): string {
    return checksumText(this.#hash);
  }
}
