import { force } from './force.js';

export interface FolderSyncOptions {
  /** False: nothing is forced to the disk. */
  readonly durable: boolean;
  /** Called before a folder is forced; what it throws fails that. */
  readonly onSync: (path: string) => void;
}

/**
 * The fsyncs of folders, which make names durable: shared by all who wait for the same folder, and done beside
 * what comes next where nobody need wait.
 */
export class FolderSyncs {
  readonly #options: FolderSyncOptions;
  /** Folders with an fsync under way, and the one that will follow it. */
  readonly #folders = new Map<string, { running: Promise<void>; next?: Promise<void> }>();
  /** Folders in which others were made, which are not durable yet. */
  readonly #grown = new Set<string>();
  /** Folders with new names that others will count on, and the fsync that makes them durable. */
  readonly #owing = new Map<string, Promise<void>>();

  constructor(options: FolderSyncOptions) {
    this.#options = options;
  }

  /** A folder in which another was made: it is forced with the next one that is owed. */
  grew(folder: string): void {
    this.#grown.add(folder);
  }

  /** Begins to force a folder with a new name to the disk, and all that lead to it, for those who come next. */
  owe(folder: string): void {
    const folders = [folder, ...this.#grown];
    this.#grown.clear();
    for (const each of folders) void this.#begin(each);
  }

  #begin(folder: string): Promise<void> {
    const forced = this.sync(folder);
    this.#owing.set(folder, forced);
    const forget = (): void => {
      if (this.#owing.get(folder) === forced) this.#owing.delete(folder);
    };
    // After a failure it is still owed.
    forced.then(forget, () => undefined);
    return forced;
  }

  /**
   * Resolves when all names are durable that others count on. What failed is forced once more, and only
   * then is it an error: a file system whose journal has failed says so again, and one that was full may
   * have room by now.
   */
  async untilNamesLast(): Promise<void> {
    for (const [folder, forced] of [...this.#owing]) await forced.catch(() => this.#begin(folder));
  }

  /**
   * Forces a folder's entries to the disk. Calls that arrive while one is running share the next:
   * it starts after all their renames, so one fsync serves them all.
   */
  async sync(path: string): Promise<void> {
    this.#options.onSync(path);
    if (!this.#options.durable) return;
    const current = this.#folders.get(path);
    if (current === undefined) return this.#startFolderSync(path);
    current.next ??= current.running.then(
      () => this.#startFolderSync(path),
      () => this.#startFolderSync(path),
    );
    return current.next;
  }

  #startFolderSync(path: string): Promise<void> {
    const entry = { running: force(path) };
    this.#folders.set(path, entry);
    const forget = (): void => {
      if (this.#folders.get(path) === entry) this.#folders.delete(path);
    };
    return entry.running.finally(forget);
  }
}
