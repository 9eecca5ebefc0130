import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ImageImport, Imports, LayerFile } from '../domain/images/imports.js';
import { boundsFor } from '../domain/layers/layer-bounds.js';
import type { GivenTag } from '../domain/repositories/repository-changes.js';
import { because, type Chains } from './chains.js';
import { checkedLayer } from './checked-layer.js';
import type { RepositoryDraft } from './drafts.js';
import type { FoundTag, StreamedLayer, V1Source } from './found.js';
import { forEachOf, Lanes, Turns } from './lanes.js';
import { LayerFiles } from './layer-files.js';
import type { Plan, Unit } from './plan.js';
import { BrokenError, reasonOf } from './problems.js';
import type { TagReport } from './report.js';

/** How many images with all that they are built on are under way at least; their layers wait for each other. */
const UNITS_AT_ONCE = 8;

/** What a waiting person is told. */
export type RescueProgress =
  /** So many bytes are about to be gone through; 0 where that is not known. */
  | { readonly kind: 'begin'; readonly work: string; readonly bytes: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'tag'; readonly repository: RepositoryDraft; readonly tag: TagReport }
  /** A tag was pushed on, or not. */
  | { readonly kind: 'pushed'; readonly repository: string; readonly tag: TagReport };

export type ProgressListener = (progress: RescueProgress) => void;

export interface TakingOptions {
  readonly imports: Imports;
  /** True: nothing is taken in, but everything is read. */
  readonly dryRun: boolean;
  readonly source: V1Source;
  readonly chains: Chains;
  /** Whether layers are to share the source's files. */
  readonly link: boolean;
  readonly onProgress: ProgressListener;
}

/** An image on its way: when what is built on it may begin, and when it is in. */
interface Coming {
  readonly begun: Promise<void>;
  readonly done: Promise<void>;
}

/**
 * Takes in what a plan says: each image once, as often as it is needed, and a tag when all is there that
 * its image is built on. What fails is reported and left out, with nothing of it behind.
 */
export class Taking {
  readonly #options: TakingOptions;
  readonly #entry: ImageImport | undefined;
  readonly #lanes: Lanes;
  readonly #turns = new Turns();
  readonly #files: LayerFiles;
  readonly #coming = new Map<string, Coming>();
  /** Length of each layer that came, in bytes. */
  readonly #lengths = new Map<string, number>();
  readonly #taken = new Set<string>();

