import type { Collection } from '../../storage/documents/collection.js';
import type {
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
} from '../../storage/documents/documents.js';
import { blobsOfManifest } from '../../storage/documents/references.js';
import type { ImageFiles } from '../../storage/files/image-files.js';
import type { Holders } from '../access/holders.js';
import { type Clock, timestamp } from '../clock.js';
import { errors } from '../errors.js';
import type { ImageLibrary } from '../images/image-library.js';
import { LayerFormatError } from '../layers/layer-bounds.js';
import type { LayerReadings, Reader } from '../layers/layer-readings.js';
import type { RepositoryName } from '../repositories/names.js';
import { Turns } from '../turns.js';
import type { Blobs } from './blobs.js';
import { DocumentError } from './document-error.js';
import { imageConfig, isConfigOf } from './image-config.js';
import { digestOf, MEDIA_TYPES, readManifest } from './manifest-content.js';

export interface ToV2Options {
  readonly blobs: Blobs;
  readonly files: ImageFiles;
  readonly images: Collection<ImageDocument>;
  readonly manifests: Collection<ManifestDocument>;
  readonly repositories: Collection<RepositoryDocument>;
  readonly holders: Holders;
  readonly library: ImageLibrary;
  readonly readings: LayerReadings;
  readonly clock: Clock;
}

/** An image whose layer is a blob of v2. */
type WithBlob = ImageDocument & { readonly v2: NonNullable<ImageDocument['v2']> };

/**
 * Makes what came over v1 readable over v2: each layer becomes a blob as it is, or, where clients of today can't read
 * it, is compressed again beside it; config and manifest are those that docker itself makes of the same images
 * (v2.md §5). All of it happens once, when the image is first asked for, and can be begun again after a kill.
 */
export class ToV2 {
  readonly #options: ToV2Options;
  readonly #turns = new Turns();

  constructor(options: ToV2Options) {
    this.#options = options;
  }

