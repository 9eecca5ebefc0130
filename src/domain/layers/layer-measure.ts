import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { checksumText } from './checksums.js';
import type { LayerReadOptions } from './inflate.js';
import { tarEntries } from './tar-entries.js';
import { uncompressed } from './uncompressed.js';

/** What a layer comes to as the tar of an archive. */
export interface LayerMeasure {
  /** `sha256:` of exactly the uncompressed bytes, as a config of today names the layer. */
  readonly diffId: string;
  /** The length of those, in bytes. */
  readonly size: number;
}

/**
 * Reads a layer through, however it is compressed, holding no more of it than a header.
 *
 * @throws LayerFormatError if its compression is broken, it is not a sound tar, or more than the bounds allow
 */
export async function measureLayer(
  layer: Readable,
  options: LayerReadOptions = {},
): Promise<LayerMeasure> {
  const hash = createHash('sha256');
  let size = 0;
  async function* counted(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of uncompressed(layer, options)) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  for await (const _ of tarEntries(counted(), options));
  return { diffId: checksumText(hash), size };
}
