import type { Disk, DiskEntry, MemoryDisk } from '../old-docker/index.js';

/**
 * A reader's files as seen from the folder that they are in: `a/b` is below it, `/a/b` below the root, and no `..`
 * leads out of that. `~` is the root, too: it is the reader's home.
 */
export class Folder implements Disk {
  readonly #disk: MemoryDisk;
  /** Its path from the root, without a slash in front; empty for the root. */
  readonly path: string;

  constructor(disk: MemoryDisk, path = '') {
    this.#disk = disk;
    this.path = path;
  }

  /** What `path` means here, as a path from the root. */
  resolve(path: string): string {
    const parts: string[] = [];
    const isWhole = path.startsWith('/') || path === '~' || path.startsWith('~/');
    const whole = isWhole ? path.replace(/^~/, '') : `${this.path}/${path}`;
    for (const part of whole.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    return parts.join('/');
  }

  /** The folder at `path`; undefined where there is none. */
  async enter(path: string): Promise<Folder | undefined> {
    const entry = await this.stat(path);
    return entry?.kind === 'folder' ? new Folder(this.#disk, this.resolve(path)) : undefined;
  }

  /** Whether something can be put at `path`: it is in a folder that is there. */
  async hasParentOf(path: string): Promise<boolean> {
    const place = this.resolve(path);
    const above = place.slice(0, Math.max(place.lastIndexOf('/'), 0));
    return (await this.#disk.stat(above))?.kind === 'folder';
  }

  async makeFolder(path: string): Promise<void> {
    await this.#disk.makeFolder(this.resolve(path));
  }

  read(path: string): Promise<Buffer | undefined> {
    return this.#disk.read(this.resolve(path));
  }

  stream(path: string): AsyncIterable<Buffer> {
    return this.#disk.stream(this.resolve(path));
  }

  write(
    path: string,
    content: string | Buffer | AsyncIterable<Buffer>,
    mode?: number,
  ): Promise<void> {
    return this.#disk.write(this.resolve(path), content, mode);
  }

  move(from: string, to: string): Promise<void> {
    return this.#disk.move(this.resolve(from), this.resolve(to));
  }

  remove(path: string): Promise<void> {
    return this.#disk.remove(this.resolve(path));
  }

  list(path: string): Promise<DiskEntry[] | undefined> {
    return this.#disk.list(this.resolve(path));
  }

  stat(path: string): Promise<DiskEntry | undefined> {
    return this.#disk.stat(this.resolve(path));
  }
}
