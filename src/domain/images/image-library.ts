import type { Readable } from 'node:stream';
import type { Collection } from '../../storage/documents/collection.js';
import type {
  ImageDocument,
  RepositoryDocument,
  UploadDocument,
} from '../../storage/documents/documents.js';
import { blobsOfImage } from '../../storage/documents/references.js';
import { uploadKey } from '../../storage/documents/shapes.js';
import { isDigest } from '../../storage/files/digests.js';
import type { ImageFiles } from '../../storage/files/image-files.js';
import type { ByteRange, LayerPieces } from '../../storage/files/layer-pieces.js';
import type { Caller } from '../access/access.js';
import type { Holders } from '../access/holders.js';
import type { Belongings, Blobs } from '../bridge/blobs.js';
import { errors } from '../errors.js';
import { isExcess, LayerFormatError } from '../layers/layer-bounds.js';
import type { LayerReadings, Reader } from '../layers/layer-readings.js';
import { isImageId, type RepositoryName } from '../repositories/names.js';
import type { Turns } from '../turns.js';
import { type ImageOrigin, originOf } from './image-origin.js';
import { filesOf, SpareLayers } from './spare-layers.js';

export interface ImageLibraryOptions {
  readonly images: Collection<ImageDocument>;
  readonly uploads: Collection<UploadDocument>;
  readonly files: ImageFiles;
  readonly holders: Holders;
  readonly readings: LayerReadings;
  readonly blobs: Blobs;
  /** Serialises the changes of an upload. */
  readonly turns: Turns;
}

/** What a repository let go of. */
export type Abandoned = Pick<RepositoryDocument, 'holds'> & Belongings;

/** The images of the registry, for reading, and their removal when nobody holds them any more. */
export class ImageLibrary {
  readonly #images: Collection<ImageDocument>;
  readonly #uploads: Collection<UploadDocument>;
  readonly #files: ImageFiles;
  readonly #holders: Holders;
  readonly #readings: LayerReadings;
  readonly #blobs: Blobs;
  readonly #turns: Turns;
  /** Versions of images under way that no document names. */
  readonly spares = new SpareLayers();
  /** Repositories that an image is on its way to, by image. */
  readonly #uploading = new Map<string, Set<string>>();

