import type { Readable } from 'node:stream';
import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument, UploadDocument } from '../../storage/documents/documents.js';
import { uploadKey } from '../../storage/documents/shapes.js';
import type { Caller } from '../access/access.js';
import type { Rights } from '../access/rights.js';
import { timestamp } from '../clock.js';
import { errors } from '../errors.js';
import { checksumText, payloadHash } from '../layers/checksums.js';
import type { Listings } from '../repositories/repositories-by-image.js';
import type { Turns } from '../turns.js';
import { type ArrivedLayer, filesOf, type Version } from './spare-layers.js';
import { UploadBeginning } from './upload-beginning.js';
import {
  type FullVersion,
  type NamedChecksums,
  UploadEnding,
  type UploadParts,
} from './upload-ending.js';
import { listsImage, requireImageId, type Target, UploadTargets } from './upload-targets.js';

export interface UploadOptions extends UploadParts {
  readonly allRepositories: Collection<RepositoryDocument>;
  readonly listings: Listings;
  readonly rights: Rights;
}

/** A push that has been silent for this long is over, in milliseconds. */
const LONGEST_SILENCE = 24 * 60 * 60 * 1000;

/**
 * The push of images: json, layer, checksum (protocol.md §3). An image on its way is an upload of
 * its repository; it becomes an image, readable by others, when a checksum proves it whole.
 */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #targets: UploadTargets;
  readonly #beginning: UploadBeginning;
  readonly #ending: UploadEnding;
  readonly #turns: Turns;
  /** How many layers are arriving for an upload, by its key. */
  readonly #arriving = new Map<string, number>();

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#turns = options.turns;
    this.#targets = new UploadTargets(options);
    this.#beginning = new UploadBeginning(options, this.#targets);
    this.#ending = new UploadEnding(options, this.#targets);
  }

  /**
   * Begins an upload, or begins it again. Throws, in the order of docker-registry: `imageJson…`,
   * `imageNotListed`, `parentMissing`, `parentUnauthorized`, `ancestryTooLong`, `imageExists`.
   */
  async putJson(caller: Caller, id: string, bytes: Uint8Array): Promise<void> {
    this.#requireWriter(caller, id);
    await this.#beginning.begin(caller, id, bytes);
  }

  /**
   * Takes a layer in and returns what came. The source is read only if the layer is wanted. Throws
   * `imageMissing` (no json came before), `imageExists`, `layerTooLarge`, or as `Bearers.confirm`.
   */
  async putLayer(caller: Caller, id: string, source: Readable): Promise<ArrivedLayer> {
    this.#requireWriter(caller, id);
    const target = this.#targets.find(caller, id);
    const upload = target && this.#options.uploads.get(target.key);
    if (target === undefined || upload === undefined) throw this.#noUpload(target, id, 'layer');
    const versions = [upload, ...this.#options.library.spares.of(target.key)];
    const receiving = this.#whileArriving(target.key, () => this.#receive(id, versions, source));
    const layered = await receiving.catch(async (error) => {
      // If it comes back it begins again with the json; a count that is one too high does no harm.
      const leaving = this.#turns.take(target.key, () => this.#ending.oneGone(upload));
      await leaving.catch(() => undefined);
      throw error;
    });
    return this.#turns.take(target.key, () => this.#attachLayer(target, upload, layered));
  }

  /**
   * Ends an upload: the sum that the client's age sends is computed and compared. Throws
   * `checksumMissing`, `checksumMismatch` (the push can be repeated), `parentMissing`, `parentUnauthorized`,
   * `checksumRefused` (the image is complete) or `imageMissing`.
   */
  async putChecksum(caller: Caller, id: string, named: NamedChecksums): Promise<void> {
    this.#requireWriter(caller, id);
    const target = this.#targets.find(caller, id);
    if (named.payload === undefined && named.tarsum === undefined) throw errors.checksumMissing();
    if (target === undefined) throw this.#noUpload(target, id, 'checksum');
    await this.#turns.take(target.key, async () => {
      const upload = this.#options.uploads.get(target.key);
      if (upload === undefined) throw this.#noUpload(target, id, 'checksum');
      await this.#ending.end(target, upload, named);
    });
  }

  /** Throws `badToken`, `loginRequired` or `imageId`. */
  #requireWriter(caller: Caller, id: string): void {
    this.#options.rights.requireWriter(caller);
    requireImageId(id);
  }

  /** At a start: uploads have no clients yet, and a client that comes back begins with the json. */
  async recover(): Promise<void> {
    const { uploads } = this.#options;
    for (const { id, repository } of [...uploads.values()]) {
      await uploads.update(uploadKey(id, repository), withoutClients);
    }
    await this.dropStale();
  }

  /**
   * Ends uploads that nobody will go on with: whose image arrived otherwise, whose repository does not want
   * it any more, or that has been silent for a day. One whose layer is arriving stays.
   */
  async dropStale(): Promise<void> {
    const { uploads, library } = this.#options;
    const isStale = (upload: UploadDocument): boolean => this.#isStale(upload);
    for (const upload of [...uploads.values()].filter(isStale)) {
      await library.endUpload(upload, isStale);
    }
  }

  #isStale(upload: UploadDocument): boolean {
    const { allRepositories, holders, clock } = this.#options;
    if (this.#arriving.has(uploadKey(upload.id, upload.repository))) return false;
    const repository = allRepositories.get(upload.repository);
    const wanted = repository !== undefined && listsImage(repository, upload.id);
    if (!wanted) return true;
    if (upload.clients === 0 && holders.hasArrived(upload)) return true;
    return clock.now() - Date.parse(upload.started) > LONGEST_SILENCE;
  }

  async #whileArriving<R>(key: string, work: () => Promise<R>): Promise<R> {
    this.#arriving.set(key, (this.#arriving.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#arriving.get(key) ?? 1) - 1;
      if (left > 0) this.#arriving.set(key, left);
      else this.#arriving.delete(key);
    }
  }

  /** Stores a layer. Its client's json is one of the versions, so the sum is taken with each of them. */
  async #receive(
    id: string,
    versions: readonly Version[],
    source: Readable,
  ): Promise<readonly [FullVersion, ...FullVersion[]]> {
    const { files, maxLayer } = this.#options;
    const jsons = new Map(versions.map(({ json, ancestry }) => [json, ancestry]));
    const sums = await Promise.all(
      [...jsons].map(async ([json, ancestry]) => {
        return { json, ancestry, hash: payloadHash(await files.readJson(id, json)) };
      }),
    );
    let size = 0;
    const stored = await files.receiveLayer(id, source, (chunk) => {
      size += chunk.length;
      if (size > maxLayer) throw errors.layerTooLarge(maxLayer);
      for (const { hash } of sums) hash.update(chunk);
    });
    const [first, ...more] = sums.map(({ json, ancestry, hash }) => {
      return { json, ancestry, layer: { ...stored, payload: checksumText(hash) } };
    });
    if (first === undefined) throw new Error('an upload has a json');
    return [first, ...more];
  }

  /** Adds a layer to the version it was sent for, which may be any of those that were there when it began. */
  async #attachLayer(
    { caller, key }: Target,
    begun: UploadDocument,
    layered: readonly [FullVersion, ...FullVersion[]],
  ): Promise<ArrivedLayer> {
    const { uploads, library, clock } = this.#options;
    const { id, generation } = begun;
    const [{ layer }] = layered;
    const started = timestamp(clock);
    const attach = (current: UploadDocument | undefined): UploadDocument | undefined => {
      // A layer takes its time, and its account may be another by now.
      this.#options.rights.confirm(caller);
      if (current === undefined || current.generation !== generation) return current;
      const mine = layered.find(({ json }) => json === current.json);
      return mine === undefined
        ? { ...current, started }
        : { ...current, started, layer: mine.layer };
    };
    const { before } = await library.unlessItFails(id, [layer.file], () =>
      uploads.update(key, attach),
    );
    // Meanwhile the push may have ended: then this layer is of no use.
    if (before === undefined || before.generation !== generation) {
      await library.removeUnusedFiles(id, [layer.file]);
      throw errors.imageMissing();
    }
    await library.removeUnusedFiles(id, [layer.file, ...this.#spare(key, before, layered)]);
    return layer;
  }

  /** Keeps what other clients of a push may still name the sum of; returns the files that made room. */
  #spare(key: string, before: UploadDocument, layered: readonly FullVersion[]): string[] {
    const { spares } = this.#options.library;
    const known = new Set(spares.of(key).map(({ json }) => json));
    const removed: Version[] = [];
    for (const version of layered) {
      if (known.has(version.json)) removed.push(...spares.keep(key, version));
      if (version.json !== before.json || before.layer === undefined) continue;
      const isSpare = before.clients > 1 && before.layer.payload !== version.layer.payload;
      removed.push(...(isSpare ? spares.keep(key, before) : [before]));
    }
    return filesOf(removed);
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
