import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { thisBoot } from './boot.js';
import { StorageError } from './errors.js';

interface Owner {
  readonly pid: number;
  /** Tells this process from a later one with the same number, where the system can. */
  readonly started: string;
}

/** The file that says who owns a data directory. */
export const LOCK_FILE = 'hub.lock';

/**
 * The claim of one process on a data directory: a file that says who. A claim whose process is gone
 * (`kill -9`, a power cut) counts for nothing, so a start after a crash needs no repair.
 */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Claims `folder`. Throws a StorageError naming the owner when another process has it, or saying why
   * nothing can be written there.
   */
  static async take(folder: string): Promise<DirectoryLock> {
    const path = join(folder, LOCK_FILE);
    const mine = ownName(path, 'claim');
    try {
      await writeFile(mine, `${JSON.stringify(thisProcess())}\n`);
      while (!(await tryLink(mine, path))) await removeStale(folder, path);
    } catch (error) {
      throw error instanceof StorageError
        ? error
        : StorageError.unusable(folder, (error as Error).message);
    } finally {
      await rm(mine, { force: true });
    }
    await removeLeftovers(folder);
    return new DirectoryLock(path);
  }

  /** Gives the claim back. */
  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

/** A name beside the lock that nobody else has, another hub of this process neither. */
function ownName(path: string, purpose: 'claim' | 'stale'): string {
  return `${path}.${process.pid}.${randomBytes(6).toString('hex')}.${purpose}`;
}

/** Linking is atomic: of two processes at once, one gets the name. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(folder: string, path: string): Promise<void> {
  const claim = await readFile(path, 'utf8').catch(() => undefined);
  if (claim === undefined) return;
  const owner = parseOwner(claim);
  if (owner !== undefined && isRunning(owner)) {
    throw StorageError.locked(folder, `process ${owner.pid}`);
  }
  // Moved before it is removed: whoever moves it is alone with it, and can see what it took.
  const aside = ownName(path, 'stale');
  await rename(path, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => claim);
  if (taken !== claim) await tryLink(aside, path);
  await rm(aside, { force: true });
}

/** Removes the claims of processes that were killed while they made one. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^hub\.lock\.(\d+)\.[0-9a-f]{12}\.(?:claim|stale)$/.exec(name)?.[1];
    if (pid !== undefined && !answers(Number(pid))) {
      await rm(join(folder, name), { force: true });
    }
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, started } = value as Partial<Owner>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    // A claim cut short by a crash names nobody.
    return undefined;
  }
}

function thisProcess(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? '' };
}

function isRunning(owner: Owner): boolean {
  const started = startOf(owner.pid);
  return started === undefined ? answers(owner.pid) : started === owner.started;
}

/** Whether there is a process of this number. */
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, as this boot of the system counts; undefined where /proc can't tell. */
function startOf(pid: number): string | undefined {
  const boot = thisBoot();
  if (boot === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}:${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