  constructor(options: ImageLibraryOptions) {
    this.#images = options.images;
    this.#uploads = options.uploads;
    this.#files = options.files;
    this.#holders = options.holders;
    this.#readings = options.readings;
    this.#blobs = options.blobs;
    this.#turns = options.turns;
    options.uploads.onCommit((_, before, after) => this.#followUpload(before, after));
  }

  /**
   * A complete image, for those who may read it. Throws `imageId` (404), `imageInProgress` (400, to
   * those who push it) or `imageMissing` (404), also where it is somebody else's.
   */
  find(caller: Caller, id: string): ImageDocument {
    if (!isImageId(id)) throw errors.imageId();
    if (caller.kind === 'token' && caller.token.access === 'delete') throw errors.badToken();
    const image = this.#holders.readable(caller, id);
    if (image !== undefined) return image;
    throw this.#isPushing(caller, id) ? errors.imageInProgress() : errors.imageMissing();
  }

  /** Every complete image. */
  list(): ImageDocument[] {
    return [...this.#images.values()];
  }

  /** `namespace/name` of the repositories that hold an image, as far as the caller may read them, from a to z. */
  sharersOf(caller: Caller, id: string): string[] {
    const found = this.#holders.sharersOf(caller, id);
    return found.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  }

  /** Whether a repository open to everybody holds the image. */
  isPublic(id: string): boolean {
    return this.#holders.isPublic(id);
  }

  /** Bytes of an image's own layer, as it was sent; 0 where it is not here. */
  sizeOf(id: string): number {
    return this.#holders.complete(id)?.size ?? 0;
  }

  /** The same of an image with all that it is built on. */
  wholeSize(id: string): number {
    const { ancestry = [] } = this.#holders.complete(id) ?? {};
    return ancestry.reduce((sum, each) => sum + this.sizeOf(each), 0);
  }

  /** How an image was made, as its json tells. */
  async describe(id: string): Promise<ImageOrigin> {
    const image = this.#holders.complete(id);
    if (image === undefined) return { command: '', created: undefined };
    return originOf(await this.readJson(image));
  }

  /** The image json, byte for byte as it was pushed. */
  readJson(image: ImageDocument): Promise<Buffer> {
    return this.#files.readJson(image.id, image.json);
  }

  /**
   * The layer as it was pushed, or a part of it. It ends with its last byte, without a look at what
   * follows: a docker that has everything hangs up, and would seem to have missed the end.
   */
  openLayer(image: ImageDocument, range = wholeOf(image)): Promise<Readable> {
    return this.#files.openLayer(image.id, image.layer, range);
  }

  /** The same for somebody who sends it, and needs less memory and time for it. */
  openPieces(image: ImageDocument, range: ByteRange): Promise<LayerPieces> {
    return this.#files.openPieces(image.id, image.layer, range);
  }

  /**
   * What is in a layer, as JSON. Throws `layerFormat` (400) when it is not a tar, `layerExcess` (400) when it
   * is more than the hub looks through, and `busy`.
   */
  async listFiles(image: ImageDocument, reader: Reader): Promise<Readable> {
    try {
      return await this.#readings.listing(image, reader);
    } catch (error) {
      const current = this.#holders.complete(image.id);
      // It went while this request waited for its turn.
      if (current?.json !== image.json) throw errors.imageMissing();
      // Its layer became a blob meanwhile.
      if (current.layer !== image.layer) return await this.listFiles(current, reader);
      if (!(error instanceof LayerFormatError)) throw error;
      throw isExcess(error.fault) ? errors.layerExcess(error.message) : errors.layerFormat();
    } finally {
      await this.#dropOldListing(image);
    }
  }

  /** A removal of the layer may have looked for a list before this one was there. */
  async #dropOldListing({ id, layer }: ImageDocument): Promise<void> {
    if (this.#images.get(id)?.layer === layer) return;
    // What a failing disk does not let go now goes at the next start.
    await this.#files.removeListings(id, [layer]).catch(() => undefined);
  }

  /** Whether anybody is pushing this image. */
  isUploading(id: string): boolean {
    return this.#uploading.has(id);
  }

  /** The repositories that an image is being pushed to. */
  uploadsOf(id: string): ReadonlySet<string> {
    return this.#uploading.get(id) ?? new Set();
  }

  /**
   * After a repository let go of what it had: removes its uploads, and the images and blobs that nobody else has. Those of a
   * new repository of that name stay. A failure of the disk at one of them is told only after the others;
   * that one goes at the next start.
   */
  async abandon({ full }: RepositoryName, before: Abandoned): Promise<void> {
    const uploads = [...this.#uploads.values()].filter((each) => each.repository === full);
    const isOld = (upload: UploadDocument): boolean => !this.#holders.isOfLive(upload);
    const removals = [
      ...uploads.map((upload) => () => this.endUpload(upload, isOld)),
      ...before.holds.map((id) => () => this.removeIfAbandoned(id)),
      () => this.#blobs.abandon(before),
    ];
    const failures: unknown[] = [];
    for (const remove of removals) await remove().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** Removes an image that no repository holds: its document first, then its files. */
  async removeIfAbandoned(id: string): Promise<void> {
    await this.#holders.removeIfAbandoned(id, async (image) => {
      await this.#images.update(id, () => undefined);
      await this.#files.remove(id, this.#unused(id, [image.json, image.layer]));
      await this.#blobs.letGo(blobsOfImage(image));
    });
  }

  /** As `dropUpload`, once nobody else is changing it. */
  async endUpload(
    upload: UploadDocument,
    isMeant?: (current: UploadDocument) => boolean,
  ): Promise<void> {
    const key = uploadKey(upload.id, upload.repository);
    await this.#turns.take(key, () => this.dropUpload(upload, isMeant));
  }

  /**
   * Ends a push that will not go on, and removes what it brought; `isMeant` judges it as it is by then.
   * Call it within the upload's turn.
   */
  async dropUpload(
    { id, repository }: UploadDocument,
    isMeant: (current: UploadDocument) => boolean = () => true,
  ): Promise<void> {
    const { before, after } = await this.#uploads.update(uploadKey(id, repository), (current) =>
      current === undefined || !isMeant(current) ? current : undefined,
    );
    const isEnded = before !== undefined && after === undefined;
    if (isEnded) await this.removeUnusedFiles(id, this.takeFilesOf(before));
  }

  /** The files that a push has brought so far; its spare versions are forgotten. */
  takeFilesOf(upload: UploadDocument): string[] {
    return filesOf([upload, ...this.spares.takeAll(uploadKey(upload.id, upload.repository))]);
  }

  /** Removes all spare versions: their clients are gone. */
  async dropSpares(): Promise<void> {
    for (const key of this.spares.keys()) {
      const [id = ''] = key.split(' ');
      await this.#turns.take(key, () =>
        this.removeUnusedFiles(id, filesOf(this.spares.takeAll(key))),
      );
    }
  }

