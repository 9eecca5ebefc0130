import { createHmac } from 'node:crypto';
import type { Collection } from '../../storage/documents/collection.js';
import type {
  Descriptor,
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
} from '../../storage/documents/documents.js';
import type { ImageFiles } from '../../storage/files/image-files.js';
import { type Caller, mayRead } from '../access/access.js';
import type { Holders } from '../access/holders.js';
import { type Clock, timestamp } from '../clock.js';
import type { ImageLibrary } from '../images/image-library.js';
import { LayerFormatError } from '../layers/layer-bounds.js';
import type { LayerReadings, Reader } from '../layers/layer-readings.js';
import { withImages } from '../repositories/repository-changes.js';
import { Turns } from '../turns.js';
import type { Blobs } from './blobs.js';
import { ReferenceIndex } from './reference-index.js';
import { NoV1FormError, type V1Link, v1ChainOf } from './v1-chain.js';
import { hexOf } from './v1-form.js';

export interface ToV1Options {
  readonly blobs: Blobs;
  readonly files: ImageFiles;
  readonly images: Collection<ImageDocument>;
  readonly manifests: Collection<ManifestDocument>;
  readonly repositories: Collection<RepositoryDocument>;
  readonly holders: Holders;
  readonly library: ImageLibrary;
  readonly readings: LayerReadings;
  readonly clock: Clock;
  /** A secret of the hub: 64 hex digits. */
  readonly key: () => string;
}

/** Where an image of v1 can be made from. */
interface Origin {
  /** The key of the repository. */
  readonly repository: string;
  readonly document: ManifestDocument & { readonly config: Descriptor };
}

/** Why v1 cannot have an image that was pushed over v2: a clause. */
class NotForV1 extends Error {
  override readonly name = 'NotForV1';
}

/**
 * Makes what came over v2 readable over v1: one image for each layer (v2.md §5, scheme a), whose layer is the blob
 * itself, or, where it is packed with zstd, which no old docker reads, the same made gzip. A config says of itself
 * what its layers are; before v1 counts on it, they are read. That happens once, when the image is first
 * asked for, and can be begun again after a kill.
 */
export class ToV1 {
  readonly #options: ToV1Options;
  /** Repositories by the v1 ids of what was pushed to them over v2. */
  readonly #promising: ReferenceIndex<RepositoryDocument>;
  readonly #turns = new Turns();
  /** By the lowest image. */
  readonly #bases = new Turns();

