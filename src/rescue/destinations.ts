import { HubError } from '../domain/errors.js';
import {
  checkTagName,
  LIBRARY,
  parseRepositoryName,
  type RepositoryName,
} from '../domain/repositories/names.js';
import { fullName } from './drafts.js';
import { BrokenError, quote, RescueError } from './problems.js';

/** Where repositories are to go. */
export interface Naming {
  /** The namespace for all of them; without one they keep theirs. */
  readonly asOwner?: string | undefined;
  /** `ns/repo` by what a repository is called in the old registry; it counts before `asOwner`. */
  readonly renamed?: ReadonlyMap<string, string> | undefined;
}

/** What each repository of an old registry is called here. No two get one name. */
export class Destinations {
  readonly #asOwner: string | undefined;
  readonly #renamed: ReadonlyMap<string, string>;
  /** By the name here, the name there. */
  readonly #taken = new Map<string, string>();

  readonly #unused: Set<string>;

  /** Throws a RescueError for names that no repository can have. */
  constructor(naming: Naming) {
    const { asOwner, renamed = new Map<string, string>() } = naming;
    if (asOwner !== undefined) placeNamed(`${asOwner}/name`);
    for (const name of renamed.values()) placeNamed(name);
    this.#asOwner = asOwner;
    this.#renamed = new Map([...renamed].map(([from, to]) => [fullName(from), to]));
    this.#unused = new Set(this.#renamed.keys());
  }

  /** The name here of a repository, by its name there with its owner. Throws a BrokenError if it can have none. */
  of(there: string): RepositoryName {
    const name = parsedName(this.#wanted(there), there);
    const other = this.#taken.get(name.full);
    if (other !== undefined && other !== there) {
      throw new BrokenError(`${other} became ${name.full} already; a new name makes room`);
    }
    this.#taken.set(name.full, there);
    return name;
  }

  /** What was to get another name, and has not been asked for so far. */
  get unused(): readonly string[] {
    return [...this.#unused];
  }

  #wanted(there: string): readonly string[] {
    const parts = there.split('/');
    this.#unused.delete(there);
    const renamed = this.#renamed.get(there)?.split('/');
    if (renamed !== undefined) return renamed;
    // What stood below a namespace goes below another; deeper names become one.
    if (this.#asOwner !== undefined)
      return [this.#asOwner, parts.slice(parts.length > 1 ? 1 : 0).join('-')];
    return parts;
  }
}

/** A tag that a repository can have here. Throws a BrokenError. */
export function requireTag(tag: string): void {
  try {
    checkTagName(tag);
  } catch {
    throw new BrokenError(`no tag here can be called ${quote(tag)}`);
  }
}

function parsedName(parts: readonly string[], there: string): RepositoryName {
  const [first = '', second, ...more] = parts;
  if (more.length > 0) {
    throw new BrokenError(`${quote(there)} has ${parts.length} parts, and names here have two`);
  }
  try {
    return second === undefined
      ? parseRepositoryName(LIBRARY, first)
      : parseRepositoryName(first, second);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new BrokenError(`no repository here can be called so: ${error.message}`);
  }
}

/** A name that somebody gave. Throws a RescueError for one that no repository can have. */
export function placeNamed(name: string): RepositoryName {
  try {
    return parsedName(name.split('/'), name);
  } catch (error) {
    throw new RescueError(`${quote(name)}: ${(error as Error).message}`);
  }
}
