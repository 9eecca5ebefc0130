import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
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

/** A file that is made aside by somebody else, and put in its place by a name. */
class CopiedFile {
  /** Where it is made. */
  readonly aside: string;
  readonly #disk: Disk;
  readonly #path: string;

  protected constructor(disk: Disk, path: string, aside: string) {
    this.#disk = disk;
    this.#path = path;
    this.aside = aside;
  }

  /** One whose bytes are still to come. Throws the error of the system. */
  static begin(disk: Disk, path: string): CopiedFile {
    disk.makeFolder(dirname(path));
    return new CopiedFile(disk, path, disk.nameAside(path));
  }

  /** Puts the file in its place: durable before any document that is written after it. */
  async finish(): Promise<void> {
    await this.#disk.finishLink(this.aside, this.#path);
  }

  /** Takes the name aside away. */
  async discard(): Promise<void> {
    await this.#disk.erase(this.aside);
  }
}

/**
 * A file that shares its bytes with one outside the data directory, under a second name (a hard link). It has
 * the owner and the mode of the other one.
 */
class LinkedFile extends CopiedFile {
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
}

/**
 * Takes in a file that another thread reads. `read` is told where to put a copy; or nothing, where a link can be made
 * to the twin, which is then the file. Resolves to what `read` does. Durable before any document that is written after
 * it; when `read` rejects there is no file.
 */
export async function takeFile<R>(
  disk: Disk,
  path: string,
  twin: FileTwin | undefined,
  read: (copy: string | undefined) => Promise<R>,
): Promise<R> {
  const linked = twin && (await LinkedFile.make(disk, twin, path));
  const target = linked ?? CopiedFile.begin(disk, path);
  try {
    const done = await read(linked === undefined ? target.aside : undefined);
    await target.finish();
    return done;
  } catch (error) {
    await target.discard();
    throw error;
  }
}
