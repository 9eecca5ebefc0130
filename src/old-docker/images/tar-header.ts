/** The fields of a tar header as docker's tarsum reads them. */
export interface TarFields {
  readonly name: string;
  /** `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` folder, `6` pipe. */
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds. */
  readonly mtime: number;
  readonly link: string;
  readonly uname: string;
  readonly gname: string;
  readonly devmajor: number;
  readonly devminor: number;
}

export const BLOCK = 512;

/** The end-of-archive blocks, which docker reads but does not send. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/** What a header is made from; missing fields are those of a file of root. */
export type HeaderFields = Pick<TarFields, 'name'> & Partial<Omit<TarFields, 'name'>>;

/** Docker's layers have the kind of a file in its mode as well. */
export const FILE_MODE = 0o100644;
export const FOLDER_MODE = 0o40755;

const DEFAULT_MTIME = 1_420_070_400;

/** The header block, preceded by a PAX record where a name or a link is too long for it. */
export function packHeader(fields: HeaderFields): Buffer {
  const records = [
    ...(Buffer.byteLength(fields.name) > 100 ? [paxRecord('path', fields.name)] : []),
    ...(Buffer.byteLength(fields.link ?? '') > 100
      ? [paxRecord('linkpath', fields.link ?? '')]
      : []),
  ];
  if (records.length === 0) return block(fields);
  const pax = Buffer.concat(records);
  const header = block({ name: 'PaxHeaders.0/long', size: pax.length, type: 'x' });
  return Buffer.concat([header, pax, padding(pax.length), block(fields)]);
}

/** The padding after so many bytes. */
export function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}

/** `"<length> <key>=<value>\n"`, the length counting itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/** The records of a PAX header, one a line, as {@link paxRecord} writes them. */
export function readPax(record: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of record.split('\n')) {
    const pair = line.slice(line.indexOf(' ') + 1);
    const equals = pair.indexOf('=');
    if (equals > 0) values.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return values;
}

function block(fields: HeaderFields): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): void => {
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  };
  header.write(fields.name, 0, 100, 'utf8');
  octal(fields.mode ?? FILE_MODE, 100, 8);
  octal(fields.uid ?? 0, 108, 8);
  octal(fields.gid ?? 0, 116, 8);
  octal(fields.size ?? 0, 124, 12);
  octal(fields.mtime ?? DEFAULT_MTIME, 136, 12);
  header.write(fields.type ?? '0', 156, 'latin1');
  header.write(fields.link ?? '', 157, 100, 'utf8');
  header.write('ustar\u000000', 257, 'latin1');
  header.write(fields.uname ?? '', 265, 32, 'utf8');
  header.write(fields.gname ?? '', 297, 32, 'utf8');
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Reads a header block, which must be one. */
export function parseHeader(header: Buffer): TarFields {
  const isWhole = header.length === BLOCK && sumOf(header) === number(header, 148, 8);
  const size = isWhole ? number(header, 124, 12) : -1;
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new Error('archive/tar: invalid tar header');
  }
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  const type = text(header, 156, 1) || '0';
  const isDevice = type === '3' || type === '4';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type,
    mode: number(header, 100, 8),
    uid: number(header, 108, 8),
    gid: number(header, 116, 8),
    size,
    mtime: number(header, 136, 12),
    link: text(header, 157, 100),
    uname: text(header, 265, 32),
    gname: text(header, 297, 32),
    devmajor: isDevice ? number(header, 329, 8) : 0,
    devminor: isDevice ? number(header, 337, 8) : 0,
  };
}

function text(header: Buffer, at: number, width: number): string {
  const field = header.subarray(at, at + width);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? width : end);
}

/** Octal, or GNU's binary for what is too large for it. */
function number(header: Buffer, at: number, width: number): number {
  if ((header[at] ?? 0) & 0x80) return header.readUIntBE(at + width - 6, 6);
  return Number.parseInt(text(header, at, width).trim() || '0', 8);
}

function sumOf(header: Buffer): number {
  return header.reduce(
    (total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte),
    0,
  );
}
