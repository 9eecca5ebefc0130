import { LayerFormatError } from './layer-bounds.js';

/** The unit of a tar: a header is one block. */
export const BLOCK = 512;
const EMPTY = Buffer.alloc(0);
const SPACE = 0x20;
const EQUALS = 0x3d;
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

/** The fields of one header block, by the rules of the format that its magic names. */
export function parseHeader(block: Buffer): TarHeader {
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

export function untilNul(bytes: Buffer): Buffer {
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

export function notNegative(size: number): number {
  if (size < 0) throw malformed('a size is negative');
  return size;
}

/** Octal digits among blanks and NULs; nothing but those is 0, and a NUL ends the digits. */
const OCTAL = /^[ \0]*([0-7]*)/;
/** What may not come behind them, but for a NUL in between. */
const NO_BLANK = /[^ \0]/;

/** A number of a header: octal digits, or base 256 if the first bit is set. */
export function parseNumber(text: string): number {
  if (text.charCodeAt(0) >= 0x80) return parseBase256(text);
  const [padded = '', digits = ''] = OCTAL.exec(text) ?? [];
  if (isMore(text.slice(padded.length))) throw malformed('a number is not octal');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function isMore(text: string): boolean {
  return !text.startsWith('\0') && NO_BLANK.test(text);
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

/** The records of a PAX header: `<length> <keyword>=<value>\n`, the length counting itself. */
export function parsePaxRecords(bytes: Buffer): PaxRecords {
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
  if (whole === undefined) throw malformed('a PAX record is not a number');
  return safeNumber(BigInt(whole));
}

export function malformed(detail: string): LayerFormatError {
  return new LayerFormatError('tar', `Layer is not a sound tar: ${detail}`);
}
