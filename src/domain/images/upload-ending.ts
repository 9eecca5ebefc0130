import { createHash } from 'node:crypto';
import type { Collection } from '../../storage/documents/collection.js';
import type { ImageDocument, UploadDocument } from '../../storage/documents/documents.js';
import { uploadKey } from '../../storage/documents/shapes.js';
import type { ImageFiles } from '../../storage/files/image-files.js';
import type { Holders } from '../access/holders.js';
import { type Clock, timestamp } from '../clock.js';
import { errors } from '../errors.js';
import { checksumText } from '../layers/checksums.js';
import { isExcess, LayerFormatError } from '../layers/layer-bounds.js';
import { type LayerReadings, type Reader, readerNamed } from '../layers/layer-readings.js';
import type { Repositories } from '../repositories/repositories.js';
import type { Turns } from '../turns.js';
import { saysTheSame } from './image-json.js';
import type { ImageLibrary } from './image-library.js';
import { type ArrivedLayer, filesOf, type Version, withoutLayer } from './spare-layers.js';
import type { Target, UploadTargets } from './upload-targets.js';

/** The sums a client names after a layer; which of them depends on its age (clients.md, Push). */
export interface NamedChecksums {
  /** `X-Docker-Checksum-Payload`, from docker 0.9 on. */
  readonly payload: string | undefined;
  /** `X-Docker-Checksum`: a tarsum, or before docker 0.6 what the other one says. */
  readonly tarsum: string | undefined;
}

/** What it takes to complete images. */
export interface UploadParts {
  readonly uploads: Collection<UploadDocument>;
  readonly images: Collection<ImageDocument>;
  readonly repositories: Repositories;
  readonly library: ImageLibrary;
  readonly holders: Holders;
  readonly files: ImageFiles;
  readonly readings: LayerReadings;
  /** Serialises the completion of an image, by imports too. */
  readonly turns: Turns;
  readonly clock: Clock;
  /** The longest layer accepted, in bytes. */
  readonly maxLayer: number;
}

/** Where the bytes of an image are, and their payload sum. */
type StoredImage = Pick<ImageDocument, 'id' | 'json' | 'layer' | 'payload'>;

/** A version of an image whose layer has arrived. */
export type FullVersion = Version & { readonly layer: ArrivedLayer };

/** The end of an upload: the sum that its client names, and what comes of it (clients.md, Push 5). */
export class UploadEnding {
  readonly #options: UploadParts;
  readonly #targets: UploadTargets;

  constructor(options: UploadParts, targets: UploadTargets) {
    this.#options = options;
    this.#targets = targets;
  }

