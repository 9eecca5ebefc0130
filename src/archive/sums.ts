import { createHash } from 'node:crypto';
import { ArchiveError, quote } from './errors.js';
import type { TarFile } from './tar-file.js';

/** Names that say the sum of what they name: `blobs/sha256/<hex>`, `<hex>.json`, `sha256:<hex>`. */
const SUMMED = /^(?:blobs\/sha256\/|sha256:)?([0-9a-f]{64})(?:\.json)?$/;

/** A small file; where its name is its sum, the two are compared. Throws an ArchiveError. */
export async function readSummed(tar: TarFile, name: string, limit: number): Promise<Buffer> {
  const bytes = await tar.read(name, limit);
  const [, hex] = SUMMED.exec(name) ?? [];
  if (hex !== undefined && hex !== sha256(bytes)) {
    throw new ArchiveError(`${quote(name)} has not the digest that its name says`);
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
