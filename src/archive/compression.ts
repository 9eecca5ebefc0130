import { ArchiveError } from './errors.js';

/** How many bytes it takes to tell a compression. */
export const HEAD = 6;

export type Compression = 'gzip' | 'bzip2' | 'xz' | 'zstd';

const MARKS: readonly (readonly [Compression, string])[] = [
  ['gzip', '1f8b'],
  ['bzip2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['zstd', '28b52ffd'],
];

/** What the first bytes of a file say it is compressed with; undefined when it is not. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const hex = Buffer.from(head).toString('hex');
  return MARKS.find(([, mark]) => hex.startsWith(mark))?.[0];
}

/** Old dockers unpack gzip everywhere, and the others only where the machine has a program for them. */
export function unreadable(what: string, compression: Compression): ArchiveError {
  return new ArchiveError(`${what} is compressed with ${compression}; only gzip can be read`);
}
