import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { readIfThere } from '../files/read-if-there.js';
import { type Claim, counts, type Here, parseClaim, reachOf } from './claim.js';
import { isListenedIn, LockSocket, type Rival } from './lock-socket.js';
import { isRunning, type ProcessName, thisProcess } from './process-name.js';

/** The file that says who owns a data directory. */
export const LOCK_FILE = 'hub.lock';

/** How many stale claims may be in the way of a new one. */
const MOST_TRIES = 10;

/**
 * The claim of one process on a data directory. It ends with the process (`kill -9`, a power cut), so a
 * start after a crash needs no repair: the process listens on a socket in the folder. `hub.lock` says who
 * it is, and counts by itself where a socket tells nothing: on file systems that have none, and those that
 * several machines use.
 */
export class DirectoryLock {
  readonly #socket: LockSocket | undefined;
  readonly #path: string;
  readonly #inode: number;

  private constructor(socket: LockSocket | undefined, path: string, inode: number) {
    this.#socket = socket;
    this.#path = path;
    this.#inode = inode;
  }

  /**
   * Claims `folder`. Throws a StorageError naming the owner when another process has it, or saying why
   * nothing can be written there.
   */
  static async take(folder: string): Promise<DirectoryLock> {
    const me = thisProcess();
    let socket: LockSocket | undefined;
    try {
      socket = await LockSocket.open(folder, me);
      const rival = await socket?.hold();
      const path = join(folder, LOCK_FILE);
      if (rival !== undefined) throw StorageError.locked(folder, rivalOf(rival, me, path));
      const inode = claim(folder, path, me, socket !== undefined);
      socket?.tidy();
      removeOldLeftovers(folder);
      return new DirectoryLock(socket, path, inode);
    } catch (error) {
      socket?.close();
      if (error instanceof StorageError) throw error;
      throw StorageError.unusable(folder, (error as Error).message);
    }
  }

  /** Gives the claim back. */
  async release(): Promise<void> {
    // Not that of somebody else, should this one have been removed by hand.
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) {
      rmSync(this.#path, { force: true });
    }
    this.#socket?.close();
  }
}

/** Whether a process may be using a data directory; changes nothing there. */
export async function isInUse(folder: string): Promise<boolean> {
  if (await isListenedIn(folder)) return true;
  const path = join(folder, LOCK_FILE);
  const text = readIfThere(path)?.toString();
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  if (text === undefined || inode === undefined) return false;
  // Nobody listens, as if this process itself had found nobody.
  return counts(parseClaim(text), hereOf(folder, thisProcess(), { hasSocket: true, inode }));
}

/** Makes `hub.lock`, in the place of one that does not count; returns its number. */
function claim(folder: string, path: string, me: ProcessName, hasSocket: boolean): number {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const inode = create(path, me, hasSocket);
    if (inode !== undefined) return inode;
    removeStale(folder, path, me, hasSocket);
  }
  throw StorageError.locked(folder, 'processes that come and go');
}

/** Undefined if there is one already. */
function create(path: string, me: ProcessName, hasSocket: boolean): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  try {
    const { ino: inode } = fstatSync(descriptor);
    const mine: Claim = { ...me, hasSocket, inode };
    writeSync(descriptor, `${JSON.stringify(mine)}\n`);
    return inode;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Throws a StorageError if the claim counts. */
function removeStale(folder: string, path: string, me: ProcessName, hasSocket: boolean): void {
  const text = readIfThere(path)?.toString();
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  if (text === undefined || inode === undefined) return;
  const found = parseClaim(text);
  if (counts(found, hereOf(folder, me, { hasSocket, inode }))) {
    throw StorageError.locked(folder, ownerOf(found, me, path));
  }
  if (hasSocket) {
    // No other start that could judge it as gone gets as far as this.
    rmSync(path, { force: true });
    return;
  }
  // Moved before it is removed: the mover can see what it took.
  const aside = `${path}.${me.pid}.stale`;
  renameSync(path, aside);
  if (readIfThere(aside)?.toString() === text) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function hereOf(folder: string, me: ProcessName, more: Pick<Here, 'hasSocket' | 'inode'>): Here {
  return { me, reach: reachOf(folder), isRunning, ...more };
}

function ownerOf(found: ReturnType<typeof parseClaim>, me: ProcessName, path: string): string {
  const remedy = `if no hub uses the folder any more, remove ${path}`;
  if (found === undefined) return `somebody whose claim can't be read: ${remedy}`;
  if (!('boot' in found)) return `process ${found.pid}`;
  if (found.boot === me.boot && found.namespace === me.namespace) return `process ${found.pid}`;
  return `${nameOf(found, me)}, as far as can be seen from here: ${remedy}`;
}

/** A stopped process answers nothing, and yet its claim says who it is. */
function rivalOf(rival: Rival, me: ProcessName, path: string): string {
  if (rival !== 'unknown') return nameOf(rival, me);
  const found = parseClaim(readIfThere(path)?.toString() ?? '');
  if (found === undefined || !('boot' in found)) return 'a process that does not say who it is';
  return `${nameOf(found, me)}, which does not answer`;
}

function nameOf({ pid, host, namespace, boot }: ProcessName, me: ProcessName): string {
  if (boot !== me.boot) return `process ${pid} on ${host}`;
  if (namespace === me.namespace) return `process ${pid}`;
  return `process ${pid} in another container (${host})`;
}

/** The claims that the first version made, of processes that were killed at it. */
function removeOldLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (/^hub\.lock\.\d+\.[0-9a-f]{12}\.(?:claim|stale)$/.test(name)) {
      rmSync(join(folder, name), { force: true });
    }
  }
}
