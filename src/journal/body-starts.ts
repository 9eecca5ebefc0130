import { SEEN_BYTES } from '../wire/seen-body.js';

/** The start of a text, as far as it is kept. */
export interface KeptStart {
  readonly place: number;
  /** In bytes. */
  readonly length: number;
}

/** How many starts lie in one piece of memory. */
const PIECE = 256;

/**
 * The starts of the newest bodies, in memory that is used over and over: a copy of its own for every
 * answer would keep the garbage collector busy.
 */
export class BodyStarts {
  readonly #places: number;
  readonly #pieces: Buffer[] = [];
  #next = 0;

  /** `places` is how many starts are kept; one more replaces the oldest. */
  constructor(places: number) {
    this.#places = Math.max(places, 1);
  }

  /** Keeps the start of a text, never with half a character at its end. */
  keep(text: string): KeptStart {
    const place = this.#next;
    this.#next = (place + 1) % this.#places;
    const length = this.#pieceOf(place).write(text, offsetOf(place), SEEN_BYTES);
    return { place, length };
  }

  /** A copy of what is kept. */
  copy({ place, length }: KeptStart): Buffer {
    const offset = offsetOf(place);
    return Buffer.from(this.#pieceOf(place).subarray(offset, offset + length));
  }

  #pieceOf(place: number): Buffer {
    const number = Math.floor(place / PIECE);
    const piece = this.#pieces[number] ?? Buffer.allocUnsafeSlow(PIECE * SEEN_BYTES);
    this.#pieces[number] = piece;
    return piece;
  }
}

function offsetOf(place: number): number {
  return (place % PIECE) * SEEN_BYTES;
}
