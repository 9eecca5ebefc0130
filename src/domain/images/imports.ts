import type { Readable } from 'node:stream';
import type { ImageDocument } from '../../storage/documents/documents.js';
import type { FileTwin } from '../../storage/files/linked-file.js';
import type { Blobs } from '../bridge/blobs.js';
import { digestOf } from '../bridge/manifest-content.js';
import { timestamp } from '../clock.js';
import { errors } from '../errors.js';
import { checksumText, payloadHash } from '../layers/checksums.js';
import { isImageId, type RepositoryName } from '../repositories/names.js';
import type { Adopted } from '../repositories/repositories.js';
import type { GivenTags } from '../repositories/repository-changes.js';
import { MOST_ANCESTORS, parseImageJson } from './image-json.js';
import type { UploadParts } from './upload-ending.js';

/** An import needs what uploads need to complete images, and shares their turns. */
export type ImportsOptions = Omit<UploadParts, 'uploads' | 'readings'> & {
  readonly blobs: Blobs;
};

/** What comes into one repository: its images, and what they are built on, and the tags to set. */
export interface Placement {
  readonly name: RepositoryName;
  readonly images: readonly string[];
  readonly tags: GivenTags;
  /** Given: nobody else may read the repository from then on. */
  readonly access?: 'private' | undefined;
}

/** An image on its way in. */
interface Coming {
  readonly id: string;
  readonly ancestry: readonly string[];
  readonly json: Buffer;
  readonly layer: Readable | LayerFile;
}

/** A layer in a file of somebody else's, which another thread reads. */
export interface LayerFile {
  /** The file, where the layer is to share its bytes if the file system can. */
  readonly twin: FileTwin | undefined;
  /**
   * Reads the file to its end, and makes a copy of it at a path if one is given. Resolves to its length in
   * bytes, and its payload sum with this json.
   */
  read(json: Buffer, copy: string | undefined): Promise<Measured>;
}

interface Measured {
  readonly size: number;
  /** `sha256:` over json, newline and layer. */
  readonly payload: string;
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

  /** Whether an image is here, complete; it may be one that a private repository holds. */
  has(id: string): boolean {
    return this.#options.holders.complete(id) !== undefined;
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
  /** Configs by their digests; they come to the disk with the documents that name them. */
  readonly #configs = new Map<string, Buffer>();
  /** What is built on what, of all that has begun to come in and is not committed. */
  readonly #ancestries = new Map<string, readonly string[]>();

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
   * Takes an image in, after the one it is built on has begun to come in. Throws `imageJson…`, `parentMissing`,
   * `ancestryTooLong` or `layerTooLarge`, and what the layer's stream or file throws.
   */
  async add(id: string, json: Buffer, layer: Readable | LayerFile): Promise<void> {
    if (!isImageId(id)) throw errors.imageId();
    const { parent } = parseImageJson(id, json);
    const ancestry = [id, ...this.#ancestryOf(parent)];
    if (ancestry.length > MOST_ANCESTORS) throw errors.ancestryTooLong(MOST_ANCESTORS);
    this.#ancestries.set(id, ancestry);
    try {
      await this.#store({ id, ancestry, json, layer });
    } catch (error) {
      this.#ancestries.delete(id);
      throw error;
    }
  }

  async #store({ id, ancestry, json, layer }: Coming): Promise<void> {
    const { files, clock } = this.#options;
    const [stored, { size, payload }] =
      'twin' in layer
        ? await files.takeLayer(id, layer.twin, (copy) => layer.read(json, copy))
        : await this.#receive(id, json, layer);
    // Noted before the json is written, so that `discard` knows the layer even if that fails.
    const image = { id, ancestry, size, payload, json: '', layer: stored };
    this.#added.set(id, { ...image, completed: timestamp(clock) });
    const { file } = await files.writeJson(id, json);
    this.#added.set(id, { ...image, json: file, completed: timestamp(clock) });
  }

  /** Gives an image that was added the config that it has to dockers of today. */
  configure(id: string, config: Buffer): void {
    const image = this.#added.get(id);
    if (image === undefined) return;
    const digest = digestOf(config);
    this.#configs.set(digest, config);
    this.#added.set(id, { ...image, config: digest });
  }

  async #receive(
    id: string,
    json: Buffer,
    layer: Readable,
  ): Promise<readonly [file: string, measured: Measured]> {
    const { files, maxLayer } = this.#options;
    const hash = payloadHash(json);
    let size = 0;
    const { file } = await files.receiveLayer(id, layer, (chunk) => {
      size += chunk.length;
      if (size > maxLayer) throw errors.layerTooLarge(maxLayer);
      hash.update(chunk);
    });
    return [file, { size, payload: checksumText(hash) }];
  }

  /**
   * Makes images readable through these repositories, which are made if they are missing. What was added
   * and belongs to none of them waits for another commit, or for `discard`. When it fails, repositories
   * are as they were before. Throws `imageMissing` for an image that was neither added nor is here.
   */
  async commit(placements: readonly Placement[]): Promise<void> {
    const { holders, library } = this.#options;
    const ids = this.#withAdded(placements.flatMap(({ images }) => images));
    const coming = [...this.#added.values()].filter(({ id }) => ids.has(id));
    const adopted = await holders.whilePinned([...ids], async () => {
      for (const image of coming) await this.#complete(image);
      return this.#adopt(placements);
    });
    // Everything is stored. Leftovers that can't be removed now go at the next start.
    for (const { id, json, layer } of coming) {
      this.#added.delete(id);
      this.#ancestries.delete(id);
      // Somebody may have pushed one of them meanwhile: then that one counts.
      await library.removeUnusedFiles(id, [json, layer]).catch(() => undefined);
    }
    for (const { name, before } of adopted) {
      if (before?.deletion === undefined) continue;
      await library.abandon(name, before).catch(() => undefined);
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
    this.#ancestries.clear();
  }

  /** The images, and what was added of those that they are built on. */
  #withAdded(images: readonly string[]): Set<string> {
    return new Set(images.flatMap((id) => this.#ancestries.get(id) ?? [id]));
  }

  #ancestryOf(parent: string | undefined): readonly string[] {
    if (parent === undefined) return [];
    const added = this.#ancestries.get(parent);
    const ancestry = added ?? this.#options.holders.complete(parent)?.ancestry;
    if (ancestry === undefined) throw errors.parentMissing();
    return ancestry;
  }

  async #complete(image: ImageDocument): Promise<void> {
    const { turns, images, blobs } = this.#options;
    const { id, json, config: digest = '' } = image;
    if (json === '') throw errors.imageMissing();
    const complete = () => turns.take(id, () => images.update(id, (current) => current ?? image));
    const config = this.#configs.get(digest);
    if (config === undefined) {
      await complete();
      return;
    }
    await blobs.whilePinned([digest], async () => {
      await blobs.bring(digest, () => blobs.files.write(digest, config));
      await complete();
    });
    // Where somebody pushed the image meanwhile, nothing names it.
    await blobs.letGo([digest]);
  }

  async #adopt(placements: readonly Placement[]): Promise<Adopted[]> {
    const { repositories } = this.#options;
    const adopted: Adopted[] = [];
    try {
      for (const { name, images, tags, access } of placements) {
        const holds = this.#withAncestors(images);
        const listed = holds.map((id) => ({ id }));
        adopted.push(await repositories.adopt(name, { images: listed, holds, tags, access }));
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
