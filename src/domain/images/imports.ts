import type { Readable } from 'node:stream';
import type { ImageDocument } from '../../storage/documents/documents.js';
import { timestamp } from '../clock.js';
import { errors } from '../errors.js';
import { checksumText, payloadHash } from '../layers/checksums.js';
import { isImageId, type RepositoryName } from '../repositories/names.js';
import type { Adopted } from '../repositories/repositories.js';
import { parseImageJson } from './image-json.js';
import type { UploadEndingOptions } from './upload-ending.js';
import { MOST_ANCESTORS } from './uploads.js';

/** An import needs what uploads need to complete images, and shares their turns. */
export type ImportsOptions = Omit<UploadEndingOptions, 'uploads' | 'readings'>;

/** What comes into one repository: its images, and what they are built on, and the tags to set. */
export interface Placement {
  readonly name: RepositoryName;
  readonly images: readonly string[];
  /** Image ids by tag. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Images that come in a piece, from an archive: by the rules of a push, and all of them or none. */
export class Imports {
  readonly #options: ImportsOptions;

  constructor(options: ImportsOptions) {
    this.#options = options;
  }

  /** The longest layer accepted, in bytes, as it is stored and uncompressed. */
  get maxLayer(): number {
    return this.#options.maxLayer;
  }

  /** Begins an import; it ends with `commit` or `discard`. */
  begin(): ImageImport {
    return new ImageImport(this.#options);
  }
}

/**
 * An import that is under way. Nobody sees anything of it before `commit`, and a crash before leaves
 * nothing.
 */
export class ImageImport {
  readonly #options: ImportsOptions;
  readonly #added = new Map<string, ImageDocument>();

  constructor(options: ImportsOptions) {
    this.#options = options;
  }

  /**
   * Whether an image is here already, complete: then it is not added. The operator brings it, so it
   * may be one that a private repository holds.
   */
  has(id: string): boolean {
    return this.#options.holders.complete(id) !== undefined;
  }

  /**
   * Takes an image in, after the one it is built on. Throws `imageJson…`, `parentMissing`,
   * `ancestryTooLong` or `layerTooLarge`, and what the layer's stream throws.
   */
  async add(id: string, json: Buffer, layer: Readable): Promise<void> {
    const { files, maxLayer, clock } = this.#options;
    if (!isImageId(id)) throw errors.imageId();
    const { parent } = parseImageJson(id, json);
    const ancestry = [id, ...this.#ancestryOf(parent)];
    if (ancestry.length > MOST_ANCESTORS) throw errors.ancestryTooLong(MOST_ANCESTORS);
    const hash = payloadHash(json);
    let size = 0;
    const stored = await files.receiveLayer(id, layer, (chunk) => {
      size += chunk.length;
      if (size > maxLayer) throw errors.layerTooLarge(maxLayer);
      hash.update(chunk);
    });
    // Noted before the json is written, so that `discard` knows the layer even if that fails.
    const image = { id, ancestry, size, payload: checksumText(hash), json: '', layer: stored.file };
    this.#added.set(id, { ...image, completed: timestamp(clock) });
    const { file } = await files.writeJson(id, json);
    this.#added.set(id, { ...image, json: file, completed: timestamp(clock) });
  }

  /**
   * Makes the images readable through these repositories, which are made if they are missing. When it
   * fails, repositories are as they were before. Throws `imageMissing` for an image that was neither
   * added nor is here.
   */
  async commit(placements: readonly Placement[]): Promise<void> {
    const { holders, library } = this.#options;
    const ids = [...new Set(placements.flatMap(({ images }) => images)), ...this.#added.keys()];
    const adopted = await holders.whilePinned(ids, async () => {
      for (const image of this.#added.values()) await this.#complete(image);
      return this.#adopt(placements);
    });
    // Everything is stored. Leftovers that can't be removed now go at the next start.
    for (const { id, json, layer } of this.#added.values()) {
      // Somebody may have pushed one of them meanwhile: then that one counts.
      await library.removeUnusedFiles(id, [json, layer]).catch(() => undefined);
    }
    for (const { name, before } of adopted) {
      if (before?.deletion === undefined) continue;
      await library.abandon(name, before.holds).catch(() => undefined);
    }
  }

  /** Removes all that came and is not held by a repository; what fails goes at the next start. */
  async discard(): Promise<void> {
    const { library } = this.#options;
    for (const { id, json, layer } of [...this.#added.values()].reverse()) {
      await library.removeIfAbandoned(id).catch(() => undefined);
      const files = [json, layer].filter((file) => file !== '');
      await library.removeUnusedFiles(id, files).catch(() => undefined);
    }
    this.#added.clear();
  }

  #ancestryOf(parent: string | undefined): readonly string[] {
    if (parent === undefined) return [];
    const image = this.#added.get(parent) ?? this.#options.holders.complete(parent);
    if (image === undefined) throw errors.parentMissing();
    return image.ancestry;
  }

  async #complete(image: ImageDocument): Promise<void> {
    const { turns, images } = this.#options;
    await turns.take(image.id, () => images.update(image.id, (current) => current ?? image));
  }

  async #adopt(placements: readonly Placement[]): Promise<Adopted[]> {
    const { repositories } = this.#options;
    const adopted: Adopted[] = [];
    try {
      for (const { name, images, tags } of placements) {
        const holds = this.#withAncestors(images);
        adopted.push(
          await repositories.adopt(name, { images: holds.map((id) => ({ id })), holds, tags }),
        );
      }
    } catch (error) {
      for (const each of adopted.reverse()) await repositories.disown(each).catch(() => undefined);
      throw error;
    }
    return adopted;
  }

  /** The images and what they are built on, the lowest first. */
  #withAncestors(images: readonly string[]): string[] {
    const found = new Set<string>();
    for (const id of images) {
      const image = this.#options.holders.complete(id);
      if (image === undefined) throw errors.imageMissing();
      for (const each of image.ancestry.toReversed()) found.add(each);
    }
    return [...found];
  }
}