  /** Runs a change by which a document comes to name these files; they do not outlast its failure. */
  async unlessItFails<R>(
    id: string,
    files: readonly string[],
    change: () => Promise<R>,
  ): Promise<R> {
    try {
      return await change();
    } catch (error) {
      await this.removeUnusedFiles(id, files).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Removes those of an image's files, and of some blobs, that no document names, and no spare version. Blobs that are
   * of no image have an empty id.
   */
  async removeUnusedFiles(id: string, files: readonly string[]): Promise<void> {
    const unused = id === '' ? [] : this.#unused(id, files);
    if (unused.length > 0) await this.#files.remove(id, unused);
    await this.#blobs.letGo(files.filter(isDigest));
  }

  /** What a crash can leave behind: complete images that no repository came to hold. */
  async removeOrphans(): Promise<void> {
    const orphans = [...this.#images.values()].filter(({ id }) => this.#holders.isAbandoned(id));
    for (const { id } of orphans) await this.removeIfAbandoned(id);
  }

  #unused(id: string, files: readonly string[]): string[] {
    const used = new Set<string>();
    const image = this.#images.get(id);
    if (image !== undefined) used.add(image.json).add(image.layer);
    for (const repository of this.uploadsOf(id)) {
      const key = uploadKey(id, repository);
      const upload = this.#uploads.get(key);
      const versions = upload === undefined ? [] : [upload, ...this.spares.of(key)];
      for (const file of filesOf(versions)) used.add(file);
    }
    return files.filter((file) => !used.has(file));
  }

  #isPushing(caller: Caller, id: string): boolean {
    const repositories = [...this.uploadsOf(id)].filter((full) => this.#holders.isLive(full));
    if (caller.kind === 'token') return repositories.includes(caller.token.repository);
    if (caller.kind === 'anonymous') return false;
    const { admin, username } = caller.account;
    return repositories.some((full) => admin || full.startsWith(`${username}/`));
  }

  #followUpload(before?: UploadDocument, after?: UploadDocument): void {
    if (after !== undefined) {
      const repositories = this.#uploading.get(after.id) ?? new Set();
      this.#uploading.set(after.id, repositories.add(after.repository));
    } else if (before !== undefined) {
      const repositories = this.#uploading.get(before.id);
      repositories?.delete(before.repository);
      if (repositories?.size === 0) this.#uploading.delete(before.id);
    }
  }
}

/** The bytes of a layer; undefined where there are none. */
function wholeOf({ size }: ImageDocument): ByteRange | undefined {
  return size === 0 ? undefined : { first: 0, last: size - 1 };
}
