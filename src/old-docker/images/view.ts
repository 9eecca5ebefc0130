import type { Wording } from '../eras/wording.js';
import type { Graph, StoredImage } from '../store/graph.js';
import { type ContentImage, contentOf, jsonOf } from './content.js';
import type { ImageJson } from './image-json.js';

/** An image as one version sees it. */
export interface SeenImage {
  /** 64 hex digits, without `sha256:`. */
  readonly id: string;
  /** As it is shown untruncated: with `sha256:` from 1.10 on. */
  readonly fullId: string;
  readonly stored: StoredImage;
  readonly json: ImageJson;
  readonly parent: string | undefined;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Bytes of its own files, and of those below as well. */
  readonly size: number;
  readonly virtualSize: number;
  /** From 1.10. */
  readonly content: ContentImage | undefined;
}

/** One layer of an image, for `history`. */
export interface HistoryLine {
  readonly id: string;
  readonly created: number;
  readonly command: string;
  readonly size: number;
  readonly comment: string;
}

/** What disk usage 0.6 counted for a folder. */
const FOLDER_SIZE = 4096;

/** The graph through the eyes of one version. */
export class View {
  readonly #graph: Graph;
  readonly #version: string;
  readonly #wording: Wording;
  readonly #images = new Map<string, SeenImage>();
  readonly #byStored = new Map<string, SeenImage>();
  #parents: Set<string | undefined> | undefined;

  constructor(graph: Graph, version: string, wording: Wording) {
    this.#graph = graph;
    this.#version = version;
    this.#wording = wording;
    for (const stored of graph.images()) {
      const seen = this.#seen(stored);
      const isHidden = wording.contentIds && stored.bare === true;
      if (!isHidden && !this.#images.has(seen.id)) this.#images.set(seen.id, seen);
    }
  }

  /** All images, newest first. */
  images(): SeenImage[] {
    return [...this.#images.values()].sort((a, b) => b.created - a.created);
  }

  get(id: string | undefined): SeenImage | undefined {
    return id === undefined ? undefined : this.#images.get(id);
  }

  /** The image of a stored one, which a tag names. */
  ofStored(id: string): SeenImage | undefined {
    return this.#byStored.get(id);
  }

  /** The image that `name[:tag]` or the beginning of an id means. */
  find(
    reference: string,
    name: { readonly local: string; readonly tag: string | undefined },
  ): SeenImage | undefined {
    const tagged = this.#graph.tagged(name.local, name.tag ?? 'latest');
    if (tagged !== undefined) return this.ofStored(tagged);
    const digits = reference.replace(/^sha256:/, '');
    if (!/^[0-9a-f]{1,64}$/.test(digits)) return undefined;
    const found = [...this.#images.values()].filter(({ id }) => id.startsWith(digits));
    return found.length === 1 ? found[0] : undefined;
  }

  /** `name:tag` of an image, sorted. */
  namesOf(image: SeenImage): string[] {
    return this.#graph.repositories().flatMap((name) =>
      this.#graph
        .tags(name)
        .filter(([, id]) => this.ofStored(id)?.id === image.id)
        .map(([tag]) => `${name}:${tag}`),
    );
  }

  /** Whether another image is made on top of this one. */
  hasChildren(image: SeenImage): boolean {
    this.#parents ??= new Set([...this.#images.values()].map(({ parent }) => parent));
    return this.#parents.has(image.id);
  }

  /** The lines of `history`, top first. */
  history(image: SeenImage): HistoryLine[] {
    return this.#graph.chain(image.stored.id).map((stored) => {
      const seen = this.#seen(stored);
      const hasImage = this.#images.has(seen.id) && stored.bare === undefined;
      return {
        id: hasImage || !this.#wording.contentIds ? seen.id : '<missing>',
        created: seen.created,
        command: commandOf(seen.json),
        size: seen.size,
        comment: seen.json.comment ?? '',
      };
    });
  }

  /** An image, and before it those below that have not been seen yet. */
  #seen(stored: StoredImage): SeenImage {
    const known = this.#byStored.get(stored.id);
    if (known !== undefined) return known;
    const upwards = this.#graph.chain(stored.id).reverse();
    let below: SeenImage | undefined;
    for (const [at, each] of upwards.entries()) {
      const seen = this.#byStored.get(each.id) ?? this.#see(upwards.slice(0, at + 1), each, below);
      this.#byStored.set(each.id, seen);
      below = seen;
    }
    return below ?? this.#see([stored], stored, undefined);
  }

  #see(
    chain: readonly StoredImage[],
    stored: StoredImage,
    below: SeenImage | undefined,
  ): SeenImage {
    const json = jsonOf(stored);
    const content = this.#wording.contentIds ? contentOf(this.#version, chain) : undefined;
    const isMissing = content !== undefined && below?.stored.bare === true;
    const id = content?.id ?? stored.id;
    const size = this.#sizeOf(stored, json);
    return {
      id,
      fullId: content === undefined ? id : `sha256:${id}`,
      stored,
      json,
      parent: isMissing ? undefined : below?.id,
      created: timeOf(json.created),
      size,
      virtualSize: size + (below?.virtualSize ?? 0),
      content,
    };
  }

  #sizeOf({ layer, empty }: StoredImage, { Size }: ImageJson): number {
    if (empty === true) return 0;
    if (!this.#wording.countsFolders) return layer.files;
    return Size && Size > 0 ? Size : layer.files + FOLDER_SIZE * (layer.folders + 1);
  }
}

/** The command that made an image. */
export function commandOf({ container_config: made }: ImageJson): string {
  return Array.isArray(made?.Cmd) ? made.Cmd.join(' ') : '';
}

/** Go's zero time if there is none. */
function timeOf(created: string | null | undefined): number {
  const time = Date.parse(created ?? '');
  return Number.isNaN(time) ? Date.parse('0001-01-01T00:00:00Z') : time;
}
