/** Stands between words, and in none. */
const GAP = ' ';

/** A word is rare if one text in so many has it. */
const RARE = 10;

const WORD = /[a-z0-9\u0080-\uffff]+/g;

/** The words of a text: letters and digits in a row, and everything outside ASCII. */
export function wordsIn(text: string): string[] {
  return text.match(WORD) ?? [];
}

/** A piece of what is looked for: within one word of each text that contains it. */
export interface Piece {
  readonly text: string;
  /** Whether it is all of that word: something else stands on both sides. */
  readonly isWhole: boolean;
}

/** The pieces of what is looked for. */
export function piecesOf(wanted: string): Piece[] {
  return [...wanted.matchAll(WORD)].map(({ 0: text, index }) => ({
    text,
    isWhole: index > 0 && index + text.length < wanted.length,
  }));
}

/** Which of some texts have which words. */
export class WordList {
  /** The places of the texts that have a word, in order. */
  readonly #places = new Map<string, number[]>();
  /** All words as one text, which is quickly looked through. */
  readonly #text: string;
  readonly #count: number;

  /** `texts` are the words of each. */
  constructor(texts: readonly (readonly string[])[]) {
    for (const [place, words] of texts.entries()) {
      for (const word of words) {
        const places = this.#places.get(word);
        if (places === undefined) this.#places.set(word, [place]);
        else if (places.at(-1) !== place) places.push(place);
      }
    }
    this.#text = [...this.#places.keys()].map((word) => GAP + word).join('') + GAP;
    this.#count = texts.length;
  }

  /**
   * The places of the texts that have a word with a rare one of these pieces in it, in order: all that
   * can contain a text of these pieces, and some more.
   */
  having(pieces: readonly Piece[]): readonly number[] {
    const [first = [], ...more] = this.#rarePlaces(pieces);
    return more.length === 0 ? first : this.#merged([first, ...more]);
  }

  #merged(lists: readonly (readonly number[])[]): number[] {
    const isFitting = new Uint8Array(this.#count);
    for (const places of lists) for (const place of places) isFitting[place] = 1;
    const fitting: number[] = [];
    for (let place = isFitting.indexOf(1); place !== -1; place = isFitting.indexOf(1, place + 1)) {
      fitting.push(place);
    }
    return fitting;
  }

  /** Those of the rarest piece, or of the first that is rare enough; long ones are, as a rule. */
  #rarePlaces(pieces: readonly Piece[]): number[][] {
    let rarest: number[][] | undefined;
    for (const { text, isWhole } of pieces.toSorted(byPrice)) {
      const places = isWhole ? [this.#places.get(text) ?? []] : this.#placesOf(text);
      if (rarest === undefined || lengthOf(places) < lengthOf(rarest)) rarest = places;
      if (lengthOf(rarest) < this.#count / RARE) break;
    }
    return rarest ?? [];
  }

  /** The places of each word that contains a piece; goes from match to match. */
  #placesOf(piece: string): number[][] {
    const found: number[][] = [];
    let match = this.#text.indexOf(piece);
    while (match !== -1) {
      const start = this.#text.lastIndexOf(GAP, match) + GAP.length;
      const end = this.#text.indexOf(GAP, match);
      found.push(this.#places.get(this.#text.slice(start, end)) ?? []);
      match = this.#text.indexOf(piece, end);
    }
    return found;
  }
}

/** Whole words are found at once, the others are looked for. */
function byPrice(a: Piece, b: Piece): number {
  return Number(b.isWhole) - Number(a.isWhole) || b.text.length - a.text.length;
}

function lengthOf(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}
