import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';
import { algorithmOf } from '../../storage/files/digests.js';
import { eachChunk } from '../../storage/files/each-chunk.js';
import type { StreamedFile } from '../../storage/files/streamed-file.js';
import { type Caller, mayRead, type PushRight } from '../access/access.js';
import type { Clock, RandomBytes } from '../clock.js';
import { isDisconnect } from '../disconnect.js';
import { errors } from '../errors.js';
import type { RepositoryName } from '../repositories/names.js';
import type { Repositories } from '../repositories/repositories.js';
import { Turns } from '../turns.js';
import type { Blobs } from './blobs.js';

/** Milliseconds after which an upload that nobody goes on with ends: as with images over v1, a day. */
const LONGEST_SILENCE = 24 * 60 * 60 * 1000;
/** How many uploads may be under way, and how many of one repository. */
const MOST_UPLOADS = 1000;
const MOST_OF_ONE = 100;
/** Milliseconds of silence after which one may be ended to make room for another. */
const GIVES_WAY = 60 * 60 * 1000;

export interface BlobUploadsOptions {
  readonly blobs: Blobs;
  readonly repositories: Repositories;
  readonly documents: Collection<RepositoryDocument>;
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
  size: number;
  /** What came, once something did. */
  file: StreamedFile | undefined;
  readonly hash: Hash;
  touched: number;
}

/** A part of a blob as a client sends it. */
export interface Chunk {
  readonly source: Readable;
  /** Which bytes it says they are; undefined: those that come next. */
  readonly range?: { readonly first: number; readonly last: number } | undefined;
}

/** From where a caller may take blobs that are here. */
export interface MountSource {
  readonly caller: Caller;
  /** Whether the request is for this repository too, of those that the caller may read. */
  readonly isOpen: (repository: RepositoryDocument) => boolean;
}

/**
 * Blobs on their way to a repository (v2.md §3). Uploads are not documents: they end with the process, and their
 * clients begin again, as none of today's goes on after a failure of a registry. A blob that arrived is the
 * repository's before its client is told so, and stays without a manifest for a day.
 */
export class BlobUploads {
  readonly #options: BlobUploadsOptions;
  readonly #uploads = new Map<string, Upload>();
  readonly #turns = new Turns();

  constructor(options: BlobUploadsOptions) {
    this.#options = options;
  }

  /** Begins an upload. Throws `tooManyUploads`. */
  async begin({ name }: PushRight): Promise<UploadState> {
    const { clock, random } = this.#options;
    await this.#makeRoom(name);
    const upload: Upload = {
      id: random(16).toString('hex'),
      repository: name.full,
      size: 0,
      file: undefined,
      hash: createHash('sha256'),
      touched: clock.now(),
    };
    this.#uploads.set(upload.id, upload);
    return upload;
  }

