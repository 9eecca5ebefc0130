import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Disk, DiskEntry } from '../store/disk.js';
import { Draft, type DraftEntry, layerPath } from './draft.js';

/** A file or folder of a build context. */
export interface ContextFile {
  /** Path in the context, without a slash in front. */
  readonly path: string;
  readonly entry: DiskEntry;
}

/** The folder that a build may take files from, and nothing outside of it. */
export class BuildContext {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #files: readonly ContextFile[];

  private constructor(disk: Disk, root: string, files: readonly ContextFile[]) {
    this.#disk = disk;
    this.#root = root;
    this.#files = files;
  }

  /** Lists a folder and all below it; links are not followed. */
  static async open(disk: Disk, root: string): Promise<BuildContext> {
    const files: ContextFile[] = [];
    const waiting = [''];
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      for (const entry of (await disk.list(join(root, folder))) ?? []) {
        const path = join(folder, entry.name);
        files.push({ path, entry });
        if (entry.kind === 'folder') waiting.push(path);
      }
    }
    return new BuildContext(disk, root, files);
  }

  /** Bytes of the context as a tar, to the block, without its end. */
  get size(): number {
    return this.#files.reduce(
      (sum, { entry }) =>
        sum + 512 + (entry.kind === 'file' ? Math.ceil(entry.size / 512) * 512 : 0),
      0,
    );
  }

  async read(path: string): Promise<string | undefined> {
    return (await this.#disk.read(join(this.#root, path)))?.toString('utf8');
  }

  /** What `COPY source` means: a file, all in a folder, or what fits `*` and `?` in the last part. */
  find(source: string): ContextFile[] {
    const path = layerPath(source);
    if (path === '') return [...this.#files];
    const found = this.#files.filter((file) => file.path === path);
    if (found.some(({ entry }) => entry.kind !== 'folder')) return found;
    const below = this.#files.filter((file) => file.path.startsWith(`${path}/`));
    if (found.length > 0) return below;
    return this.#files.filter((file) => file.entry.kind !== 'folder' && fits(path, file.path));
  }

  /** Whether a source is a folder, of which the content is copied and not the folder itself. */
  isFolder(source: string): boolean {
    const path = layerPath(source);
    return path === '' || this.#files.some((f) => f.path === path && f.entry.kind === 'folder');
  }

  /** A file as a layer has it. */
  draft({ path, entry }: ContextFile): DraftEntry | undefined {
    switch (entry.kind) {
      case 'folder':
        return { kind: 'folder', mode: entry.mode };
      case 'link':
        return { kind: 'link', target: entry.target ?? '' };
      case 'file':
        return {
          kind: 'file',
          mode: entry.mode,
          size: entry.size,
          content: () => this.#disk.stream(join(this.#root, path)),
        };
      case 'other':
        return undefined;
    }
  }

  /** A sum over what is copied, by which a build finds what it has made before. */
  async sumOf(files: readonly ContextFile[]): Promise<string> {
    const sum = createHash('sha256');
    for (const file of files) {
      const { path, entry } = file;
      sum.update(`${path}\0${entry.kind}\0${entry.mode}\0${entry.target ?? ''}\0`);
      const draft = this.draft(file);
      if (draft?.kind !== 'file') continue;
      for await (const piece of Readable.from(draft.content())) sum.update(piece as Buffer);
    }
    return sum.digest('hex');
  }
}

/** All of a folder of the disk as a layer, for `commit`. */
export async function folderAsLayer(disk: Disk, root: string, mtime: number): Promise<Draft> {
  const context = await BuildContext.open(disk, root);
  const draft = new Draft(mtime);
  for (const file of context.find('.')) {
    const entry = context.draft(file);
    if (entry !== undefined) draft.put(file.path, entry);
  }
  return draft;
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`.replace(/\/$/, '');
}

/** `*` for some letters of a part, `?` for one. */
function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => partFits([...part], [...(given[at] ?? '')]))
  );
}

function partFits(pattern: readonly string[], text: readonly string[]): boolean {
  let star = -1;
  let mark = 0;
  let at = 0;
  let p = 0;
  while (at < text.length) {
    if (pattern[p] === '*') {
      star = p;
      mark = at;
      p += 1;
    } else if (pattern[p] === '?' || pattern[p] === text[at]) {
      p += 1;
      at += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      at = mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
