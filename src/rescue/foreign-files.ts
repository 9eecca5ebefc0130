import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import type { FileTwin } from '../storage/files/linked-file.js';
import { FileStream } from './file-stream.js';
import type { LayerInFile } from './found.js';
import { BrokenError } from './problems.js';

/*
 * Files of a folder that belongs to somebody else: opened for reading only; links are not followed, pipes and
 * devices not waited for.
 */

/** A regular file, or why it can't be read. */
async function openFile(path: string, what: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    throw unreadable(error, what);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new BrokenError(`${what} is not a file`);
}

/** All of a short file. Throws a BrokenError, also for one that is longer than `most` bytes. */
export async function readShort(path: string, most: number, what: string): Promise<Buffer> {
  const handle = await openFile(path, what);
  try {
    const pieces: Buffer[] = [];
    let size = 0;
    // By what is read, not by the file's own length: it may still grow.
    for await (const piece of handle.createReadStream({ end: most, autoClose: false })) {
      pieces.push(piece as Buffer);
      size += (piece as Buffer).length;
    }
    if (size > most) throw new BrokenError(`${what} has more than ${most} bytes`);
    return Buffer.concat(pieces);
  } catch (error) {
    throw error instanceof BrokenError ? error : unreadable(error, what);
  } finally {
    await handle.close();
  }
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
  const handle = await openFile(path, what);
  try {
    const { size, dev, ino } = await handle.stat();
    return { size, file: { path, device: dev, inode: ino } };
  } finally {
    await handle.close();
  }
}

/** A long file as a stream. Throws a BrokenError. */
export async function openLong({ path, device, inode }: FileTwin): Promise<FileStream> {
  const handle = await openFile(path, 'its file');
  const { dev, ino } = await handle.stat();
  if (dev === device && ino === inode) return new FileStream(handle);
  await handle.close();
  throw new BrokenError('its file changed while it was read');
}

/** The length of a regular file in bytes. Throws a BrokenError. */
export async function lengthOf(path: string, what: string): Promise<number> {
  const handle = await openFile(path, what);
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
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
