import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';
import type { WholeFile } from '../../storage/files/disk.js';
import { type Caller, mayRead, type PushRight } from '../access/access.js';
import type { Clock } from '../clock.js';
import { errors } from '../errors.js';
import type { RepositoryName } from '../repositories/names.js';
import type { Repositories } from '../repositories/repositories.js';
import type { Blobs } from './blobs.js';

/** Milliseconds that a blob waits for a manifest that names it: a day. */
const LONGEST_WAIT = 24 * 60 * 60 * 1000;

export interface WaitingBlobsOptions {
  readonly blobs: Blobs;
  readonly repositories: Repositories;
  readonly documents: Collection<RepositoryDocument>;
  readonly clock: Clock;
}

/** From where a caller may take blobs that are here. */
export interface MountSource {
  readonly caller: Caller;
  /** Whether the request is for this repository too, of those that the caller may read. */
  readonly isOpen: (repository: RepositoryDocument) => boolean;
}

/** The blobs that a repository has before a manifest of it names them: uploaded or mounted (v2.md §3). */
export class WaitingBlobs {
  readonly #options: WaitingBlobsOptions;

  constructor(options: WaitingBlobsOptions) {
    this.#options = options;
  }

  /**
   * Gives the repository a blob that `put` brings, unless it is here. A short one that it returns becomes durable with
   * the repository's document, in one write. Where that fails, nothing of it stays.
   */
  async bring(
    right: PushRight,
    digest: string,
    put: () => Promise<WholeFile | undefined>,
  ): Promise<void> {
    const { blobs } = this.#options;
    let isLinked = false;
    try {
      await blobs.whilePinned([digest], async () => {
        await blobs.bring(digest, async () => {
          const short = await put();
          if (short === undefined) return;
          await this.#link(right, digest, [short]);
          isLinked = true;
        });
        if (!isLinked) await this.#link(right, digest);
      });
    } catch (error) {
      await blobs.letGo([digest]).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Gives the repository a blob that is here already: that it has itself, or that `from`, or any, has as a source for
   * the caller. Resolves to whether there was one.
   */
  async mount(
    right: PushRight,
    { caller, isOpen }: MountSource,
    digest: string,
    from?: RepositoryName,
  ): Promise<boolean> {
    const { blobs, documents } = this.#options;
    const keys = from === undefined ? blobs.holdersOf(digest) : [from.full];
    if (!blobs.files.has(digest)) return false;
    for (const key of keys) {
      const repository = documents.get(key);
      if (repository === undefined || !mayRead(caller, repository)) continue;
      if (key !== right.name.full && !isOpen(repository)) continue;
      if (!blobs.isIn(repository, digest)) continue;
      await blobs.whilePinned([digest], () => this.#link(right, digest));
      return true;
    }
    return false;
  }

  /**
   * Takes a blob from a repository. Throws `blobUnknown`, `blobInUse` where a manifest of the repository names it, or
   * as `Rights.requireStill`.
   */
  async remove(caller: Caller, name: RepositoryName, digest: string): Promise<void> {
    const { repositories, blobs } = this.#options;
    await repositories.change(caller, name, (current) => {
      if (!blobs.isIn(current, digest)) throw errors.blobUnknown(digest);
      const { [digest]: since, ...others } = current.blobs ?? {};
      if (since === undefined) throw errors.blobInUse(digest);
      return { ...current, blobs: others };
    });
    await blobs.letGo([digest]);
  }

  /** Lets go of those that no manifest has named for a day. */
  async dropStale(): Promise<void> {
    const { clock, documents, blobs } = this.#options;
    const isOld = (since: string): boolean => clock.now() - Date.parse(since) > LONGEST_WAIT;
    for (const { namespace, name, blobs: waiting = {} } of [...documents.values()]) {
      const old = Object.keys(waiting).filter((each) => isOld(waiting[each] ?? ''));
      if (old.length === 0) continue;
      await documents.update(
        `${namespace}/${name}`,
        (current) =>
          current && {
            ...current,
            blobs: Object.fromEntries(
              Object.entries(current.blobs ?? {}).filter(([, since]) => !isOld(since)),
            ),
          },
      );
      await blobs.letGo(old);
    }
  }

  async #link(right: PushRight, digest: string, files: readonly WholeFile[] = []): Promise<void> {
    const { repositories, blobs } = this.#options;
    await repositories.receive(right, {
      files,
      change: (current, now) =>
        blobs.isIn(current, digest)
          ? current
          : { ...current, blobs: { ...current.blobs, [digest]: now } },
    });
  }
}
