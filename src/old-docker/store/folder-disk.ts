import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Disk, DiskEntry } from './disk.js';

/** A folder of this machine. An absolute path, as a person may type one, is taken as it is. */
export class FolderDisk implements Disk {
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  read(path: string): Promise<Buffer | undefined> {
    return unlessMissing(readFile(this.#at(path)));
  }

  stream(path: string): AsyncIterable<Buffer> {
    return createReadStream(this.#at(path));
  }

  async write(
    path: string,
    content: string | Buffer | AsyncIterable<Buffer>,
    mode = 0o644,
  ): Promise<void> {
    const place = this.#at(path);
    const beside = `${place}.part`;
    await mkdir(dirname(place), { recursive: true });
    try {
      await writeFile(beside, content, { mode });
      await rename(beside, place);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }

  async move(from: string, to: string): Promise<void> {
    const place = this.#at(to);
    await mkdir(dirname(place), { recursive: true });
    await rename(this.#at(from), place);
  }

  remove(path: string): Promise<void> {
    return rm(this.#at(path), { recursive: true, force: true });
  }

  async list(path: string): Promise<DiskEntry[] | undefined> {
    const names = await unlessMissing(readdir(this.#at(path)));
    if (names === undefined) return undefined;
    const entries = await Promise.all(names.sort().map((name) => this.stat(join(path, name))));
    return entries.filter((entry) => entry !== undefined);
  }

  async stat(path: string): Promise<DiskEntry | undefined> {
    const place = this.#at(path);
    const found = await unlessMissing(lstat(place));
    if (found === undefined) return undefined;
    const isLink = found.isSymbolicLink();
    return {
      name: place.slice(place.lastIndexOf('/') + 1),
      kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : isLink ? 'link' : 'other',
      size: found.size,
      mode: found.mode & 0o7777,
      mtime: Math.trunc(found.mtimeMs / 1000),
      ...(isLink && { target: await readlink(place) }),
    };
  }

  #at(path: string): string {
    return resolve(this.#root, path);
  }
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
