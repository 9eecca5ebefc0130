import { closeSync, constants, fdatasync, fsync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const fsyncInThread = promisify(fsync);
const fdatasyncInThread = promisify(fdatasync);

/** Node never has more threads than this for work that waits for the disk, even if it is asked to. */
const MOST_THREADS = 1024;

/**
 * Forces a file's bytes or a folder's names to the disk. One that is gone in the meantime has nothing left
 * to be forced. Rejects with the error of the system.
 */
export function force(path: string): Promise<void> {
  return forceBy(fsyncInThread, path);
}

/**
 * Forces a file's bytes to the disk, and what is needed to read them. Of a file that got another name nothing is to be
 * done then if it lies on the disk already: how many names it has need not be there before the names are.
 */
export function forceBytes(path: string): Promise<void> {
  return forceBy(fdatasyncInThread, path);
}

async function forceBy(sync: (descriptor: number) => Promise<void>, path: string): Promise<void> {
  const descriptor = openThere(path);
  if (descriptor === undefined) return;
  try {
    await sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Forces files to the disk, that they are there or that they are gone, and so all folders from theirs up to
 * `root`. `paths` are below `root`. Rejects with an error of the system when nothing is under way any more.
 */
export async function forceBelow(root: string, paths: Iterable<string>): Promise<void> {
  const rest = withFolders(paths).values();
  const forceRest = async (): Promise<void> => {
    for (const path of rest) await force(join(root, path));
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce() }, forceRest));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** All but one of the threads that Node has for work that waits for the disk; that one is for the log. */
function atOnce(): number {
  const threads = Math.min(Number(process.env.UV_THREADPOOL_SIZE ?? 4), MOST_THREADS);
  return Number.isInteger(threads) && threads > 2 ? threads - 1 : 1;
}

/** The paths, and all that lead to them; `.` is the root. */
function withFolders(paths: Iterable<string>): Set<string> {
  const all = new Set<string>();
  for (const path of paths) {
    for (let each = path; !all.has(each); each = dirname(each)) all.add(each);
  }
  return all;
}

/** At once: to open what is in use takes less time than to have a thread do it. */
function openThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
