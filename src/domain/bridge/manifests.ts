import { LRUCache } from 'lru-cache';
import type { Collection } from '../../storage/documents/collection.js';
import type {
  Descriptor,
  ImageDocument,
  ManifestDocument,
  ManifestLink,
  PlatformDocument,
  RepositoryDocument,
  TagDocument,
} from '../../storage/documents/documents.js';
import { blobsOfManifest } from '../../storage/documents/references.js';
import type { WholeFile } from '../../storage/files/disk.js';
import { type Caller, mayRead, owns, type PushRight } from '../access/access.js';
import type { Holders } from '../access/holders.js';
import type { Rights } from '../access/rights.js';
import { type Clock, timestamp } from '../clock.js';
import { errors } from '../errors.js';
import type { ImageLibrary } from '../images/image-library.js';
import type { Reader } from '../layers/layer-readings.js';
import { LIBRARY, type RepositoryName } from '../repositories/names.js';
import type { Repositories } from '../repositories/repositories.js';
import { withoutTag } from '../repositories/repository-changes.js';
import type { Blobs } from './blobs.js';
import { type ReadManifest, readManifest, type Said } from './manifest-content.js';
import { ReferenceIndex } from './reference-index.js';
import { pageOfReferrers, type ReferrersAsked, type ReferrersPage } from './referrers.js';
import type { ToV2 } from './to-v2.js';
import { type V1Form, v1FormOf, v1FormOfIndex } from './v1-form.js';
import { requireContent, withManifest } from './with-manifest.js';
import { withoutManifest } from './without-manifest.js';

/** How many bytes of manifests are remembered. */
const MOST_REMEMBERED = 16 * 1024 * 1024;

/** What a path calls a manifest. */
export type Reference = { readonly tag: string } | { readonly digest: string };

export interface ManifestsOptions {
  readonly blobs: Blobs;
  readonly manifests: Collection<ManifestDocument>;
  readonly images: Collection<ImageDocument>;
  readonly repositories: Repositories;
  readonly holders: Holders;
  readonly library: ImageLibrary;
  readonly rights: Rights;
  readonly toV2: ToV2;
  readonly clock: Clock;
}

/** A manifest as it is pushed. */
export interface PushedManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: Said['mediaType'];
  /** Its digest, where the path has it. */
  readonly digest?: string | undefined;
  /** The tags that come to name it. */
  readonly tags: readonly string[];
  /** What the pushing client said of its machine. */
  readonly client: TagDocument['client'];
}

/** What a tag is to clients of today. */
export interface TagOfToday {
  /** The digest of its manifest. */
  readonly digest: string;
  /** The digest of its config, which docker shows as the image's id; undefined where it is not one image. */
  readonly config: string | undefined;
  /** The machines that it is for, such as `linux/arm64`; empty where it is not a list of images. */
  readonly platforms: readonly string[];
  /** Bytes of all layers. */
  readonly size: number;
}

