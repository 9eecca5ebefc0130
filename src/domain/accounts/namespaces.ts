import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';

/**
 * Which namespaces have repositories that are somebody's, also such as are being deleted, in step with their
 * documents.
 */
export class Namespaces {
  readonly #counts = new Map<string, number>();

  constructor(repositories: Collection<RepositoryDocument>) {
    repositories.onCommit((_, before, after) => {
      if (isOwned(before)) this.#count(before.namespace, -1);
      if (isOwned(after)) this.#count(after.namespace, 1);
    });
  }

  /** Whether anything of somebody's is in a namespace, be there an account of its name or not. */
  isInUse(namespace: string): boolean {
    return this.#counts.has(namespace);
  }

  #count(namespace: string, change: 1 | -1): void {
    const count = (this.#counts.get(namespace) ?? 0) + change;
    if (count === 0) this.#counts.delete(namespace);
    else this.#counts.set(namespace, count);
  }
}

/** What everybody may push to keeps nobody from a name. */
function isOwned(repository: RepositoryDocument | undefined): repository is RepositoryDocument {
  return repository !== undefined && repository.common !== true;
}
