import { lstatSync } from 'node:fs';
import type { Disk } from './disk.js';

/** A file that is open to be read elsewhere, and by which name: a name may lead to another file meanwhile. */
export interface FileTwin {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/** What says that a file system makes no such link, or makes it for others only; or that the name is gone. */
const NO_LINK = new Set([
  'EXDEV',
  'ENOENT',
  'EPERM',
  'EACCES',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);

/**
 * A file that shares its bytes with one outside the data directory, under a second name (a hard link). What
 * is "written" to it is what is there already. It has the owner and the mode of the other one.
 */
export class LinkedFile {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #aside: string;

  private constructor(disk: Disk, path: string, aside: string) {
    this.#disk = disk;
    this.#path = path;
    this.#aside = aside;
  }

  /**
   * Undefined where the file system or the rights do not allow a link, or the name leads to another file
   * by now. Throws other errors of the system.
   */
  static async make(disk: Disk, twin: FileTwin, path: string): Promise<LinkedFile | undefined> {
    try {
      const aside = disk.linkAside(twin.path, path);
      const { dev, ino } = lstatSync(aside);
      if (dev === twin.device && ino === twin.inode) return new LinkedFile(disk, path, aside);
      await disk.erase(aside);
    } catch (error) {
      if (!NO_LINK.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    return undefined;
  }

  /** Bytes that the file has already. */
  write(_chunk: Uint8Array): undefined {
    return undefined;
  }

  /** Puts the file in its place: durable before any document that is written after it. */
  async finish(): Promise<void> {
    await this.#disk.finishLink(this.#aside, this.#path);
  }

  /** Takes the second name away. */
  async discard(): Promise<void> {
    await this.#disk.erase(this.#aside);
  }
}
