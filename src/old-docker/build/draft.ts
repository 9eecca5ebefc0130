import { BLOCK, FILE_MODE, FOLDER_MODE, packHeader, padding } from '../images/tar-header.js';

/** What a layer puts at a path, or that it removes what is there. */
export type DraftEntry =
  | { readonly kind: 'folder'; readonly mode: number }
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly size: number;
      content(): AsyncIterable<Buffer>;
    }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'gone' };

/** Permissions of what a command makes. */
export const NEW_FILE = 0o644;
export const NEW_FOLDER = 0o755;

/** A layer in the making: paths without a slash in front, and what becomes of them. */
export class Draft {
  readonly #entries = new Map<string, DraftEntry>();
  readonly #mtime: number;

  /** @param mtime of all entries, in seconds */
  constructor(mtime: number) {
    this.#mtime = mtime;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get(path: string): DraftEntry | undefined {
    return this.#entries.get(path);
  }

  /** The paths below a folder, without the folder. */
  below(folder: string): string[] {
    return [...this.#entries.keys()].filter((path) => path.startsWith(`${folder}/`));
  }

  put(path: string, entry: DraftEntry): void {
    this.#entries.set(path, entry);
  }

  forget(path: string): void {
    for (const each of [path, ...this.below(path)]) this.#entries.delete(each);
  }

  /** The folders on the way to a path, unless they are there. */
  putFolders(path: string): void {
    const parts = path.split('/').slice(0, -1);
    for (const at of parts.keys()) {
      const folder = parts.slice(0, at + 1).join('/');
      if (folder !== '' && !this.#entries.has(folder)) {
        this.put(folder, { kind: 'folder', mode: NEW_FOLDER });
      }
    }
  }

  /** The layer, sorted by path, without its end-of-archive blocks. */
  async *tar(): AsyncIterable<Buffer> {
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [path, entry] of sorted) yield* this.#pack(path, entry);
  }

  async *#pack(path: string, entry: DraftEntry): AsyncIterable<Buffer> {
    const mtime = this.#mtime;
    switch (entry.kind) {
      case 'folder':
        yield packHeader({
          name: `${path}/`,
          type: '5',
          mode: (FOLDER_MODE & ~0o7777) | entry.mode,
          mtime,
        });
        return;
      case 'link':
        yield packHeader({ name: path, type: '2', link: entry.target, mode: 0o120777, mtime });
        return;
      case 'gone': {
        const slash = path.lastIndexOf('/') + 1;
        yield packHeader({ name: `${path.slice(0, slash)}.wh.${path.slice(slash)}`, mtime });
        return;
      }
      case 'file':
        yield* this.#packFile(path, entry);
    }
  }

  async *#packFile(
    path: string,
    entry: Extract<DraftEntry, { kind: 'file' }>,
  ): AsyncIterable<Buffer> {
    const { size, mode } = entry;
    yield packHeader({
      name: path,
      size,
      mode: (FILE_MODE & ~0o7777) | mode,
      mtime: this.#mtime,
    });
    let missing = size;
    for await (const piece of entry.content()) {
      missing -= piece.length;
      if (missing < 0) break;
      yield piece;
    }
    if (missing !== 0) throw new Error(`${path} changed while it was read`);
    if (size % BLOCK !== 0) yield padding(size);
  }
}

/** A file with this content. */
export function fileOf(content: Buffer, mode = NEW_FILE): DraftEntry {
  return {
    kind: 'file',
    mode,
    size: content.length,
    content: async function* () {
      if (content.length > 0) yield content;
    },
  };
}

/** A path as a layer has it: from the root, without `.`, `..` and slashes at the ends. */
export function layerPath(path: string, folder = '/'): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
