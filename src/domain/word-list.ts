/** Stands between words, and in none. */
const GAP = ' ';

/** The words of a text: letters and digits in a row, and whatever is not ASCII. */
export function wordsIn(text: string): string[] {
  return text.match(/[a-z0-9\u0080-\uffff]+/g) ?? [];
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
   * The places of the texts that have a word with the rarest of these pieces in it, in order: all that
   * can contain a text of these pieces, and some more.
   */
  having(pieces: readonly string[]): number[] {
    const lists = pieces.map((piece) => this.#placesOf(piece));
    const rarest = lists.reduce((a, b) => (lengthOf(b) < lengthOf(a) ? b : a));
    const isFitting = new Uint8Array(this.#count);
    for (const places of rarest) for (const place of places) isFitting[place] = 1;
    const fitting: number[] = [];
    for (let place = isFitting.indexOf(1); place !== -1; place = isFitting.indexOf(1, place + 1)) {
      fitting.push(place);
    }
    return fitting;
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

function lengthOf(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}
