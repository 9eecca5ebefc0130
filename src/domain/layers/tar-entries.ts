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
import { Allowance, DEFAULT_BOUNDS, type LayerBounds } from './layer-bounds.js';
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
/** Two long names and the attributes; they may come twice. */
const MOST_EXTENSIONS = 8;
const ZEROS = Buffer.alloc(BLOCK);

/** What the entries of a tar may have, as far as the tar itself tells. */
type TarBounds = Partial<Pick<LayerBounds, 'maxEntries' | 'maxNames'>>;

export interface TarEntry extends TarHeader {
  /** The entry's own PAX records, already applied to the fields above. */
  readonly records: PaxRecords;
  /** What a GNU sparse file (type `S`) measures with its holes filled; `size` for all others. */
  readonly realSize: number;
  /** Where in the tar its content ends. */
  readonly contentEnd: number;
  /** Where in the tar the next header is due. */
  readonly end: number;
  /** The bytes as stored. To be read before the next entry is asked for; what is left is skipped. */
  readonly content: AsyncIterable<Buffer>;
}

/**
 * The entries of a layer, in order. A missing end-of-archive mark is not an error (clients.md, Push 4).
 * Global PAX headers come out as entries of type `g` and change no other entry, as in Go. The layer
 * is read to its end, or destroyed when reading stops early.
 *
 * @throws LayerFormatError if the bytes are not sound gzip or not a sound tar, or inflate to more than allowed
 */
export function readTarEntries(
  layer: Readable,
  options: LayerReadOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  return tarEntries(inflateLayer(layer, options), options);
}

/** The entries of an uncompressed tar that arrives as chunks. See `readTarEntries`. */
export async function* tarEntries(
  chunks: AsyncIterable<Buffer>,
  { maxEntries = DEFAULT_BOUNDS.maxEntries, maxNames = DEFAULT_BOUNDS.maxNames }: TarBounds = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const tar = new ChunkReader(chunks);
  const entries = new Allowance('entries', maxEntries, 'entries');
  const names = new Allowance('names', maxNames, 'bytes of long names and attributes');
  try {
    for (;;) {
      const entry = await readEntry(tar, names);
      if (entry === undefined) break;
      entries.use(1);
      yield entry;
      await tar.passFile(entry.contentEnd);
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
async function readEntry(tar: ChunkReader, names: Allowance): Promise<TarEntry | undefined> {
  const extensions: Extensions = { records: new Map(), name: undefined, linkname: undefined };
  let extended = 0;
  for (;;) {
    const block = await readHeaderBlock(tar);
    if (block === undefined) {
      if (extended > 0) throw malformed('it ends after an extended header');
      return undefined;
    }
    const header = parseHeader(block);
    if (header.typeflag === 'g') names.use(header.size);
    if (!isExtension(header)) return finishEntry(tar, block, header, extensions);
    if (extended === MOST_EXTENSIONS) throw malformed('too many extended headers in a row');
    if (header.size > MAX_EXTENSION) throw malformed('an extended header is too long');
    names.use(header.size);
    await readExtension(tar, header, extensions);
    extended += 1;
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
  return block[0] === 0 && block.equals(ZEROS);
}

/** Whether a header only adds to the one it precedes: PAX (`x`), or a long name of GNU's (`L`, `K`). */
function isExtension({ typeflag }: TarHeader): boolean {
  return typeflag === 'x' || typeflag === 'L' || typeflag === 'K';
}

async function readExtension(
  tar: ChunkReader,
  header: TarHeader,
  extensions: Extensions,
): Promise<void> {
  const body = await readExtensionBody(tar, header);
  if (header.typeflag === 'x') extensions.records = parsePaxRecords(body);
  else if (header.typeflag === 'L') extensions.name = untilNul(body);
  else extensions.linkname = untilNul(body);
}

async function readExtensionBody(tar: ChunkReader, header: TarHeader): Promise<Buffer> {
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
  // Field by field: to spread a header takes ten times as long, and a layer has 300,000.
  return {
    name: name ?? header.name,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    size: header.size,
    mtime: header.mtime,
    typeflag: header.typeflag,
    linkname: linkname ?? header.linkname,
    uname: header.uname,
    gname: header.gname,
    devmajor: header.devmajor,
    devminor: header.devminor,
    records,
    realSize: sparse ? notNegative(parseNumber(block.toString('latin1', 483, 495))) : header.size,
    contentEnd,
    end: padded(contentEnd),
    content: { [Symbol.asyncIterator]: () => tar.readTo(contentEnd) },
  };
}

/** Links, devices, folders and fifos: no content follows, even if their size is not 0 (POSIX, ustar). */
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
  // Copied, as in ChunkReader: the chunks may be far longer than what they are read for.
  const bytes = Buffer.allocUnsafe(entry.size);
  let filled = 0;
  for await (const chunk of entry.content) filled += chunk.copy(bytes, filled);
  return parsePaxRecords(bytes.subarray(0, filled));
}
