import type { Collection } from '../storage/collection.js';
import type { ListedImage, RepositoryDocument } from '../storage/documents.js';
import {
  type Caller,
  isTokenFor,
  mayRead,
  type Pusher,
  requireOwner,
  requirePush,
} from './access.js';
import { type Clock, type RandomBytes, timestamp } from './clock.js';
import { errors } from './errors.js';
import type { Holders } from './holders.js';
import type { ImageLibrary } from './image-library.js';
import { mergeImageLists } from './image-lists.js';
import type { RepositoryName } from './names.js';
import type { Token } from './tokens.js';

export interface RepositoryOptions {
  readonly repositories: Collection<RepositoryDocument>;
  readonly holders: Holders;
  readonly library: ImageLibrary;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** What can be changed about a repository besides its images; a field left out stays as it is. */
export interface Properties {
  readonly access?: 'public' | 'private';
  readonly description?: string;
}

/** What a repository is given in one piece. */
export interface Adoption {
  readonly images: readonly ListedImage[];
  readonly holds: readonly string[];
  /** Image ids by tag. */
  readonly tags: Readonly<Record<string, string>>;
}

/** A repository before and after an adoption. */
export interface Adopted {
  readonly name: RepositoryName;
  readonly before: RepositoryDocument | undefined;
  readonly after: RepositoryDocument | undefined;
}

/** The repositories of the index: `/v1/repositories/…` (protocol.md §1.4 to §1.11). */
export class Repositories {
  readonly #repositories: Collection<RepositoryDocument>;
  readonly #holders: Holders;
  readonly #library: ImageLibrary;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(options: RepositoryOptions) {
    this.#repositories = options.repositories;
    this.#holders = options.holders;
    this.#library = options.library;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** The repository, if it exists and is not being deleted. */
  find(name: RepositoryName): RepositoryDocument | undefined {
    const repository = this.#repositories.get(name.full);
    return repository?.deletion === undefined ? repository : undefined;
  }

  /** Every repository that is not being deleted. */
  list(): RepositoryDocument[] {
    return [...this.#repositories.values()].filter(({ deletion }) => deletion === undefined);
  }

  /**
   * Makes or changes a repository in one write, for complete images that come in a piece: lists and
   * holds them, and points tags at them. What was deleted does not come back with its name.
   */
  async adopt(name: RepositoryName, given: Adoption): Promise<Adopted> {
    const now = timestamp(this.#clock);
    let before: RepositoryDocument | undefined;
    let after: RepositoryDocument | undefined;
    try {
      await this.#repositories.update(name.full, (current) => {
        before = current;
        const alive = current?.deletion === undefined ? current : undefined;
        const base = alive ?? this.#emptyRepository(name, now);
        after = withTags(withImages(base, given.images, given.holds, now), given.tags, now);
        return after;
      });
    } catch (error) {
      // A write can fail when its file is in place already: then it is undone.
      await this.disown({ name, before, after }).catch(() => undefined);
      throw error;
    }
    return { name, before, after };
  }

  /** Undoes an `adopt`, unless the repository has changed since. */
  async disown({ name, before, after }: Adopted): Promise<void> {
    await this.#repositories.update(name.full, (current) => (current === after ? before : current));
  }

  /** Takes an image, and the tags of all that is built on it, out of every repository. */
  async dropImage(id: string): Promise<void> {
    const built = this.#library.list().filter(({ ancestry }) => ancestry.includes(id));
    const gone = new Set(built.map((image) => image.id));
    for (const { namespace, name, holds } of [...this.#repositories.values()]) {
      if (!holds.some((held) => gone.has(held))) continue;
      await this.#repositories.update(`${namespace}/${name}`, (current) =>
        current === undefined ? undefined : withoutImages(current, gone),
      );
    }
    for (const each of gone) await this.#library.removeIfAbandoned(each);
  }

  /**
   * The repository, for whoever may read it. Throws `repositoryMissing`, also where it is private
   * and somebody else's, or `badToken` for a token of another repository.
   */
  read(caller: Caller, name: RepositoryName): RepositoryDocument {
    if (caller.kind === 'token' && caller.token.repository !== name.full) throw errors.badToken();
    const repository = this.find(name);
    if (repository === undefined) throw errors.repositoryMissing();
    if (mayRead(caller, repository)) return repository;
    throw caller.kind === 'token' ? errors.badToken() : errors.repositoryMissing();
  }

  /**
   * As `read`, for the image list. Every genuine token of the repository may have it, a delete token
   * too and after the first DELETE: this is how another registry asks whether a token is good
   * (protocol.md §0.6).
   */
  readList(caller: Caller, name: RepositoryName): RepositoryDocument {
    const repository = this.#repositories.get(name.full);
    if (caller.kind !== 'token' || caller.token.access !== 'delete' || repository === undefined) {
      return this.read(caller, name);
    }
    requireUnspent(caller.token, repository);
    return repository;
  }

