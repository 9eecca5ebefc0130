import { operatorsRight, type PushRight } from '../domain/access/access.js';
import { forEachOf, Turns } from './lanes.js';
import { BrokenError, reasonOf } from './problems.js';
import { V2Blobs, type V2BlobsOptions } from './v2-blobs.js';
import type { NamedBlob } from './v2-manifest.js';
import { type ComingManifest, closureOf, type V2Plan, type V2Unit } from './v2-plan.js';

/** How many tags are under way at least, with all that they lead to. */
const UNITS_AT_ONCE = 4;

export interface V2TakingOptions extends V2BlobsOptions {
  /** Whether repositories are made private. */
  readonly isPrivate: boolean;
}

/**
 * Takes in what a plan of v2 says: a tag with all that it leads to in a piece. Each blob is read once. Nothing stays of
 * a tag that fails.
 */
export class V2Taking {
  readonly #options: V2TakingOptions;
  readonly #blobs: V2Blobs;
  readonly #turns = new Turns();
  /** Private repositories that were made, or are, by their names. */
  readonly #made = new Map<string, Promise<void>>();
  #taken = 0;

  constructor(options: V2TakingOptions) {
    this.#options = options;
    this.#blobs = new V2Blobs(options);
  }

  /** How many manifests came, and the bytes of their blobs. */
  get result(): { readonly taken: number; readonly bytes: number } {
    return { taken: this.#taken, bytes: this.#blobs.bytes };
  }

  /** Rejects where going on makes no sense, as with a full disk; what came whole until then stays. */
  async run({ units, bytes }: Pick<V2Plan, 'units' | 'bytes'>): Promise<void> {
    const work = this.#options.dryRun ? 'reading' : 'taking in';
    this.#options.onProgress({ kind: 'begin', work, bytes });
    try {
      const atOnce = Math.max(UNITS_AT_ONCE, this.#options.source.atOnce);
      await forEachOf(units, atOnce, (unit) => this.#takeUnit(unit));
    } finally {
      this.#turns.end();
      await this.#blobs.close();
    }
  }

  async #takeUnit(unit: V2Unit): Promise<void> {
    const tell = this.#turns.begin();
    try {
      await this.#take(unit);
      this.#report(unit, { state: 'taken' }, tell);
    } catch (error) {
      this.#report(unit, { state: 'skipped', reason: reasonOf(error) }, tell);
    }
  }

  #report(
    { draft, tag, digest: image }: V2Unit,
    outcome: { readonly state: 'taken' | 'skipped'; readonly reason?: string },
    tell: (work: () => void) => void,
  ): void {
    if (tag === undefined) {
      draft.untagged.push({ image, ...outcome });
      tell(() => {});
    } else {
      const report = { tag, image, ...outcome };
      draft.tags.push(report);
      tell(() => this.#options.onProgress({ kind: 'tag', repository: draft, tag: report }));
    }
  }

  async #take({ there, name, tag, digest }: V2Unit): Promise<void> {
    const { source, domain, dryRun } = this.#options;
    const closure = await closureOf(source, there, digest);
    if (closure.kind === 'schema 1') throw new BrokenError('it became one of schema 1');
    const { manifests } = closure;
    const right = operatorsRight(name);
    if (!dryRun) await this.#make(right);
    const blobs = new Map(manifests.flatMap(blobsOf).map((blob) => [blob.digest, blob]));
    const bring = () => this.#bringAll(there, right, [...blobs.values()]);
    if (dryRun) await bring();
    else {
      const pushed = manifests.map(({ bytes, mediaType, digest: own }) => {
        const tags = own === digest && tag !== undefined ? [tag] : [];
        return { bytes, mediaType, digest: own, tags, client: {} };
      });
      await domain.manifests.putAll(right, pushed, bring);
    }
    this.#taken += manifests.length;
  }

  /** Ends when nothing of them is under way any more. */
  async #bringAll(there: string, right: PushRight, blobs: readonly NamedBlob[]): Promise<void> {
    const bringing = blobs.map((blob) => this.#blobs.bring(there, right, blob));
    for (const outcome of await Promise.allSettled(bringing)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
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
    this.#blobs.expect(right.name);
    await made;
  }
}

function blobsOf({ parts }: ComingManifest): readonly NamedBlob[] {
  return parts.kind === 'index' ? [] : parts.blobs;
}