  /**
   * Makes the upload an image if a sum is that of a layer that arrived. Throws `checksumMismatch` (the push
   * can be repeated), `parentMissing` or `parentUnauthorized` (what it builds on went meanwhile), or `checksumRefused`
   * (the image is complete, and another).
   */
  async end(target: Target, upload: UploadDocument, named: NamedChecksums): Promise<void> {
    const image = this.#options.holders.complete(upload.id);
    const versions = [upload, ...this.#options.library.spares.of(target.key)];
    const layered = versions.filter(hasLayer);
    const version = await this.#namedVersion(target, upload.id, layered, named);
    if (version !== undefined) {
      await this.#complete(target, upload, version, named);
      return;
    }
    if (layered.length > 0) throw await this.#refuseSum(upload);
    // Another client of the same push was faster: its layer counts for both.
    if (image !== undefined && this.#targets.isHere(target, upload.id)) {
      const reader = readerNamed(target.pusher.namespace);
      if (!(await this.#matches(image, named, reader))) throw errors.checksumMismatch();
      await this.#leave(target, upload);
      return;
    }
    // Some clients (quay's v1 tests) announce the tarsum before the layer; it completes nothing.
    if (named.payload !== undefined) throw errors.checksumMismatch();
  }

  /**
   * One of the clients of a push has gone. What it began stays for its return, unless the image has come
   * meanwhile and nobody else is at it. Call it within the upload's turn.
   */
  async oneGone(upload: UploadDocument): Promise<void> {
    const { uploads, library, holders } = this.#options;
    const { after: left } = await uploads.update(
      uploadKey(upload.id, upload.repository),
      (current) =>
        current === undefined || current.clients === 0 ? current : withOneLess(current),
    );
    if (left?.clients !== 0) return;
    await library.dropUpload(
      left,
      (current) => current.clients === 0 && holders.hasArrived(current),
    );
  }

  /** Of the versions that the clients of a push have brought, the one whose sum is named. */
  async #namedVersion(
    { pusher }: Target,
    id: string,
    versions: readonly FullVersion[],
    named: NamedChecksums,
  ): Promise<FullVersion | undefined> {
    const reader = readerNamed(pusher.namespace);
    for (const each of versions) {
      const { json, layer } = each;
      const stored = { id, json, layer: layer.file, payload: layer.payload };
      if (await this.#matches(stored, named, reader)) return each;
    }
    return undefined;
  }

  /**
   * A client that named a wrong sum begins again with the json or the layer; the answer is the error. The layer
   * stays until then, as docker-registry's did: to name the sum again comes to the same, and the right
   * one still ends the upload.
   */
  async #refuseSum(upload: UploadDocument): Promise<Error> {
    await this.oneGone(upload);
    return errors.checksumMismatch();
  }

  /**
   * Whether the sums that a client names are those of these files. A tarsum can be computed only of what the
   * hub looks through; throws `layerExcess` for more. Throws `busy`.
   */
  async #matches(stored: StoredImage, named: NamedChecksums, reader: Reader): Promise<boolean> {
    const { readings } = this.#options;
    // Up to docker 0.5 the payload sum came under the other name (protocol.md §3).
    if ((named.payload ?? named.tarsum) === stored.payload) return true;
    try {
      // docker 0.9 sends the sum of the bare tar as its payload sum (clients.md, "Checksums").
      if (named.payload !== undefined) {
        return (await readings.bareTarSum(stored, reader)) === named.payload;
      }
      // Nothing else can be one, so nothing is read.
      if (!isTarsum(named.tarsum)) return false;
      return (await readings.tarsum(stored, reader)) === named.tarsum;
    } catch (error) {
      if (!(error instanceof LayerFormatError)) throw error;
      if (named.payload !== undefined || !isExcess(error.fault)) return false;
      throw errors.layerExcess(error.message);
    }
  }

  /** Makes a version of the upload an image, or recognises it as the one that is here already. */
  async #complete(
    target: Target,
    upload: UploadDocument,
    version: FullVersion,
    named: NamedChecksums,
  ): Promise<void> {
    const { id } = upload;
    const { repositories, holders, library } = this.#options;
    const { ancestry } = version;
    try {
      await this.#options.turns.take(id, () =>
        holders.whilePinned(ancestry, async () => {
          const parents = await this.#requireParents(target, upload, ancestry);
          if (holders.complete(id) === undefined) await this.#store(id, version, named);
          else if (!(await this.#isSameImage(target, id, version))) throw errors.checksumRefused();
          await repositories.hold(target, { ids: ancestry, proven: [id, ...parents] });
        }),
      );
    } catch (error) {
      // The repository went, or the disk is full: an image that nobody holds must not stay, nor one that was pinned
      // while its last repository went. What can't be removed now goes at the next start.
      for (const each of ancestry) await library.removeIfAbandoned(each).catch(() => undefined);
      throw error;
    }
    await this.#leave(target, { ...upload, ...version });
  }

  /**
   * The parents that the pusher may have, others being on their way. A push takes its time, and what it builds on may
   * have gone since it began, or been closed to the pusher: then the upload goes too. Throws `parentMissing` or
   * `parentUnauthorized`.
   */
  async #requireParents(
    target: Target,
    upload: UploadDocument,
    [_, ...parents]: readonly string[],
  ): Promise<readonly string[]> {
    const { library, holders } = this.#options;
    const faults = parents.map((parent) => this.#targets.faultOfParent(target, parent));
    const fault = faults.find((each) => each !== undefined);
    if (fault === undefined) return parents.filter((each) => holders.isOpenTo(target.pusher, each));
    await library.dropUpload(upload);
    throw fault;
  }

  async #store(
    id: string,
    { ancestry, json, layer }: FullVersion,
    named: NamedChecksums,
  ): Promise<void> {
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
   * An image of this id may be somebody's private one. A client that brings the same json and the same files
   * has it anyway; anybody else must not get it, and must not replace it.
   */
  async #isSameImage(target: Target, id: string, { json, layer }: FullVersion): Promise<boolean> {
    const { files, holders } = this.#options;
    if (this.#targets.isHere(target, id)) return true;
    const image = holders.complete(id);
    if (image === undefined) return false;
    const [theirs, ours] = [await files.readJson(id, image.json), await files.readJson(id, json)];
    if (theirs.equals(ours) && image.payload === layer.payload) return true;
    if (!saysTheSame(theirs, ours)) return false;
    const reader = readerNamed(target.pusher.namespace);
    const content = await this.#contentOf(id, image.layer, reader);
    return content === (await this.#contentOf(id, layer.file, reader));
  }

  /** What is in a layer, however it is packed: dockers pack it again for each push. */
  async #contentOf(id: string, file: string, reader: Reader): Promise<string> {
    const { files, readings } = this.#options;
    try {
      return await readings.contentSum({ id, layer: file }, reader);
    } catch (error) {
      if (!(error instanceof LayerFormatError)) throw error;
      // An invalid tar, and one beyond the bounds, is compared by its bytes.
      const hash = createHash('sha256');
      for await (const chunk of await files.openLayer(id, file)) hash.update(chunk);
      return checksumText(hash);
    }
  }

  /** One client of a push has ended it; the upload goes with the last. */
  async #leave({ key }: Target, upload: UploadDocument): Promise<void> {
    const { uploads, library } = this.#options;
    const { id, json, layer } = upload;
    const { before = upload, after } = await uploads.update(key, (current) => {
      if (current === undefined || current.clients <= 1) return undefined;
      const isItself = current.json === json && current.layer?.file === layer?.file;
      return withOneLess(isItself ? withoutLayer(current) : current);
    });
    if (layer !== undefined) library.spares.forget(key, upload);
    const left = after === undefined ? library.takeFilesOf(before) : [];
    await library.removeUnusedFiles(id, [...left, ...filesOf([upload])]);
  }
}

function hasLayer(version: Version): version is FullVersion {
  return version.layer !== undefined;
}

/** One of its clients has gone. */
function withOneLess(upload: UploadDocument): UploadDocument {
  return { ...upload, clients: Math.max(0, upload.clients - 1) };
}

function isTarsum(sum: string | undefined): sum is string {
  return sum !== undefined && /^tarsum\+sha256:[0-9a-f]{64}$/.test(sum);
}
