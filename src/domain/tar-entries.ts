/**
 * Reads a layer, a tar that is usually gzipped, entry by entry, with the header values that Go's
 * `archive/tar` of 2013-2016 reports: docker's checksums are made of them (clients.md, Checksums).
 *
 * Not tar-stream, because what it reports is already interpreted: the type byte as a word (NUL and `0`
 * become one), PAX records decoded as UTF-8, global PAX headers hidden where Go hands out an entry. The
 * raw header can't be had beside it: when an entry is reported, its block has already gone by.
 */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const BLOCK = 512;
const CHUNK = 64 * 1024;
const EMPTY = Buffer.alloc(0);
const SPACE = 0x20;
const EQUALS = 0x3d;
/** Long names and PAX records are held in memory: an upload may not make them as big as it likes. */
const MAX_EXTENSION = 1024 * 1024;
/** The PAX keywords that change a field here; others, such as extended attributes, are let go. */
const PAX_FIELDS: ReadonlySet<string> = new Set([
  'path',
  'linkpath',
  'uname',
  'gname',
  'uid',
  'gid',
  'size',
  'mtime',
]);

/** What is wrong with a layer: its compression, its tar, or that it inflates to more than allowed. */
export type LayerFault = 'gzip' | 'tar' | 'size';

/** The bytes are not a layer. What the source stream itself throws is passed on as it is. */
export class LayerFormatError extends Error {
  override readonly name = 'LayerFormatError';
  readonly fault: LayerFault;

