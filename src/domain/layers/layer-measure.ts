import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { checksumText } from './checksums.js';
import type { Trailing } from './gzip-members.js';
import { inflateLayer, type LayerReadOptions } from './inflate.js';
import { tarEntries } from './tar-entries.js';

/** Two zero blocks end an archive. */
const END_OF_ARCHIVE = 1024;

/** What a layer comes to, once it is read from end to end. Sums are `sha256:<hex>`. */
export interface LayerMeasure {
  /** The sum of the bytes as they are stored, with what follows the gzip. */
  readonly digest: string;
  /** The sum of the tar inside with its end, as today's docker counts it (`diff_id`). */
  readonly diffId: string;
  /** The length of that tar, in bytes. */
  readonly size: number;
  /** How many of its last bytes are not there: uploads lack the end-of-archive blocks (clients.md, Push 4). */
  readonly missing: number;
  readonly entries: number;
  /** How many bytes follow the gzip and do not belong to it; an export leaves them out. */
  readonly trailing: number;
}

/**
 * Reads a layer through, gzipped or not, holding no more of it than a header.
 *
 * @throws LayerFormatError if it is not sound gzip or not a sound tar, or more than the bounds allow
 */
export async function measureLayer(
  layer: Readable,
  options: LayerReadOptions = {},
): Promise<LayerMeasure> {
  const stored = createHash('sha256');
  const plain = createHash('sha256');
  let length = 0;
  let entries = 0;
  let entriesEnd = 0;
  let trailing = 0;
  const onTrailing = ({ bytes, isPadding }: Trailing): void => {
    if (!isPadding) trailing = bytes;
  };
  const source = Readable.from(passing(layer, (chunk) => stored.update(chunk)));
  const inflated = inflateLayer(source, { ...options, onTrailing });
  const tar = passing(inflated, (chunk) => {
    plain.update(chunk);
    length += chunk.length;
  });
  try {
    for await (const entry of tarEntries(tar, options)) {
      entries += 1;
      entriesEnd = entry.end;
    }
  } finally {
    layer.destroy();
  }
  const missing = Math.max(0, entriesEnd + END_OF_ARCHIVE - length);
  return {
    digest: checksumText(stored),
    diffId: checksumText(plain.update(Buffer.alloc(missing))),
    size: length + missing,
    missing,
    entries,
    trailing,
  };
}

async function* passing(
  chunks: AsyncIterable<Buffer>,
  look: (chunk: Buffer) => unknown,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    look(chunk);
    yield chunk;
  }
}
