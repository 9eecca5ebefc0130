import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { algorithmOf } from '../../storage/files/digests.js';
import { eachChunk } from '../../storage/files/each-chunk.js';
import type { StreamedFile } from '../../storage/files/streamed-file.js';
import type { PushRight } from '../access/access.js';
import type { Clock, RandomBytes } from '../clock.js';
import { isDisconnect } from '../disconnect.js';
import { errors } from '../errors.js';
import type { Reader } from '../layers/layer-readings.js';
import type { RepositoryName } from '../repositories/names.js';
import { Turns } from '../turns.js';
import type { Blobs } from './blobs.js';
import type { WaitingBlobs } from './waiting-blobs.js';

/** Milliseconds after which an abandoned upload ends: a day, as with images over v1. */
const LONGEST_SILENCE = 24 * 60 * 60 * 1000;
/** How many uploads may be under way, and how many of one account, or of one network without a login. */
const MOST_UPLOADS = 1000;
const MOST_OF_ONE = 300;
/** Milliseconds of silence after which one may be ended to make room for another, and one of which nothing came yet. */
const GIVES_WAY = 60 * 60 * 1000;
const GIVES_WAY_EMPTY = 60 * 1000;

export interface BlobUploadsOptions {
  readonly blobs: Blobs;
  /** Where complete ones go. */
  readonly waiting: WaitingBlobs;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** The longest blob accepted, in bytes. */
  readonly maxBlob: number;
}

/** An upload under way, as its client is told of it. */
export interface UploadState {
  readonly id: string;
  /** How many bytes have come. */
  readonly size: number;
}

interface Upload {
  readonly id: string;
  readonly repository: string;
  /** Who began it. */
  readonly by: Reader;
  size: number;
  /** What came, once something did. */
  file: StreamedFile | undefined;
  readonly hash: Hash;
  /** When it began, or when its last bytes came. */
  touched: number;
  /** How many requests write to it, or wait for that. */
  writers: number;
}

/** A part of a blob as a client sends it. */
export interface Chunk {
  readonly source: Readable;
  /** Which bytes it says they are; undefined: those that come next. */
  readonly range?: { readonly first: number; readonly last: number } | undefined;
}

/**
 * Blobs on their way to a repository (v2.md §3). Uploads are not documents: they end with the process, and their
 * clients begin again, as none of today's goes on after a failure of a registry. A blob that arrived is the
 * repository's before its client is told so.
 */
export class BlobUploads {
  readonly #options: BlobUploadsOptions;
  readonly #uploads = new Map<string, Upload>();
  readonly #turns = new Turns();

  constructor(options: BlobUploadsOptions) {
    this.#options = options;
  }

  /** Begins an upload for somebody, with whose others it counts. Throws `tooManyUploads`. */
  async begin({ name }: PushRight, by: Reader): Promise<UploadState> {
    const { clock, random } = this.#options;
    const silent =
      this.#givingWay((each) => each.by === by, MOST_OF_ONE) ??
      this.#givingWay(() => true, MOST_UPLOADS);
    const upload: Upload = {
      id: random(16).toString('hex'),
      repository: name.full,
      by,
      size: 0,
      file: undefined,
      hash: createHash('sha256'),
      touched: clock.now(),
      writers: 0,
    };
    this.#uploads.set(upload.id, upload);
    if (silent !== undefined) await this.#end(silent);
    return upload;
  }

