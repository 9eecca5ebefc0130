/** How many bytes it takes to tell a compression. */
export const HEAD = 6;

export type Compression = 'gzip' | ForeignCompression;

/** What Node 20 has no reader for. Dockers of today unpack it; older ones only where a program did. */
export type ForeignCompression = 'bzip2' | 'xz' | 'zstd';

/** In hex; a zstd may begin with a frame that is to be skipped. */
const MARKS: readonly (readonly [Compression, RegExp])[] = [
  ['gzip', /^1f8b/],
  ['bzip2', /^425a68/],
  ['xz', /^fd377a585a00/],
  ['zstd', /^(?:28b52ffd|5[0-9a-f]2a4d18)/],
];

/** What the first bytes of a file say it is compressed with; undefined when it is not. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const hex = Buffer.from(head).toString('hex', 0, HEAD);
  return MARKS.find(([, mark]) => mark.test(hex))?.[0];
}
