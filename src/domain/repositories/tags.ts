import type { RepositoryDocument, TagDocument } from '../../storage/documents/documents.js';
import type { Caller, PushRight } from '../access/access.js';
import type { Holders } from '../access/holders.js';
import type { Rights } from '../access/rights.js';
import { type Clock, timestamp } from '../clock.js';
import { errors } from '../errors.js';
import type { ImageLibrary } from '../images/image-library.js';
import { checkTagName, isImageId, type RepositoryName } from './names.js';
import type { Repositories } from './repositories.js';
import { withoutTag, withoutTags } from './repository-changes.js';

export interface TagOptions {
  readonly repositories: Repositories;
  readonly library: ImageLibrary;
  readonly holders: Holders;
  readonly rights: Rights;
  readonly clock: Clock;
}

/** The tags of the registry (protocol.md §3). */
export class Tags {
  readonly #options: TagOptions;

  constructor(options: TagOptions) {
    this.#options = options;
  }

  /** All tags of a repository, by name. Throws `repositoryMissing` or `badToken`. */
  list(caller: Caller, name: RepositoryName): RepositoryDocument['tags'] {
    return this.#options.repositories.read(caller, name).tags;
  }

  /** One tag. Throws `tagMissing` (404), also when there is no such repository. */
  find(caller: Caller, name: RepositoryName, tag: string): TagDocument {
    const tags = this.#options.repositories.read(caller, name).tags;
    const found = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
    if (found === undefined) throw errors.tagMissing();
    return found;
  }

  /**
   * Points a tag at a complete image, which the repository holds from then on with all it is built
   * on. Throws `tagName`, `imageMissing`, `imageInProgress` or `repositoryFull`.
   */
  async put(
    right: PushRight,
    tag: string,
    tagged: { readonly image: string; readonly client: TagDocument['client'] },
  ): Promise<void> {
    const { repositories, holders, library, clock } = this.#options;
    const { caller, name, pusher } = right;
    checkTagName(tag);
    const { image, client } = tagged;
    if (!isImageId(image)) throw errors.imageMissing();
    const held = repositories.read(caller, name).holds.includes(image);
    if (!held && !holders.isOpenTo(pusher, image)) {
      const isComing = library.uploadsOf(image).has(name.full);
      throw isComing ? errors.imageInProgress() : errors.imageMissing();
    }
    const updated = timestamp(clock);
    // In one write, so that no removal comes between the image and its tag.
    const point = (current: RepositoryDocument): RepositoryDocument => {
      const ancestry = holders.complete(image)?.ancestry ?? [image];
      if (!ancestry.every((id) => current.holds.includes(id))) throw errors.imageMissing();
      const others = withoutTag(current, tag);
      return { ...others, updated, tags: { ...others.tags, [tag]: { image, updated, client } } };
    };
    await repositories.hold(right, { ids: [image], change: point });
  }

  /** Removes a tag; its image stays with the repository. Throws `tagMissing` or as `requireOwner`. */
  async remove(caller: Caller, name: RepositoryName, tag: string): Promise<void> {
    const { repositories, rights, clock } = this.#options;
    rights.requireOwner(caller, name, 'delete');
    const updated = timestamp(clock);
    await repositories.change(caller, name, (current) => {
      const left = withoutTag(current, tag);
      if (left === current) throw errors.tagMissing(tag);
      return { ...left, updated };
    });
  }

  /**
   * Removes several tags in one write; those that are gone already count as removed. Resolves to how many
   * there were. Throws `repositoryMissing` or as `requireOwner`.
   */
  async removeSeveral(
    caller: Caller,
    name: RepositoryName,
    wanted: ReadonlySet<string>,
  ): Promise<number> {
    const { repositories, rights, clock } = this.#options;
    rights.requireOwner(caller, name, 'delete');
    const updated = timestamp(clock);
    let removed = 0;
    await repositories.change(caller, name, (current) => {
      let left = current;
      removed = 0;
      for (const tag of wanted) {
        const without = withoutTag(left, tag);
        if (without !== left) removed += 1;
        left = without;
      }
      return removed === 0 ? current : { ...left, updated };
    });
    return removed;
  }

  /**
   * Removes all tags; images, and the repository, stay. Throws `repositoryMissing` or as `requireOwner`. Only
   * for accounts: a delete token means the whole repository (`Deletions.deleteContent`).
   */
  async removeAll(caller: Caller, name: RepositoryName): Promise<void> {
    const { repositories, rights, clock } = this.#options;
    rights.requireOwner(caller, name, 'delete');
    const updated = timestamp(clock);
    await repositories.change(caller, name, (current) => {
      const left = withoutTags(current);
      return left === current ? current : { ...left, updated };
    });
  }
}