  /** Where there are too many, those that nobody has gone on with for an hour give way. */
  async #makeRoom({ full }: RepositoryName): Promise<void> {
    const { clock } = this.#options;
    for (const [most, isCounted] of [
      [MOST_OF_ONE, (each: Upload) => each.repository === full],
      [MOST_UPLOADS, () => true],
    ] as const) {
      const counted = [...this.#uploads.values()].filter(isCounted);
      if (counted.length < most) continue;
      const [oldest] = counted.toSorted((a, b) => a.touched - b.touched);
      if (oldest === undefined || clock.now() - oldest.touched < GIVES_WAY) {
        throw errors.tooManyUploads(most);
      }
      this.#uploads.delete(oldest.id);
      await this.#turns.take(oldest.id, () => this.#discard(oldest));
    }
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
    return this.#turns.take(id, async () => {
      const upload = this.#find(name, id);
      await this.#take(upload, chunk);
      return upload;
    });
  }

  /**
   * Ends an upload, with its last part or without: from then on the repository has the blob. Throws as `append`, or
   * `digestInvalid`, which ends the upload.
   */
  async finish(right: PushRight, id: string, digest: string, chunk?: Chunk): Promise<void> {
    await this.#turns.take(id, async () => {
      const upload = this.#find(right.name, id);
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
    await this.#turns.take(id, async () => {
      const upload = this.#find(name, id);
      this.#uploads.delete(id);
      await this.#discard(upload);
    });
  }

  /**
   * Gives the repository a blob that is here already: that it has itself, or that `from`, or any, has as a source for
   * the caller. Resolves to whether there was one.
   */
  async mount(
    right: PushRight,
    { caller, isOpen }: MountSource,
    digest: string,
    from?: RepositoryName,
  ): Promise<boolean> {
    const { blobs, documents } = this.#options;
    const keys = from === undefined ? blobs.holdersOf(digest) : [from.full];
    if (!blobs.files.has(digest)) return false;
    for (const key of keys) {
      const repository = documents.get(key);
      if (repository === undefined || !mayRead(caller, repository)) continue;
      if (key !== right.name.full && !isOpen(repository)) continue;
      if (!blobs.isIn(repository, digest)) continue;
      await blobs.whilePinned([digest], () => this.#link(right, digest));
      return true;
    }
    return false;
  }

  /**
   * Takes a blob from a repository. Throws `blobUnknown`, `blobInUse` where a manifest of the repository names it, or
   * as `Rights.requireStill`.
   */
  async deleteBlob(caller: Caller, name: RepositoryName, digest: string): Promise<void> {
    const { repositories, blobs } = this.#options;
    await repositories.change(caller, name, (current) => {
      if (!blobs.isIn(current, digest)) throw errors.blobUnknown(digest);
      const { [digest]: since, ...others } = current.blobs ?? {};
      if (since === undefined) throw errors.blobInUse(digest);
      return { ...current, blobs: others };
    });
    await blobs.letGo([digest]);
  }

  /** Ends uploads that have been silent for a day, and lets go of blobs that no manifest came to name in that time. */
  async dropStale(): Promise<void> {
    const { clock, documents, blobs } = this.#options;
    const isOld = (since: number): boolean => clock.now() - since > LONGEST_SILENCE;
    for (const { id, repository } of [...this.#uploads.values()].filter((each) =>
      isOld(each.touched),
    )) {
      await this.#turns.take(id, async () => {
        const upload = this.#uploads.get(id);
        if (upload?.repository !== repository || !isOld(upload.touched)) return;
        this.#uploads.delete(id);
        await this.#discard(upload);
      });
    }
    for (const { namespace, name, blobs: waiting = {} } of [...documents.values()]) {
      const old = Object.keys(waiting).filter((each) => isOld(Date.parse(waiting[each] ?? '')));
      if (old.length === 0) continue;
      await documents.update(
        `${namespace}/${name}`,
        (current) =>
          current && {
            ...current,
            blobs: Object.fromEntries(
              Object.entries(current.blobs ?? {}).filter(([, since]) => !isOld(Date.parse(since))),
            ),
          },
      );
      await blobs.letGo(old);
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
    upload.touched = this.#options.clock.now();
    return upload;
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
      this.#uploads.delete(upload.id);
      await this.#discard(upload);
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
    const { files } = this.#options.blobs;
    await this.#bring(right, digest, async () => {
      const { file } = upload;
      upload.file = undefined;
      if (file === undefined) await files.write(digest, new Uint8Array());
      else await files.place(file, digest);
    });
  }

  async #bring(right: PushRight, digest: string, put: () => Promise<void>): Promise<void> {
    const { blobs } = this.#options;
    try {
      await blobs.whilePinned([digest], async () => {
        await blobs.bring(digest, put);
        await this.#link(right, digest);
      });
    } catch (error) {
      await blobs.letGo([digest]).catch(() => undefined);
      throw error;
    }
  }

  async #link(right: PushRight, digest: string): Promise<void> {
    const { repositories, blobs } = this.#options;
    await repositories.receive(right, {
      change: (current, now) =>
        blobs.isIn(current, digest)
          ? current
          : { ...current, blobs: { ...current.blobs, [digest]: now } },
    });
  }

  async #discard(upload: Upload): Promise<void> {
    const { file } = upload;
    upload.file = undefined;
    await file?.discard();
  }
}