  /** Where there are too many, the one that was silent longest, if that was long enough. Throws `tooManyUploads`. */
  #givingWay(isCounted: (upload: Upload) => boolean, most: number): Upload | undefined {
    const counted = [...this.#uploads.values()].filter(isCounted);
    if (counted.length < most) return undefined;
    const [silent] = counted
      .filter((each) => each.writers === 0 && this.#silence(each) >= patienceWith(each))
      .sort((a, b) => a.touched - b.touched);
    if (silent === undefined) throw errors.tooManyUploads(most);
    return silent;
  }

  /** Throws `uploadUnknown`. */
  state({ name }: PushRight, id: string): UploadState {
    return this.#find(name, id);
  }

  /**
   * Adds a part. What came of it stays, also where its client goes in the middle. Throws `uploadUnknown`,
   * `outOfOrder`, `chunkLength`, or `blobTooLarge`, which ends the upload.
   */
  async append({ name }: PushRight, id: string, chunk: Chunk): Promise<UploadState> {
    return this.#inTurn(name, id, async (upload) => {
      await this.#take(upload, chunk);
      return upload;
    });
  }

  /**
   * Ends an upload, with its last part or without: from then on the repository has the blob. Throws as `append`, or
   * `digestInvalid`, which ends the upload.
   */
  async finish(right: PushRight, id: string, digest: string, chunk?: Chunk): Promise<void> {
    await this.#inTurn(right.name, id, async (upload) => {
      if (chunk !== undefined) await this.#take(upload, chunk);
      this.#uploads.delete(id);
      try {
        const found = await this.#digest(upload, digest);
        if (found !== digest) throw errors.digestInvalid(found);
        await this.#keep(right, digest, upload);
      } finally {
        await this.#discard(upload);
      }
    });
  }

  /** Ends an upload without a blob. Throws `uploadUnknown`. */
  async cancel({ name }: PushRight, id: string): Promise<void> {
    await this.#inTurn(name, id, (upload) => this.#end(upload));
  }

  /** Ends those that have been silent for a day. */
  async dropStale(): Promise<void> {
    const isOld = (upload: Upload): boolean => this.#silence(upload) > LONGEST_SILENCE;
    for (const { id } of [...this.#uploads.values()].filter(isOld)) {
      await this.#turns.take(id, async () => {
        const upload = this.#uploads.get(id);
        if (upload !== undefined && isOld(upload)) await this.#end(upload);
      });
    }
  }

  /** Ends all uploads. */
  async close(): Promise<void> {
    const all = [...this.#uploads.values()];
    this.#uploads.clear();
    for (const upload of all) await this.#turns.take(upload.id, () => this.#discard(upload));
  }

  #find({ full }: RepositoryName, id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.repository !== full) throw errors.uploadUnknown();
    return upload;
  }

  /** One request after the other, each only while the upload is there. Throws `uploadUnknown`. */
  async #inTurn<R>(
    name: RepositoryName,
    id: string,
    work: (upload: Upload) => Promise<R>,
  ): Promise<R> {
    const found = this.#find(name, id);
    found.writers += 1;
    try {
      return await this.#turns.take(id, () => work(this.#find(name, id)));
    } finally {
      found.writers -= 1;
    }
  }

  #silence({ touched }: Upload): number {
    return this.#options.clock.now() - touched;
  }

  async #take(upload: Upload, { source, range }: Chunk): Promise<void> {
    const { maxBlob, clock } = this.#options;
    if (range !== undefined && range.first !== upload.size) throw errors.outOfOrder(upload.size);
    const end = range === undefined ? undefined : range.last + 1;
    try {
      await eachChunk(source, (bytes) => {
        if (upload.size + bytes.length > maxBlob) throw errors.blobTooLarge(maxBlob);
        if (end !== undefined && upload.size + bytes.length > end) throw errors.chunkLength();
        upload.size += bytes.length;
        // One that is slow is not silent.
        upload.touched = clock.now();
        upload.hash.update(bytes);
        upload.file ??= this.#options.blobs.files.begin();
        return upload.file.write(bytes);
      });
      if (end !== undefined && upload.size !== end) throw errors.chunkLength();
    } catch (error) {
      // What came of a part counts, and the client may go on.
      if (isDisconnect(error)) throw error;
      // What was gathered is not what the client means, or can't be written.
      await this.#end(upload);
      throw error;
    }
  }

  async #digest(upload: Upload, wanted: string): Promise<string> {
    const algorithm = algorithmOf(wanted);
    if (algorithm === 'sha256') return `sha256:${upload.hash.digest('hex')}`;
    const hash = createHash(algorithm);
    await upload.file?.readBack((bytes) => hash.update(bytes));
    return `${algorithm}:${hash.digest('hex')}`;
  }

  async #keep(right: PushRight, digest: string, upload: Upload): Promise<void> {
    const { blobs, waiting } = this.#options;
    let isPlaced = false;
    await waiting.bring(right, digest, async () => {
      const { file } = upload;
      isPlaced = true;
      if (file === undefined) return blobs.files.whole(digest, new Uint8Array());
      return blobs.files.placeLong(file, digest);
    });
    if (isPlaced) upload.file = undefined;
  }

  /** It is found no more, and what came of it goes. */
  async #end(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    await this.#discard(upload);
  }

  async #discard(upload: Upload): Promise<void> {
    const { file } = upload;
    upload.file = undefined;
    await file?.discard();
  }
}

/** Milliseconds that an upload may be silent while others want its place. */
function patienceWith({ size }: Upload): number {
  return size === 0 ? GIVES_WAY_EMPTY : GIVES_WAY;
}
