import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';

/** Which repositories hold, or list, which image: kept in step with their documents. */
export class RepositoriesByImage<E> {
  readonly #repositories: Collection<RepositoryDocument>;
  readonly #entriesOf: (repository: RepositoryDocument) => readonly E[];
  readonly #idOf: (entry: E) => string;
  readonly #keys = new Map<string, Set<string>>();

  /** `entriesOf` gives a repository's images, as a new list whenever they change. */
  constructor(
    repositories: Collection<RepositoryDocument>,
    entriesOf: (repository: RepositoryDocument) => readonly E[],
    idOf: (entry: E) => string,
  ) {
    this.#repositories = repositories;
    this.#entriesOf = entriesOf;
    this.#idOf = idOf;
    repositories.onCommit((key, before, after) => this.#follow(key, before, after));
  }

  /** The repositories of an image, those that are being deleted too. */
  *of(id: string): Generator<RepositoryDocument> {
    for (const key of this.#keys.get(id) ?? []) {
      const repository = this.#repositories.get(key);
      if (repository !== undefined) yield repository;
    }
  }

  /** Whether any repository has the image. */
  has(id: string): boolean {
    return this.#keys.has(id);
  }

  #follow(key: string, before?: RepositoryDocument, after?: RepositoryDocument): void {
    const former = before && this.#entriesOf(before);
    const current = after && this.#entriesOf(after);
    if (former === current) return;
    for (const entry of former ?? []) this.#remove(this.#idOf(entry), key);
    for (const entry of current ?? []) this.#add(this.#idOf(entry), key);
  }

  #add(id: string, key: string): void {
    const keys = this.#keys.get(id);
    if (keys === undefined) this.#keys.set(id, new Set([key]));
    else keys.add(key);
  }

  #remove(id: string, key: string): void {
    const keys = this.#keys.get(id);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(id);
  }
}

/** Which repositories list which image: the index's side of it. */
export type Listings = RepositoriesByImage<RepositoryDocument['images'][number]>;

/** Begins to follow what repositories list. */
export function followListings(repositories: Collection<RepositoryDocument>): Listings {
  return new RepositoriesByImage(
    repositories,
    ({ images }) => images,
    ({ id }) => id,
  );
}