  /**
   * The digest of the manifest of an image that a repository holds; from then on the repository has it. Undefined
   * where it holds no such image. Throws `notForV2` (404) or `busy`.
   */
  async manifestOf(name: RepositoryName, id: string, reader: Reader): Promise<string | undefined> {
    const { holders, repositories } = this.#options;
    const ancestry = holders.complete(id)?.ancestry;
    if (ancestry === undefined) return undefined;
    return this.#turns.take(id, () =>
      holders.whilePinned(ancestry, async () => {
        const document = this.#known(id) ?? (await this.#make(ancestry.toReversed(), reader));
        const { digest } = document;
        if (repositories.get(name.full)?.manifests?.[digest] === undefined) {
          await this.#options.blobs.whileNaming(blobsOfManifest(document), async () => {
            // The last repository that had it may be losing it at this moment.
            await this.#options.manifests.update(digest, (current) => current ?? document);
            await this.#link(name, id, digest);
          });
        }
        return digest;
      }),
    );
  }

  #known(id: string): ManifestDocument | undefined {
    const digest = this.#options.holders.complete(id)?.v2?.manifest;
    return digest === undefined ? undefined : this.#options.manifests.get(digest);
  }

  /** In the same write as the look whether the repository still holds the image. */
  async #link(name: RepositoryName, image: string, digest: string): Promise<void> {
    const pushed = timestamp(this.#options.clock);
    await this.#options.repositories.update(name.full, (current) => {
      if (current?.holds.includes(image) !== true || current.deletion !== undefined) return current;
      return { ...current, manifests: { ...current.manifests, [digest]: { pushed, image } } };
    });
  }

  /** `chain` has the lowest first. */
  async #make(chain: readonly string[], reader: Reader): Promise<ManifestDocument> {
    try {
      const images: WithBlob[] = [];
      for (const id of chain) images.push(await this.#withBlob(id, reader));
      return await this.#describe(images);
    } catch (error) {
      if (error instanceof DocumentError || error instanceof LayerFormatError) {
        throw errors.notForV2(`This image can't be handed out over v2: ${error.message}`);
      }
      throw error;
    }
  }

  async #withBlob(id: string, reader: Reader): Promise<WithBlob> {
    const image = this.#options.holders.complete(id);
    if (image === undefined)
      throw errors.notForV2(`Image ${id}, which it is built on, is not here`);
    if (isWithBlob(image) && this.#options.blobs.files.has(image.v2.layer)) return image;
    const { readings } = this.#options;
    const { isServable, digest, size, diffId } = await readings.digests(image, reader);
    return isServable
      ? this.#asBlob(image, { layer: digest, size, diffId })
      : this.#packAnew(image, reader);
  }

  /** The layer's file becomes a blob, which the image shares with all that have the same. */
  async #asBlob(image: ImageDocument, v2: WithBlob['v2']): Promise<WithBlob> {
    const { blobs, files, library } = this.#options;
    const { id, layer } = image;
    return blobs.whileNaming([v2.layer], async () => {
      await blobs.bring(v2.layer, () => blobs.files.adopt(files.path(id, layer), v2.layer));
      const changed = await this.#note(image, { layer: v2.layer, v2 });
      await library.removeUnusedFiles(id, [layer]);
      return changed;
    });
  }

  async #packAnew(image: ImageDocument, reader: Reader): Promise<WithBlob> {
    const { blobs, readings } = this.#options;
    const place = blobs.files.newPlace();
    try {
      const { digest, size, diffId } = await readings.gzipped(image, place, reader);
      return await blobs.whileNaming([digest], async () => {
        await blobs.bring(digest, () => blobs.files.adopt(place, digest));
        return this.#note(image, { v2: { layer: digest, size, diffId } });
      });
    } finally {
      await blobs.files.drop(place);
    }
  }

  /** Notes what was found about an image, unless it is another by now. */
  async #note(
    { id, layer }: ImageDocument,
    found: Pick<WithBlob, 'v2'> & Partial<Pick<ImageDocument, 'layer'>>,
  ): Promise<WithBlob> {
    const { after } = await this.#options.images.update(id, (current) =>
      current?.layer === layer ? { ...current, ...found } : current,
    );
    if (after === undefined || !isWithBlob(after))
      throw errors.notForV2(`Image ${id} has just gone`);
    return after;
  }

  /** Writes the config and the manifest of a chain of images, the lowest first. */
  async #describe(images: readonly WithBlob[]): Promise<ManifestDocument> {
    const { blobs, files, manifests } = this.#options;
    const layers = await Promise.all(
      images.map(async ({ id, json, v2: { diffId } }) => {
        return { id, json: await files.readJson(id, json), diffId };
      }),
    );
    const top = images.at(-1);
    const config = this.#ownConfig(top, layers) ?? Buffer.from(imageConfig(layers));
    const { document, config: configured, bytes } = describe(config, images);
    const named = [document.digest, configured.digest];
    return blobs.whileNaming([...named, ...images.map(({ v2 }) => v2.layer)], async () => {
      await blobs.bring(configured.digest, () => blobs.files.write(configured.digest, config));
      await blobs.bring(document.digest, () => blobs.files.write(document.digest, bytes));
      await manifests.update(document.digest, (current) => current ?? document);
      if (top !== undefined) {
        const [manifest, own] = named;
        await this.#note(top, {
          v2: { ...top.v2, ...(manifest && { manifest }), ...(own && { config: own }) },
        });
      }
      return document;
    });
  }

  /** The config that an image came with, if it is of these layers. */
  #ownConfig(
    top: ImageDocument | undefined,
    layers: readonly { readonly diffId: string }[],
  ): Buffer | undefined {
    if (top?.config === undefined) return undefined;
    const config = this.#options.blobs.read(top.config);
    const diffIds = layers.map(({ diffId }) => diffId);
    return isConfigOf(config, diffIds) ? config : undefined;
  }
}

function isWithBlob(image: ImageDocument): image is WithBlob {
  return image.v2 !== undefined;
}

/** The manifest of docker's schema 2, which every docker since 1.10 takes, and podman and containerd too. */
function describe(config: Buffer, images: readonly WithBlob[]) {
  const configured = {
    mediaType: MEDIA_TYPES.dockerConfig,
    size: config.length,
    digest: digestOf(config),
  };
  const layers = images.map(({ v2: { layer, size } }) => ({
    mediaType: MEDIA_TYPES.dockerLayer,
    size,
    digest: layer,
  }));
  const mediaType = MEDIA_TYPES.dockerManifest;
  const text = JSON.stringify({ schemaVersion: 2, mediaType, config: configured, layers });
  const bytes = Buffer.from(text);
  // As if it was pushed.
  return { document: readManifest(bytes, { mediaType }).document, config: configured, bytes };
}
