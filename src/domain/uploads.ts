import type { Readable } from 'node:stream';
import type { Collection } from '../storage/collection.js';
import type { RepositoryDocument, UploadDocument } from '../storage/documents.js';
import { uploadKey } from '../storage/shapes.js';
import type { Caller } from './access.js';
import { payloadHash } from './checksums.js';
import { timestamp } from './clock.js';
import { errors } from './errors.js';
import { parseImageJson } from './image-json.js';
import type { Listings } from './repositories-by-image.js';
import type { ArrivedLayer } from './spare-layers.js';
import type { Turns } from './turns.js';
import {
  type NamedChecksums,
  UploadEnding,
  type UploadEndingOptions,
  withOneLess,
} from './upload-ending.js';
import { listsImage, requireWriter, type Target, UploadTargets } from './upload-targets.js';

export interface UploadOptions extends UploadEndingOptions {
  readonly allRepositories: Collection<RepositoryDocument>;
  readonly listings: Listings;
}

/** An image has 127 layers at most on a real docker; the bound keeps an ancestry small. */
export const MOST_ANCESTORS = 1000;
/** A push that has not ended after this time is over, in milliseconds. */
const LONGEST_PUSH = 24 * 60 * 60 * 1000;

/**
 * The push of images: json, layer, checksum (protocol.md §3). An image on its way is an upload of
 * its repository; it becomes an image, readable by others, when a checksum proves it whole.
 */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #targets: UploadTargets;
  readonly #ending: UploadEnding;
  readonly #turns: Turns;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#turns = options.turns;
    this.#targets = new UploadTargets(options);
    this.#ending = new UploadEnding(options, this.#targets);
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
      await this.#ending.end(target, upload, named);
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
    const joined: UploadDocument[] = [];
    const attach = (current: UploadDocument | undefined): UploadDocument | undefined => {
      if (current?.json !== begun.json) return current;
      joined.push(current);
      return { ...current, layer };
    };
    await library.unlessItFails(id, [layer.file], () => uploads.update(key, attach));
    const [before] = joined;
    // Meanwhile the push may have ended or begun anew with another json: then this layer is of no use.
    if (before === undefined) {
      await library.removeUnusedFiles(id, [layer.file]);
      throw errors.imageMissing();
    }
    const { layer: earlier, clients } = before;
    if (earlier === undefined) return;
    // Another client of the push may still name the sum of the layer that came before.
    const isSpare = clients > 1 && earlier.payload !== layer.payload;
    const unwanted = isSpare ? library.spares.keep(key, earlier) : [earlier];
    await library.removeUnusedFiles(
      id,
      unwanted.map(({ file }) => file),
    );
  }

  /** A client whose layer did not arrive begins again with the json, if it comes back at all. */
  async #giveUp(key: string, json: string): Promise<void> {
    const giving = this.#options.uploads.update(key, (current) =>
      current?.json === json ? withOneLess(current) : current,
    );
    // It is told of its layer; that the count is one too high then does no harm.
    await giving.catch(() => undefined);
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
