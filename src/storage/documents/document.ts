import { type Adapter, Low } from 'lowdb';
import type { WholeFile } from '../files/disk.js';

/** A lowdb adapter that can also make its document disappear, and make files durable beside it. */
export interface DocumentAdapter<T> extends Adapter<T> {
  remove(): Promise<void>;
  /** Puts these files in their places with the next `write`: all or nothing of both survives a power cut. */
  bring(files: readonly WholeFile[]): void;
  /** Puts files in their places, without the document. */
  put(files: readonly WholeFile[]): Promise<void>;
}

/** Called after a change is durable; `before` and `after` are undefined where there was or is none. */
export type CommitListener<T> = (before: T | undefined, after: T | undefined) => void;

/** What an update made of a document; undefined where there was or is none. */
export interface Update<T, R extends T | undefined = T | undefined> {
  readonly before: T | undefined;
  readonly after: R;
}

interface Batch<T> {
  readonly value: T | undefined;
  /** What becomes durable with it. */
  readonly files: readonly WholeFile[];
  readonly done: Promise<void>;
  readonly settle: { resolve: () => void; reject: (error: unknown) => void };
}

/**
 * One lowdb document. Readers see what is on the disk; changes that arrive while a write is under
 * way are applied in order and share the next one. A failed write rejects everyone whose change was
 * in it or built on it, and leaves the document as it was.
 *
 * Values are never changed in place (lowdb hands out its own reference, protocol.md §8): a change
 * is a function from the old value to a new one.
 */
export class Document<T> {
  readonly #low: Low<T | null>;
  readonly #adapter: DocumentAdapter<T | null>;
  readonly #onCommit: CommitListener<T>;
  #committed: T | undefined;
  #writing: Batch<T> | undefined;
  #queued: Batch<T> | undefined;
  /** True after a failed write: it may yet be found after a power cut, until something else is written. */
  #uncertain = false;

  constructor(
    adapter: DocumentAdapter<T | null>,
    committed: T | undefined,
    onCommit: CommitListener<T>,
  ) {
    this.#low = new Low<T | null>(adapter, committed ?? null);
    this.#adapter = adapter;
    this.#committed = committed;
    this.#onCommit = onCommit;
  }

  /** What is on the disk now; undefined when there is no such document. */
  get value(): T | undefined {
    return this.#committed;
  }

  /** True while a change is on its way to the disk. */
  get busy(): boolean {
    return this.#writing !== undefined;
  }

  /**
   * Applies `change` to the newest value (durable or on its way) and resolves to both once the result is
   * on the disk. Returning undefined removes the document; returning the value given writes nothing.
   * What `change` throws rejects this call alone; an I/O error rejects all of the same write.
   *
   * Files that the new value speaks of are durable with it, in the same write; also where it stays as it was.
   */
  async update<R extends T | undefined>(
    change: (current: T | undefined) => R,
    files: readonly WholeFile[] = [],
  ): Promise<Update<T, R>> {
    const newest = this.#queued ?? this.#writing;
    const before = newest === undefined ? this.#committed : newest.value;
    const after = change(before);
    if (after === before && !(this.#uncertain && newest === undefined)) {
      await newest?.done;
      if (files.length > 0) await this.#adapter.put(files);
      return { before, after };
    }
    const batch = newBatch<T>(after, files, this.#queued);
    this.#queued = batch;
    if (this.#writing === undefined) void this.#writeQueued();
    await batch.done;
    return { before, after };
  }

  async #writeQueued(): Promise<void> {
    for (let batch = this.#queued; batch !== undefined; batch = this.#queued) {
      this.#writing = batch;
      this.#queued = undefined;
      try {
        await this.#store(batch);
        this.#uncertain = false;
        this.#commit(batch.value);
        batch.settle.resolve();
      } catch (error) {
        this.#uncertain = true;
        this.#writing = undefined;
        this.#dropQueued(error);
        batch.settle.reject(error);
      }
    }
  }

  #commit(value: T | undefined): void {
    const before = this.#committed;
    this.#committed = value;
    this.#writing = undefined;
    this.#onCommit(before, value);
  }

  /** A queued change was computed from a value that nobody was promised, so it fails as well. */
  #dropQueued(error: unknown): void {
    const queued = this.#takeQueued();
    this.#low.data = this.#committed ?? null;
    queued?.settle.reject(error);
  }

  #takeQueued(): Batch<T> | undefined {
    const queued = this.#queued;
    this.#queued = undefined;
    return queued;
  }

  async #store({ value, files }: Batch<T>): Promise<void> {
    if (value === undefined) {
      if (files.length > 0) await this.#adapter.put(files);
      return this.#adapter.remove();
    }
    this.#low.data = value;
    this.#adapter.bring(files);
    await this.#low.write();
  }
}

/** A batch that carries the newest value and settles everyone who joined the one before it. */
function newBatch<T>(
  value: T | undefined,
  more: readonly WholeFile[],
  joined: Batch<T> | undefined,
): Batch<T> {
  const files = [...(joined?.files ?? []), ...more];
  if (joined !== undefined) return { value, files, done: joined.done, settle: joined.settle };
  let settle: Batch<T>['settle'] | undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('a promise runs its executor at once');
  return { value, files, done, settle };
}
