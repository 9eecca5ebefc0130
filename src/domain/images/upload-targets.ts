import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument, UploadDocument } from '../../storage/documents/documents.js';
import { uploadKey } from '../../storage/documents/shapes.js';
import { type Caller, isTokenFor, owns, type PushRight } from '../access/access.js';
import type { Holders } from '../access/holders.js';
import type { Rights } from '../access/rights.js';
import { errors } from '../errors.js';
import { isImageId, parseRepositoryName, type RepositoryName } from '../repositories/names.js';
import type { Listings } from '../repositories/repositories-by-image.js';
import type { ImageLibrary } from './image-library.js';

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
  readonly library: ImageLibrary;
  readonly rights: Rights;
}

/** Finds out which repository a push of an image is for; image paths do not say. */
export class UploadTargets {
  readonly #options: UploadTargetOptions;

  constructor(options: UploadTargetOptions) {
    this.#options = options;
  }

  /**
   * The repository that a push of this image goes to. A token names it; an account's is the one of
   * its own that lists the image (an admin's may be anybody's), rather one where it is under way. Without such
   * a one, and without a login, it is one that everybody may push to. Throws `repositoryMissing`, `badToken`.
   */
  find(caller: Caller, id: string): Target | undefined {
    if (caller.kind === 'token') {
      const repository = this.#options.allRepositories.get(caller.token.repository);
      if (repository === undefined || repository.deletion !== undefined) {
        throw errors.repositoryMissing();
      }
      if (!isTokenFor(caller.token, repository)) throw errors.badToken();
      return listsImage(repository, id) ? this.#target(caller, repository, id) : undefined;
    }
    const all = this.#candidates(id);
    const own = all.filter((each) => caller.kind === 'account' && owns(caller.account, each));
    // Only then: to list an image there would otherwise be enough to get what an account means for its own.
    const candidates = own.length > 0 ? own : all.filter((each) => this.#isCommon(each));
    const chosen = candidates.find((each) => this.#isUnderWay(each, id)) ?? candidates[0];
    return chosen && this.#target(caller, chosen, id);
  }

  /** Throws `badToken` where a token's bearer has no right any more. */
  #target(caller: Caller, repository: RepositoryDocument, id: string): Target {
    const name = nameOf(repository);
    const { generation } = repository;
    const right = this.#options.rights.requirePush(caller, name);
    return { ...right, generation, key: uploadKey(id, name.full) };
  }

  #isCommon(repository: RepositoryDocument): boolean {
    return this.#options.rights.isCommon(nameOf(repository));
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

  /**
   * Why a push may not build on an image: it is neither open to the pusher nor on its way to the same repository.
   * Undefined where it may.
   */
  faultOfParent({ name, pusher }: Target, parent: string): Error | undefined {
    const { holders, uploads, library } = this.#options;
    if (holders.isOpenTo(pusher, parent)) return undefined;
    if (uploads.get(uploadKey(parent, name.full)) !== undefined) return undefined;
    const exists = holders.complete(parent) !== undefined || library.isUploading(parent);
    return exists ? errors.parentUnauthorized() : errors.parentMissing();
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

function nameOf({ namespace, name }: RepositoryDocument): RepositoryName {
  return parseRepositoryName(namespace, name);
}

/** Passes an image id. Throws `imageId`. */
export function requireImageId(id: string): void {
  if (!isImageId(id)) throw errors.imageId();
}

/** Whether the index's list of a repository names the image. */
export function listsImage(repository: RepositoryDocument, id: string): boolean {
  return repository.images.some((image) => image.id === id);
}
