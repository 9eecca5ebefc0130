import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../errors.js';
import type { ChangeLog } from '../log/change-log.js';
import type { DiskStep } from './disk-step.js';
import { FolderSyncs } from './folder-syncs.js';
import { forceBytes } from './force.js';
import { makeFolders } from './make-folders.js';
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

/** A whole file that was begun aside: empty still, with the bytes and the place that it is to have. */
export interface WholeFile {
  readonly aside: NewFile;
  readonly path: string;
  readonly bytes: Uint8Array;
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
  readonly #folders: FolderSyncs;
  #isClosed = false;

  constructor(options: DiskOptions) {
    this.#options = options;
    const onSync = (path: string): void => this.#step('fsync-folder', path);
    this.#folders = new FolderSyncs({ durable: options.durable, onSync });
  }

  /** From now on nothing begins that would change anything: the directory may be another's. */
  close(): void {
    this.#isClosed = true;
  }

  /** Replaces the file at `path` by `bytes`, atomically and durably. Rejects with the I/O error. */
  async replaceFile(path: string, bytes: string | Uint8Array): Promise<void> {
    await this.finishWholes([this.beginWhole(path, bytes)]);
  }

  /** Begins a whole file, which is for `finishWholes` or `discard`. Throws the error of the system. */
  beginWhole(path: string, bytes: string | Uint8Array): WholeFile {
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    return { aside: this.openAside(path), path, bytes: content };
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
    if (this.#options.durable) await forceBytes(aside);
    this.#rename(aside, path);
    this.#folders.owe(dirname(path));
  }

  /** Adds bytes to a file aside. */
  async append(aside: NewFile, bytes: Uint8Array): Promise<void> {
    this.#step('write', aside.path);
    await aside.append(bytes);
  }

  /**
   * Puts whole files in their places, in this order: durable when this resolves. Where there is a log, a power cut
   * leaves all or none of them, and so all cost one fsync. Rejects with the error of the system: those that were put in
   * their places before it stay, and the rest is discarded.
   */
  async finishWholes(files: readonly WholeFile[]): Promise<void> {
    if (files.length === 0) return;
    const { log } = this.#options;
    try {
      for (const { aside, bytes } of files) await this.append(aside, bytes);
      if (log === undefined) {
        for (const { aside, path } of files) await this.finish(aside, path);
        return;
      }
      for (const { aside } of files) aside.close();
      await this.#folders.untilNamesLast();
      const planned = files.map(({ aside, path, bytes }) => ({
        path,
        bytes,
        make: () => this.#rename(aside.path, path),
      }));
      await log.add(...planned);
    } catch (error) {
      for (const { aside } of files) await this.discard(aside);
      throw error;
    }
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
    this.#folders.owe(dirname(path));
    if (!isPart) await this.#folders.untilNamesLast();
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
    if (log !== undefined) return log.add({ path, bytes: undefined, make: remove });
    remove();
    await this.#folders.sync(dirname(path));
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
    this.#folders.owe(dirname(to));
    await this.#folders.untilNamesLast();
    await this.#folders.sync(dirname(from));
  }

  /** Creates a folder and its missing parents: durable before a file in it is. */
  makeFolder(path: string): void {
    this.#step('mkdir', path);
    const first = makeFolders(path);
    if (first === undefined) return;
    for (let made = path; ; made = dirname(made)) {
      this.#folders.grew(dirname(made));
      if (made === first) break;
    }
  }

  #rename(from: string, to: string): void {
    this.#step('rename', to);
    renameSync(from, to);
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
