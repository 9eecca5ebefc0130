import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument, UploadDocument } from '../../storage/documents/documents.js';
import { uploadKey } from '../../storage/documents/shapes.js';
import {
  type Caller,
  isTokenFor,
  owns,
  type Pusher,
  type PushRight,
  requireAccount,
} from '../access/access.js';
import type { Holders } from '../access/holders.js';
import { errors } from '../errors.js';
import { isImageId, parseRepositoryName } from '../repositories/names.js';
import type { Listings } from '../repositories/repositories-by-image.js';

/** Where an image is going: a repository that lists it, and the rights that the push has. */
export interface Target extends PushRight {
  /** What tells the repository from others of its name. */
  readonly generation: string | undefined;
  /** The key of the upload's document. */
  readonly key: string;
}

export interface UploadTargetOptions {
  readonly uploads: Collection<UploadDocument>;
  readonly allRepositories: Collection<RepositoryDocument>;
  readonly listings: Listings;
  readonly holders: Holders;
}

/** Finds out which repository a push of an image is for; image paths do not say. */
export class UploadTargets {
  readonly #options: UploadTargetOptions;

  constructor(options: UploadTargetOptions) {
    this.#options = options;
  }

  /**
   * The repository that a push of this image goes to. A token names it; an account's is the one of
   * its own that lists the image (an admin's may be anybody's), rather one where it is under way.
   */
  find(caller: Caller, id: string): Target | undefined {
    if (caller.kind === 'anonymous') return undefined;
    if (caller.kind === 'token') {
      const repository = this.#options.allRepositories.get(caller.token.repository);
      if (repository === undefined || repository.deletion !== undefined) {
        throw errors.repositoryMissing();
      }
      if (!isTokenFor(caller.token, repository)) throw errors.badToken();
      return listsImage(repository, id) ? newTarget(caller, repository, id) : undefined;
    }
    const { account } = caller;
    const candidates = this.#candidates(id).filter((each) => owns(account, each));
    const chosen = candidates.find((each) => this.#isUnderWay(each, id)) ?? candidates[0];
    const pusher = { namespace: account.username, admin: account.admin };
    return chosen && newTarget(caller, chosen, id, pusher);
  }

  /** Live repositories that list an image, the last changed first. */
  #candidates(id: string): RepositoryDocument[] {
    return [...this.#options.listings.of(id)]
      .filter(({ deletion }) => deletion === undefined)
      .sort((a, b) => (a.updated < b.updated ? 1 : -1));
  }

  #isUnderWay(repository: RepositoryDocument, id: string): boolean {
    const full = `${repository.namespace}/${repository.name}`;
    return this.#options.uploads.get(uploadKey(id, full)) !== undefined;
  }

  /** Whether the image is complete and the push need not bring it. */
  isHere({ name, pusher }: Target, id: string): boolean {
    const { holders, allRepositories } = this.#options;
    // Held but lost from the disk: then the push brings it again.
    if (holders.complete(id) === undefined) return false;
    const holds = allRepositories.get(name.full)?.holds.includes(id) === true;
    return holds || holders.isOpenTo(pusher, id);
  }
}

function newTarget(
  caller: Caller,
  repository: RepositoryDocument,
  id: string,
  pusher: Pusher = { namespace: repository.namespace, admin: false },
): Target {
  const { generation } = repository;
  const name = parseRepositoryName(repository.namespace, repository.name);
  return { name, caller, pusher, generation, key: uploadKey(id, name.full) };
}

/** Passes write tokens and accounts, with an image id. Throws `badToken`, `loginRequired`, `imageId`. */
export function requireWriter(caller: Caller, id: string): void {
  if (caller.kind === 'token') {
    if (caller.token.access !== 'write') throw errors.badToken();
  } else {
    requireAccount(caller);
  }
  if (!isImageId(id)) throw errors.imageId();
}

/** Whether the index's list of a repository names the image. */
export function listsImage(repository: RepositoryDocument, id: string): boolean {
  return repository.images.some((image) => image.id === id);
}
