import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Disk, type DiskOptions } from './disk.js';
import { StorageError } from './errors.js';
import { foreignFormat } from './format.js';
import { ImageFiles } from './image-files.js';
import { type Inspection, inspect } from './inspection.js';
import { documentText } from './json-file.js';
import { DirectoryLock } from './lock.js';
import { recoverChanges } from './recovery.js';
import { type Aside, newAside } from './set-aside.js';
import { imageShape, KINDS } from './shapes.js';

/**
 * The data directory of a stopped hub, as files: to be looked at as a whole and to be mended. Paths are
 * below the directory. Each change is durable when it resolves, and none throws anything away that a
 * person could read: the former file goes to `set-aside/<time>/…`.
 */
export class DataDirectory {
  readonly files: ImageFiles;
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #lock: DirectoryLock;
  readonly #aside: Aside;

  private constructor(folder: string, disk: Disk, lock: DirectoryLock) {
    this.#folder = folder;
    this.#disk = disk;
    this.#lock = lock;
    this.#aside = newAside(folder);
    this.files = new ImageFiles(disk, join(folder, imageShape.folder));
  }

  /**
   * Claims a data directory. Throws a StorageError when there is none, when a hub runs on it, or when
   * it was written by a hub of another format.
   */
  static async open(folder: string, onStep?: DiskOptions['onStep']): Promise<DataDirectory> {
    if (!KINDS.some((shape) => existsSync(join(folder, shape.folder)))) {
      throw StorageError.unusable(folder, 'no hub keeps its data there');
    }
    const format = foreignFormat(folder);
    if (format !== undefined) {
      throw StorageError.unusable(folder, `its format is ${format}; this hub reads format 1`);
    }
    const lock = await DirectoryLock.take(folder);
    try {
      await recoverChanges(folder);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return new DataDirectory(folder, new Disk({ durable: true, onStep }), lock);
  }

  /** What lies there now. */
  inspect(): Inspection {
    return inspect(this.#folder);
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
    await this.#lock.release();
  }

  #freePlace(path: string): string {
    return join(this.#folder, this.#aside.placeFor(path));
  }
}
