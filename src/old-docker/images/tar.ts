/**
 * A small tar in memory, written and read by hand: tests must not check the hub's reader with itself.
 */
import {
  BLOCK,
  type HeaderFields,
  packHeader,
  padding,
  parseHeader,
  readPax,
  type TarFields,
} from './tar-header.js';

export { TRAILER } from './tar-header.js';

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
export type ReadEntry = TarFields & { readonly content: Buffer };

/** The archive without its trailer, as docker's `TarSum` sends it. */
export function packTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat(entries.flatMap(packEntry));
}

function packEntry({ content = Buffer.alloc(0), ...fields }: TarEntry): Buffer[] {
  const header: HeaderFields = { ...fields, size: content.length };
  return [packHeader(header), content, padding(content.length)];
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
    const fields = parseHeader(block);
    const { size, type } = fields;
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) {
      throw new Error('unexpected EOF');
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') {
      longName = readPax(content.toString('utf8')).get('path');
    } else {
      entries.push({ ...fields, content, ...(longName && { name: longName }) });
      longName = undefined;
    }
  }
  return entries;
}
