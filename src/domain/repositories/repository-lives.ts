import { LRUCache } from 'lru-cache';
import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';
import { alive } from './repository-changes.js';

/** How many that began since the start are remembered: more than there are requests to look back at. */
const MOST = 20_000;

/**
 * Since when the repositories are there that are: one that was deleted and made again under its name has another life,
 * and what is remembered of the former is not about it. Counted by the time of the system, as requests are, and not by
 * a clock that somebody can set.
 */
export class RepositoryLives {
  readonly #begun = new LRUCache<string, number>({ max: MOST });

  constructor(repositories: Collection<RepositoryDocument>) {
    repositories.onCommit((_, before, after) => this.#follow(alive(before), alive(after)));
  }

  /** When this life of a repository began, in milliseconds since 1970; 0: longer ago than can be told. */
  since(repository: RepositoryDocument): number {
    return this.#begun.get(keyOf(repository)) ?? 0;
  }

  #follow(before: RepositoryDocument | undefined, after: RepositoryDocument | undefined): void {
    // One that is put back as it was goes on with its life.
    if (after === undefined || this.#begun.has(keyOf(after))) return;
    this.#begun.set(keyOf(after), before === undefined ? Date.now() : this.since(before));
  }
}

function keyOf({ namespace, name, generation = '' }: RepositoryDocument): string {
  return `${namespace}/${name} ${generation}`;
}
