/**
 * Reads a layer, a tar that is usually gzipped, entry by entry, with the header values that Go's
 * `archive/tar` of 2013-2016 reports: docker's checksums are made of them (clients.md, Checksums).
 *
 * Not tar-stream, because what it reports is already interpreted: the type byte as a word (NUL and `0`
 * become one), PAX records decoded as UTF-8, global PAX headers hidden where Go hands out an entry. The
 * raw header can't be had beside it: when an entry is reported, its block has already gone by.
 */
import type { Readable } from 'node:stream';
import { inflateLayer, type LayerReadOptions } from './inflate.js';
import { ChunkReader } from './tar-chunks.js';
import {
  applyRecords,
  BLOCK,
  malformed,
  notNegative,
  type PaxRecords,
  parseHeader,
  parseNumber,
  parsePaxRecords,
  type TarHeader,
  untilNul,
} from './tar-header.js';

/** Long names and PAX records are held in memory: an upload may not make them as big as it likes. */
const MAX_EXTENSION = 1024 * 1024;
export interface TarEntry extends TarHeader {
  /** The entry's own PAX records, already applied to the fields above. */
  readonly records: PaxRecords;
  /** What a GNU sparse file (type `S`) measures with its holes filled; `size` for all others. */
  readonly realSize: number;
  /** Where in the tar the next header is due. */
  readonly end: number;
  /** The bytes as stored. To be read before the next entry is asked for; what is left is skipped. */
  readonly content: AsyncIterable<Buffer>;
}

/**
 * The entries of a layer, in order. A missing end-of-archive mark is no error (clients.md, Push 4).
 * Global PAX headers come out as entries of type `g` and change no other entry, as in Go. The layer
 * is read to its end, or destroyed when reading stops early.
 *
 * @throws LayerFormatError if the bytes are no sound gzip or tar, or inflate to more than allowed
 */
export function readTarEntries(
  layer: Readable,
  options: LayerReadOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  return tarEntries(inflateLayer(layer, options));
}

/** The entries of an uncompressed tar that arrives as chunks. See `readTarEntries`. */
export async function* tarEntries(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<TarEntry, void, undefined> {
  const tar = new ChunkReader(chunks);
  try {
    for (;;) {
      const entry = await readEntry(tar);
      if (entry === undefined) break;
      yield entry;
      for await (const _ of entry.content);
      await tar.skipTo(entry.end);
    }
    // Past the end of the archive nothing counts, but a gzip has its checksum there.
    await tar.skipTo(Number.POSITIVE_INFINITY);
  } finally {
    await tar.close();
  }
}

/** Headers that only add to the one they precede. */
interface Extensions {
  records: PaxRecords;
  name: Buffer | undefined;
  linkname: Buffer | undefined;
}

/** Reads up to the content of the next entry; undefined at the end of the archive. */
async function readEntry(tar: ChunkReader): Promise<TarEntry | undefined> {
  const extensions: Extensions = { records: new Map(), name: undefined, linkname: undefined };
  let extended = false;
  for (;;) {
    const block = await readHeaderBlock(tar);
    if (block === undefined) {
      if (extended) throw malformed('it ends after an extended header');
      return undefined;
    }
    const header = parseHeader(block);
    if (!(await readExtension(tar, header, extensions))) {
      return finishEntry(tar, block, header, extensions);
    }
    extended = true;
  }
}

/** A block that holds a header; undefined at the end of the bytes or the end-of-archive mark. */
async function readHeaderBlock(tar: ChunkReader): Promise<Buffer | undefined> {
  const block = await tar.read(BLOCK);
  if (block.length === 0) return undefined;
  if (block.length < BLOCK) throw malformed('it ends inside a header');
  if (!isZero(block)) return block;
  const second = await tar.read(BLOCK);
  if (second.length === 0 || (second.length === BLOCK && isZero(second))) return undefined;
  throw malformed('a single zero block is followed by more');
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** Takes in a PAX (`x`) or GNU long name (`L`, `K`) header; false if it is something else. */
async function readExtension(
  tar: ChunkReader,
  header: TarHeader,
  extensions: Extensions,
): Promise<boolean> {
  switch (header.typeflag) {
    case 'x':
      extensions.records = parsePaxRecords(await readExtensionBody(tar, header));
      return true;
    case 'L':
      extensions.name = untilNul(await readExtensionBody(tar, header));
      return true;
    case 'K':
      extensions.linkname = untilNul(await readExtensionBody(tar, header));
      return true;
    default:
      return false;
  }
}

async function readExtensionBody(tar: ChunkReader, header: TarHeader): Promise<Buffer> {
  if (header.size > MAX_EXTENSION) throw malformed('an extended header is too long');
  const body = await tar.read(header.size);
  if (body.length < header.size) throw malformed('it ends inside an extended header');
  await tar.skipTo(padded(tar.offset));
  return body;
}

/**
 * Joins a header with what came before it. GNU's long names win over PAX's, as in Go.
 * A sparse file is handed out as stored, as Go did before 1.3: no later docker is judged by its tarsum.
 */
async function finishEntry(
  tar: ChunkReader,
  block: Buffer,
  plain: TarHeader,
  { records, name, linkname }: Extensions,
): Promise<TarEntry> {
  const header = applyRecords(plain, records);
  const sparse = header.typeflag === 'S';
  if (sparse) await skipSparseMap(tar, block);
  const stored = isHeaderOnly(header.typeflag) ? 0 : header.size;
  const contentEnd = tar.offset + stored;
  return {
    ...header,
    name: name ?? header.name,
    linkname: linkname ?? header.linkname,
    records,
    realSize: sparse ? notNegative(parseNumber(block.toString('latin1', 483, 495))) : header.size,
    end: padded(contentEnd),
    content: { [Symbol.asyncIterator]: () => tar.readTo(contentEnd) },
  };
}

/** Links, devices, folders and fifos: whatever their size says, no content follows (POSIX, ustar). */
function isHeaderOnly(typeflag: string): boolean {
  return typeflag >= '1' && typeflag <= '6';
}

/** A sparse file with more than four pieces lists them in blocks that its size does not count. */
async function skipSparseMap(tar: ChunkReader, header: Buffer): Promise<void> {
  let more = header[482] !== 0;
  while (more) {
    const block = await tar.read(BLOCK);
    if (block.length < BLOCK) throw malformed('it ends inside a sparse map');
    more = block[504] !== 0;
  }
}

function padded(offset: number): number {
  return Math.ceil(offset / BLOCK) * BLOCK;
}

/**
 * The records in the content of a global PAX header, an entry of type `g`.
 *
 * @throws LayerFormatError if it is broken or longer than fits in memory
 */
export async function readGlobalRecords(entry: TarEntry): Promise<PaxRecords> {
  if (entry.size > MAX_EXTENSION) throw malformed('an extended header is too long');
  const chunks: Buffer[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return parsePaxRecords(Buffer.concat(chunks));
}
