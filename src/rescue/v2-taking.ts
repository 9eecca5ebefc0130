import { createHash } from 'node:crypto';
import { pipeline, Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { OPERATOR, operatorsRight, type PushRight } from '../domain/access/access.js';
import type { Domain } from '../domain/domain.js';
import { HubError } from '../domain/errors.js';
import type { RepositoryName } from '../domain/repositories/names.js';
import { openLong } from './foreign-files.js';
import type { LayerInFile } from './found.js';
import { forEachOf, Lanes } from './lanes.js';
import { LayerFiles } from './layer-files.js';
import { BrokenError, reasonOf } from './problems.js';
import type { ProgressListener } from './taking.js';
import { short } from './v2-folder.js';
import type { V2Source } from './v2-found.js';
import type { NamedBlob } from './v2-manifest.js';
import { type ComingManifest, closureOf, type V2Plan, type V2Unit } from './v2-plan.js';

/** How many tags are under way at least, with all that they lead to. */
const UNITS_AT_ONCE = 4;
/** Bytes from which on a blob in a file is worth a thread, or a link with an fsync of its own. */
const LONG = 64 * 1024;

export interface V2TakingOptions {
  readonly domain: Domain;
  readonly source: V2Source;
  /** True: nothing is taken in, but everything is read. */
  readonly dryRun: boolean;
  /** Whether repositories are made private. */
  readonly isPrivate: boolean;
  /** Whether blobs are to share the source's files. */
  readonly link: boolean;
  readonly onProgress: ProgressListener;
}

/**
 * Takes in what a plan of v2 says: all blobs that a tag leads to, each read once, then its manifests, then the
 * tag. Nothing stays of one that fails.
 */
export class V2Taking {
  readonly #options: V2TakingOptions;
  readonly #lanes: Lanes;
  readonly #files: LayerFiles;
  /** Blobs that are read, or on their way. */
  readonly #coming = new Map<string, Promise<void>>();
  /** Blobs that came to a repository, by its name. */
  readonly #brought = new Map<RepositoryName, Set<string>>();
  readonly #made = new Map<string, Promise<void>>();
  #taken = 0;
  #bytes = 0;

  constructor(options: V2TakingOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.source.atOnce);
    const { domain, link, onProgress } = options;
    const { maxLayer } = domain.imports;
    const onBytes = (bytes: number): void => onProgress({ kind: 'bytes', bytes });
    this.#files = new LayerFiles({ maxLayer, maxInflated: maxLayer, link, onBytes });
  }

  /** How many manifests came, and the bytes of their blobs. */
  get result(): { readonly taken: number; readonly bytes: number } {
    return { taken: this.#taken, bytes: this.#bytes };
  }

  /** Rejects where going on makes no sense, as with a full disk; what came whole until then stays. */
  async run({ units, bytes }: Pick<V2Plan, 'units' | 'bytes'>): Promise<void> {
    const work = this.#options.dryRun ? 'reading' : 'taking in';
    this.#options.onProgress({ kind: 'begin', work, bytes });
    try {
      const atOnce = Math.max(UNITS_AT_ONCE, this.#options.source.atOnce);
      await forEachOf(units, atOnce, (unit) => this.#takeUnit(unit));
    } finally {
      await Promise.allSettled(this.#coming.values());
      for (const [name, digests] of this.#brought) await this.#tidy(name, digests);
      await this.#files.close();
    }
  }

  async #takeUnit(unit: V2Unit): Promise<void> {
    try {
      await this.#take(unit);
      this.#report(unit, { state: 'taken' });
    } catch (error) {
      this.#report(unit, { state: 'skipped', reason: reasonOf(error) });
    }
  }

  #report(
    { draft, tag, digest: image }: V2Unit,
    outcome: { readonly state: 'taken' | 'skipped'; readonly reason?: string },
  ): void {
    if (tag === undefined) draft.untagged.push({ image, ...outcome });
    else {
      draft.tags.push({ tag, image, ...outcome });
      this.#options.onProgress({ kind: 'tag', repository: draft, tag: { tag, image, ...outcome } });
    }
  }

  async #take({ there, name, tag, digest }: V2Unit): Promise<void> {
    const { source, domain, dryRun } = this.#options;
    const closure = await closureOf(source, there, digest);
    if (closure.kind === 'schema 1') throw new BrokenError('it became one of schema 1');
    const right = operatorsRight(name);
    if (!dryRun) await this.#make(right);
    const blobs = new Map(closure.manifests.flatMap(blobsOf).map((blob) => [blob.digest, blob]));
    const bringing = [...blobs.values()].map((blob) => this.#bring(there, right, blob));
    for (const outcome of await Promise.allSettled(bringing)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    for (const { bytes, mediaType, digest: own } of dryRun ? [] : closure.manifests) {
      const tags = own === digest && tag !== undefined ? [tag] : [];
      await domain.manifests.put(right, { bytes, mediaType, digest: own, tags, client: {} });
    }
    this.#taken += closure.manifests.length;
  }

  /** Makes a private repository before anything of it is here. */
  async #make(right: PushRight): Promise<void> {
    const { isPrivate, domain } = this.#options;
    const { repositories } = domain;
    if (!isPrivate) return;
    const made =
      this.#made.get(right.name.full) ??
      (repositories.find(right.name) === undefined
        ? repositories.create(right, { access: 'private' })
        : repositories.setProperties(right, { access: 'private' }));
    this.#made.set(right.name.full, made);
    await made;
  }

  /** Reads a blob, once for all repositories; those that come after the first are given the same. */
  async #bring(there: string, right: PushRight, blob: NamedBlob): Promise<void> {
    const { domain, dryRun } = this.#options;
    const { digest } = blob;
    const isHere = (): boolean =>
      domain.blobs.isIn(domain.repositories.find(right.name) ?? {}, digest);
    if (isHere()) return;
    const before = this.#coming.get(digest);
    if (before === undefined) {
      if (!dryRun && (await this.#mount(right, digest))) return;
      const coming =
        this.#coming.get(digest) ?? this.#lanes.run(() => this.#read(there, right, blob));
      this.#coming.set(digest, coming);
      coming.catch(() => undefined);
    }
    await this.#coming.get(digest);
    if (dryRun || isHere()) return;
    if (!(await this.#mount(right, digest)) && !blob.isElsewhere) {
      throw new BrokenError(`blob ${short(digest)} went again`);
    }
  }

  async #mount(right: PushRight, digest: string): Promise<boolean> {
    const source = { caller: OPERATOR, isOpen: () => true };
    const isMounted = await this.#options.domain.waitingBlobs.mount(right, source, digest);
    if (isMounted) this.#noteBrought(right.name, digest);
    return isMounted;
  }

  #noteBrought(name: RepositoryName, digest: string): void {
    const brought = this.#brought.get(name) ?? new Set();
    this.#brought.set(name, brought.add(digest));
  }

  async #read(there: string, right: PushRight, blob: NamedBlob): Promise<void> {
    const { source, domain, dryRun } = this.#options;
    const opened = await source.openBlob(there, blob.digest).catch((error) => {
      if (error instanceof BrokenError && blob.isElsewhere) return undefined;
      throw error;
    });
    if (opened === undefined) return;
    if ('file' in opened && blob.size >= LONG) return this.#takeFile(opened, right, blob);
    const checked = this.#checked(blob, dryRun);
    pipeline('file' in opened ? openLong(opened.file) : opened.stream, checked, () => {});
    if (dryRun) {
      await finished(checked.resume()).catch((error) => this.#explain(error, blob));
      return;
    }
    const { id } = await domain.blobUploads.begin(right, undefined);
    try {
      await domain.blobUploads.append(right, id, { source: checked });
      await domain.blobUploads.finish(right, id, blob.digest);
      this.#noteBrought(right.name, blob.digest);
    } catch (error) {
      await domain.blobUploads.cancel(right, id).catch(() => undefined);
      this.#explain(error, blob);
    } finally {
      checked.destroy();
    }
  }

  async #takeFile(found: LayerInFile, right: PushRight, blob: NamedBlob): Promise<void> {
    const { domain, dryRun } = this.#options;
    const file = this.#files.blob(found, blob);
    if (dryRun) await file.read(undefined);
    else {
      await domain.waitingBlobs.take(right, blob.digest, file);
      this.#noteBrought(right.name, blob.digest);
    }
    this.#bytes += blob.size;
  }

  /** Counts a blob on its way; in a dry run, where nobody else does, also sums it up. */
  #checked({ digest, size }: NamedBlob, isSummed: boolean): Transform {
    const [algorithm = '', hex] = digest.split(':');
    const hash = isSummed ? createHash(algorithm) : undefined;
    let length = 0;
    return new Transform({
      transform: (chunk: Buffer, _, done) => {
        length += chunk.length;
        this.#bytes += chunk.length;
        hash?.update(chunk);
        this.#options.onProgress({ kind: 'bytes', bytes: chunk.length });
        const isLong = length > size;
        done(
          isLong ? new BrokenError(`blob ${short(digest)} has more than ${size} bytes`) : null,
          chunk,
        );
      },
      flush: (done) => {
        const isSame = length === size && (hash === undefined || hash.digest('hex') === hex);
        done(isSame ? null : new BrokenError(`blob ${short(digest)} is damaged`));
      },
    });
  }

  #explain(error: unknown, { digest }: NamedBlob): never {
    if (error instanceof HubError && error.id === 'digestInvalid') {
      throw new BrokenError(`blob ${short(digest)} is damaged`);
    }
    // Only the error of a file or a connection that is read: those of the store speak for themselves.
    const { syscall } = error as NodeJS.ErrnoException;
    if (syscall === 'read') throw new BrokenError(`blob ${short(digest)} can't be read`);
    throw error;
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

function blobsOf({ parts }: ComingManifest): readonly NamedBlob[] {
  return parts.kind === 'index' ? [] : parts.blobs;
}
