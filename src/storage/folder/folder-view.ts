import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere } from '../files/read-if-there.js';
import { readHistory } from '../log/log-history.js';
import { pendingRepairs } from '../log/recovery.js';

/**
 * A data directory to be read, as it lies there or as the next start would make it. What goes away
 * meanwhile is not there. Paths are below the directory.
 */
export class FolderView {
  readonly folder: string;
  /** What stands in the place of the files that lie there; undefined: nothing. */
  readonly #instead: ReadonlyMap<string, Uint8Array | undefined>;

  private constructor(folder: string, instead: FolderView['instead']) {
    this.folder = folder;
    this.#instead = instead;
  }

  /** The files as they are. */
  static asItLies(folder: string): FolderView {
    return new FolderView(folder, new Map());
  }

  /** The files as the log has them. Throws as `pendingRepairs` does. */
  static asLogged(folder: string): FolderView {
    const repairs = pendingRepairs(folder, readHistory(folder));
    return new FolderView(folder, new Map(repairs.map(({ path, bytes }) => [path, bytes])));
  }

  /** What differs from the files that lie there; undefined: such a file does not count. */
  get instead(): ReadonlyMap<string, Uint8Array | undefined> {
    return this.#instead;
  }

  /** What is in a folder; nothing, if there is none. */
  entries(path: string): { readonly name: string; readonly isFolder: boolean }[] {
    const entries = new Map(this.#lying(path));
    for (const [each, bytes] of this.#instead) {
      const name = firstBelow(path, each);
      if (name === undefined) continue;
      if (join(path, name) !== each) entries.set(name, true);
      else if (bytes === undefined) entries.delete(name);
      else entries.set(name, false);
    }
    return [...entries].map(([name, isFolder]) => ({ name, isFolder }));
  }

  /** What a file holds; undefined, if there is none. */
  read(path: string): Uint8Array | undefined {
    return this.#instead.has(path) ? this.#instead.get(path) : readIfThere(join(this.folder, path));
  }

  /** How long a file is, in bytes; undefined, if there is none. */
  length(path: string): number | undefined {
    if (this.#instead.has(path)) return this.#instead.get(path)?.length;
    return statSync(join(this.folder, path), { throwIfNoEntry: false })?.size;
  }

  #lying(path: string): [string, boolean][] {
    try {
      const entries = readdirSync(join(this.folder, path), { withFileTypes: true });
      return entries.map((entry) => [entry.name, entry.isDirectory()]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

/** The name in `folder` through which a path leads; undefined if it does not. */
function firstBelow(folder: string, path: string): string | undefined {
  for (let each = path; each !== '.'; each = dirname(each)) {
    if (dirname(each) === folder) return each.slice(folder === '.' ? 0 : folder.length + 1);
  }
  return undefined;
}
