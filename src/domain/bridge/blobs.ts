/*
 * The bridge: what v2 has beside v1, over one store.
 *
 *   blobs.ts          which blobs there are, through which repositories, and when they go
 *   blob-uploads.ts   how they come
 *   waiting-blobs.ts  what a repository has of them before a manifest names it
 *   manifests.ts      what is pushed by tag or digest, and what lists it
 *   with-manifest.ts, without-manifest.ts   what a repository becomes by a push and a deletion
 *   to-v2.ts          what v1 pushed, for v2                   to-v1.ts   the other way
 */
import type { Readable } from 'node:stream';
import type { Collection } from '../../storage/documents/collection.js';
import type {
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
} from '../../storage/documents/documents.js';
import {
  blobsOfImage,
  blobsOfManifest,
  blobsOfRepository,
} from '../../storage/documents/references.js';
import type { BlobFiles } from '../../storage/files/blob-files.js';
import type { ByteRange, LayerPieces } from '../../storage/files/layer-pieces.js';
import { Turns } from '../turns.js';
import { ReferenceIndex } from './reference-index.js';

export interface BlobsOptions {
  readonly files: BlobFiles;
  readonly images: Collection<ImageDocument>;
  readonly manifests: Collection<ManifestDocument>;
  readonly repositories: Collection<RepositoryDocument>;
}

/** What a repository has of v2. */
export type Belongings = Pick<RepositoryDocument, 'manifests' | 'blobs'>;

/**
 * The blobs, and the documents of manifests. A blob is readable through a repository that it was uploaded or mounted
 * to, or one of whose manifests names it; it goes from the disk with the last document that names it.
 */
export class Blobs {
  readonly files: BlobFiles;
  readonly #manifests: Collection<ManifestDocument>;
  /** Manifests by the blobs that they name. */
  readonly #naming: ReferenceIndex<ManifestDocument>;
  /** Images of v1 by their blobs. */
  readonly #layering: ReferenceIndex<ImageDocument>;
  /** Repositories by their manifests, and by their blobs that their manifests do not need. */
  readonly #having: ReferenceIndex<RepositoryDocument>;
  readonly #waiting: ReferenceIndex<RepositoryDocument>;
  /** How many writers are about to name a blob or a manifest. */
  readonly #pins = new Map<string, number>();
  readonly #turns = new Turns();

  constructor({ files, images, manifests, repositories }: BlobsOptions) {
    this.files = files;
    this.#manifests = manifests;
    this.#naming = new ReferenceIndex(manifests, namedBy);
    this.#layering = new ReferenceIndex(images, blobsOfImage);
    this.#having = new ReferenceIndex(repositories, (each) => Object.keys(each.manifests ?? {}));
    this.#waiting = new ReferenceIndex(repositories, blobsOfRepository);
  }

  /** Whether a repository has a blob. */
  isIn({ manifests = {}, blobs = {} }: Belongings, digest: string): boolean {
    if (Object.hasOwn(blobs, digest)) return true;
    const links = this.#waiting.has(digest) ? Object.values(manifests) : [];
    if (links.some(({ optional }) => optional?.includes(digest))) return true;
    const naming = this.#naming.of(digest);
    const own = Object.keys(manifests);
    // A base layer is named by thousands of manifests, and a repository may have as many.
    if (own.length < naming.size) return own.some((each) => naming.has(each));
    for (const each of naming) if (Object.hasOwn(manifests, each)) return true;
    return false;
  }

  /** The keys of the repositories that may have a blob; `isIn` decides. */
  *holdersOf(digest: string): Generator<string> {
    yield* this.#waiting.of(digest);
    for (const each of this.#naming.of(digest)) yield* this.#having.of(each);
  }

  /** The keys of the repositories that have a manifest. */
  havingManifest(digest: string): ReadonlySet<string> {
    return this.#having.of(digest);
  }

  /** All of a short blob. */
  read(digest: string): Buffer {
    return this.files.read(digest);
  }

  /** A blob or a part of it, to be sent. */
  openPieces(digest: string, range: ByteRange): Promise<LayerPieces> {
    return this.files.openPieces(digest, range);
  }

  /** The same as a stream, which costs more. */
  open(digest: string, range?: ByteRange): Promise<Readable> {
    return this.files.open(digest, range);
  }

  /** Keeps blobs and manifests from being removed until `work` has named them. */
  async whilePinned<R>(digests: readonly string[], work: () => Promise<R>): Promise<R> {
    for (const each of digests) this.#pins.set(each, (this.#pins.get(each) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const each of digests) this.#unpin(each);
    }
  }

  /** The same; where `work` fails, those that nothing came to name go again. */
  async whileNaming<R>(digests: readonly string[], work: () => Promise<R>): Promise<R> {
    try {
      return await this.whilePinned(digests, work);
    } catch (error) {
      await this.letGoOfManifests(digests).catch(() => undefined);
      await this.letGo(digests).catch(() => undefined);
      throw error;
    }
  }

  /** Puts a blob here, unless it is: `put` is not called while the blob is being removed, or put by somebody else. */
  async bring(digest: string, put: () => Promise<unknown>): Promise<void> {
    await this.#turns.take(digest, async () => {
      if (!this.files.has(digest)) await put();
    });
  }

  /** Removes those of some blobs that nothing names any more. */
  async letGo(digests: Iterable<string>): Promise<void> {
    for (const digest of digests) {
      if (this.#isUsed(digest)) continue;
      await this.#turns.take(digest, async () => {
        if (!this.#isUsed(digest)) await this.files.remove(digest);
      });
    }
  }

  /** Removes those of some manifests that no repository has any more, with the blobs that only they named. */
  async letGoOfManifests(digests: Iterable<string>): Promise<void> {
    for (const digest of digests) {
      const { before, after } = await this.#manifests.update(digest, (current) =>
        this.#having.has(digest) || this.#pins.has(digest) ? current : undefined,
      );
      if (before !== undefined && after === undefined) await this.letGo(blobsOfManifest(before));
    }
  }

  /** After a repository went, or lost what it had: removes what only it had. */
  async abandon(before: Belongings): Promise<void> {
    await this.letGoOfManifests(Object.keys(before.manifests ?? {}));
    await this.letGo(blobsOfRepository(before));
  }

  /** What a crash can leave behind: manifests that belong to no repository. */
  async recover(): Promise<void> {
    const orphans = [...this.#manifests.values()].filter(({ digest }) => !this.#having.has(digest));
    await this.letGoOfManifests(orphans.map(({ digest }) => digest));
  }

  #isUsed(digest: string): boolean {
    return (
      this.#pins.has(digest) ||
      this.#manifests.get(digest) !== undefined ||
      this.#having.has(digest) ||
      this.#waiting.has(digest) ||
      this.#naming.has(digest) ||
      this.#layering.has(digest)
    );
  }

  #unpin(digest: string): void {
    const left = (this.#pins.get(digest) ?? 1) - 1;
    if (left === 0) this.#pins.delete(digest);
    else this.#pins.set(digest, left);
  }
}

/** The blobs that a manifest names; it cannot name itself. */
function namedBy(manifest: ManifestDocument): string[] {
  return blobsOfManifest(manifest).filter((digest) => digest !== manifest.digest);
}
