import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { LayerFormatError } from '../domain/layers/inflate.js';
import { tarEntries } from '../domain/layers/tar-entries.js';
import { uncompressed } from '../domain/layers/uncompressed.js';
import type { ArchivedImage, ArchivedLayer } from './contents.js';
import { ArchiveError, quote } from './errors.js';
import { counted } from './progress.js';
import type { ImageArchive } from './read-archive.js';

/** What a check of layers needs to know. */
export interface CheckOptions {
  /** Most bytes that a layer may have uncompressed. */
  readonly maxInflated: number;
  readonly onBytes: (bytes: number) => void;
}

/** The layers of images, each file once. */
export function filesOf(images: readonly ArchivedImage[]): ArchivedLayer[] {
  return [...claimsOf(images).values()].flatMap(([first]) => first ?? []);
}

/** What is said of each file. */
function claimsOf(images: readonly ArchivedImage[]): Map<string, ArchivedLayer[]> {
  const claims = new Map<string, ArchivedLayer[]>();
  for (const { layer } of images) {
    const said = claims.get(layer.file);
    if (said === undefined) claims.set(layer.file, [layer]);
    else said.push(layer);
  }
  return claims;
}

/**
 * Reads the layers of images to their end: each must be a sound tar, compressed or not, and have the sums
 * that the archive says. Throws an ArchiveError.
 */
export async function checkLayers(
  archive: ImageArchive,
  images: readonly ArchivedImage[],
  options: CheckOptions,
): Promise<void> {
  for (const claims of claimsOf(images).values()) {
    const [layer] = claims;
    if (layer === undefined) continue;
    const sums = await readLayer(archive, layer, options);
    for (const said of claims) {
      requireSame(said.digest, sums.digest, `the file ${quote(said.file)}`);
      requireSame(said.diffId, sums.diffId, `the layer ${quote(said.file)}`);
    }
  }
}

async function readLayer(
  archive: ImageArchive,
  layer: ArchivedLayer,
  { maxInflated, onBytes }: CheckOptions,
): Promise<{ digest: string; diffId: string }> {
  const what = `the layer ${quote(layer.file)}`;
  const stored = createHash('sha256');
  const plain = createHash('sha256');
  const source = archive.openLayer(layer);
  try {
    const chunks = counted(hashed(source, stored), onBytes);
    const inflated = uncompressed(Readable.from(chunks), { maxInflated });
    for await (const _ of tarEntries(hashed(inflated, plain)));
  } catch (error) {
    throw error instanceof LayerFormatError ? explain(error, what, maxInflated) : error;
  } finally {
    source.destroy();
  }
  return { digest: `sha256:${stored.digest('hex')}`, diffId: `sha256:${plain.digest('hex')}` };
}

async function* hashed(
  chunks: AsyncIterable<Buffer>,
  hash: { update(bytes: Uint8Array): unknown },
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function explain(error: LayerFormatError, what: string, maxInflated: number): ArchiveError {
  if (error.fault === 'size') {
    return new ArchiveError(`${what} inflates to more than ${maxInflated} bytes`);
  }
  return new ArchiveError(`${what} is broken: ${error.message}`);
}

function requireSame(said: string | undefined, found: string, what: string): void {
  if (said === undefined || said === found) return;
  throw new ArchiveError(`${what} has the digest ${found}, not ${said}`);
}
