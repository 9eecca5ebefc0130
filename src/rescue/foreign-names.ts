import { BrokenError, quote } from './problems.js';

/** How many repositories of a registry, and tags of a repository, are looked at. */
export const MOST_NAMES = 100_000;
/** How many tags of all repositories of a registry are looked at, for each of `most`: half a million usually. */
const TAGS_IN_ALL = 5;
/** The longest name that is looked at, in letters: API v2 and v1 have none longer than this. */
const LONGEST_NAME = 512;

/** A part of a list that a registry gives page by page; what is in it may be anything. */
export interface NamePage {
  readonly names: readonly unknown[];
  /** What the registry says of the rest: `elsewhere` is another host. */
  readonly rest: 'none' | 'next page' | 'elsewhere';
}

export interface ForeignNamesOptions {
  /** What a message calls the list: `its catalog`. */
  readonly list: string;
  /** Hears why the list was not followed to its end. */
  readonly onProblem: (reason: string) => void;
  /** How many names are taken; another number than the usual is for tests. */
  readonly most?: number | undefined;
}

/**
 * The names in a list that another registry gives page by page, each once. A broken or hostile registry may go on for
 * ever: it ends after a number of names, and with a page that brings no new one though another is to follow.
 */
export async function* foreignNames(
  pages: AsyncIterable<NamePage>,
  { list, onProblem, most = MOST_NAMES }: ForeignNamesOptions,
): AsyncGenerator<string> {
  const found = new Set<string>();
  for await (const { names, rest } of pages) {
    const before = found.size;
    for (const name of names) {
      if (typeof name !== 'string' || found.has(name)) continue;
      if (name.length > LONGEST_NAME) {
        onProblem(`${list} has ${quote(name)}, which is too long for a name`);
        return;
      }
      if (found.size === most) {
        onProblem(`${list} has more than ${most} names; the others are left out`);
        return;
      }
      found.add(name);
      yield name;
    }
    if (rest === 'elsewhere') onProblem(`${list} goes on at another host; it was not read there`);
    if (rest === 'next page' && found.size === before) {
      onProblem(`${list} goes on after a page that has nothing new; it was not read further`);
      return;
    }
  }
}

/** Counts the tags of a registry. Throws a BrokenError before a repository when there were too many. */
export class TagCount {
  readonly #most: number;
  #count = 0;

  constructor(most = MOST_NAMES) {
    this.#most = TAGS_IN_ALL * most;
  }

  begin(): void {
    if (this.#count < this.#most) return;
    throw new BrokenError(`the registry has more than ${this.#most} tags: name the repositories`);
  }

  add(tags: number): void {
    this.#count += tags;
  }
}
