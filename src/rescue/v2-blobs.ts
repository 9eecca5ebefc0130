import { createHash } from 'node:crypto';
import { pipeline, type Readable, Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { OPERATOR, type PushRight } from '../domain/access/access.js';
import type { Domain } from '../domain/domain.js';
import type { RepositoryName } from '../domain/repositories/names.js';
import { eachChunk } from '../storage/files/each-chunk.js';
import { readShort } from './foreign-files.js';
import type { LayerInFile, OpenedLayer } from './found.js';
import { Lanes } from './lanes.js';
import { LayerFiles } from './layer-files.js';
import { BrokenError } from './problems.js';
import type { ProgressListener } from './taking.js';
import { short } from './v2-folder.js';
import type { V2Source } from './v2-found.js';
import { digestLike, type NamedBlob } from './v2-manifest.js';

/** Bytes from which on a blob in a file is worth a thread, or a link with an fsync of its own. */
const LONG = 64 * 1024;

export interface V2BlobsOptions {
  readonly domain: Domain;
  readonly source: V2Source;
  /** True: nothing is taken in, but everything is read. */
  readonly dryRun: boolean;
  /** Whether blobs are to share the source's files. */
  readonly link: boolean;
  readonly onProgress: ProgressListener;
}

/** Brings the blobs of a registry of API v2, each read once. */
export class V2Blobs {
  readonly #options: V2BlobsOptions;
  readonly #lanes: Lanes;
  readonly #files: LayerFiles;
  /** Why blobs can't come, by digest and length. */
  readonly #broken = new Map<string, BrokenError>();
  /** What a dry run has read, or reads, by digest and length. */
  readonly #seen = new Map<string, Promise<void>>();
  /** Blobs that came over HTTP just now. */
  readonly #fetched = new Set<string>();
  /** Blobs that wait in a repository for their manifest, by its name. */
  readonly #waiting = new Map<RepositoryName, Set<string>>();
  #bytes = 0;

  constructor(options: V2BlobsOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.source.atOnce);
    const { domain, link, onProgress } = options;
    const { maxLayer } = domain.imports;
    const onBytes = (bytes: number): void => onProgress({ kind: 'bytes', bytes });
    this.#files = new LayerFiles({ maxLayer, maxInflated: maxLayer, link, onBytes });
  }

  /** How many bytes were read. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Sees to it that a blob is here, unless the source may be without it; the caller has pinned it. In a dry run, that
   * it could come. Throws a BrokenError, or an error after which nothing can come.
   */
  async bring(there: string, right: PushRight, blob: NamedBlob): Promise<void> {
    const { domain, dryRun } = this.#options;
    const key = `${blob.digest} ${blob.size}`;
    const failure = this.#broken.get(key);
    if (failure !== undefined) throw failure;
    const read = () => this.#lanes.run(() => this.#read(there, blob));
    try {
      if (!dryRun) {
        await domain.blobs.bring(blob.digest, read);
        return await this.#hold(right, blob.digest);
      }
      const seen = this.#seen.get(key) ?? read();
      this.#seen.set(key, seen);
      await seen;
    } catch (error) {
      if (error instanceof BrokenError) this.#broken.set(key, error);
      throw error;
    }
  }

  /** Notes a repository that was made for what is to come, and goes if nothing does. */
  expect(name: RepositoryName): void {
    if (!this.#waiting.has(name)) this.#waiting.set(name, new Set());
  }

  /** Removes what came for manifests that did not, and ends the threads. */
  async close(): Promise<void> {
    for (const [name, digests] of this.#waiting) await this.#tidy(name, digests);
    await this.#files.close();
  }

  async #read(there: string, blob: NamedBlob): Promise<void> {
    const opened = await this.#open(there, blob);
    if (opened === undefined) return;
    if ('stream' in opened) await this.#takeStream(opened.stream, blob);
    else if (blob.size < LONG) await this.#takeShort(opened, blob);
    else await this.#takeLong(opened, blob);
  }

  async #open(there: string, blob: NamedBlob): Promise<OpenedLayer | undefined> {
    try {
      return await this.#options.source.openBlob(there, blob.digest);
    } catch (error) {
      if (error instanceof BrokenError && blob.isElsewhere) return undefined;
      throw error;
    }
  }

  async #takeLong(found: LayerInFile, blob: NamedBlob): Promise<void> {
    const { domain, dryRun } = this.#options;
    const { twin, read } = this.#files.blob(found, blob);
    if (dryRun) await read(undefined);
    else await domain.blobs.files.take(blob.digest, twin, read);
    this.#bytes += blob.size;
  }

  async #takeShort({ file }: LayerInFile, { digest, size }: NamedBlob): Promise<void> {
    const { domain, dryRun, onProgress } = this.#options;
    const bytes = await readShort(file.path, size, `blob ${short(digest)}`);
    if (bytes.length !== size || digestLike(digest, bytes) !== digest) throw damaged(digest);
    if (!dryRun) await domain.blobs.files.write(digest, bytes);
    this.#bytes += size;
    onProgress({ kind: 'bytes', bytes: size });
  }

  async #takeStream(stream: Readable, blob: NamedBlob): Promise<void> {
    const checked = this.#checked(blob);
    pipeline(stream, checked, () => {});
    try {
      if (this.#options.dryRun) await finished(checked.resume());
      else await this.#keep(checked, blob);
    } catch (error) {
      // Only the error of a connection that is read: those of the store speak for themselves.
      const { syscall } = error as NodeJS.ErrnoException;
      if (syscall === 'read') throw new BrokenError(`blob ${short(blob.digest)} can't be read`);
      throw error;
    } finally {
      checked.destroy();
    }
  }

  async #keep(stream: Readable, { digest }: NamedBlob): Promise<void> {
    const { files } = this.#options.domain.blobs;
    const file = files.begin();
    try {
      await eachChunk(stream, (chunk) => file.write(chunk));
      await files.place(file, digest);
      this.#fetched.add(digest);
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /**
   * Lets a blob that came over HTTP wait in the repository: it is not fetched once more if the rescue ends before all
   * is here that its tag needs.
   */
  async #hold(right: PushRight, digest: string): Promise<void> {
    if (!this.#fetched.delete(digest)) return;
    this.expect(right.name);
    this.#waiting.get(right.name)?.add(digest);
    await this.#options.domain.waitingBlobs.bring(right, digest, async () => {});
  }

  /** Counts a blob on its way and sums it up: what it gives at its end is the blob. */
  #checked({ digest, size }: NamedBlob): Transform {
    const [algorithm = '', hex] = digest.split(':');
    const hash = createHash(algorithm);
    let length = 0;
    return new Transform({
      transform: (chunk: Buffer, _, done) => {
        length += chunk.length;
        this.#bytes += chunk.length;
        hash.update(chunk);
        this.#options.onProgress({ kind: 'bytes', bytes: chunk.length });
        const isLong = length > size;
        done(
          isLong ? new BrokenError(`blob ${short(digest)} has more than ${size} bytes`) : null,
          chunk,
        );
      },
      flush: (done) => {
        const isSame = length === size && hash.digest('hex') === hex;
        done(isSame ? null : damaged(digest));
      },
    });
  }

  /** Removes blobs that came for what failed, and the repository if nothing else came to it. */
  async #tidy(name: RepositoryName, digests: ReadonlySet<string>): Promise<void> {
    const { waitingBlobs, repositories, deletions } = this.#options.domain;
    for (const digest of digests) {
      if (repositories.find(name)?.blobs?.[digest] === undefined) continue;
      await waitingBlobs.remove(OPERATOR, name, digest).catch(() => undefined);
    }
    const left = repositories.find(name);
    if (left === undefined || left.holds.length > 0) return;
    const has = [left.tags, left.unlisted, left.manifests, left.blobs];
    if (has.every((each) => Object.keys(each ?? {}).length === 0)) await deletions.remove(name);
  }
}

function damaged(digest: string): BrokenError {
  return new BrokenError(`blob ${short(digest)} is damaged`);
}
