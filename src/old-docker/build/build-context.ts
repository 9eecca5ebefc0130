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

/** What a source of COPY or ADD means. */
export interface Source {
  /** Its content is copied, and not the folder itself. */
  readonly isFolder: boolean;
  readonly files: readonly SourceFile[];
}

/** A file, and what it is called below the target. */
interface SourceFile {
  readonly name: string;
  readonly file: ContextFile;
}

/** A path leads out of the build context. */
export class OutsideContext extends Error {
  override readonly name = 'OutsideContext';

  /** @param target where its last link leads, if there is one */
  constructor(path: string, target: string) {
    super(`Forbidden path outside the build context: ${path} (${target})`);
  }
}

/** The context itself. */
const TOP: ContextFile = {
  path: '',
  entry: { name: '', kind: 'folder', size: 0, mode: 0o755, mtime: 0 },
};

/** Linux follows so many links on one path. */
const MOST_LINKS = 40;

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

  /**
   * A text file of the context.
   * @throws OutsideContext where a link or `..` leads out of it
   */
  async read(path: string): Promise<string | undefined> {
    const file = this.#follow(path);
    if (file?.entry.kind !== 'file') return undefined;
    return (await this.#disk.read(join(this.#root, file.path)))?.toString('utf8');
  }

  /** All that is in the context. */
  all(): readonly ContextFile[] {
    return this.#files;
  }

  /**
   * What `COPY source` means: a file, all in a folder, or what fits `*` and `?` in the last part. A source
   * that is a link is what it leads to; links in a folder stay links.
   * @returns undefined if nothing is there
   * @throws OutsideContext where a link or `..` leads out of the context
   */
  find(source: string): Source | undefined {
    const place = this.#follow(source);
    if (place?.entry.kind === 'folder') return { isFolder: true, files: this.#below(place.path) };
    if (place !== undefined)
      return { isFolder: false, files: [{ name: nameOf(source), file: place }] };
    const path = layerPath(source);
    const fitting = this.#files.filter(
      (file) => file.entry.kind !== 'folder' && file.path !== path && fits(path, file.path),
    );
    const files = fitting
      .map(({ path: each }) => ({ name: nameOf(each), file: this.#follow(each) }))
      .flatMap(({ name, file }) =>
        file === undefined || file.entry.kind === 'folder' ? [] : [{ name, file }],
      );
    return files.length === 0 ? undefined : { isFolder: false, files };
  }

  #below(folder: string): SourceFile[] {
    const start = folder === '' ? '' : `${folder}/`;
    return this.#files
      .filter((file) => file.path.startsWith(start))
      .map((file) => ({ name: file.path.slice(start.length), file }));
  }

  /** What is at a path, each link on the way being followed; undefined if nothing is. */
  #follow(path: string): ContextFile | undefined {
    const waiting = path.split('/');
    let found = TOP;
    let target = '';
    for (let links = 0; links <= MOST_LINKS; ) {
      const part = waiting.shift();
      if (part === undefined) return found;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (found === TOP) throw new OutsideContext(path, target);
        found = this.#at(folderOf(found.path)) ?? TOP;
        continue;
      }
      const next = this.#at(join(found.path, part));
      if (next?.entry.kind !== 'link') {
        if (next === undefined) return undefined;
        found = next;
        continue;
      }
      target = next.entry.target ?? '';
      if (target.startsWith('/')) throw new OutsideContext(path, target);
      waiting.unshift(...target.split('/'));
      links += 1;
    }
    return undefined;
  }

  #at(path: string): ContextFile | undefined {
    return this.#files.find((file) => file.path === path);
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
  for (const file of context.all()) {
    const entry = context.draft(file);
    if (entry !== undefined) draft.put(file.path, entry);
  }
  return draft;
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
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
