import type { Readable } from 'node:stream';
import type { Collection } from '../storage/collection.js';
import type { ImageDocument, RepositoryDocument, UploadDocument } from '../storage/documents.js';
import type { ImageFiles } from '../storage/image-files.js';
import { uploadKey } from '../storage/shapes.js';
import type { Caller } from './access.js';
import { bareTarSum, payloadHash, tarsum } from './checksums.js';
import { type Clock, timestamp } from './clock.js';
import { errors } from './errors.js';
import type { Holders } from './holders.js';
import { parseImageJson } from './image-json.js';
import type { ImageLibrary } from './image-library.js';
import { LayerFormatError } from './inflate.js';
import type { Repositories } from './repositories.js';
import type { ArrivedLayer } from './spare-layers.js';
import type { Turns } from './turns.js';
import { listsImage, requireWriter, type Target, UploadTargets } from './upload-targets.js';

/** The sums a client names after a layer; which of them depends on its age (clients.md, Push). */
export interface NamedChecksums {
  /** `X-Docker-Checksum-Payload`, from docker 0.9 on. */
  readonly payload: string | undefined;
  /** `X-Docker-Checksum`, a tarsum. */
  readonly tarsum: string | undefined;
}

export interface UploadOptions {
  readonly uploads: Collection<UploadDocument>;
  readonly images: Collection<ImageDocument>;
  readonly allRepositories: Collection<RepositoryDocument>;
  readonly repositories: Repositories;
  readonly library: ImageLibrary;
  readonly holders: Holders;
  readonly files: ImageFiles;
  /** One at a time completes an image, imports among them. */
  readonly turns: Turns;
  readonly clock: Clock;
  /** The longest layer accepted, in bytes. */
  readonly maxLayer: number;
}

/** An image has 127 layers at most on a real docker; the bound keeps an ancestry small. */
export const MOST_ANCESTORS = 1000;
/** A push that has not ended after this time is over, in milliseconds. */
const LONGEST_PUSH = 24 * 60 * 60 * 1000;

/** Where the bytes of an image are, and their payload sum. */
type StoredImage = Pick<ImageDocument, 'id' | 'json' | 'layer' | 'payload'>;

/** An upload whose layer has arrived. */
type FullUpload = UploadDocument & { readonly layer: ArrivedLayer };