  constructor(fault: LayerFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

export interface LayerReadOptions {
  /** Most bytes the layer may inflate to; one more is a LayerFormatError. Without it, no limit. */
  readonly maxInflated?: number | undefined;
}

/** The PAX records that change a field, by keyword; the values are raw bytes. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** One header as Go reports it. Texts are raw bytes: layers hold names that are not UTF-8. */
export interface TarHeader {
  readonly name: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Whole seconds; the fraction a PAX record may have is cut off. */
  readonly mtime: number;
  /** The header's byte as one latin1 character: `0`, `5`, … and NUL for an old-style file. */
  readonly typeflag: string;
  readonly linkname: Buffer;
  readonly uname: Buffer;
  readonly gname: Buffer;
  readonly devmajor: number;
  readonly devminor: number;
}

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

/** The bytes of a layer's tar: gunzipped if it begins as gzip does, else as they are. */
export async function* inflateLayer(
  layer: Readable,
  options: LayerReadOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const limit = options.maxInflated ?? Number.POSITIVE_INFINITY;
  const chunks: AsyncIterableIterator<Buffer> = layer[Symbol.asyncIterator]();
  let inflated = 0;
  try {
    const head = await readHead(chunks);
    const bytes = startsAsGzip(head) ? gunzip(head, chunks) : rejoin(head, chunks);
    for await (const chunk of bytes) {
      inflated += chunk.length;
      if (inflated > limit) {
        throw new LayerFormatError('size', `Layer inflates to more than ${limit} bytes`);
      }
      yield chunk;
    }
  } finally {
    // A source that has stalled would keep its descriptor open until it is heard from again.
    layer.destroy();
  }
}

function startsAsGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Enough of the beginning to tell gzip; shorter only if there is no more. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = EMPTY;
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* rejoin(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzip(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflater = createGunzip({ chunkSize: CHUNK });
  // Whatever goes wrong on the way in also destroys the inflater, and is thrown from it below.
  pipeline(rejoin(head, rest), inflater).catch(() => undefined);
  try {
    yield* inflater as AsyncIterable<Buffer>;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new LayerFormatError('gzip', `Layer is no sound gzip: ${error.message}`, {
      cause: error,
    });
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
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

/** The fields of one header block, by the rules of the format that its magic names. */
function parseHeader(block: Buffer): TarHeader {
  const text = block.toString('latin1');
  verifyChecksum(block, parseNumber(text.slice(148, 156)));
  const typeflag = text.charAt(156);
  const format = formatOf(text);
  const isDevice = format !== 'v7' && (typeflag === '3' || typeflag === '4');
  return {
    name: joinPrefix(block, format),
    mode: parseNumber(text.slice(100, 108)),
    uid: parseNumber(text.slice(108, 116)),
    gid: parseNumber(text.slice(116, 124)),
    size: notNegative(parseNumber(text.slice(124, 136))),
    mtime: parseNumber(text.slice(136, 148)),
    typeflag,
    linkname: field(block, 157, 100),
    uname: format === 'v7' ? EMPTY : field(block, 265, 32),
    gname: format === 'v7' ? EMPTY : field(block, 297, 32),
    devmajor: isDevice ? parseNumber(text.slice(329, 337)) : 0,
    devminor: isDevice ? parseNumber(text.slice(337, 345)) : 0,
  };
}

type Format = 'v7' | 'ustar' | 'star' | 'gnu';

function formatOf(header: string): Format {
  if (header.startsWith('ustar\0', 257)) return header.endsWith('tar\0') ? 'star' : 'ustar';
  return header.startsWith('ustar  \0', 257) ? 'gnu' : 'v7';
}

/** The name with the prefix that ustar splits off; star keeps two times in the prefix's last bytes. */
function joinPrefix(block: Buffer, format: Format): Buffer {
  const name = field(block, 0, 100);
  const prefix = format === 'v7' ? EMPTY : field(block, 345, format === 'star' ? 131 : 155);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function field(block: Buffer, start: number, length: number): Buffer {
  return block[start] === 0 ? EMPTY : untilNul(block.subarray(start, start + length));
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** The sum of a header's bytes, its own eight taken as spaces; old tars added them up signed. */
function verifyChecksum(block: Buffer, given: number): void {
  let unsigned = 8 * 0x20;
  let negative = 0;
  for (let i = 0; i < BLOCK; i++) {
    if (i === 148) i = 156;
    const byte = block[i] ?? 0;
    unsigned += byte;
    if (byte >= 0x80) negative++;
  }
  const signed = unsigned - negative * 0x100;
  if (given !== unsigned && given !== signed) throw malformed('a header has a wrong checksum');
}

function notNegative(size: number): number {
  if (size < 0) throw malformed('a size is negative');
  return size;
}

/** Octal digits among blanks and NULs; nothing but those is 0, and a NUL ends the digits. */
const OCTAL = /^[ \0]*(?![ \0])([0-7]*)(?:[ \0]*$|\0)/;

/** A number of a header: octal digits, or base 256 if the first bit is set. */
function parseNumber(text: string): number {
  if (text.charCodeAt(0) >= 0x80) return parseBase256(text);
  const digits = OCTAL.exec(text)?.[1];
  if (digits === undefined) throw malformed('a number is not octal');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Two's complement of all bits but the first. */
function parseBase256(text: string): number {
  const value = BigInt(`0x${Buffer.from(text, 'latin1').toString('hex')}`);
  return safeNumber(BigInt.asIntN(text.length * 8 - 1, value));
}

/** Past 2^53 a value can't be told exactly, and no real layer has one. */
function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw malformed('a number is out of range');
  return number;
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

/** The records of a PAX header: `<length> <keyword>=<value>\n`, the length counting itself. */
function parsePaxRecords(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(SPACE, start);
    // A longer number than this has no room in an extended header.
    const digits = bytes.toString('latin1', start, Math.min(space, start + 8));
    const end = start + (/^\d{1,7}$/.test(digits) ? Number(digits) : Number.NaN);
    const equals = bytes.indexOf(EQUALS, space);
    if (!(end <= bytes.length && equals > space && equals < end)) {
      throw malformed('a PAX record is broken');
    }
    const keyword = bytes.toString('latin1', space + 1, equals);
    if (PAX_FIELDS.has(keyword)) records.set(keyword, bytes.subarray(equals + 1, end - 1));
    start = end;
  }
  return records;
}

/**
 * A header with PAX records in place; an empty value leaves the field alone.
 *
 * @throws LayerFormatError if a record should be a number and is none
 */
export function applyRecords(header: TarHeader, records: PaxRecords): TarHeader {
  if (records.size === 0) return header;
  const text = (key: string, fallback: Buffer) => {
    const value = records.get(key);
    return value === undefined || value.length === 0 ? fallback : value;
  };
  const number = (key: string, fallback: number) => {
    const value = text(key, EMPTY).toString('latin1');
    return value === '' ? fallback : parseDecimal(value);
  };
  return {
    ...header,
    name: text('path', header.name),
    linkname: text('linkpath', header.linkname),
    uname: text('uname', header.uname),
    gname: text('gname', header.gname),
    uid: number('uid', header.uid),
    gid: number('gid', header.gid),
    size: notNegative(number('size', header.size)),
    mtime: number('mtime', header.mtime),
  };
}

/** The whole part of a decimal; Go cuts off the fraction of a time the same way, also before 1970. */
function parseDecimal(text: string): number {
  const [, whole] = /^([+-]?\d{1,20})(?:\.\d*)?$/.exec(text) ?? [];
  if (whole === undefined) throw malformed('a PAX record is no number');
  return safeNumber(BigInt(whole));
}

function malformed(detail: string): LayerFormatError {
  return new LayerFormatError('tar', `Layer is no sound tar: ${detail}`);
}

/** Reads chunks by offset, without joining more of them than a header needs. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = EMPTY;
  #offset = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** How many bytes were taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Exactly `length` bytes; fewer only at the end. For small pieces: they are held in memory. */
  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const piece = await this.#take(missing);
      if (piece === undefined) break;
      if (piece.length === length) return piece;
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** The bytes from here to `end`, as they come. */
  async *readTo(end: number): AsyncGenerator<Buffer> {
    while (this.#offset < end) {
      const piece = await this.#take(end - this.#offset);
      if (piece === undefined) throw malformed('it ends inside a file');
      yield piece;
    }
  }

  /** Drops the bytes before `end`; stops without complaint where there are no more. */
  async skipTo(end: number): Promise<void> {
    while (this.#offset < end) {
      if ((await this.#take(end - this.#offset)) === undefined) return;
    }
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Up to `most` bytes, at least one; undefined at the end. */
  async #take(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    this.#offset += piece.length;
    return piece;
  }
}
