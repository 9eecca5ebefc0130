import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';
import type { Caller } from '../access/access.js';
import type { Rights } from '../access/rights.js';
import { withSpent } from '../access/spent-tokens.js';
import { type Clock, timestamp } from '../clock.js';
import { errors } from '../errors.js';
import type { ImageLibrary } from '../images/image-library.js';
import { parseRepositoryName, type RepositoryName } from './names.js';
import { withoutImages, withoutV2 } from './repository-changes.js';

export interface DeletionOptions {
  readonly repositories: Collection<RepositoryDocument>;
  readonly library: ImageLibrary;
  readonly rights: Rights;
  readonly clock: Clock;
}

/** How repositories and images go: in the steps of protocol.md §1.5, with all that only they hold. */
export class Deletions {
  readonly #repositories: Collection<RepositoryDocument>;
  readonly #library: ImageLibrary;
  readonly #rights: Rights;
  readonly #clock: Clock;

  constructor({ repositories, library, rights, clock }: DeletionOptions) {
    this.#repositories = repositories;
    this.#library = library;
    this.#rights = rights;
    this.#clock = clock;
  }

  /**
   * The index's DELETE (protocol.md §1.5): the first hides the repository and answers `begun`; the
   * next removes the record and all that is left, `ended`. Throws `repositoryMissing`,
   * `notYourRepository` or `loginRequired`.
   */
  async delete(caller: Caller, name: RepositoryName): Promise<'begun' | 'ended'> {
    this.#rights.requireOwner(caller, name, 'delete');
    const now = timestamp(this.#clock);
    const { before, after } = await this.#repositories.update(name.full, (current) => {
      if (current === undefined) throw errors.repositoryMissing();
      this.#rights.requireStill(caller, name, current);
      return current.deletion === undefined ? { ...current, deletion: { since: now } } : undefined;
    });
    if (after !== undefined) return 'begun';
    if (before !== undefined) await this.#library.abandon(name, before);
    return 'ended';
  }

  /**
   * `remove`, for those who may: as a page does it, and as a registry that asks nobody who they are. Throws
   * `repositoryMissing`, `notYourRepository` or `loginRequired`.
   */
  async removeAs(caller: Caller, name: RepositoryName): Promise<void> {
    this.#rights.requireOwner(caller, name, 'delete');
    const { before } = await this.#repositories.update(name.full, (current) => {
      if (current === undefined) throw errors.repositoryMissing();
      this.#rights.requireStill(caller, name, current);
      return undefined;
    });
    if (before !== undefined) await this.#library.abandon(name, before);
  }

  /** Removes a repository at once, with what only it holds. Throws `repositoryMissing`. */
  async remove(name: RepositoryName): Promise<void> {
    const { before } = await this.#repositories.update(name.full, () => undefined);
    if (before === undefined) throw errors.repositoryMissing();
    await this.#library.abandon(name, before);
  }

  /** Removes every repository of a name space, also such as are being deleted. */
  async removeAll(namespace: string): Promise<void> {
    for (const each of [...this.#repositories.values()]) {
      if (each.namespace !== namespace) continue;
      const { before } = await this.#repositories.update(
        `${namespace}/${each.name}`,
        () => undefined,
      );
      if (before === undefined) continue;
      await this.#library.abandon(parseRepositoryName(namespace, each.name), before);
    }
  }

  /**
   * The registry's DELETE, with a delete token, which it spends: tags and images go, the record
   * stays until the index's last DELETE (protocol.md §1.5). Throws `badToken` or `repositoryMissing`.
   */
  async deleteContent(caller: Caller, name: RepositoryName): Promise<void> {
    this.#rights.requireOwner(caller, name, 'delete');
    const now = timestamp(this.#clock);
    const { before } = await this.#repositories.update(name.full, (current) => {
      if (current === undefined) throw errors.repositoryMissing();
      this.#rights.requireStill(caller, name, current);
      const deletion = current.deletion ?? { since: now };
      const emptied = { ...withoutV2(current), images: [], holds: [], tags: {}, deletion };
      return caller.kind === 'token' ? withSpent(emptied, caller.token) : emptied;
    });
    if (before !== undefined) await this.#library.abandon(name, before);
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
}
