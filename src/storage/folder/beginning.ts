import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BLOBS, HUB_FILE, KINDS } from '../documents/shapes.js';

/** How things were before a data directory was opened, so that a start that fails leaves them so. */
export class Beginning {
  readonly #folder: string;
  /** Whether the folder was empty, so that all files of the hub in it are of this start. */
  readonly #isNew: boolean;
  /** The folders that were missing, the innermost first. */
  readonly #missing: readonly string[];

  constructor(folder: string) {
    this.#folder = folder;
    this.#missing = missing(resolve(folder));
    this.#isNew = this.#missing.length > 0 || readdirSync(folder).length === 0;
  }

  /** Removes what is the hub's, if nothing was there; while nobody else may use the directory. */
  undo(): void {
    if (!this.#isNew) return;
    for (const name of [HUB_FILE, ...KINDS.map((kind) => kind.folder), BLOBS]) {
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** Removes folders that were missing, unless somebody has put something there. */
  removeFolders(): void {
    try {
      if (this.#isNew) for (const folder of this.#missing) rmdirSync(folder);
    } catch {
      // Somebody uses it by now.
    }
  }
}

function missing(folder: string): string[] {
  return existsSync(folder) ? [] : [folder, ...missing(dirname(folder))];
}
