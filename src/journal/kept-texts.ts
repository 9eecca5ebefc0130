import { SEEN_BYTES } from '../wire/seen-body.js';

/** Where a text, or the start of one, lies outside of the heap. */
export interface KeptText {
  readonly piece: Buffer;
  /** Both in bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Bytes of one piece of memory. */
const PIECE = 256 * 1024;
/** A longer text has a piece of its own, so that no more than this stays empty at the end of one. */
const LONG = PIECE / 16;

/**
 * The texts of the newest requests, one after the other in pieces of memory; a piece goes when no record
 * needs it any more. As strings of their own they would be most of what the garbage collector has to move.
 */
export class KeptTexts {
  #piece = Buffer.alloc(0);
  #used = 0;

  /** Keeps a text in the letters of headers, those up to U+00FF. */
  keepLine(text: string): KeptText {
    const { piece, offset } = this.#room(text.length);
    return this.#keep(piece, offset, piece.write(text, offset, 'latin1'));
  }

  /** Keeps the start of a body, of a text never with half a character at its end. */
  keepStart(body: string | Buffer): KeptText {
    const { piece, offset } = this.#room(SEEN_BYTES);
    const length =
      typeof body === 'string'
        ? piece.write(body, offset, SEEN_BYTES)
        : body.copy(piece, offset, 0, SEEN_BYTES);
    return this.#keep(piece, offset, length);
  }

  #room(length: number): { piece: Buffer; offset: number } {
    if (length > LONG) return { piece: Buffer.allocUnsafeSlow(length), offset: 0 };
    if (this.#used + length > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE);
      this.#used = 0;
    }
    return { piece: this.#piece, offset: this.#used };
  }

  #keep(piece: Buffer, offset: number, length: number): KeptText {
    if (piece === this.#piece) this.#used = offset + length;
    return { piece, offset, length };
  }
}

/** What `keepLine` kept. */
export function keptLine({ piece, offset, length }: KeptText): string {
  return piece.toString('latin1', offset, offset + length);
}

/** A copy of what `keepStart` kept. */
export function keptStart({ piece, offset, length }: KeptText): Buffer {
  return Buffer.from(piece.subarray(offset, offset + length));
}
