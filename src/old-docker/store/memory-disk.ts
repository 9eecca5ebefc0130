import type { Disk, DiskEntry } from './disk.js';

interface StoredFile {
  readonly content: Buffer;
  readonly mode: number;
  readonly mtime: number;
}

/** What a file or folder takes besides its content, in bytes: so many empty ones fill a disk as well. */
const ENTRY = 256;

/** Files in memory, so many bytes of them at most. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, StoredFile>();
  /** Folders that were made by themselves. */
  readonly #folders = new Set<string>();
  readonly #limit: number;
  readonly #now: () => number;
  #used = 0;

  /** @param limit bytes of all files together, their names and {@link ENTRY} bytes for each among them */
  constructor(limit: number, now: () => number = Date.now) {
    this.#limit = limit;
    this.#now = now;
  }

  async read(path: string): Promise<Buffer | undefined> {
    return this.#files.get(tidy(path))?.content;
  }

  async *stream(path: string): AsyncIterable<Buffer> {
    const file = this.#files.get(tidy(path));
    if (file === undefined) throw new Error(`open ${path}: no such file or directory`);
    yield file.content;
  }

  async write(
    path: string,
    content: string | Buffer | AsyncIterable<Buffer>,
    mode = 0o644,
  ): Promise<void> {
    const place = tidy(path);
    const whole =
      typeof content === 'string' ? Buffer.from(content) : await gather(content, this.#room(place));
    if (whole.length > this.#room(place)) {
      throw new Error(`write ${path}: no space left on device`);
    }
    this.#drop(place);
    this.#put(place, { content: whole, mode, mtime: Math.trunc(this.#now() / 1000) });
  }

  /** Makes an empty folder, and those above it. */
  async makeFolder(path: string): Promise<void> {
    const place = tidy(path);
    if (this.#files.has(place)) throw new Error(`mkdir ${path}: file exists`);
    if (place === '' || this.#folders.has(place)) return;
    if (this.#room(place) < 0) throw new Error(`mkdir ${path}: no space left on device`);
    this.#folders.add(place);
    this.#used += ENTRY + place.length;
  }

  async move(from: string, to: string): Promise<void> {
    const file = this.#files.get(tidy(from));
    if (file === undefined) throw new Error(`rename ${from}: no such file or directory`);
    this.#drop(tidy(from));
    this.#drop(tidy(to));
    this.#put(tidy(to), file);
  }

  async remove(path: string): Promise<void> {
    const place = tidy(path);
    for (const name of [...this.#files.keys()]) {
      if (name === place || name.startsWith(inside(place))) this.#drop(name);
    }
    for (const name of [...this.#folders]) {
      if (name !== place && !name.startsWith(inside(place))) continue;
      this.#folders.delete(name);
      this.#used -= ENTRY + name.length;
    }
  }

  async list(path: string): Promise<DiskEntry[] | undefined> {
    const folder = inside(tidy(path));
    const names = this.#names()
      .filter((name) => name.startsWith(folder))
      .map((name) => name.slice(folder.length).split('/')[0] ?? '');
    const isFolder = names.length > 0 || folder === '' || this.#folders.has(tidy(path));
    if (!isFolder) return undefined;
    const found = await Promise.all(
      [...new Set(names)].sort().map((name) => this.stat(folder + name)),
    );
    return found.filter((entry) => entry !== undefined);
  }

  async stat(path: string): Promise<DiskEntry | undefined> {
    const place = tidy(path);
    const name = place.slice(place.lastIndexOf('/') + 1);
    const file = this.#files.get(place);
    if (file !== undefined) {
      const { content, mode, mtime } = file;
      return { name, kind: 'file', size: content.length, mode, mtime };
    }
    const isFolder =
      place === '' ||
      this.#folders.has(place) ||
      this.#names().some((each) => each.startsWith(inside(place)));
    const mtime = Math.trunc(this.#now() / 1000);
    return isFolder ? { name, kind: 'folder', size: 0, mode: 0o755, mtime } : undefined;
  }

  #names(): string[] {
    return [...this.#files.keys(), ...this.#folders];
  }

  /** Bytes that a file at this place may have; below 0 where not even an empty one fits. */
  #room(place: string): number {
    const before = this.#files.get(place);
    const held = before === undefined ? 0 : sizeOf(place, before);
    return this.#limit - this.#used + held - ENTRY - place.length;
  }

  #put(place: string, file: StoredFile): void {
    this.#files.set(place, file);
    this.#used += sizeOf(place, file);
  }

  #drop(place: string): void {
    const file = this.#files.get(place);
    if (file === undefined) return;
    this.#files.delete(place);
    this.#used -= sizeOf(place, file);
  }
}

function sizeOf(place: string, { content }: StoredFile): number {
  return ENTRY + place.length + content.length;
}

async function gather(content: Buffer | AsyncIterable<Buffer>, room: number): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > room) throw new Error('no space left on device');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** `/a/./b/../c` is `a/c`. */
function tidy(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function inside(place: string): string {
  return place === '' ? '' : `${place}/`;
}
