import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../errors.js';
import type { ChangeLog } from '../log/change-log.js';
import type { DiskStep } from './disk-step.js';
import { force } from './force.js';
import { NewFile } from './new-file.js';

export type { DiskStep };

export interface DiskOptions {
  /** False: nothing is forced to the disk; for data that goes with the process. */
  readonly durable: boolean;
  /** Called before every step with the path it touches; what it throws fails that step. */
  readonly onStep?: ((step: DiskStep, path: string) => void) | undefined;
  /** Where whole files are durable before they are anywhere else. */
  readonly log?: ChangeLog | undefined;
}

export interface FinishOptions {
  /**
   * True: the file is nothing until a document names it. Its own name is then durable before anything
   * that is written later, and nobody need wait for it.
   */
  readonly isPart?: boolean;
}

/** Whether a file was never finished: a start removes all that is named as `openAside` names it. */
export function isUnfinished(fileName: string): boolean {
  return /\.[0-9a-f]{12}\.tmp$/.test(fileName);
}

/**
 * Every change of the data directory goes through here, so that it is written once how a change becomes
 * durable, and how it is made so that a reader never meets half a file. What is written as a whole stands
 * in the log first, is written aside and renamed. What comes in pieces, as layers do, and everything where
 * there is no log, is written aside, forced to the disk and renamed, and then the folder is forced. The
 * fsync of a folder runs beside what comes next where that is possible, and is done before anything else
 * is durable.
 */
export class Disk {
  readonly #options: DiskOptions;
  /** Folders with an fsync under way, and the one that will follow it. */
  readonly #folders = new Map<string, { running: Promise<void>; next?: Promise<void> }>();
  /** Folders in which others were made, which are not durable yet. */
  readonly #grown = new Set<string>();
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
  async replaceFile(path: string, bytes: string | Uint8Array): Promise<void> {
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    await this.finishWhole(this.openAside(path), path, content);
  }

  /** A name beside `path` that nobody has; a start removes such a file. */
  nameAside(path: string): string {
    return `${path}.${randomBytes(6).toString('hex')}.tmp`;
  }

  /** Opens a new file beside `path` that `finish` puts in its place or `discard` removes. */
  openAside(path: string): NewFile {
    const aside = this.nameAside(path);
    this.#step('open', aside);
    const folder = dirname(path);
    for (let tries = 1; ; tries += 1) {
      try {
        return new NewFile(aside);
      } catch (error) {
        // A folder that was made may go again at once: somebody removes the last file in it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 5) throw error;
        this.makeFolder(folder);
      }
    }
  }

  /** Makes a second name beside `path` for a file that is elsewhere. Throws the error of the system. */
  linkAside(from: string, path: string): string {
    const aside = this.nameAside(path);
    this.#step('open', aside);
    this.makeFolder(dirname(path));
    linkSync(from, aside);
    return aside;
  }

  /** Makes a name aside that of the file at `path`: durable before any document that is written after it. */
  async finishLink(aside: string, path: string): Promise<void> {
    this.#step('fsync', aside);
    if (this.#options.durable) await force(aside);
    this.#rename(aside, path);
    this.#owe(dirname(path));
  }

  /** Adds bytes to a file aside. */
  async append(aside: NewFile, bytes: Uint8Array): Promise<void> {
    this.#step('write', aside.path);
    await aside.append(bytes);
  }

  /** Makes an empty file aside one of these bytes, and the file at `path`: durable when this resolves. */
  async finishWhole(aside: NewFile, path: string, bytes: Uint8Array): Promise<void> {
    const { log } = this.#options;
    try {
      await this.append(aside, bytes);
      if (log !== undefined) {
        aside.close();
        await this.#untilNamesLast();
        return await log.add(path, bytes, () => this.#rename(aside.path, path));
      }
    } catch (error) {
      await this.discard(aside);
      throw error;
    }
    await this.finish(aside, path);
  }

  /** Makes what was written aside the file at `path`: durable when the promise resolves. */
  async finish(
    aside: NewFile,
    path: string,
    { isPart = false }: FinishOptions = {},
  ): Promise<void> {
    try {
      this.#step('fsync', aside.path);
      if (this.#options.durable) await aside.sync();
      aside.close();
      this.#rename(aside.path, path);
    } catch (error) {
      await this.discard(aside);
      throw error;
    }
    this.#owe(dirname(path));
    if (!isPart) await this.#untilNamesLast();
  }

  /** Removes a file aside; never rejects, since it runs on the way out of another failure. */
  async discard(aside: NewFile): Promise<void> {
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

  /** Removes the file at `path`, durably; one that is not there counts as removed. */
  async removeFile(path: string): Promise<void> {
    const { log } = this.#options;
    const remove = (): void => {
      this.#step('remove', path);
      rmSync(path, { force: true });
    };
    if (log !== undefined) return log.add(path, undefined, remove);
    remove();
    await this.#syncFolder(dirname(path));
  }

  /** Removes files of which nothing speaks any more: they may come back in a power cut. */
  async dropFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      this.#step('remove', path);
      await removeFile(path);
      this.#options.log?.note(path);
    }
  }

  /** Moves a file or a folder to a place where nothing is, durably. Not where there is a log. */
  async move(from: string, to: string): Promise<void> {
    this.makeFolder(dirname(to));
    this.#rename(from, to);
    this.#owe(dirname(to));
    await this.#untilNamesLast();
    await this.#syncFolder(dirname(from));
  }

  /** Creates a folder and its missing parents: durable before a file in it is. */
  makeFolder(path: string): void {
    this.#step('mkdir', path);
    const first = makeFolders(path);
    if (first === undefined) return;
    for (let made = path; ; made = dirname(made)) {
      this.#grown.add(dirname(made));
      if (made === first) break;
    }
  }

  #rename(from: string, to: string): void {
    this.#step('rename', to);
    renameSync(from, to);
  }

  /** Begins to force a folder with a new name to the disk, and all that lead to it, for who comes next. */
  #owe(folder: string): void {
    const folders = [folder, ...this.#grown];
    this.#grown.clear();
    for (const each of folders) void this.#begin(each);
  }

  #begin(folder: string): Promise<void> {
    const forced = this.#syncFolder(folder);
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
  async #untilNamesLast(): Promise<void> {
    for (const [folder, forced] of [...this.#owing]) await forced.catch(() => this.#begin(folder));
  }

  /**
   * Forces a folder's entries to the disk. Calls that arrive while one is running share the next:
   * it starts after all their renames, so one fsync serves them all.
   */
  async #syncFolder(path: string): Promise<void> {
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
    const entry = { running: force(path) };
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

/** Replaces the file at `path` by `bytes`, atomically, and leaves it to the caller to force it to the disk. */
export function replaceUnforced(path: string, bytes: Uint8Array): Promise<void> {
  return new Disk({ durable: false }).replaceFile(path, bytes);
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
