import { type Piece, piecesOf, WordList, wordsIn } from './word-list.js';

/** One repository as a search shows it (protocol.md §4). */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_trusted: boolean;
  readonly is_automated: boolean;
}

/** A repository in the index. */
export interface Entry {
  readonly result: SearchResult;
  /** What searches look at, without regard to case: the name, `SEPARATOR`, the description. */
  readonly text: string;
}

/** Stands between texts, and in none. */
export const SEPARATOR = '\0';

/** How many entries stand on a new shelf; with twice as many it is full and becomes two. */
const SHELF_SIZE = 500;

/** Neighbours in the order of results. */
interface Shelf {
  readonly entries: Entry[];
  /** The words of its entries; listed again when a search follows a change. */
  words?: WordList | undefined;
}

/**
 * Repositories in the order of results: official ones first, then more stars, then names from a to z.
 * They stand on shelves, each with a list of its words: looking through those takes a tenth of looking
 * through the texts, in which most words come again and again, and a change costs no more than its shelf.
 */
export class SearchIndex {
  readonly #shelves: Shelf[] = [{ entries: [] }];

  add(entry: Entry): void {
    const number = this.#shelfOf(entry);
    const shelf = this.#changing(number);
    shelf.entries.splice(placeOf(shelf, entry), 0, entry);
    if (shelf.entries.length < 2 * SHELF_SIZE) return;
    this.#shelves.splice(number + 1, 0, { entries: shelf.entries.splice(SHELF_SIZE) });
  }

  /** Removes an entry that was added, or one that looks like it. */
  remove(entry: Entry): void {
    const number = this.#shelfOf(entry);
    const shelf = this.#changing(number);
    shelf.entries.splice(placeOf(shelf, entry), 1);
    if (shelf.entries.length === 0 && this.#shelves.length > 1) this.#shelves.splice(number, 1);
  }

  /** Lists the words of all entries, so that the next search need not. */
  prepare(): void {
    for (const shelf of this.#shelves) wordsOf(shelf);
  }

  /** Every entry, in order. */
  all(): Entry[] {
    return this.#shelves.flatMap(({ entries }) => entries);
  }

  /** The entries whose text contains each of some texts, in order. */
  containing(wanted: readonly string[]): Entry[] {
    const pieces = wanted.flatMap(piecesOf);
    // A word of a single piece contains it; for several pieces the text has to be looked at.
    const isWord = wanted.length === 1 && pieces[0]?.text === wanted[0];
    const test = ({ text }: Entry): boolean =>
      isWord || wanted.every((each) => text.includes(each));
    return this.#shelves.flatMap((shelf) => findOn(shelf, pieces, test));
  }

  /** The number of the shelf where an entry stands or belongs: the last that begins no later. */
  #shelfOf(entry: Entry): number {
    const later = firstPlace(this.#shelves, ({ entries: [first] }) => {
      return first !== undefined && byRank(first, entry) > 0;
    });
    return Math.max(0, later - 1);
  }

  #changing(number: number): Shelf {
    const shelf = this.#shelves[number];
    if (shelf === undefined) throw new Error('there is always a shelf');
    shelf.words = undefined;
    return shelf;
  }
}

function placeOf({ entries }: Shelf, entry: Entry): number {
  return firstPlace(entries, (other) => byRank(other, entry) >= 0);
}

/**
 * The entries of a shelf that pass. Each of the pieces lies within one word of theirs; only entries that have
 * such a word are looked at.
 */
function findOn(
  shelf: Shelf,
  pieces: readonly Piece[],
  passes: (entry: Entry) => boolean,
): Entry[] {
  if (pieces.length === 0) return shelf.entries.filter(passes);
  const words = wordsOf(shelf);
  const found: Entry[] = [];
  for (const place of words.having(pieces)) {
    const entry = shelf.entries[place];
    if (entry !== undefined && passes(entry)) found.push(entry);
  }
  return found;
}

function wordsOf(shelf: Shelf): WordList {
  shelf.words ??= new WordList(shelf.entries.map(({ text }) => wordsIn(text)));
  return shelf.words;
}

function byRank(a: Entry, b: Entry): number {
  const [ours, theirs] = [a.result, b.result];
  if (ours.is_official !== theirs.is_official) return ours.is_official ? -1 : 1;
  if (ours.star_count !== theirs.star_count) return theirs.star_count - ours.star_count;
  return compareTexts(a.text, b.text) || compareTexts(ours.name, theirs.name);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The first place in a list from which on `test` is true; the list's length if there is none. */
function firstPlace<T>(list: readonly T[], test: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = list[middle];
    if (item !== undefined && test(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
