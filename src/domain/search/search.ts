import { LRUCache } from 'lru-cache';
import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument } from '../../storage/documents/documents.js';
import { LIBRARY } from '../repositories/names.js';
import { type Entry, SEPARATOR, SearchIndex, type SearchResult } from './search-index.js';

export type { SearchResult } from './search-index.js';

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

/** What separates words, as on the Hub: `ubuntu/vim`, `busybox:1` and `web-server` are two words each. */
const BETWEEN_WORDS = /[\s/:_-]/;
/** How many words of a question count. */
const MOST_WORDS = 10;

/** How many searches are remembered until something changes. */
const MOST_REMEMBERED = 20;

/** Search over the names and descriptions of public repositories, as of their last durable change. */
export class Search {
  readonly #index = new SearchIndex();
  /** What the last searches found: the next page is asked for by the same search. */
  readonly #remembered = new LRUCache<string, readonly Entry[]>({ max: MOST_REMEMBERED });

  constructor(repositories: Collection<RepositoryDocument>) {
    repositories.onCommit((_, before, after) => this.#follow(before, after));
  }

  /**
   * The results for a text: what has all of its words, or parts of words, in any order, without regard to
   * case and to the letter (`%` is a per cent sign). The exact name comes first; the order of the others is that
   * of search-index.ts. No text finds everything; the word `library` finds official ones. A page past
   * the end is empty. Where nothing is found there is a page all the same, as on the Hub.
   */
  find({ text, size, page }: SearchQuery): SearchPage {
    const found = this.#look(text.trim().toLowerCase());
    return {
      num_pages: Math.max(1, Math.ceil(found.length / size)),
      num_results: found.length,
      results: found.slice((page - 1) * size, page * size).map(({ result }) => result),
      page_size: size,
      query: text,
      page,
    };
  }

  /** Makes ready at a start, so that the first search takes no longer than others. */
  prepare(): void {
    this.#index.prepare();
  }

  #look(wanted: string): readonly Entry[] {
    const known = this.#remembered.get(wanted);
    if (known !== undefined) return known;
    const matches = this.#matches(wanted);
    const name = withoutLibrary(wanted) + SEPARATOR;
    const exact = matches.findIndex(({ text }) => text.startsWith(name));
    const found = exact <= 0 ? matches : moveToFront(matches, exact);
    this.#remembered.set(wanted, found);
    return found;
  }

  #matches(wanted: string): readonly Entry[] {
    if (wanted === '') return this.#index.all();
    if (wanted.includes(SEPARATOR)) return [];
    const words = wordsOf(wanted);
    // A text that is all separators is looked for as it stands.
    if (words.length === 0) return this.#index.containing([wanted]);
    const others = words.filter((word) => word !== LIBRARY);
    const found = others.length === 0 ? this.#index.all() : this.#index.containing(others);
    if (others.length === words.length) return found;
    return found.filter(({ result, text }) => result.is_official || text.includes(LIBRARY));
  }

  #follow(before?: RepositoryDocument, after?: RepositoryDocument): void {
    if (before !== undefined && after !== undefined && looksTheSame(before, after)) return;
    this.#remembered.clear();
    if (before !== undefined && isShown(before)) this.#index.remove(newEntry(before));
    if (after !== undefined && isShown(after)) this.#index.add(newEntry(after));
  }
}

/** The words of a question, each once. */
function wordsOf(wanted: string): string[] {
  const words = wanted.split(BETWEEN_WORDS).filter((word) => word !== '');
  return [...new Set(words)].slice(0, MOST_WORDS);
}

/** The name of an official repository, however it was asked for. */
function withoutLibrary(wanted: string): string {
  const prefix = `${LIBRARY}/`;
  return wanted.startsWith(prefix) ? wanted.slice(prefix.length) : wanted;
}

/** A text as searches look at it. */
function searchable(text: string): string {
  return text.toLowerCase().replaceAll(SEPARATOR, ' ');
}

function newEntry(repository: RepositoryDocument): Entry {
  const { namespace, description, stars, trusted, common } = repository;
  const isRoot = namespace === LIBRARY;
  const name = isRoot ? repository.name : `${namespace}/${repository.name}`;
  return {
    result: {
      name,
      description,
      star_count: stars,
      // Of the Hub are those that an admin pushed.
      is_official: isRoot && common === undefined,
      is_trusted: trusted,
      is_automated: trusted,
    },
    text: `${searchable(name)}${SEPARATOR}${searchable(description)}`,
  };
}

function isShown({ access, deletion }: RepositoryDocument): boolean {
  return access === 'public' && deletion === undefined;
}

function looksTheSame(before: RepositoryDocument, after: RepositoryDocument): boolean {
  return (
    before.description === after.description &&
    before.stars === after.stars &&
    before.trusted === after.trusted &&
    before.common === after.common &&
    isShown(before) === isShown(after)
  );
}

function moveToFront(entries: readonly Entry[], index: number): Entry[] {
  const front = entries.slice(index, index + 1);
  return [...front, ...entries.slice(0, index), ...entries.slice(index + 1)];
}
