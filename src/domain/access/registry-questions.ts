import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';
import { errors } from '../errors.js';
import type { ImageLibrary } from '../images/image-library.js';
import type { RepositoryName } from '../repositories/names.js';
import type { Repositories } from '../repositories/repositories.js';
import type { Listings } from '../repositories/repositories-by-image.js';
import { type Caller, isTokenFor, mayRead, type Pusher } from './access.js';
import type { Holders } from './holders.js';
import type { Rights } from './rights.js';
import { isSpent, requireUnspent, withSpent } from './spent-tokens.js';

export interface RegistryQuestionOptions {
  readonly documents: Collection<RepositoryDocument>;
  readonly listings: Listings;
  readonly repositories: Repositories;
  readonly holders: Holders;
  readonly library: ImageLibrary;
  readonly rights: Rights;
}

/** What a registry asks the index about tokens; ours knows, others use this hub as their index. */
export class RegistryQuestions {
  readonly #documents: Collection<RepositoryDocument>;
  readonly #listings: Listings;
  readonly #repositories: Repositories;
  readonly #holders: Holders;
  readonly #library: ImageLibrary;
  readonly #rights: Rights;

  constructor(options: RegistryQuestionOptions) {
    const { documents, listings, repositories, holders, library, rights } = options;
    this.#documents = documents;
    this.#listings = listings;
    this.#repositories = repositories;
    this.#holders = holders;
    this.#library = library;
    this.#rights = rights;
  }

  /**
   * As `read`, for the image list. Every genuine token of the repository may have it, a delete token
   * too and after the first DELETE: this is how another registry asks whether a token is good
   * (protocol.md §0.6).
   */
  readList(caller: Caller, name: RepositoryName): RepositoryDocument {
    const repository = this.#documents.get(name.full);
    if (caller.kind !== 'token' || caller.token.access !== 'delete' || repository === undefined) {
      return this.#repositories.read(caller, name);
    }
    requireUnspent(caller.token, repository);
    return repository;
  }

  /**
   * The registry's question whether a token is good (`PUT …/auth`, protocol.md §1.7); a delete token
   * is spent by it. Throws `authDenied` or `authMissing`.
   */
  async authorize(caller: Caller, name: RepositoryName): Promise<void> {
    const repository = this.#documents.get(name.full);
    if (caller.kind === 'account') {
      // What an account may not read is to it as if it were not there.
      if (repository === undefined || !mayRead(caller, repository)) throw errors.authMissing();
      return;
    }
    if (caller.kind === 'anonymous') throw errors.loginRequired();
    const { token } = caller;
    if (repository === undefined) throw errors.authMissing();
    if (!isTokenFor(token, repository)) throw errors.authDenied();
    if (token.access !== 'delete') {
      if (repository.deletion !== undefined) throw errors.authMissing();
      return;
    }
    await this.#documents.update(name.full, (current) => {
      if (current === undefined) throw errors.authMissing();
      if (isSpent(token, current)) throw errors.authDenied();
      return withSpent(current, token);
    });
  }

  /**
   * Whether an image may be used within a repository (protocol.md §1.9): the repository holds it, or
   * its push may build on it. An image that this hub has never seen is one of another registry's: that
   * one asks on a pull, too, and is told yes unless somebody else's private repository lists the image.
   * Throws `badToken`.
   */
  hasLayerAccess(caller: Caller, name: RepositoryName, id: string): boolean {
    const repository = this.#repositories.read(caller, name);
    if (repository.holds.includes(id)) return true;
    if (this.#holders.complete(id) !== undefined) {
      const pusher = this.#pusherOf(caller, name);
      return pusher !== undefined && this.#holders.isOpenTo(pusher, id);
    }
    if (!repository.images.some((image) => image.id === id)) return false;
    return !this.#library.isUploading(id) && !this.#isPrivateElsewhere(name.namespace, id);
  }

  /** Whose eyes a question about layers has; nobody's for those who may not push. */
  #pusherOf(caller: Caller, name: RepositoryName): Pusher | undefined {
    try {
      return this.#rights.requirePush(caller, name).pusher;
    } catch {
      return undefined;
    }
  }

  /** Base images are listed by many; what somebody lists in private alone may be a secret. */
  #isPrivateElsewhere(namespace: string, id: string): boolean {
    for (const repository of this.#listings.of(id)) {
      if (repository.namespace !== namespace && repository.access === 'private') return true;
    }
    return false;
  }
}