  /**
   * Starts a push: creates the repository or adds to its image list, and takes hold of listed images
   * that are here already and open to the pusher. Throws as `requirePush`.
   */
  async push(
    caller: Caller,
    name: RepositoryName,
    images: readonly ListedImage[],
  ): Promise<RepositoryDocument> {
    const pusher = requirePush(caller, name);
    const now = timestamp(this.#clock);
    const former = this.#repositories.get(name.full);
    const ids = new Set(images.map(({ id }) => id));
    const repository = await this.#holding(pusher, ids, name, (current, holds) => {
      // What was deleted does not come back with its name.
      const alive = current?.deletion === undefined ? current : undefined;
      return withImages(alive ?? this.#emptyRepository(name, now), images, holds, now);
    });
    if (former?.deletion !== undefined) await this.#library.abandon(name, former.holds);
    return repository;
  }

  /** Adds to the image list of an existing repository. Throws as `requirePush`, or `repositoryMissing`. */
  async addImages(
    caller: Caller,
    name: RepositoryName,
    images: readonly ListedImage[],
  ): Promise<void> {
    const pusher = requirePush(caller, name);
    this.requireCurrent(caller, name);
    const now = timestamp(this.#clock);
    const ids = new Set(images.map(({ id }) => id));
    await this.#holding(pusher, ids, name, (current, holds) => {
      if (current?.deletion !== undefined || current === undefined) {
        throw errors.repositoryMissing();
      }
      return withImages(current, images, holds, now);
    });
  }

  /**
   * Lets the repository hold these images and what they are built on, as far as they are open to the
   * pusher, and in any case those that the push itself has `proven` to have.
   */
  async hold(
    pusher: Pusher,
    name: RepositoryName,
    ids: readonly string[],
    proven: readonly string[] = [],
  ): Promise<void> {
    await this.#holding(pusher, ids, name, (current, holds) => {
      if (current === undefined || current.deletion !== undefined) throw errors.repositoryMissing();
      return withImages(current, [], [...new Set([...proven, ...holds])], current.updated);
    });
  }

  /**
   * Passes a live repository, for a token only the one it was given for: a name can be deleted and
   * taken anew. Throws `repositoryMissing` or `badToken`.
   */
  requireCurrent(caller: Caller, name: RepositoryName): RepositoryDocument {
    const repository = this.find(name);
    if (repository === undefined) throw errors.repositoryMissing();
    if (caller.kind === 'token' && !isTokenFor(caller.token, repository)) throw errors.badToken();
    return repository;
  }

  /** Changes one live repository by a function. Throws `repositoryMissing`. */
  async change(
    name: RepositoryName,
    change: (current: RepositoryDocument) => RepositoryDocument,
  ): Promise<void> {
    await this.#repositories.update(name.full, (current) => {
      if (current === undefined || current.deletion !== undefined) throw errors.repositoryMissing();
      return change(current);
    });
  }

  /** Sets properties; making a repository private ends the tokens that others hold for it. */
  async setProperties(caller: Caller, name: RepositoryName, properties: Properties): Promise<void> {
    requireOwner(caller, name, 'write');
    this.requireCurrent(caller, name);
    const now = timestamp(this.#clock);
    await this.change(name, (current) => {
      const hides = current.access === 'public' && properties.access === 'private';
      const generation = hides ? this.#newGeneration() : current.generation;
      const changed = { ...current, ...properties, updated: now };
      return generation === undefined ? changed : { ...changed, generation };
    });
  }

  /**
   * The index's DELETE (protocol.md §1.5): the first hides the repository and answers `begun`; the
   * next removes the record and all that is left, `ended`. Throws `repositoryMissing`,
   * `notYourRepository` or `loginRequired`.
   */
  async delete(caller: Caller, name: RepositoryName): Promise<'begun' | 'ended'> {
    requireOwner(caller, name, 'delete');
    const now = timestamp(this.#clock);
    let removed: RepositoryDocument | undefined;
    await this.#repositories.update(name.full, (current) => {
      if (current === undefined) throw errors.repositoryMissing();
      if (current.deletion === undefined) {
        return { ...current, deletion: { since: now } };
      }
      removed = current;
      return undefined;
    });
    if (removed === undefined) return 'begun';
    await this.#library.abandon(name, removed.holds);
    return 'ended';
  }

  /**
   * The registry's DELETE, with a delete token, which it spends: tags and images go, the record
   * stays until the index's last DELETE. Throws `badToken` or `repositoryMissing`.
   */
  async deleteContent(caller: Caller, name: RepositoryName): Promise<void> {
    requireOwner(caller, name, 'delete');
    const now = timestamp(this.#clock);
    let held: readonly string[] = [];
    await this.#repositories.update(name.full, (current) => {
      if (current === undefined) throw errors.repositoryMissing();
      held = current.holds;
      const deletion = current.deletion ?? { since: now };
      const emptied = { ...current, images: [], holds: [], tags: {}, deletion };
      return caller.kind === 'token' ? withSpent(emptied, caller.token) : emptied;
    });
    await this.#library.abandon(name, held);
  }

  /**
   * The registry's question whether a token is good (`PUT …/auth`, protocol.md §1.7); a delete token
   * is spent by it. Throws `authDenied` or `authMissing`.
   */
  async authorize(caller: Caller, name: RepositoryName): Promise<void> {
    const repository = this.#repositories.get(name.full);
    if (caller.kind === 'account') {
      if (repository === undefined) throw errors.authMissing();
      if (!mayRead(caller, repository)) throw errors.authDenied();
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
    await this.#repositories.update(name.full, (current) => {
      if (current === undefined) throw errors.authMissing();
      if (isSpent(token, current)) throw errors.authDenied();
      return withSpent(current, token);
    });
  }

  /**
   * Whether an image may be used within a repository (protocol.md §1.9): the repository holds it, or
   * its push may build on it. An image that this hub has never seen is one of another registry's: that
   * one asks on a pull, too, and is told yes if the repository's own namespace alone lists the image.
   * Throws `badToken`.
   */
  hasLayerAccess(caller: Caller, name: RepositoryName, id: string): boolean {
    const repository = this.read(caller, name);
    if (repository.holds.includes(id)) return true;
    if (this.#holders.complete(id) !== undefined) {
      const pusher = pusherOf(caller, name);
      return pusher !== undefined && this.#holders.isOpenTo(pusher, id);
    }
    if (!repository.images.some((image) => image.id === id)) return false;
    return !this.#library.isUploading(id) && this.#isListedOnlyIn(name.namespace, id);
  }

  #isListedOnlyIn(namespace: string, id: string): boolean {
    for (const repository of this.#repositories.values()) {
      if (repository.namespace === namespace) continue;
      if (repository.images.some((image) => image.id === id)) return false;
    }
    return true;
  }

  async #holding(
    pusher: Pusher,
    ids: Iterable<string>,
    name: RepositoryName,
    change: (
      current: RepositoryDocument | undefined,
      holds: readonly string[],
    ) => RepositoryDocument,
  ): Promise<RepositoryDocument> {
    const holds = this.#holders.holdable(pusher, ids);
    let result: RepositoryDocument | undefined;
    await this.#holders.whilePinned(holds, () =>
      this.#repositories.update(name.full, (current) => {
        result = change(current, holds);
        return result;
      }),
    );
    if (result === undefined) throw errors.repositoryMissing();
    return result;
  }

  #emptyRepository({ namespace, name }: RepositoryName, created: string): RepositoryDocument {
    return {
      namespace,
      name,
      description: '',
      access: 'public',
      stars: 0,
      trusted: false,
      created,
      updated: created,
      generation: this.#newGeneration(),
      images: [],
      holds: [],
      tags: {},
    };
  }

  #newGeneration(): string {
    return this.#random(8).toString('hex');
  }
}

