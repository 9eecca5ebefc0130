import type { Collection } from '../../storage/documents/collection.js';
import type { Update } from '../../storage/documents/document.js';
import type { ListedImage, RepositoryDocument } from '../../storage/documents/documents.js';
import type { WholeFile } from '../../storage/files/disk.js';
import { type Caller, mayRead, type PushRight, requireOwnToken } from '../access/access.js';
import type { Holders } from '../access/holders.js';
import { type Rights, refusal } from '../access/rights.js';
import { type Clock, type RandomBytes, timestamp } from '../clock.js';
import { errors } from '../errors.js';
import type { ImageLibrary } from '../images/image-library.js';
import type { RepositoryName } from './names.js';
import {
  alive,
  closed,
  emptyRepository,
  type GivenTags,
  type Properties,
  pushedBy,
  withImages,
  withoutCommon,
  withProperties,
  withTags,
} from './repository-changes.js';
import { requireRoom } from './repository-size.js';

export interface RepositoryOptions {
  readonly repositories: Collection<RepositoryDocument>;
  readonly holders: Holders;
  readonly library: ImageLibrary;
  readonly rights: Rights;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** What a repository is given in one piece. */
export interface Adoption {
  readonly images: readonly ListedImage[];
  readonly holds: readonly string[];
  readonly tags: GivenTags;
  /** Given: it is private from then on. */
  readonly access?: 'private' | undefined;
}

/** What a repository is to hold, and what becomes of it with that. */
export interface Holding {
  /** Held, with what they are built on, as far as they are open to the pusher. */
  readonly ids: readonly string[];
  /** Held in any case: the push itself has shown that it has them. */
  readonly proven?: readonly string[];
  /** A change in the same write, once the repository holds them. */
  readonly change?: (repository: RepositoryDocument) => RepositoryDocument;
}

/** What a push brings to a repository besides images to come. */
export interface Receipt {
  /** Images of v1 that are here, and come to be listed and held. */
  readonly ids?: readonly string[];
  /** What becomes durable in the same write. */
  readonly files?: readonly WholeFile[];
  readonly change: (repository: RepositoryDocument, now: string) => RepositoryDocument;
}

/** A repository before and after an adoption. */
export interface Adopted extends Update<RepositoryDocument> {
  readonly name: RepositoryName;
}

/** The repositories of the index: `/v1/repositories/…` (protocol.md §1.4 to §1.11). */
export class Repositories {
  readonly #repositories: Collection<RepositoryDocument>;
  readonly #holders: Holders;
  readonly #library: ImageLibrary;
  readonly #rights: Rights;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(options: RepositoryOptions) {
    this.#repositories = options.repositories;
    this.#holders = options.holders;
    this.#library = options.library;
    this.#rights = options.rights;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** The repository, if it exists and is not being deleted. */
  find(name: RepositoryName): RepositoryDocument | undefined {
    return alive(this.#repositories.get(name.full));
  }

  /** Every repository that is not being deleted. */
  list(): RepositoryDocument[] {
    return [...this.#repositories.values()].filter(({ deletion }) => deletion === undefined);
  }

  /**
   * What a caller may see of all repositories, or of those of one namespace, in no particular order.
   * Looks at each of them.
   */
  visible(caller: Caller, namespace?: string): RepositoryDocument[] {
    return [...this.#repositories.values()].filter(
      (each) => (namespace ?? each.namespace) === each.namespace && mayRead(caller, each),
    );
  }

  /**
   * Makes a repository that is not there yet, empty. Throws `repositoryExists`, also for one that is being
   * deleted.
   */
  async create({ name }: PushRight, properties: Properties): Promise<void> {
    const now = timestamp(this.#clock);
    const { access = 'public', description = '', fullDescription } = properties;
    await this.#repositories.update(name.full, (current) => {
      if (current !== undefined) throw errors.repositoryExists();
      const empty = emptyRepository(name, now, this.#newGeneration());
      const made = { ...empty, access, description };
      return fullDescription === undefined ? made : { ...made, fullDescription };
    });
  }

  /**
   * Makes or changes a repository in one write, for complete images that come in a piece: lists and
   * holds them, and points tags at them. What was deleted does not come back with its name. Throws
   * `repositoryFull`.
   */
  async adopt(name: RepositoryName, given: Adoption): Promise<Adopted> {
    const now = timestamp(this.#clock);
    const { before, after } = await this.#repositories.update(name.full, (current) => {
      const base = alive(current) ?? emptyRepository(name, now, this.#newGeneration());
      const own = withoutCommon(base);
      const open = given.access === 'private' ? closed(own, () => this.#newGeneration()) : own;
      const filled = withImages(open, given.images, given.holds, now);
      return requireRoom(current, withTags(filled, given.tags, now));
    });
    return { name, before, after };
  }

  /** Undoes an `adopt`, unless the repository has changed since. */
  async disown({ name, before, after }: Adopted): Promise<void> {
    await this.#repositories.update(name.full, (current) => (current === after ? before : current));
  }

  /**
   * The repository, for those who may read it. Throws `repositoryMissing`, also where it is private
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
   * Starts a push: creates the repository or adds to its image list, and takes hold of listed images
   * that are here already and open to the pusher. Throws `badToken` or `repositoryFull`.
   */
  async push(right: PushRight, images: readonly ListedImage[]): Promise<RepositoryDocument> {
    const { caller, name } = right;
    const now = timestamp(this.#clock);
    const ids = new Set(images.map(({ id }) => id));
    const { before, after } = await this.#holding(right, ids, (current, holds) => {
      if (current === undefined && caller.kind === 'token') throw errors.badToken();
      this.#rights.requireStill(caller, name, current);
      const base = alive(current) ?? emptyRepository(name, now, this.#newGeneration());
      return withImages(pushedBy(right, base, current), images, holds, now);
    });
    if (before?.deletion !== undefined) await this.#library.abandon(name, before);
    return after;
  }

  /**
   * A push of something else than images to come: makes or changes the repository in one write, which also lists
   * and holds images that are here and open to the pusher. Throws `badToken`, `repositoryFull`, or what
   * `change` does.
   */
  async receive(
    right: PushRight,
    { ids = [], files, change }: Receipt,
  ): Promise<RepositoryDocument> {
    const { caller, name } = right;
    const now = timestamp(this.#clock);
    const changed = (current: RepositoryDocument | undefined, holds: readonly string[]) => {
      this.#rights.requireStill(caller, name, current);
      const base = alive(current) ?? emptyRepository(name, now, this.#newGeneration());
      const owned = pushedBy(right, base, current);
      const held = withImages(
        owned,
        ids.map((id) => ({ id })),
        holds,
        now,
      );
      return change(ids.length === 0 ? owned : held, now);
    };
    const { before, after } = await this.#holding(right, ids, changed, files);
    if (before?.deletion !== undefined) await this.#library.abandon(name, before);
    return after;
  }

  /** Adds to the image list of an existing repository. Throws `repositoryMissing` or `badToken`. */
  async addImages(right: PushRight, images: readonly ListedImage[]): Promise<void> {
    const now = timestamp(this.#clock);
    const ids = new Set(images.map(({ id }) => id));
    await this.#holding(right, ids, (current, holds) => {
      return withImages(this.#requireAlive(right, current), images, holds, now);
    });
  }

  /** Lets the repository hold images, in one write with a change. Throws `repositoryMissing` or `badToken`. */
  async hold(
    right: PushRight,
    { ids, proven = [], change = (same) => same }: Holding,
  ): Promise<void> {
    await this.#holding(right, ids, (current, holds) => {
      const alive = this.#requireAlive(right, current);
      return change(withImages(alive, [], [...new Set([...proven, ...holds])], alive.updated));
    });
  }

  /**
   * Passes a live repository, for a token only the one it was given for: a name can be deleted and
   * taken again. Throws `repositoryMissing` or `badToken`.
   */
  requireCurrent(caller: Caller, name: RepositoryName): RepositoryDocument {
    const repository = this.find(name);
    if (repository === undefined) throw errors.repositoryMissing();
    requireOwnToken(caller, repository);
    return repository;
  }

  /**
   * Changes one live repository by a function, if a token that asks for it is still one of this repository.
   * Throws `repositoryMissing` or `badToken`.
   */
  async change(
    caller: Caller,
    name: RepositoryName,
    change: (current: RepositoryDocument) => RepositoryDocument,
  ): Promise<void> {
    await this.#repositories.update(name.full, (current) =>
      requireRoom(current, change(this.#requireAlive({ caller, name }, current))),
    );
  }

  /**
   * Sets the properties that are given; making a repository private ends all tokens for it, and only an owner
   * can: nobody could read what is nobody's. Throws `repositoryMissing`, `badToken`, `loginRequired` or 403.
   */
  async setProperties(right: PushRight, properties: Properties): Promise<void> {
    const { caller, name, isCommon } = right;
    if (isCommon && properties.access === 'private') {
      throw caller.kind === 'account' ? errors.foreignNamespace() : refusal(caller);
    }
    const now = timestamp(this.#clock);
    await this.change(caller, name, (current) => {
      const newGeneration = (): string => this.#newGeneration();
      return withProperties({ ...current, updated: now }, properties, newGeneration);
    });
  }

  async #holding(
    { name, pusher }: PushRight,
    ids: Iterable<string>,
    change: (
      current: RepositoryDocument | undefined,
      holds: readonly string[],
    ) => RepositoryDocument,
    files: readonly WholeFile[] = [],
  ): Promise<Update<RepositoryDocument, RepositoryDocument>> {
    const holds = this.#holders.holdable(pusher, ids);
    return this.#holders.whilePinned(holds, () =>
      this.#repositories.update(
        name.full,
        (current) => requireRoom(current, change(current, holds)),
        files,
      ),
    );
  }

  /** Passes a repository that is not being deleted, to whom it is open still. */
  #requireAlive(
    { caller, name }: Pick<PushRight, 'caller' | 'name'>,
    repository: RepositoryDocument | undefined,
  ): RepositoryDocument {
    if (repository === undefined || repository.deletion !== undefined) {
      throw errors.repositoryMissing();
    }
    this.#rights.requireStill(caller, name, repository);
    return repository;
  }

  #newGeneration(): string {
    return this.#random(8).toString('hex');
  }
}
