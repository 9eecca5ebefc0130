import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { type Disk, isUnfinished, type WholeFile } from '../files/disk.js';
import type { FolderView } from '../folder/folder-view.js';
import { recognise } from '../log/recognition.js';
import { type CommitListener, Document, type Update } from './document.js';
import { JsonFile, JsonInMemory } from './json-file.js';

/** How the documents of one kind are named, placed and recognised. */
export interface CollectionShape<T, Folder extends string = string> {
  /** The folder of this kind below the data directory. */
  readonly folder: Folder;
  /** How many folders lie between that one and a document: 0 for `users/x.json`. */
  readonly depth: 0 | 1;
  /** Where a document lies below the folder, from its key. */
  place(key: string): string;
  /** Which files are documents of this kind. */
  isDocument(fileName: string): boolean;
  /** The key that a document says it has. */
  keyOf(value: T): string;
  /** True where a removal need not last: a start removes again what a power cut brings back. */
  readonly isPassing?: true;
  /** Tells what is wrong with what a file holds, or undefined when it is a document of this kind. */
  problem(value: unknown): string | undefined;
}

/**
 * All documents of one kind, each a lowdb document of its own, all in memory for reading. The only
 * place that knows lowdb and its traps (protocol.md §8).
 */
export class Collection<T extends object> {
  readonly #disk: Disk;
  readonly #root: string | undefined;
  readonly #shape: CollectionShape<T>;
  readonly #documents = new Map<string, Document<T>>();
  readonly #listeners: ((key: string, before: T | undefined, after: T | undefined) => void)[] = [];

  /** `root` is the data directory; without one the documents live in memory alone. */
  constructor(disk: Disk, root: string | undefined, shape: CollectionShape<T>) {
    this.#disk = disk;
    this.#root = root;
    this.#shape = shape;
  }

  /** What is durable under this key now. */
  get(key: string): T | undefined {
    return this.#documents.get(key)?.value;
  }

  /** Every durable document, in no particular order. */
  *values(): Generator<T> {
    for (const document of this.#documents.values()) {
      const value = document.value;
      if (value !== undefined) yield value;
    }
  }

  /** How many documents there are, and how many have a write on its way. */
  count(): { documents: number; pending: number } {
    let documents = 0;
    let pending = 0;
    for (const document of this.#documents.values()) {
      if (document.value !== undefined) documents += 1;
      if (document.busy) pending += 1;
    }
    return { documents, pending };
  }

  /** Calls `listener` after every durable change, in order; indexes are kept this way. */
  onCommit(listener: (key: string, before: T | undefined, after: T | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** As `Document.update`, for a document that may not exist yet. Where it rejects, `files` are discarded. */
  async update<R extends T | undefined>(
    key: string,
    change: (current: T | undefined) => R,
    files: readonly WholeFile[] = [],
  ): Promise<Update<T, R>> {
    const document = this.#document(key, undefined);
    try {
      return await document.update(change, files);
    } catch (error) {
      for (const { aside } of files) await this.#disk.discard(aside);
      throw error;
    } finally {
      if (document.value === undefined && !document.busy) this.#documents.delete(key);
    }
  }

  /** Every durable document by its key, to be restored later; documents never change in place. */
  capture(): ReadonlyMap<string, T> {
    const values = new Map<string, T>();
    for (const [key, { value }] of this.#documents) if (value !== undefined) values.set(key, value);
    return values;
  }

  /**
   * Puts all documents back to what `capture` gave, or those with these keys; only those that differ are
   * written.
   */
  async restore(
    values: ReadonlyMap<string, T>,
    isMeant: (key: string) => boolean = () => true,
  ): Promise<void> {
    const keys = new Set([...values.keys(), ...this.#documents.keys()]);
    await Promise.all(
      [...keys]
        .filter((key) => isMeant(key) && this.get(key) !== values.get(key))
        .map((key) => this.update(key, () => values.get(key))),
    );
  }

  /**
   * Reads every document of this kind at a start, in one sweep and without yielding: nobody is being
   * served yet, and this is several times faster. Returns the files that were never finished, which
   * are the caller's to remove once everything could be read.
   * Throws a StorageError that names the file when one can't be read.
   */
  load(view: FolderView): string[] {
    const unfinished: string[] = [];
    const { folder: top, depth } = this.#shape;
    const folders = depth === 0 ? [top] : foldersIn(view, top);
    for (const folder of folders) {
      for (const { name } of view.entries(folder)) {
        const path = join(folder, name);
        if (isUnfinished(name)) unfinished.push(join(view.folder, path));
        else if (this.#shape.isDocument(name)) this.#loadFile(view, path);
      }
    }
    return unfinished;
  }

  #loadFile(view: FolderView, path: string): void {
    const place = join(view.folder, path);
    const bytes = readOr(() => view.read(path), place);
    // It went between two looks, while a hub runs.
    if (bytes === undefined) return;
    const found = recognise(this.#shape, path, bytes, view.folder);
    if ('reason' in found) throw StorageError.corrupt(place, found.reason);
    const key = this.#shape.keyOf(found.value);
    this.#document(key, found.value);
    this.#announce(key, undefined, found.value);
  }

  #document(key: string, committed: T | undefined): Document<T> {
    const existing = this.#documents.get(key);
    if (existing !== undefined) return existing;
    const adapter =
      this.#root === undefined
        ? new JsonInMemory<T | null>(this.#disk)
        : new JsonFile<T | null>(this.#disk, this.#path(this.#root, key), this.#shape);
    const listener: CommitListener<T> = (before, after) => this.#announce(key, before, after);
    const document = new Document<T>(adapter, committed, listener);
    this.#documents.set(key, document);
    return document;
  }

  #path(root: string, key: string): string {
    return join(root, this.#shape.folder, this.#shape.place(key));
  }

  #announce(key: string, before: T | undefined, after: T | undefined): void {
    for (const listener of this.#listeners) listener(key, before, after);
  }
}

/** What `read` gives; the error of the system becomes one that names the document. */
function readOr(read: () => Uint8Array | undefined, place: string): Uint8Array | undefined {
  try {
    return read();
  } catch (error) {
    throw StorageError.corrupt(place, (error as Error).message);
  }
}

function foldersIn(view: FolderView, path: string): string[] {
  const folders = view.entries(path).filter(({ isFolder }) => isFolder);
  return folders.map(({ name }) => join(path, name));
}
