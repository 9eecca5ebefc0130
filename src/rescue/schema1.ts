import { fullName } from './drafts.js';
import type { FoundImage, FoundRepository, OpenedLayer, V1Source } from './found.js';
import { BrokenError } from './problems.js';
import type { V2Source } from './v2-found.js';
import type { HistoricImage } from './v2-manifest.js';

/** A tag whose manifest is of schema 1. */
export interface HistoricTag {
  readonly repository: string;
  readonly tag: string;
  readonly images: readonly HistoricImage[];
}

/**
 * What dockers of 1.6 to 1.9 pushed to a registry of API v2: manifests of schema 1, in whose history there are
 * the images of v1 as they are, with their ids. So it is read as an old registry of v1 would be.
 */
export class Schema1 implements V1Source {
  readonly api = 'v1';
  readonly kind: string;
  readonly place: string;
  readonly atOnce: number;
  readonly #source: V2Source;
  readonly #tags: readonly HistoricTag[];
  /** By id, with the repository that has its layer. */
  readonly #images = new Map<string, HistoricImage & { readonly repository: string }>();

  constructor(source: V2Source, tags: readonly HistoricTag[]) {
    this.kind = source.kind;
    this.place = source.place;
    this.atOnce = source.atOnce;
    this.#source = source;
    this.#tags = tags;
    for (const { repository, images } of tags) {
      for (const image of images) {
        if (!this.#images.has(image.id)) this.#images.set(image.id, { ...image, repository });
      }
    }
  }

  async *repositories(): AsyncGenerator<FoundRepository> {
    const names = new Set(this.#tags.map(({ repository }) => repository));
    for (const name of names) {
      const own = this.#tags.filter(({ repository }) => repository === name);
      const tags = own.map(({ tag, images }) => ({ tag, image: images[0]?.id ?? '' }));
      yield { name: fullName(name), isPrivate: false, tags, listed: [], faults: [] };
    }
  }

  async image(id: string): Promise<FoundImage> {
    const { parent } = this.#find(id);
    return { parent, size: undefined };
  }

  async json(id: string): Promise<Buffer> {
    return this.#find(id).json;
  }

  async openLayer(id: string): Promise<OpenedLayer> {
    const { repository, blob } = this.#find(id);
    return { ...(await this.#source.openBlob(repository, blob)), digest: blob };
  }

  async close(): Promise<void> {}

  #find(id: string): HistoricImage & { readonly repository: string } {
    const image = this.#images.get(id);
    if (image === undefined) throw new BrokenError('it is not there');
    return image;
  }
}
