import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from './errors.js';

interface Owner {
  readonly pid: number;
  /** Tells this process from a later one with the same number, where the system can. */
  readonly started: string;
}

/**
 * The claim of one process on a data directory: a file that says who. A claim whose process is gone
 * (`kill -9`, a power cut) counts for nothing, so a start after a crash needs no repair.
 */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Claims `folder`. Throws a StorageError naming the owner when another process has it. */
  static async take(folder: string): Promise<DirectoryLock> {
    const path = join(folder, 'hub.lock');
    const mine = `${path}.${process.pid}.claim`;
    await writeFile(mine, `${JSON.stringify(thisProcess())}\n`);
    try {
      while (!(await tryLink(mine, path))) await removeStale(folder, path);
    } finally {
      await rm(mine, { force: true });
    }
    return new DirectoryLock(path);
  }

  /** Gives the claim back. */
  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }
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
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => claim);
  if (taken !== claim) await tryLink(aside, path);
  await rm(aside, { force: true });
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
  if (started !== undefined) return started === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, as this boot of the system counts; undefined where /proc can't tell. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}:${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
