import { ArchiveError } from './errors.js';

/** The layer of an image: a file of the archive, and what it says of its sums. */
export interface ArchivedLayer {
  /** The file's name in the archive. */
  readonly file: string;
  /** Its length there. */
  readonly size: number;
  /** `sha256:` of the file, where the archive says so. */
  readonly digest: string | undefined;
  /** `sha256:` of the uncompressed tar, where the archive says so. */
  readonly diffId: string | undefined;
}

/** One image of the v1 format, from any layout. */
export interface ArchivedImage {
  readonly id: string;
  readonly parent: string | undefined;
  /** The image json, to the byte. */
  readonly json: Buffer;
  /** The config that the archive has for it, as dockers of today know the image; to the byte. */
  readonly config?: Buffer;
  readonly layer: ArchivedLayer;
}

/** A name that an archive gives to one of its images. */
export interface ArchivedTag {
  /** `ns/repo` or `repo`, without a registry; undefined where the archive names only the tag. */
  readonly repository: string | undefined;
  readonly tag: string;
  readonly image: string;
}

/** What an archive holds. */
export interface Contents {
  /** Each after the image it is built on, and only once. */
  readonly images: readonly ArchivedImage[];
  /** The images somebody wanted to save: those with a name, and those nothing else is built on. */
  readonly tops: readonly string[];
  readonly tags: readonly ArchivedTag[];
  /** What a person should know about how it was read. */
  readonly notes: readonly string[];
}

/** An image with all it is built on, the lowest first, as a layout offers it. */
export interface Offer {
  readonly names: readonly ArchiveName[];
  /** Such as `linux/amd64`. */
  readonly platform: string;
  readonly chain: readonly ArchivedImage[];
}

/** A name as it stands in an archive, without its registry. */
export interface ArchiveName {
  readonly repository: string | undefined;
  readonly tag: string;
}

/**
 * How many images and how many names an archive may have. The `docker save` of a whole class has some
 * thousands, and a few megabytes of JSON could name the same ones millions of times.
 */
export const MOST_IMAGES = 20_000;

/** Offers as they are read, few enough to be held. */
export class Offers {
  readonly all: Offer[] = [];
  #images = 0;
  #names = 0;

  /** Throws an ArchiveError when it is too much. */
  add(offer: Offer): void {
    this.#images += offer.chain.length;
    this.#names += offer.names.length;
    if (this.#images > MOST_IMAGES || this.#names > MOST_IMAGES) throw tooMany();
    this.all.push(offer);
  }
}

export function tooMany(): ArchiveError {
  return new ArchiveError(`it lists more than ${MOST_IMAGES} images or names`);
}

/** Puts offers together; images that several of them share come once. */
export function contentsOf(offers: readonly Offer[], notes: readonly string[]): Contents {
  const images = new Map<string, ArchivedImage>();
  const tops = new Set<string>();
  const tags = new Map<string, ArchivedTag>();
  for (const { names, chain } of offers) {
    for (const image of chain) if (!images.has(image.id)) images.set(image.id, image);
    const top = chain.at(-1);
    if (top === undefined) continue;
    tops.add(top.id);
    for (const name of names) {
      tags.set(`${name.repository ?? ''}:${name.tag}`, { ...name, image: top.id });
    }
  }
  return { images: [...images.values()], tops: [...tops], tags: [...tags.values()], notes };
}
