import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireNewest } from '../documents/format.js';
import { documentText } from '../documents/json-file.js';
import { BLOBS, imageShape, KINDS } from '../documents/shapes.js';
import { StorageError } from '../errors.js';
import { BlobFiles } from '../files/blob-files.js';
import { Disk, type DiskOptions } from '../files/disk.js';
import { ImageFiles } from '../files/image-files.js';
import { logFiles } from '../log/log-files.js';
import { recoverChanges } from '../log/recovery.js';
import { type Aside, newAside } from '../log/set-aside.js';
import { FolderView } from './folder-view.js';
import { type Inspection, inspect } from './inspection.js';
import { DirectoryLock, isInUse } from './lock.js';
import { filesToRead, readOnlyDisk } from './read-only.js';

/** What differs between a directory to be mended and one to be looked at. */
interface Parts {
  readonly files: ImageFiles;
  readonly blobs: BlobFiles;
  readonly look: () => FolderView;
  readonly end: () => void | Promise<void>;
  readonly isInUse: boolean;
  readonly unfinished: number;
}

/**
 * The data directory of a hub, as files: to be looked at as a whole and to be mended. Paths are
 * below the directory. Each change is durable when it resolves, and none throws anything away that a
 * person could read: the former file goes to `set-aside/<time>/…`.
 */
export class DataDirectory {
  readonly files: ImageFiles;
  readonly blobs: BlobFiles;
  /** Whether a hub may be using it meanwhile: what that is writing looks unfinished. */
  readonly isInUse: boolean;
  /** How many files the next start makes as the log has them, since a hub was killed here. */
  readonly unfinished: number;
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #look: () => FolderView;
  readonly #end: () => void | Promise<void>;
  readonly #aside: Aside;

  private constructor(folder: string, disk: Disk, parts: Parts) {
    this.#folder = folder;
    this.#disk = disk;
    this.#look = parts.look;
    this.#end = parts.end;
    this.#aside = newAside(folder);
    this.isInUse = parts.isInUse;
    this.unfinished = parts.unfinished;
    this.files = parts.files;
    this.blobs = parts.blobs;
  }

  /**
   * Claims a data directory, to mend it. Throws a StorageError when there is none, when a hub runs on it,
   * or when it was written by a hub of another format.
   */
  static async open(folder: string, onStep?: DiskOptions['onStep']): Promise<DataDirectory> {
    requireHub(folder);
    const lock = await DirectoryLock.take(folder);
    try {
      await recoverChanges(folder);
    } catch (error) {
      await lock.release();
      throw error;
    }
    const disk = new Disk({ durable: true, onStep });
    const blobs = new BlobFiles(disk, join(folder, BLOBS));
    return new DataDirectory(folder, disk, {
      files: new ImageFiles(disk, join(folder, imageShape.folder), blobs),
      blobs,
      look: () => FolderView.asItLies(folder),
      end: () => lock.release(),
      isInUse: false,
      unfinished: 0,
    });
  }

  /**
   * Opens a data directory to look at it, as its log has it, also while a hub runs on it. Nothing there is
   * changed: an attempt is an error. Throws as `open` does, but for the hub that runs.
   */
  static async openToRead(folder: string): Promise<DataDirectory> {
    requireHub(folder);
    const isUsed = await isInUse(folder);
    const view = FolderView.asLogged(folder);
    const { files, blobs, close } = filesToRead(view);
    return new DataDirectory(folder, readOnlyDisk(), {
      files,
      blobs,
      look: () => FolderView.asLogged(folder),
      end: close,
      isInUse: isUsed,
      unfinished: isUsed ? 0 : view.instead.size,
    });
  }

  /** What lies there now. */
  inspect(): Inspection {
    return inspect(this.#look());
  }

  /** Moves a file out of use. */
  async setAside(path: string): Promise<void> {
    await this.#disk.move(join(this.#folder, path), this.#freePlace(path));
  }

  /** Replaces a document; the former one is kept aside. */
  async rewrite(path: string, document: object): Promise<void> {
    const former = readFileSync(join(this.#folder, path));
    await this.#disk.replaceFile(this.#freePlace(path), former);
    await this.#disk.replaceFile(join(this.#folder, path), documentText(document));
  }

  /** Removes a file that was never finished. */
  async removeUnfinished(path: string): Promise<void> {
    await this.#disk.dropFiles([join(this.#folder, path)]);
  }

  /** Gives the directory back. */
  async close(): Promise<void> {
    await this.#end();
  }

  #freePlace(path: string): string {
    return join(this.#folder, this.#aside.placeFor(path));
  }
}

/** Throws a StorageError where no hub keeps its data, or one of another format. */
export function requireHub(folder: string): void {
  requireReadable(folder);
  const places = [...KINDS.map((shape) => join(folder, shape.folder)), ...logFiles(folder)];
  if (!places.some((place) => existsSync(place))) {
    throw StorageError.unusable(folder, 'no hub keeps its data there');
  }
  requireNewest(FolderView.asItLies(folder));
}

/** A folder that may not be read would look like one without a hub. */
function requireReadable(folder: string): void {
  try {
    readdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    throw StorageError.unusable(folder, message);
  }
}