/**
 * The push of images: json, layer, checksum (protocol.md §3). An image on its way is an upload of
 * its repository; it becomes an image, readable by others, when a checksum proves it whole.
 */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #targets: UploadTargets;
  readonly #turns: Turns;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#turns = options.turns;
    this.#targets = new UploadTargets(options);
  }

  /**
   * Begins an upload, or begins it again. Throws, in the order of docker-registry: `imageJson…`,
   * `imageNotListed`, `parentMissing`, `parentUnauthorized`, `imageExists`.
   */
  async putJson(caller: Caller, id: string, bytes: Uint8Array): Promise<void> {
    requireWriter(caller, id);
    const { parent } = parseImageJson(id, bytes);
    const target = this.#targets.find(caller, id);
    if (target === undefined) throw errors.imageNotListed();
    const ancestry = [id, ...this.#parentAncestry(target, parent)];
    if (ancestry.length > MOST_ANCESTORS) throw errors.ancestryTooLong(MOST_ANCESTORS);
    if (this.#targets.isHere(target, id)) {
      await this.#options.repositories.hold(target.pusher, target.name, [id]);
      throw errors.imageExists();
    }
    await this.#turns.take(target.key, () => this.#begin(target, id, ancestry, bytes));
  }

  /**
   * Takes a layer in and returns what came. The source is read only if the layer is wanted. Throws
   * `imageMissing` (no json came before), `imageExists` or `layerTooLarge`.
   */
  async putLayer(caller: Caller, id: string, source: Readable): Promise<ArrivedLayer> {
    requireWriter(caller, id);
    const target = this.#targets.find(caller, id);
    const upload = target && this.#options.uploads.get(target.key);
    if (target === undefined || upload === undefined) throw this.#noUpload(target, id, 'layer');
    const { files, maxLayer } = this.#options;
    const hash = payloadHash(await files.readJson(id, upload.json));
    let size = 0;
    const receiving = files.receiveLayer(id, source, (chunk) => {
      size += chunk.length;
      if (size > maxLayer) throw errors.layerTooLarge(maxLayer);
      hash.update(chunk);
    });
    const stored = await receiving.catch(async (error) => {
      await this.#turns.take(target.key, () => this.#giveUp(target.key, upload.json));
      throw error;
    });
    const layer = { ...stored, payload: `sha256:${hash.digest('hex')}` };
    await this.#turns.take(target.key, () => this.#attachLayer(target.key, id, upload, layer));
    return layer;
  }

  /**
   * Ends an upload: the sum that the client's age sends is computed and compared. Throws
   * `checksumMissing`, `checksumMismatch` (the push can be repeated), `checksumRefused` (the image
   * is complete) or `imageMissing`.
   */
  async putChecksum(caller: Caller, id: string, named: NamedChecksums): Promise<void> {
    requireWriter(caller, id);
    const target = this.#targets.find(caller, id);
    if (named.payload === undefined && named.tarsum === undefined) throw errors.checksumMissing();
    if (target === undefined) throw this.#noUpload(target, id, 'checksum');
    await this.#turns.take(target.key, async () => {
      const upload = this.#options.uploads.get(target.key);
      if (upload === undefined) throw this.#noUpload(target, id, 'checksum');
      await this.#end(target, upload, named);
    });
  }

  /**
   * At a start: ends uploads whose image arrived otherwise, and those nobody will go on with. Those
   * that stay have no clients yet: whoever comes back begins with the json.
   */
  async dropStale(): Promise<void> {
    const { uploads, allRepositories, images, library, clock } = this.#options;
    for (const upload of [...uploads.values()]) {
      const repository = allRepositories.get(upload.repository);
      const wanted = repository !== undefined && listsImage(repository, upload.id);
      const arrived =
        repository?.holds.includes(upload.id) === true && images.get(upload.id) !== undefined;
      const over = clock.now() - Date.parse(upload.started) > LONGEST_PUSH;
      if (!wanted || arrived || over) await library.dropUpload(upload);
      else await uploads.update(uploadKey(upload.id, upload.repository), withoutClients);
    }
  }

  #parentAncestry({ name, pusher }: Target, parent: string | undefined): readonly string[] {
    if (parent === undefined) return [];
    const { holders, uploads, library } = this.#options;
    const onItsWay = uploads.get(uploadKey(parent, name.full));
    if (holders.isOpenTo(pusher, parent)) return holders.complete(parent)?.ancestry ?? [parent];
    if (onItsWay !== undefined) return onItsWay.ancestry;
    const exists = holders.complete(parent) !== undefined || library.isUploading(parent);
    throw exists ? errors.parentUnauthorized() : errors.parentMissing();
  }

  async #begin(
    { name, key }: Target,
    id: string,
    ancestry: readonly string[],
    bytes: Uint8Array,
  ): Promise<void> {
    const { files, uploads, library, clock } = this.#options;
    const before = uploads.get(key);
    // A second client with the same json joins the push; another json begins it anew.
    const same = before !== undefined && (await files.readJson(id, before.json)).equals(bytes);
    const json = same ? before.json : (await files.writeJson(id, bytes)).file;
    const started = timestamp(clock);
    await library.unlessItFails(id, [json], () =>
      uploads.update(key, (current) =>
        same && current !== undefined
          ? { ...current, clients: current.clients + 1, started }
          : { id, repository: name.full, ancestry, json, clients: 1, started },
      ),
    );
    if (before === undefined || same) return;
    await library.removeUnusedFiles(id, library.takeFilesOf(before));
  }

  async #attachLayer(
    key: string,
    id: string,
    begun: UploadDocument,
    layer: ArrivedLayer,
  ): Promise<void> {
    const { uploads, library } = this.#options;
    const current = uploads.get(key);
    // Meanwhile the push may have ended or begun anew with another json: then this layer is of no use.
    if (current?.json !== begun.json) {
      await library.removeUnusedFiles(id, [layer.file]);
      throw errors.imageMissing();
    }
    await library.unlessItFails(id, [layer.file], () =>
      uploads.update(key, (upload) => (upload === undefined ? undefined : { ...upload, layer })),
    );
    const { layer: earlier, clients } = current;
    if (earlier === undefined) return;
    // Another client of the push may still name the sum of the layer that came before.
    const isSpare = clients > 1 && earlier.payload !== layer.payload;
    const unwanted = isSpare ? library.spares.keep(key, earlier) : [earlier];
    await library.removeUnusedFiles(
      id,
      unwanted.map(({ file }) => file),
    );
  }

  async #end(target: Target, upload: UploadDocument, named: NamedChecksums): Promise<void> {
    const image = this.#options.holders.complete(upload.id);
    const layer = await this.#namedLayer(target, upload, named);
    if (layer !== undefined) {
      await this.#complete(target, { ...upload, layer }, named);
      return;
    }
    if (upload.layer !== undefined) throw await this.#refuseLayer(upload);
    // Another client of the same push was faster: its layer counts for both.
    if (image !== undefined && this.#targets.isHere(target, upload.id)) {
      if (!(await this.#matches(image, named))) throw errors.checksumMismatch();
      await this.#leave(target, upload);
      return;
    }
    // Some clients (quay's v1 tests) announce the tarsum before the layer; it completes nothing.
    if (named.payload !== undefined) throw errors.checksumMismatch();
  }

  /** Of the layers that the clients of a push have brought, the one whose sum is named. */
  async #namedLayer(
    { key }: Target,
    { id, json, layer }: UploadDocument,
    named: NamedChecksums,
  ): Promise<ArrivedLayer | undefined> {
    const spares = this.#options.library.spares.of(key);
    for (const each of layer === undefined ? spares : [layer, ...spares]) {
      const { file, payload } = each;
      if (await this.#matches({ id, json, layer: file, payload }, named)) return each;
    }
    return undefined;
  }

  /** Lets go of a layer that is not what its client meant to send; the answer is the error. */
  async #refuseLayer(upload: UploadDocument): Promise<Error> {
    const { uploads, library } = this.#options;
    // With several clients at it, this may be the layer of another.
    const isOnlyOne = upload.clients <= 1;
    await uploads.update(uploadKey(upload.id, upload.repository), (current) =>
      current === undefined ? undefined : withOneLess(isOnlyOne ? withoutLayer(current) : current),
    );
    if (isOnlyOne) await library.removeUnusedFiles(upload.id, library.takeFilesOf(upload));
    return errors.checksumMismatch();
  }

  /** A client whose layer did not arrive begins again with the json, if it comes back at all. */
  async #giveUp(key: string, json: string): Promise<void> {
    const giving = this.#options.uploads.update(key, (current) =>
      current?.json === json ? withOneLess(current) : current,
    );
    // It is told of its layer; that the count is one too high then does no harm.
    await giving.catch(() => undefined);
  }

  /** Whether the sums that a client names are those of these files. */
  async #matches(stored: StoredImage, named: NamedChecksums): Promise<boolean> {
    const { files, maxLayer: maxInflated } = this.#options;
    if (named.payload === stored.payload) return true;
    try {
      const layer = await files.openLayer(stored.id, stored.layer);
      // docker 0.9 sends the sum of the bare tar as its payload sum (clients.md, "Checksums").
      if (named.payload !== undefined) {
        return (await bareTarSum(layer, { maxInflated })) === named.payload;
      }
      const json = await files.readJson(stored.id, stored.json);
      return (await tarsum(json, layer, { maxInflated })) === named.tarsum;
    } catch (error) {
      if (error instanceof LayerFormatError) return false;
      throw error;
    }
  }

  /** Makes the upload an image, or recognises it as the one that is here already. */
  async #complete(target: Target, upload: FullUpload, named: NamedChecksums): Promise<void> {
    const { id, ancestry } = upload;
    const { repositories, holders, library } = this.#options;
    try {
      await this.#turns.take(id, () =>
        holders.whilePinned([id], async () => {
          if (holders.complete(id) === undefined) await this.#store(upload, named);
          else if (!(await this.#isSameImage(target, upload))) throw errors.checksumRefused();
          await repositories.hold(target.pusher, target.name, ancestry, [id]);
        }),
      );
    } catch (error) {
      // The repository went, or the disk is full: an image that nobody holds must not stay. What
      // can't be removed now goes at the next start.
      await library.removeIfAbandoned(id).catch(() => undefined);
      throw error;
    }
    await this.#leave(target, upload);
  }

  async #store({ id, ancestry, json, layer }: FullUpload, named: NamedChecksums): Promise<void> {
    const image: ImageDocument = {
      id,
      ancestry,
      size: layer.size,
      payload: layer.payload,
      json,
      layer: layer.file,
      completed: timestamp(this.#options.clock),
      ...(isTarsum(named.tarsum) ? { checksum: named.tarsum } : {}),
    };
    await this.#options.images.update(id, () => image);
  }

  /**
   * An image of this id may be somebody's private one. Whoever brings the very same bytes has it
   * anyway; anybody else must not get it, and must not replace it.
   */
  async #isSameImage(target: Target, { id, json, layer }: FullUpload): Promise<boolean> {
    const { files, holders } = this.#options;
    if (this.#targets.isHere(target, id)) return true;
    const image = holders.complete(id);
    if (image === undefined) return false;
    const [theirs, ours] = [await files.readJson(id, image.json), await files.readJson(id, json)];
    return theirs.equals(ours) && image.payload === layer.payload;
  }

  /** One client of a push has ended it; the upload goes with the last. */
  async #leave({ key }: Target, upload: UploadDocument): Promise<void> {
    const { uploads, library } = this.#options;
    const { id, json, layer } = upload;
    const before = uploads.get(key) ?? upload;
    await uploads.update(key, (current) => {
      if (current === undefined || current.clients <= 1) return undefined;
      return withOneLess(current.layer?.file === layer?.file ? withoutLayer(current) : current);
    });
    if (layer !== undefined) library.spares.forget(key, layer.file);
    const left = uploads.get(key) === undefined ? library.takeFilesOf(before) : [json];
    await library.removeUnusedFiles(id, layer === undefined ? left : [...left, layer.file]);
  }

  /** Why there is nothing to add a layer or a checksum to. */
  #noUpload(target: Target | undefined, id: string, what: 'layer' | 'checksum') {
    if (target === undefined || this.#options.holders.complete(id) === undefined) {
      return errors.imageMissing();
    }
    if (!this.#targets.isHere(target, id)) return errors.imageMissing();
    return what === 'layer' ? errors.imageExists() : errors.checksumRefused();
  }
}

function withoutClients(upload: UploadDocument | undefined): UploadDocument | undefined {
  return upload === undefined || upload.clients === 0 ? upload : { ...upload, clients: 0 };
}

function withOneLess(upload: UploadDocument): UploadDocument {
  return { ...upload, clients: Math.max(0, upload.clients - 1) };
}

function withoutLayer({ layer: _, ...upload }: UploadDocument): UploadDocument {
  return upload;
}

function isTarsum(sum: string | undefined): sum is string {
  return sum !== undefined && /^tarsum\+sha256:[0-9a-f]{64}$/.test(sum);
}