/** The manifests of v2: what is pushed by tag or digest, read, listed and deleted (v2.md §3). */
export class Manifests {
  readonly #options: ManifestsOptions;
  /** Manifests by the one that they are about. */
  readonly #about: ReferenceIndex<ManifestDocument>;
  readonly #read = new LRUCache<string, string | Buffer>({
    maxSize: MOST_REMEMBERED,
    // At most two bytes a letter.
    sizeCalculation: (content) => 2 * content.length + 1,
  });
  /** Images of v1 by the config that they have over v2. */
  readonly #configured: ReferenceIndex<ImageDocument>;

  constructor(options: ManifestsOptions) {
    this.#options = options;
    this.#about = new ReferenceIndex(options.manifests, ({ subject }) =>
      subject ? [subject] : [],
    );
    this.#configured = new ReferenceIndex(options.images, ({ v2 }) =>
      v2?.config ? [v2.config] : [],
    );
  }

  /**
   * The repository, for those who may read it. Throws `repositoryMissing` (404) to those whose it would be,
   * `loginRequired` (401) to nobody, and `pullDenied` (403) to everybody else: whether there is a private
   * repository of that name they are not told.
   */
  readable(caller: Caller, name: RepositoryName): RepositoryDocument {
    const repository = this.#options.repositories.find(name);
    if (repository !== undefined && mayRead(caller, repository)) return repository;
    if (this.#mayCreate(caller, name)) throw errors.repositoryMissing();
    throw caller.kind === 'anonymous' ? errors.loginRequired() : errors.pullDenied(name.full);
  }

  /**
   * A manifest of a repository; of an image that came over v1 it is made when it is first asked for, which takes as
   * long as its layers take to be read. Throws as `readable`, `manifestUnknown`, `notForV2` or `busy`.
   */
  async find(
    caller: Caller,
    name: RepositoryName,
    reference: Reference,
    reader: Reader,
  ): Promise<ManifestDocument> {
    const repository = this.readable(caller, name);
    const digest =
      'digest' in reference
        ? reference.digest
        : await this.#named(repository, name, reference.tag, reader);
    const { manifests } = this.#options;
    const link = digest === undefined ? undefined : this.#linkOf(name, digest);
    const document = digest === undefined || link === undefined ? undefined : manifests.get(digest);
    if (document === undefined) throw errors.manifestUnknown(textOf(reference));
    return link?.mediaType === undefined ? document : { ...document, mediaType: link.mediaType };
  }

  /** What a repository has over v2 of the image that has this id in v1, if it was made or pushed there. */
  ofImage(name: RepositoryName, image: string): ManifestDocument | undefined {
    const { repositories, manifests } = this.#options;
    const links = Object.entries(repositories.find(name)?.manifests ?? {});
    const own = links.filter(([, link]) => link.image === image);
    return own
      .map(([digest]) => manifests.get(digest))
      .find((document) => document?.kind === 'image' && document.config !== undefined);
  }

  /**
   * What a manifest is; the last ones are remembered, as they never change. A text, which goes out with its headers in
   * one piece, unless what lies there is damaged and is none.
   */
  read({ digest }: ManifestDocument): string | Buffer {
    const known = this.#read.get(digest);
    if (known !== undefined) return known;
    const bytes = this.#options.blobs.read(digest);
    const text = bytes.toString();
    const content = Buffer.from(text).equals(bytes) ? text : bytes;
    this.#read.set(digest, content);
    return content;
  }

  /**
   * Takes a manifest into a repository, and points tags at it. Throws `manifestInvalid`, `digestInvalid`,
   * `manifestBlobUnknown`, `repositoryFull`.
   */
  async put(right: PushRight, pushed: PushedManifest): Promise<ManifestDocument> {
    const coming = comingOf(pushed);
    await this.#options.blobs.whileNaming(coming.names, () =>
      this.#receive(right, [coming], new Set()),
    );
    return coming.document;
  }

  /**
   * Takes manifests into a repository in one write, those that are named before those that name them. `bring` sees to
   * it that their blobs are here, which the repository need not have. When it fails, nothing of them stays. Throws as
   * `put`, and what `bring` throws.
   */
  async putAll(
    right: PushRight,
    pushed: readonly PushedManifest[],
    bring: () => Promise<void>,
  ): Promise<void> {
    const { blobs } = this.#options;
    const all = pushed.map(comingOf);
    const names = [...new Set(all.flatMap((each) => each.names))];
    await blobs.whileNaming(names, async () => {
      await bring();
      const here = names.filter((each) => blobs.files.has(each));
      await this.#receive(right, all, new Set([...here, ...all.map((each) => each.digest)]));
    });
  }

  /** `brought` may be named though the repository does not have it. The caller has pinned what is named. */
  async #receive(
    right: PushRight,
    all: readonly ComingManifest[],
    brought: ReadonlySet<string>,
  ): Promise<void> {
    const { blobs, manifests, repositories } = this.#options;
    const before = repositories.find(right.name) ?? {};
    const forms = all.map(({ document }) => {
      requireContent(document, before, blobs, brought);
      return document.kind === 'index' ? undefined : this.#formOf(right, document);
    });
    for (const { digest, document, pushed } of all) {
      const store = (bytes: readonly WholeFile[]) =>
        manifests.update(digest, (current) => current ?? document, bytes);
      // Both in one write.
      await blobs.bring(digest, () => store([blobs.files.whole(digest, pushed.bytes)]));
      await store([]);
    }
    await repositories.receive(right, {
      ids: forms.flatMap((form) => form?.here ?? []),
      change: (current, now) =>
        all.reduce((left, { document, mediaType, pushed }, index) => {
          requireContent(document, left, blobs, brought);
          const form = forms[index] ?? v1FormOfIndex(document, left);
          const here = (document.optional ?? []).filter(
            (each) => brought.has(each.digest) || blobs.isIn(left, each.digest),
          );
          const { tags, client } = pushed;
          return withManifest(left, { document, mediaType, here, form, now, tags, client });
        }, current),
    });
  }

  /**
   * Removes a tag, or a manifest with all tags that name it, and what only it needed. Throws `manifestUnknown`, or as
   * `Rights.requireOwner`.
   */
  async delete(caller: Caller, name: RepositoryName, reference: Reference): Promise<void> {
    const { repositories, rights, blobs, library, manifests, clock } = this.#options;
    this.readable(caller, name);
    rights.requireOwner(caller, name, 'delete');
    const updated = timestamp(clock);
    let released: readonly string[] = [];
    await repositories.change(caller, name, (current) => {
      if ('tag' in reference) {
        const left = withoutTag(current, reference.tag);
        if (left === current) throw errors.manifestUnknown(reference.tag);
        return { ...left, updated };
      }
      const { digest } = reference;
      if (current.manifests?.[digest] === undefined) throw errors.manifestUnknown(digest);
      const left = withoutManifest(current, digest, this.#options.holders);
      released = current.holds.filter((id) => !left.holds.includes(id));
      return { ...left, updated };
    });
    if ('tag' in reference) return;
    const { layers = [], optional = [] } = manifests.get(reference.digest) ?? {};
    await blobs.letGoOfManifests([reference.digest]);
    for (const id of released) await library.removeIfAbandoned(id);
    await blobs.letGo([...layers, ...optional].map((each) => each.digest));
  }

  /** The tags of a repository, from a to z. Throws as `readable`. */
  tags(caller: Caller, name: RepositoryName): string[] {
    const { tags, unlisted = {} } = this.readable(caller, name);
    return [...Object.keys(tags), ...Object.keys(unlisted)].sort();
  }

  /** What a tag is over v2, as far as that has been worked out: of what came over v1, once somebody asked. */
  tagOfToday(repository: RepositoryDocument, tag: string): TagOfToday | undefined {
    const { holders, manifests } = this.#options;
    const listed = Object.hasOwn(repository.tags, tag) ? repository.tags[tag] : undefined;
    const unlisted = repository.unlisted ?? {};
    const digest =
      listed === undefined
        ? Object.hasOwn(unlisted, tag) && unlisted[tag]?.manifest
        : (listed.manifest ?? holders.complete(listed.image)?.v2?.manifest);
    const document = digest ? manifests.get(digest) : undefined;
    if (document === undefined) return undefined;
    // Each once: an index may name the same manifest as often as it likes.
    const members = new Set((document.manifests ?? []).map((each) => each.digest));
    const parts = [...members].flatMap((each) => manifests.get(each) ?? []);
    const blobs = new Map([document, ...parts].flatMap(({ layers }) => layers.map(sizeByDigest)));
    return {
      digest: document.digest,
      config: document.kind === 'image' ? document.config?.digest : undefined,
      platforms: (document.manifests ?? []).flatMap(({ platform }) => platformIn(platform)),
      size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
    };
  }

  /** The repositories that the caller may read and that have something, in no order. */
  catalog(caller: Caller): RepositoryDocument[] {
    const all = this.#options.repositories.visible(caller);
    return all.filter(({ tags, unlisted = {}, manifests = {} }) =>
      [tags, unlisted, manifests].some((each) => Object.keys(each).length > 0),
    );
  }

  /**
   * The manifests of a repository that are about another one, page by page. Nothing about a repository that is still to
   * come. Throws as `readable`.
   */
  referrers(
    caller: Caller,
    name: RepositoryName,
    digest: string,
    asked: ReferrersAsked,
  ): ReferrersPage {
    const { manifests: own = {} } = this.#orEmpty(caller, name);
    const digests = [...this.#about.of(digest)].filter((each) => Object.hasOwn(own, each));
    return pageOfReferrers(digests, (each) => this.#options.manifests.get(each), asked);
  }

  #orEmpty(caller: Caller, name: RepositoryName): Pick<RepositoryDocument, 'manifests'> {
    const isThere = this.#options.repositories.find(name) !== undefined;
    return !isThere && this.#mayCreate(caller, name) ? {} : this.readable(caller, name);
  }

  /** Whether a repository of this name, if there is none, is the caller's to make. */
  #mayCreate(caller: Caller, name: RepositoryName): boolean {
    const isOwn = caller.kind === 'account' && owns(caller.account, name);
    return isOwn || this.#options.rights.isCommon(name);
  }

  async #named(
    { tags, unlisted = {} }: RepositoryDocument,
    name: RepositoryName,
    tag: string,
    reader: Reader,
  ): Promise<string | undefined> {
    if (Object.hasOwn(unlisted, tag)) return unlisted[tag]?.manifest;
    const found = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
    if (found === undefined) return undefined;
    return found.manifest ?? (await this.#options.toV2.manifestOf(name, found.image, reader));
  }

  #linkOf(name: RepositoryName, digest: string): ManifestLink | undefined {
    const links = this.#options.repositories.find(name)?.manifests ?? {};
    return Object.hasOwn(links, digest) ? links[digest] : undefined;
  }

  /**
   * What a manifest is to v1. An image that came over v1 keeps its ids when a docker of today brings it back: its
   * layers are compressed again then, its config stays (v2.md §5). Of the same namespace, or an official one: others
   * can have the same config made of a json that old dockers read otherwise.
   */
  #formOf(
    { name, pusher }: PushRight,
    document: ManifestDocument,
  ): V1Form & { here?: readonly string[] } {
    const { blobs, holders } = this.#options;
    const config = document.config?.digest ?? '';
    for (const id of this.#configured.of(config)) {
      const isTheirs = holders.isIn([name.namespace, LIBRARY], id);
      if (isTheirs && holders.isOpenTo(pusher, id)) return { image: id, here: [id] };
    }
    return v1FormOf(document, blobs);
  }
}

/** A manifest on its way. */
interface ComingManifest extends ReadManifest {
  readonly digest: string;
  /** Itself and all blobs that it names. */
  readonly names: readonly string[];
  readonly pushed: PushedManifest;
}

/** Reads a manifest. Throws `manifestInvalid` or `digestInvalid`. */
function comingOf(pushed: PushedManifest): ComingManifest {
  const read = readManifest(pushed.bytes, pushed);
  const { digest, optional = [] } = read.document;
  const blobs = [...blobsOfManifest(read.document), ...optional.map((each) => each.digest)];
  return { ...read, digest, names: [digest, ...blobs], pushed };
}

function textOf(reference: Reference): string {
  return 'tag' in reference ? reference.tag : reference.digest;
}

function sizeByDigest({ digest, size }: Descriptor): [string, number] {
  return [digest, size];
}

/** buildx keeps what it knows of a build for a machine that is unknown. */
function platformIn(platform: PlatformDocument | undefined): string[] {
  if (platform === undefined || platform.os === 'unknown') return [];
  const { os, architecture, variant } = platform;
  return [[os, architecture, variant].filter(Boolean).join('/')];
}
