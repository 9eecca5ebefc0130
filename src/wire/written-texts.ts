import { LRUCache } from 'lru-cache';

/** How many characters are remembered at most, and for how many more each text counts. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
const EACH = 200;

/**
 * JSON that was written before. What a document holds is never changed in place, so the text of
 * a part of one is valid for as long as that part is asked for.
 */
export class WrittenTexts {
  readonly #texts = new LRUCache<object, string>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: ({ length }) => length + EACH,
  });

  /** The text of `source`; always made by the same `write`. */
  of<T extends object>(source: T, write: (source: T) => string): string {
    const known = this.#texts.get(source);
    if (known !== undefined) return known;
    const text = write(source);
    this.#texts.set(source, text);
    return text;
  }
}
