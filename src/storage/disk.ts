import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StorageError } from './errors.js';
import { FileAside } from './file-aside.js';

/** One step of a durable write, as a fault-injecting test names it. */
export type DiskStep = 'open' | 'write' | 'fsync' | 'rename' | 'fsync-folder' | 'remove' | 'mkdir';

export interface DiskOptions {
  /** False: nothing is forced to the disk; for data that goes with the process. */
  readonly durable: boolean;
  /** Called before every step with the path it touches; what it throws fails that step. */
  readonly onStep?: ((step: DiskStep, path: string) => void) | undefined;
}

export interface FinishOptions {
  /**
   * True: the file is nothing until a document names it. Its own name is then durable before any file
   * finished later gets one, and nobody need wait for it.
   */
  readonly isPart?: boolean;
}

/** Whether a file was never finished: a start removes whatever is named as `openAside` names it. */
export function isUnfinished(fileName: string): boolean {
  return /\.[0-9a-f]{12}\.tmp$/.test(fileName);
}

/**
 * Every change of the data directory goes through here, so that the order "write aside, fsync,
 * rename, fsync the folder" is written once: what was answered is on the disk, and a reader never
 * meets half a file. Where the name of a file or a folder need not be durable yet, its fsync runs
 * beside what comes next, and no file gets a name before it is done.
 */
export class Disk {
  readonly #options: DiskOptions;
  /** Folders with an fsync under way, and the one that will follow it. */
  readonly #folders = new Map<string, { running: Promise<void>; next?: Promise<void> }>();
  /** Folders with new names that others will count on, and the fsync that makes them durable. */
  readonly #owing = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** From now on nothing begins that would change anything: the directory may be another's. */
  close(): void {
    this.#isClosed = true;
  }

  /** Replaces the file at `path` by `bytes`, atomically and durably. Rejects with the I/O error. */
  async replaceFile(
    path: string,
    bytes: string | Uint8Array,
    options?: FinishOptions,
  ): Promise<void> {
    const aside = await this.openAside(path);
    try {
      await this.append(aside, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    } catch (error) {
      await this.discard(aside);
      throw error;
    }
    await this.finish(aside, path, options);
  }

  /** Opens a new file beside `path` that `finish` puts in its place or `discard` removes. */
  async openAside(path: string): Promise<FileAside> {
    const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    this.#step('open', aside);
    const folder = dirname(path);
    for (let tries = 1; ; tries += 1) {
      try {
        return new FileAside(aside);
      } catch (error) {
        // A folder that was made may go again at once: somebody removes the last file in it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 5) throw error;
        this.#make(folder);
      }
    }
  }

  /** Adds bytes to a file aside. */
  async append(aside: FileAside, bytes: Uint8Array): Promise<void> {
    this.#step('write', aside.path);
    await aside.append(bytes);
  }

  /** Makes what was written aside the file at `path`: durable when the promise resolves. */
  async finish(
    aside: FileAside,
    path: string,
    { isPart = false }: FinishOptions = {},
  ): Promise<void> {
    try {
      this.#step('fsync', aside.path);
      if (this.#options.durable) await aside.sync();
      aside.close();
      await this.#settle();
      this.#step('rename', path);
      renameSync(aside.path, path);
    } catch (error) {
      await this.discard(aside);
      throw error;
    }
    if (isPart) this.#owe(dirname(path));
    else await this.syncFolder(dirname(path));
  }

  /** Removes a file aside; never rejects, since it runs on the way out of another failure. */
  async discard(aside: FileAside): Promise<void> {
    try {
      aside.close();
    } catch {
      // It goes anyway.
    }
    await this.erase(aside.path);
  }

  /** Removes a file as well as it can be done; never rejects, as `discard`. */
  async erase(path: string): Promise<void> {
    await removeFile(path).catch(() => undefined);
  }

  /**
   * Removes files of one folder, durably unless it need not be `lasting`; those that are not there count
   * as removed.
   */
  async removeFiles(
    folder: string,
    names: readonly string[],
    { lasting = true }: { readonly lasting?: boolean } = {},
  ): Promise<void> {
    for (const name of names) {
      this.#step('remove', join(folder, name));
      await removeFile(join(folder, name));
    }
    if (lasting) await this.syncFolder(folder);
  }

  /** Moves a file or a folder to a place where nothing is, durably. */
  async move(from: string, to: string): Promise<void> {
    await this.makeFolder(dirname(to));
    this.#step('rename', to);
    renameSync(from, to);
    await this.syncFolder(dirname(to));
    await this.syncFolder(dirname(from));
  }

  /** Creates a folder and its missing parents, each durable in its own parent. */
  async makeFolder(path: string): Promise<void> {
    this.#make(path);
    await this.#settle();
  }

  #make(path: string): void {
    this.#step('mkdir', path);
    const first = makeFolders(path);
    if (first === undefined) return;
    for (let made = path; ; made = dirname(made)) {
      this.#owe(dirname(made));
      if (made === first) break;
    }
  }

  /** Begins to force a folder to the disk, for whoever comes next. */
  #owe(folder: string): Promise<void> {
    const forced = this.syncFolder(folder);
    this.#owing.set(folder, forced);
    const forget = (): void => {
      if (this.#owing.get(folder) === forced) this.#owing.delete(folder);
    };
    // After a failure it is still owed.
    forced.then(forget, () => undefined);
    return forced;
  }

  /**
   * Resolves when all names are durable that others count on. What failed is forced once more, and only
   * then is it an error: a file system whose journal has failed says so again, and one that was full may
   * have room by now.
   */
  async #settle(): Promise<void> {
    for (const [folder, forced] of [...this.#owing]) await forced.catch(() => this.#owe(folder));
  }

  /**
   * Forces a folder's entries to the disk. Calls that arrive while one is running share the next:
   * it starts after all their renames, so one fsync serves them all.
   */
  async syncFolder(path: string): Promise<void> {
    this.#step('fsync-folder', path);
    if (!this.#options.durable) return;
    const current = this.#folders.get(path);
    if (current === undefined) return this.#startFolderSync(path);
    current.next ??= current.running.then(
      () => this.#startFolderSync(path),
      () => this.#startFolderSync(path),
    );
    return current.next;
  }

  #startFolderSync(path: string): Promise<void> {
    const entry = { running: fsyncFolder(path) };
    this.#folders.set(path, entry);
    const forget = (): void => {
      if (this.#folders.get(path) === entry) this.#folders.delete(path);
    };
    return entry.running.finally(forget);
  }

  #step(step: DiskStep, path: string): void {
    if (this.#isClosed) throw StorageError.closed(path);
    this.#options.onStep?.(step, path);
  }
}

const fsyncOpen = promisify(fsync);

async function fsyncFolder(path: string): Promise<void> {
  const folder = openFolder(path);
  // The folder went in the meantime: then there is no entry left to make durable.
  if (folder === undefined) return;
  try {
    await fsyncOpen(folder);
  } finally {
    closeSync(folder);
  }
}

/** At once: to open a folder that is in use takes less time than to have a thread do it. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** In a thread: to give back the room of a long file takes its time. */
async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Makes a folder and its missing parents; returns the topmost that was missing, as the path names it. By
 * hand, since Node's own way never ends where a folder can't be made in one that is there, as below /proc.
 */
export function makeFolders(path: string): string | undefined {
  try {
    return makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    const first = makeFolders(parent);
    const made = makeOne(path);
    return first ?? made;
  }
}

/** Makes one folder; undefined if it is there already. */
function makeOne(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (isThere && statSync(path).isDirectory()) return undefined;
    throw error;
  }
}