  constructor(options: ToV1Options) {
    this.#options = options;
    this.#promising = new ReferenceIndex(options.repositories, ({ manifests = {} }) =>
      Object.values(manifests).flatMap(({ image }) => image ?? []),
    );
  }

  /** Whether an image may have to be made before it is here. */
  isAwaited(id: string): boolean {
    return this.#promising.has(id);
  }

  /**
   * Sees to it that an image is here if it was pushed over v2 to a repository that the caller may read. Where it turns
   * out that v1 can't carry it, its tags are taken from v1's list, and say why; then the answer is false, since another
   * image may have the id, which nobody must be given instead. Throws `busy`.
   */
  async ensure(caller: Caller, id: string, reader: Reader): Promise<boolean> {
    const { repositories, holders } = this.#options;
    let isRefused = false;
    for (const key of [...this.#promising.of(id)]) {
      const repository = repositories.get(key);
      if (repository === undefined || !mayRead(caller, repository)) continue;
      if (repository.holds.includes(id) && holders.complete(id) !== undefined) return true;
      const origin = this.#originIn(key, repository, id);
      if (origin === undefined) continue;
      if (await this.#turns.take(id, () => this.#make(origin, id, reader))) return true;
      // The same config may have been pushed elsewhere with the wrong layers; this image may still be sound.
      isRefused = true;
    }
    return !isRefused;
  }

  #originIn(key: string, { manifests = {} }: RepositoryDocument, id: string): Origin | undefined {
    for (const [digest, { image }] of Object.entries(manifests)) {
      const document = this.#options.manifests.get(digest);
      if (image !== id || document?.kind !== 'image' || document.config === undefined) continue;
      return { repository: key, document: { ...document, config: document.config } };
    }
    return undefined;
  }

  async #make(origin: Origin, id: string, reader: Reader): Promise<boolean> {
    const { repositories, blobs, holders, library } = this.#options;
    if (repositories.get(origin.repository)?.holds.includes(id) && holders.complete(id))
      return true;
    const { digest } = origin.document;
    let ids: readonly string[] = [];
    try {
      await blobs.whilePinned([digest], async () => {
        const bytes = blobs.read(origin.document.config.digest);
        const plain = v1ChainOf(bytes, hexOf(origin.document.config.digest));
        // Those that share lower images share the lowest: one of them would find what another has yet to hold.
        await this.#bases.take(plain[0]?.id ?? id, async () => {
          const chain = await this.#chainOf(origin, plain, reader);
          ids = chain.map((link) => link.id);
          await holders.whilePinned(ids, () => this.#makeChain(origin, chain, reader));
        });
      });
      return true;
    } catch (error) {
      const isRefusal =
        error instanceof NotForV1 ||
        error instanceof NoV1FormError ||
        error instanceof LayerFormatError;
      if (!isRefusal) throw error;
      await this.#unlist(origin, id, error.message);
      return false;
    } finally {
      // An image that no repository holds, since the manifest went meanwhile or a layer differs, must not stay.
      for (const each of ids) await library.removeIfAbandoned(each).catch(() => undefined);
    }
  }

  /**
   * Lower images have the ids that docker gives them, and are shared with all who have the same layers. Those of a
   * private repository have ids that nobody else can guess: others would get its very bytes by naming its layers. So
   * have those of a repository whose ids are taken by other images, or by layers that no old docker reads.
   */
  async #chainOf(
    { repository, document: { config } }: Origin,
    plain: readonly V1Link[],
    reader: Reader,
  ): Promise<readonly V1Link[]> {
    const { blobs, repositories } = this.#options;
    const { access, namespace = '' } = repositories.get(repository) ?? {};
    if (access === 'public' && (await this.#isShareable(plain, reader))) return plain;
    const lowerId = (id: string): string =>
      createHmac('sha256', this.#options.key()).update(`${namespace}\n${id}`).digest('hex');
    return v1ChainOf(blobs.read(config.digest), hexOf(config.digest), { lowerId });
  }

  /** Whether the lower images of a chain that are here already are those that it would make. */
  async #isShareable(chain: readonly V1Link[], reader: Reader): Promise<boolean> {
    const { holders, readings } = this.#options;
    const ancestry: string[] = [];
    for (const { id, diffId } of chain.slice(0, -1)) {
      ancestry.unshift(id);
      const known = holders.complete(id);
      if (known === undefined) continue;
      if (!holders.isPublic(id) || known.ancestry.join() !== ancestry.join()) return false;
      const found = await readings.digests(known, reader).catch(unreadable);
      if (found?.diffId !== diffId || !found.isServable) return false;
    }
    return true;
  }

  async #makeChain(origin: Origin, chain: readonly V1Link[], reader: Reader): Promise<void> {
    const { document } = origin;
    const ancestry: string[] = [];
    for (const [index, link] of chain.entries()) {
      const layer = document.layers[index];
      if (layer === undefined) throw new NotForV1('it has fewer layers than its config says');
      ancestry.unshift(link.id);
      const isTop = index === chain.length - 1;
      await this.#makeImage(link, layer, [...ancestry], isTop ? document : undefined, reader);
    }
    await this.#hold(origin, ancestry);
  }

  async #makeImage(
    link: V1Link,
    layer: Descriptor,
    ancestry: readonly string[],
    manifest: Origin['document'] | undefined,
    reader: Reader,
  ): Promise<void> {
    const { id, json, diffId } = link;
    const { holders, images, files, blobs, library, readings, clock } = this.#options;
    // Before anything else: naming the layers of a private image must not give them to anybody.
    const { diffId: found, isServable } = await readings.digests(
      { id: '', layer: layer.digest },
      reader,
    );
    if (found !== diffId)
      throw new NotForV1(`its layer ${layer.digest} is not what its config says`);
    const known = holders.complete(id);
    if (known !== undefined) {
      const theirs = known.v2?.diffId ?? (await readings.digests(known, reader)).diffId;
      const isSame = theirs === diffId && known.ancestry.join() === ancestry.join();
      // Anybody can push anything over v1 under the id of a config, and clients run what its json says. To the byte: Go
      // reads repeated keys, and those in capitals, in ways of its own.
      const isTop = manifest !== undefined;
      if (isSame && (!isTop || json.equals(await files.readJson(id, known.json)))) return;
      throw new NotForV1(`another image has its id ${id}`);
    }
    const own = isServable ? layer : await this.#packed(layer, reader);
    const isMade = await blobs.whileNaming([own.digest, layer.digest], async () => {
      const stored = await files.writeJson(id, json);
      return library.unlessItFails(id, [stored.file], async () => {
        const payload = await readings.payload(
          { id, layer: own.digest, json: stored.file },
          reader,
        );
        const image: ImageDocument = {
          id,
          ancestry,
          size: own.size,
          payload,
          json: stored.file,
          layer: own.digest,
          completed: timestamp(clock),
          v2: {
            layer: layer.digest,
            size: layer.size,
            diffId,
            ...(manifest && { manifest: manifest.digest, config: manifest.config.digest }),
          },
        };
        const { after } = await images.update(id, (current) => current ?? image);
        if (after === image) return true;
        await library.removeUnusedFiles(id, [stored.file]);
        return false;
      });
    });
    // Somebody else made it meanwhile, or pushed another one: that is looked at as one that was here before.
    if (!isMade) await this.#makeImage(link, layer, ancestry, manifest, reader);
  }

  /** The same layer as all v1 clients can read it. */
  async #packed(
    { digest }: Descriptor,
    reader: Reader,
  ): Promise<Pick<Descriptor, 'digest' | 'size'>> {
    const { readings, blobs } = this.#options;
    const place = blobs.files.newPlace();
    try {
      const packed = await readings.gzipped({ id: '', layer: digest }, place, reader);
      await blobs.whilePinned([packed.digest], () =>
        blobs.bring(packed.digest, () => blobs.files.adopt(place, packed.digest)),
      );
      return packed;
    } finally {
      await blobs.files.drop(place);
    }
  }

  /** In the same write as the look whether the repository still has the manifest. */
  async #hold({ repository, document }: Origin, ancestry: readonly string[]): Promise<void> {
    const [id = ''] = ancestry;
    await this.#options.repositories.update(repository, (current) => {
      if (current?.manifests?.[document.digest]?.image !== id) return current;
      return withImages(current, [{ id }], ancestry, current.updated);
    });
  }

  /** Takes from v1 what it can't carry. */
  async #unlist({ repository }: Origin, id: string, reason: string): Promise<void> {
    await this.#options.repositories.update(repository, (current) => {
      if (current === undefined) return current;
      const { manifests = {}, unlisted = {} } = current;
      const links = Object.entries(manifests).map(([digest, link]) => {
        const { image, ...rest } = link;
        return [digest, image === id ? rest : link] as const;
      });
      const tags = Object.entries(current.tags);
      const isGone = ([, tag]: (typeof tags)[number]): boolean =>
        tag.image === id && tag.manifest !== undefined;
      const moved = tags.filter(isGone).map(([tag, { manifest = '', updated }]) => {
        return [tag, { manifest, updated, reason }] as const;
      });
      return {
        ...current,
        manifests: Object.fromEntries(links),
        tags: Object.fromEntries(tags.filter((each) => !isGone(each))),
        unlisted: { ...unlisted, ...Object.fromEntries(moved) },
      };
    });
  }
}

/** Over v1 anything may be pushed as a layer. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof LayerFormatError)) throw error;
}
