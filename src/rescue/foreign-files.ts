import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { FileTwin } from '../storage/files/linked-file.js';
import { FileStream } from './file-stream.js';
import type { LayerInFile } from './found.js';
import { BrokenError } from './problems.js';

/*
 * Files of a folder that belongs to somebody else: opened for reading only; links are not followed, pipes and
 * devices not waited for.
 */

/**
 * The descriptor of a regular file, and what it is; throws a BrokenError where it can't be read. As all that is short it
 * is asked for at once: a command has nobody else to answer, and to have a thread do it takes ten times as long.
 */
function openFile(
  path: string,
  what: string,
): { readonly descriptor: number; readonly stats: Stats } {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, flags);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new BrokenError(`${what} is not a file`);
    return { descriptor, stats };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw error instanceof BrokenError ? error : unreadable(error, what);
  }
}

/** All of a short file. Throws a BrokenError, also for one that is longer than `most` bytes. */
export async function readShort(path: string, most: number, what: string): Promise<Buffer> {
  const { descriptor, stats } = openFile(path, what);
  try {
    // One byte more than it has, or may have: by what is read, not by its length, as it may still grow.
    const bytes = Buffer.alloc(Math.min(stats.size, most) + 1);
    const length = readUpTo(descriptor, bytes);
    if (length > most) throw new BrokenError(`${what} has more than ${most} bytes`);
    if (length === bytes.length) throw new BrokenError(`${what} changed while it was read`);
    return bytes.subarray(0, length);
  } catch (error) {
    throw error instanceof BrokenError ? error : unreadable(error, what);
  } finally {
    closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, bytes: Buffer): number {
  let length = 0;
  while (length < bytes.length) {
    const more = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (more === 0) break;
    length += more;
  }
  return length;
}

/** As `readShort`; undefined where there is no such file. */
export async function readIfThere(
  path: string,
  most: number,
  what: string,
): Promise<Buffer | undefined> {
  return (await isThere(path)) ? readShort(path, most, what) : undefined;
}

/** A long file, to be read by a thread. Throws a BrokenError where it can't be opened. */
export async function findLong(path: string, what: string): Promise<LayerInFile> {
  const { descriptor, stats } = openFile(path, what);
  closeSync(descriptor);
  const { size, dev, ino } = stats;
  return { size, file: { path, device: dev, inode: ino } };
}

/** A long file as a stream. Throws a BrokenError. */
export function openLong({ path, device, inode }: FileTwin): FileStream {
  const { descriptor, stats } = openFile(path, 'its file');
  if (stats.dev === device && stats.ino === inode) return new FileStream(descriptor);
  closeSync(descriptor);
  throw new BrokenError('its file changed while it was read');
}

/** The length of a regular file in bytes. Throws a BrokenError. */
export async function lengthOf(path: string, what: string): Promise<number> {
  const { size = 0 } = await findLong(path, what);
  return size;
}

export async function isThere(path: string): Promise<boolean> {
  return statOrNone(path) !== undefined;
}

function statOrNone(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * What is in a folder, by name, in the same order every time; nothing where there is no such folder.
 * Throws a BrokenError where it can't be read.
 */
export async function entriesOf(
  path: string,
): Promise<{ readonly name: string; readonly isFolder: boolean }[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw unreadable(error, path);
  });
  return entries
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function unreadable(error: unknown, what: string): BrokenError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new BrokenError(`${what} is not there`);
  if (code === 'ELOOP') return new BrokenError(`${what} is a symbolic link`);
  return new BrokenError(`${what} can't be read: ${message}`);
}
