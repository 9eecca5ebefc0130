/** How much of a layer is read or written at a time, in bytes: each step costs more than its bytes do. */
export const PIECE = 1024 * 1024;
/** How much at a time where many layers are on their way. */
const SMALL_PIECE = 128 * 1024;
/** How many large pieces there are at most. */
const MOST_PIECES = 64;
/** How many of them are kept for the next layers. */
const MOST_KEPT = 8;

/**
 * Memory for layers on their way, used over and over: the system clears every new page that it gives out,
 * which takes as long as copying as many bytes. Where many layers are on their way each gets less.
 */
export class PieceMemory {
  readonly #kept: Buffer[] = [];
  #large = 0;

  /** Memory of `PIECE` bytes, or of fewer; what was in it before may still be there. */
  take(): Buffer {
    if (this.#large === MOST_PIECES) return Buffer.allocUnsafeSlow(SMALL_PIECE);
    this.#large += 1;
    return this.#kept.pop() ?? Buffer.allocUnsafeSlow(PIECE);
  }

  /** Takes memory back once; nobody may use it any more. */
  giveBack(memory: Buffer): void {
    if (memory.length < PIECE) return;
    this.#large -= 1;
    if (this.#kept.length < MOST_KEPT) this.#kept.push(memory);
  }
}
