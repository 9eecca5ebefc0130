import type { Disk, DiskEntry } from './disk.js';

interface StoredFile {
  readonly content: Buffer;
  readonly mode: number;
  readonly mtime: number;
}

/** Files in memory, so many bytes of them at most. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, StoredFile>();
  readonly #limit: number;
  readonly #now: () => number;

  /** @param limit bytes of all files together */
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
    const room = this.#limit - this.#size() + (this.#files.get(place)?.content.length ?? 0);
    const whole = typeof content === 'string' ? Buffer.from(content) : await gather(content, room);
    if (whole.length > room) throw new Error(`write ${path}: no space left on device`);
    this.#files.set(place, { content: whole, mode, mtime: Math.trunc(this.#now() / 1000) });
  }

  async move(from: string, to: string): Promise<void> {
    const file = this.#files.get(tidy(from));
    if (file === undefined) throw new Error(`rename ${from}: no such file or directory`);
    this.#files.delete(tidy(from));
    this.#files.set(tidy(to), file);
  }

  async remove(path: string): Promise<void> {
    const place = tidy(path);
    for (const name of [...this.#files.keys()]) {
      if (name === place || name.startsWith(inside(place))) this.#files.delete(name);
    }
  }

  async list(path: string): Promise<DiskEntry[] | undefined> {
    const folder = inside(tidy(path));
    const names = [...this.#files.keys()]
      .filter((name) => name.startsWith(folder))
      .map((name) => name.slice(folder.length).split('/')[0] ?? '');
    if (names.length === 0 && folder !== '') return undefined;
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
      place === '' || [...this.#files.keys()].some((each) => each.startsWith(inside(place)));
    const mtime = Math.trunc(this.#now() / 1000);
    return isFolder ? { name, kind: 'folder', size: 0, mode: 0o755, mtime } : undefined;
  }

  #size(): number {
    return [...this.#files.values()].reduce((total, { content }) => total + content.length, 0);
  }
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
