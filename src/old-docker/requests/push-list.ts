import type { Dialect } from '../eras/dialect.js';
import type { LocalImage } from '../images/local-image.js';
import { OldDockerError } from './errors.js';

/** The images on the disk, by id. */
export type Images = ReadonlyMap<string, LocalImage>;

/** An entry of the image list that the index gets; fields without a value stay out. */
export interface Listed {
  readonly id: string;
  readonly tag?: string | undefined;
}

/** The image and what is below it, top first. */
export function chainOf(images: Images, top: string): LocalImage[] {
  const chain: LocalImage[] = [];
  for (let id: string | undefined = top; id !== undefined; id = chain.at(-1)?.parent) {
    const image = images.get(id);
    if (image === undefined) {
      throw new OldDockerError(`No such image: ${id}`);
    }
    chain.push(image);
  }
  return chain;
}

/**
 * What is pushed, in order. From 0.9 on a round is one image with all its tags, chain after chain;
 * before, it is all images of one height, each with the last tag that was walked down to it: so a
 * tag may be lost (clients.md, "Push" 6).
 */
export function roundsOf(
  dialect: Dialect,
  images: Images,
  tags: Readonly<Record<string, string>>,
): Listed[][] {
  return dialect.tagsAfter === 'tagged image'
    ? chainAfterChain(images, Object.entries(tags))
    : heightByHeight(images, Object.entries(tags));
}

function chainAfterChain(images: Images, tags: readonly [string, string][]): Listed[][] {
  const chains = tags.flatMap(([, id]) => chainOf(images, id).reverse());
  const ids = new Set(chains.map(({ id }) => id));
  return [...ids].map((id) => {
    const own = tags.filter(([, tagged]) => tagged === id).map(([tag]) => ({ id, tag }));
    return own.length > 0 ? own : [{ id }];
  });
}

function heightByHeight(images: Images, tags: readonly [string, string][]): Listed[][] {
  const tagOf = new Map<string, string>();
  for (const [tag, top] of tags) {
    for (const { id } of chainOf(images, top)) {
      tagOf.set(id, tag);
    }
  }
  const rounds: Listed[][] = [];
  for (const id of images.keys()) {
    if (tagOf.has(id)) {
      const height = chainOf(images, id).length - 1;
      rounds[height] = [...(rounds[height] ?? []), { id, tag: tagOf.get(id) }];
    }
  }
  return rounds;
}