function withTags(
  repository: RepositoryDocument,
  tags: Adoption['tags'],
  updated: string,
): RepositoryDocument {
  const fresh = Object.entries(tags).filter(([tag, id]) => repository.tags[tag]?.image !== id);
  if (fresh.length === 0) return repository;
  const pointed = fresh.map(([tag, image]) => [tag, { image, updated, client: {} }]);
  return {
    ...repository,
    updated,
    tags: { ...repository.tags, ...Object.fromEntries(pointed) },
  };
}

function withImages(
  repository: RepositoryDocument,
  images: readonly ListedImage[],
  holds: readonly string[],
  updated: string,
): RepositoryDocument {
  const merged = mergeImageLists(repository.images, images);
  const fresh = holds.filter((id) => !repository.holds.includes(id));
  const isOld = repository.updated !== repository.created || repository.images.length > 0;
  if (isOld && merged === repository.images && fresh.length === 0) return repository;
  return {
    ...repository,
    updated,
    images: merged,
    holds: fresh.length === 0 ? repository.holds : [...repository.holds, ...fresh],
  };
}

function withoutImages(
  repository: RepositoryDocument,
  gone: ReadonlySet<string>,
): RepositoryDocument {
  const tags = Object.entries(repository.tags).filter(([, { image }]) => !gone.has(image));
  return {
    ...repository,
    images: repository.images.filter(({ id }) => !gone.has(id)),
    holds: repository.holds.filter((id) => !gone.has(id)),
    tags: Object.fromEntries(tags),
  };
}

function isSpent(token: Token, repository: RepositoryDocument): boolean {
  return repository.spent?.includes(token.signature) === true;
}

function requireUnspent(token: Token, repository: RepositoryDocument): void {
  if (!isTokenFor(token, repository) || isSpent(token, repository)) throw errors.badToken();
}

function withSpent(repository: RepositoryDocument, token: Token): RepositoryDocument {
  requireUnspent(token, repository);
  return { ...repository, spent: [...(repository.spent ?? []), token.signature] };
}

/** Whose eyes a question about layers has; nobody's for those who may not push. */
function pusherOf(caller: Caller, name: RepositoryName): Pusher | undefined {
  try {
    return requirePush(caller, name);
  } catch {
    return undefined;
  }
}
