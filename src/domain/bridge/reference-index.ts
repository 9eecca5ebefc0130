import type { Collection } from '../../storage/documents/collection.js';

/** Which documents of a collection name a thing: kept in step with them. */
export class ReferenceIndex<T extends object> {
  readonly #keys = new Map<string, Set<string>>();

  /** `namesOf` gives the names of the things; the same document always gives the same. */
  constructor(collection: Collection<T>, namesOf: (document: T) => Iterable<string>) {
    collection.onCommit((key, before, after) => {
      const former = new Set(before && namesOf(before));
      const current = new Set(after && namesOf(after));
      for (const name of former) if (!current.has(name)) this.#remove(name, key);
      for (const name of current) if (!former.has(name)) this.#add(name, key);
    });
  }

  /** The keys of the documents that name it. */
  of(name: string): ReadonlySet<string> {
    return this.#keys.get(name) ?? NONE;
  }

  has(name: string): boolean {
    return this.#keys.has(name);
  }

  #add(name: string, key: string): void {
    const keys = this.#keys.get(name);
    if (keys === undefined) this.#keys.set(name, new Set([key]));
    else keys.add(key);
  }

  #remove(name: string, key: string): void {
    const keys = this.#keys.get(name);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(name);
  }
}

const NONE: ReadonlySet<string> = new Set();
