import type { Collection } from '../storage/collection.js';
import type { RepositoryDocument } from '../storage/documents.js';
import { LIBRARY } from './names.js';

/** One repository as a search shows it (protocol.md §4). */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_trusted: boolean;
  readonly is_automated: boolean;
}

/** A page of results. */
export interface SearchPage {
  readonly num_pages: number;
  readonly num_results: number;
  readonly results: readonly SearchResult[];
  readonly page_size: number;
  readonly query: string;
  readonly page: number;
}

export interface SearchQuery {
  readonly text: string;
  /** Results a page, 1 to 100. */
  readonly size: number;
  /** From 1. */
  readonly page: number;
}

interface Entry {
  readonly result: SearchResult;
  readonly name: string;
  readonly description: string;
}

/** Search over the names and descriptions of public repositories, as of their last durable change. */
export class Search {
  readonly #entries = new Map<string, Entry>();
  /** All entries in the order of results; made anew when a search follows a change. */
  #ranked: readonly Entry[] | undefined;

  constructor(repositories: Collection<RepositoryDocument>) {
    repositories.onCommit((key, before, after) => this.#follow(key, before, after));
  }

  /**
   * The results for a text, found without regard to case and to the letter (`%` is a per cent sign).
   * The exact name comes first, then official ones, then more stars, then names from a to z. No text
   * finds everything; `library` finds the official ones. A page past the end is empty.
   */
  find({ text, size, page }: SearchQuery): SearchPage {
    const wanted = text.trim().toLowerCase();
    const matches = this.#rank().filter((entry) => isMatch(entry, wanted));
    const exact = matches.findIndex(({ name }) => name === wanted);
    const ordered = exact <= 0 ? matches : moveToFront(matches, exact);
    return {
      num_pages: Math.ceil(ordered.length / size),
      num_results: ordered.length,
      results: ordered.slice((page - 1) * size, page * size).map(({ result }) => result),
      page_size: size,
      query: text,
      page,
    };
  }

  #follow(key: string, before?: RepositoryDocument, after?: RepositoryDocument): void {
    if (before !== undefined && after !== undefined && looksTheSame(before, after)) return;
    this.#ranked = undefined;
    if (after !== undefined && isShown(after)) this.#entries.set(key, newEntry(after));
    else this.#entries.delete(key);
  }

  #rank(): readonly Entry[] {
    this.#ranked ??= [...this.#entries.values()].sort(byRank);
    return this.#ranked;
  }
}

function newEntry(repository: RepositoryDocument): Entry {
  const { namespace, description, stars, trusted } = repository;
  const official = namespace === LIBRARY;
  const name = official ? repository.name : `${namespace}/${repository.name}`;
  return {
    result: {
      name,
      description,
      star_count: stars,
      is_official: official,
      is_trusted: trusted,
      is_automated: trusted,
    },
    name: name.toLowerCase(),
    description: description.toLowerCase(),
  };
}

function isMatch({ name, description, result }: Entry, wanted: string): boolean {
  if (name.includes(wanted) || description.includes(wanted)) return true;
  return wanted === LIBRARY && result.is_official;
}

function isShown({ access, deletion }: RepositoryDocument): boolean {
  return access === 'public' && deletion === undefined;
}

function looksTheSame(before: RepositoryDocument, after: RepositoryDocument): boolean {
  return (
    before.description === after.description &&
    before.stars === after.stars &&
    before.trusted === after.trusted &&
    isShown(before) === isShown(after)
  );
}

function byRank(a: Entry, b: Entry): number {
  if (a.result.is_official !== b.result.is_official) return a.result.is_official ? -1 : 1;
  if (a.result.star_count !== b.result.star_count) return b.result.star_count - a.result.star_count;
  return a.name < b.name ? -1 : 1;
}

function moveToFront(entries: readonly Entry[], index: number): Entry[] {
  const front = entries.slice(index, index + 1);
  return [...front, ...entries.slice(0, index), ...entries.slice(index + 1)];
}
