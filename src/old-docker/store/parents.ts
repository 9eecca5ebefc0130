import { OldDockerError } from '../requests/errors.js';

/** The parent of an image, if it has one that is known. */
export type ParentOf = (id: string) => string | undefined;

/** So many images may be below one; a container could be made of 127. */
export const MOST_BELOW = 1024;

/** What following the parents of some images found. */
interface Walked {
  /** One image of each circle of parents: taking its parent away opens the circle. */
  readonly closing: readonly string[];
  /** How many images the highest has below it. */
  readonly height: number;
}

/** Follows the parents of each image once. */
export function walkParents(ids: Iterable<string>, parentOf: ParentOf): Walked {
  const heights = new Map<string, number>();
  const closing: string[] = [];
  let height = 0;
  for (const id of ids) {
    const path = new Set<string>();
    let next: string | undefined = id;
    while (next !== undefined && !heights.has(next) && !path.has(next)) {
      path.add(next);
      next = parentOf(next);
    }
    const upwards = [...path].reverse();
    if (next !== undefined && path.has(next)) closing.push(upwards[0] ?? next);
    let below = next === undefined ? -1 : (heights.get(next) ?? -1);
    for (const each of upwards) {
      below += 1;
      heights.set(each, below);
    }
    height = Math.max(height, below);
  }
  return { closing, height };
}

/**
 * Refuses images whose parents lead back to them, or that stand too high.
 * @throws OldDockerError; a docker of the time went round until its stack was full
 */
export function checkParents(ids: readonly string[], parentOf: ParentOf): void {
  const { closing, height } = walkParents(ids, parentOf);
  const [circle] = closing.map((id) => parentOf(id));
  if (circle !== undefined)
    throw new OldDockerError(`image ${circle}: its parents lead back to it`);
  if (height > MOST_BELOW) {
    throw new OldDockerError(
      `image ${ids[0]} or another has more than ${MOST_BELOW} images below it`,
    );
  }
}