  constructor(options: TakingOptions) {
    this.#options = options;
    this.#entry = options.dryRun ? undefined : options.imports.begin();
    this.#lanes = new Lanes(options.source.atOnce);
    const { imports, link, onProgress } = options;
    this.#files = new LayerFiles({
      maxLayer: imports.maxLayer,
      maxInflated: this.#maxInflated,
      link,
      onBytes: (bytes) => onProgress({ kind: 'bytes', bytes }),
    });
  }

  /** How many images came, and the bytes of their layers. */
  get result(): { readonly taken: number; readonly bytes: number } {
    const lengths = [...this.#taken].map((id) => this.#lengths.get(id) ?? 0);
    return { taken: lengths.length, bytes: lengths.reduce((sum, length) => sum + length, 0) };
  }

  /** Rejects where going on makes no sense, as with a full disk; what came whole until then stays. */
  async run({ units, bytes }: Plan): Promise<void> {
    const work = this.#entry === undefined ? 'reading' : 'taking in';
    this.#options.onProgress({ kind: 'begin', work, bytes });
    try {
      const atOnce = Math.max(UNITS_AT_ONCE, this.#options.source.atOnce);
      await forEachOf(units, atOnce, (unit) => this.#takeUnit(unit));
    } finally {
      this.#turns.end();
      // Layers of images that did not become whole.
      await Promise.allSettled([...this.#coming.values()].map(({ done }) => done));
      await this.#entry?.discard();
      await this.#files.close();
    }
  }

  async #takeUnit(unit: Unit): Promise<void> {
    const tell = this.#turns.begin();
    try {
      await this.#takeChain(unit);
      const { name, image, isPrivate } = unit;
      const tags = Object.fromEntries(unit.tags.map((tag) => [tag.tag, given(tag)]));
      const access = isPrivate ? 'private' : undefined;
      await this.#entry?.commit([{ name, images: [image], tags, access }]);
      for (const id of unit.chain) this.#taken.add(id);
      this.#report(unit, { state: 'taken' }, tell);
    } catch (error) {
      this.#report(unit, { state: 'skipped', reason: reasonOf(error) }, tell);
    }
  }

  #report(
    { draft, image, tags }: Unit,
    outcome: { readonly state: 'taken' | 'skipped'; readonly reason?: string },
    tell: (work: () => void) => void,
  ): void {
    if (tags.length === 0) draft.untagged.push({ image, ...outcome });
    const reports = tags.map(({ tag }) => ({ tag, image, ...outcome }));
    draft.tags.push(...reports);
    tell(() => {
      for (const tag of reports) this.#options.onProgress({ kind: 'tag', repository: draft, tag });
    });
  }

  async #takeChain({ image, chain }: Unit): Promise<void> {
    const all = chain.map((id, index) => this.#take(id, chain[index - 1]));
    const outcomes = await Promise.allSettled(all.map(({ done }) => done));
    const failed = outcomes.findIndex(({ status }) => status === 'rejected');
    const outcome = outcomes[failed];
    if (outcome?.status !== 'rejected') return;
    const reason = reasonOf(outcome.reason);
    throw because(image, chain[failed] ?? image, reason);
  }

  #take(id: string, parent: string | undefined): Coming {
    const coming = this.#coming.get(id) ?? this.#takeNow(id, parent);
    this.#coming.set(id, coming);
    return coming;
  }

  #takeNow(id: string, parent: string | undefined): Coming {
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const below = parent === undefined ? undefined : this.#coming.get(parent);
    // In this order, so that what is below has a lane before what is above waits in one.
    const done = this.#lanes.run(async () => {
      await below?.begun;
      try {
        await this.#store(id, begin);
      } catch (error) {
        if (error instanceof BrokenError) this.#options.chains.spoil(id, error.message);
        throw error;
      } finally {
        begin();
      }
    });
    // Somebody waits for it, but perhaps not yet.
    done.catch(() => undefined);
    return { begun, done };
  }

  async #store(id: string, begin: () => void): Promise<void> {
    const { source } = this.#options;
    const json = await source.json(id);
    const opened = await source.openLayer(id);
    const take = (layer: Readable | LayerFile): Promise<unknown> => {
      const stored = this.#entry?.add(id, json, layer);
      begin();
      if (stored !== undefined) return stored;
      return 'twin' in layer ? layer.read(json, undefined) : finished(layer.resume());
    };
    if ('file' in opened) await take(this.#counted(id, this.#files.layer(opened)));
    else await this.#takeStream(id, opened, take);
  }

  async #takeStream(
    id: string,
    { stream, size, digest }: StreamedLayer,
    take: (layer: Readable) => Promise<unknown>,
  ): Promise<void> {
    const { source, onProgress } = this.#options;
    let length = 0;
    const onBytes = (bytes: number): void => {
      length += bytes;
      onProgress({ kind: 'bytes', bytes });
    };
    const again = async (): Promise<Readable> => {
      const opened = await source.openLayer(id);
      if ('stream' in opened) return opened.stream;
      throw new BrokenError('its layer is elsewhere by now');
    };
    const maxInflated = this.#maxInflated;
    const layer = checkedLayer(stream, { maxInflated, size, digest, again, onBytes });
    try {
      await take(layer);
    } finally {
      layer.destroy();
    }
    this.#lengths.set(id, length);
  }

  /** Notes the length of a layer that another thread reads. */
  #counted(id: string, { twin, read }: LayerFile): LayerFile {
    return {
      twin,
      read: async (json, copy) => {
        const measured = await read(json, copy);
        this.#lengths.set(id, measured.size);
        return measured;
      },
    };
  }

  get #maxInflated(): number {
    return boundsFor(this.#options.imports.maxLayer, 0).maxInflated;
  }
}

/** A tag as it is to be here, with what is known of it. */
function given({ image, updated, client }: FoundTag): GivenTag {
  return {
    image,
    ...(updated === undefined ? {} : { updated }),
    ...(client === undefined ? {} : { client }),
  };
}
