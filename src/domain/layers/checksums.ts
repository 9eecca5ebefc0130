/**
 * The checksums that docker clients send for a layer (clients.md, Checksums). Each reads the layer as a
 * stream: memory does not grow with it, but for 64 characters an entry in `tarsum`.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { inflateLayer, type LayerReadOptions } from './inflate.js';
import { readTarEntries, type TarEntry, tarEntries } from './tar-entries.js';

/** Two zero blocks end an archive. */
const END_OF_ARCHIVE = 1024;

/**
 * `X-Docker-Checksum`: `tarsum+sha256:<hex>` over the image's json and the sums of the layer's entries.
 * Layers that name a path twice have no one tarsum: docker 0.7.6 to 1.2 counted the last entry only, and
 * later ones kept such entries in their order; here, as in 0.6, each counts and all are sorted.
 *
 * @throws LayerFormatError if the layer is not a tar
 */
export async function tarsum(
  json: Buffer,
  layer: Readable,
  options?: LayerReadOptions,
): Promise<string> {
  return sumOfEntries(json, readTarEntries(layer, options));
}

/**
 * What is in a layer, however it was packed: as `tarsum`, without a json, and without the times of
 * whiteouts. To most dockers up to 1.7 those are the time of the push, so that each push of one image
 * has others (moby v1.5.0, pkg/archive/changes.go).
 *
 * @throws LayerFormatError if the layer is not a tar
 */
export async function contentSum(layer: Readable, options?: LayerReadOptions): Promise<string> {
  async function* timeless(): AsyncGenerator<TarEntry> {
    for await (const entry of readTarEntries(layer, options)) {
      yield isWhiteout(entry) ? { ...entry, mtime: 0 } : entry;
    }
  }
  return sumOfEntries(Buffer.alloc(0), timeless());
}

/** Whether an entry says that a file of a lower layer is gone. */
function isWhiteout({ name }: TarEntry): boolean {
  const text = name.toString('latin1');
  return text.slice(text.lastIndexOf('/') + 1).startsWith('.wh.');
}

async function sumOfEntries(json: Buffer, entries: AsyncIterable<TarEntry>): Promise<string> {
  const sums = new Map<string, string[]>([...'0123456789abcdef'].map((digit) => [digit, []]));
  for await (const entry of entries) {
    const sum = await entrySum(entry);
    sums.get(sum.charAt(0))?.push(sum);
  }
  const hash = createHash('sha256').update(json);
  // Sorted digit by digit, so that a layer of 100,000 files does not hold up everybody else.
  for (const group of sums.values()) {
    hash.update(group.sort().join(''));
    await setImmediate();
  }
  return `tarsum+${checksumText(hash)}`;
}

/** An entry's part of the tarsum: its header as keys and values, then its content. */
async function entrySum(entry: TarEntry): Promise<string> {
  // latin1 both ways keeps the names' bytes as they are, in any encoding.
  const hash = createHash('sha256').update(tarsumHeader(entry), 'latin1');
  for await (const chunk of entry.content) hash.update(chunk);
  return hash.digest('hex');
}

function tarsumHeader(entry: TarEntry): string {
  return [
    `name${entry.name.toString('latin1')}`,
    `mode${entry.mode}`,
    `uid${entry.uid}`,
    `gid${entry.gid}`,
    `size${entry.size}`,
    `mtime${entry.mtime}`,
    `typeflag${entry.typeflag}`,
    `linkname${entry.linkname.toString('latin1')}`,
    `uname${entry.uname.toString('latin1')}`,
    `gname${entry.gname.toString('latin1')}`,
    `devmajor${entry.devmajor}`,
    `devminor${entry.devminor}`,
  ].join('');
}

/**
 * docker 0.9's `X-Docker-Checksum-Payload`: `sha256:<hex>` of the uncompressed tar with its
 * end-of-archive blocks, which the upload lacks and the sum has (clients.md, Checksums).
 *
 * @throws LayerFormatError if the layer is not a tar
 */
export async function bareTarSum(layer: Readable, options?: LayerReadOptions): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of inflateLayer(layer, options)) {
      hash.update(chunk);
      length += chunk.length;
      yield chunk;
    }
  }
  // The entries are read for where they end: a file full of zeros looks like the mark itself.
  let entriesEnd = 0;
  for await (const entry of tarEntries(hashed(), options)) entriesEnd = entry.end;
  const missing = Math.max(0, entriesEnd + END_OF_ARCHIVE - length);
  return checksumText(hash.update(Buffer.alloc(missing)));
}

/**
 * `X-Docker-Checksum-Payload` from docker 0.10 on: a hash begun with the image's json and a newline, to
 * be updated with the layer's bytes as they were sent and finished by `checksumText` (protocol.md §3).
 */
export function payloadHash(json: Buffer): Hash {
  return createHash('sha256').update(json).update('\n');
}

/** The payload sum of an image's json and its layer, read to its end. */
export async function payloadOf(json: Buffer, layer: Readable): Promise<string> {
  const hash = payloadHash(json);
  for await (const chunk of layer) hash.update(chunk as Buffer);
  return checksumText(hash);
}

/** Finishes a SHA-256 the way the headers spell it: `sha256:<hex>`. */
export function checksumText(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}
