/**
 * A tar of a layer, written and read by hand: the tests must not check the hub's reader with itself.
 */

/** One file, folder or link of a layer. */
export interface TarEntry {
  readonly name: string;
  /** `0` file, `1` hard link, `2` symbolic link, `5` folder. */
  readonly type?: '0' | '1' | '2' | '5';
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds. */
  readonly mtime?: number;
  readonly link?: string;
  readonly uname?: string;
  readonly gname?: string;
  readonly content?: Buffer;
}

/** An entry as it was read, nothing left out. */
export type ReadEntry = Required<Omit<TarEntry, 'type'>> & {
  readonly type: string;
  readonly size: number;
  readonly devmajor: number;
  readonly devminor: number;
};

const BLOCK = 512;

/** The end-of-archive blocks, which docker reads but does not send. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/** The archive without its trailer, as docker's `TarSum` sends it. */
export function packTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat(entries.map(packEntry));
}

function packEntry(entry: TarEntry): Buffer {
  const content = entry.content ?? Buffer.alloc(0);
  const parts = [header(entry, content.length), pad(content)];
  if (Buffer.byteLength(entry.name) > 100) {
    const record = paxRecord('path', entry.name);
    parts.unshift(header({ name: 'PaxHeaders.0/long' }, record.length, 'x'), pad(record));
  }
  return Buffer.concat(parts);
}

/** `"<length> <key>=<value>\n"`, the length counting itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function pad(content: Buffer): Buffer {
  const missing = (BLOCK - (content.length % BLOCK)) % BLOCK;
  return Buffer.concat([content, Buffer.alloc(missing)]);
}

function header(entry: TarEntry, size: number, type: string = entry.type ?? '0'): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  };
  block.write(entry.name, 0, 100, 'utf8');
  octal(entry.mode ?? 0o100644, 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(entry.mtime ?? 1_420_070_400, 136, 12);
  block.write(type, 156, 'latin1');
  block.write(entry.link ?? '', 157, 100, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(entry.uname ?? '', 265, 32, 'utf8');
  block.write(entry.gname ?? '', 297, 32, 'utf8');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Reads an archive to its end, with trailer or without; throws where it is cut or damaged. */
export function readTar(tar: Buffer): ReadEntry[] {
  const entries: ReadEntry[] = [];
  let longName: string | undefined;
  let at = 0;
  while (at < tar.length) {
    const block = tar.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) {
      break;
    }
    if (block.length < BLOCK || checksumOf(block) !== number(block, 148, 8)) {
      throw new Error('archive/tar: invalid tar header');
    }
    const size = number(block, 124, 12);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) {
      throw new Error('unexpected EOF');
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = text(block, 156, 1) || '0';
    if (type === 'x') {
      longName = /(?:^|\n)\d+ path=(.*)\n/.exec(content.toString('utf8'))?.[1];
    } else {
      entries.push({ ...fields(block, type, content), ...(longName && { name: longName }) });
      longName = undefined;
    }
  }
  return entries;
}

function fields(block: Buffer, type: string, content: Buffer): ReadEntry {
  const prefix = text(block, 345, 155);
  const name = text(block, 0, 100);
  const isDevice = type === '3' || type === '4';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type,
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: content.length,
    mtime: number(block, 136, 12),
    link: text(block, 157, 100),
    uname: text(block, 265, 32),
    gname: text(block, 297, 32),
    devmajor: isDevice ? number(block, 329, 8) : 0,
    devminor: isDevice ? number(block, 337, 8) : 0,
    content,
  };
}

function text(block: Buffer, at: number, width: number): string {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? width : end);
}

function number(block: Buffer, at: number, width: number): number {
  return Number.parseInt(text(block, at, width).trim() || '0', 8);
}

function checksumOf(block: Buffer): number {
  return block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
}
