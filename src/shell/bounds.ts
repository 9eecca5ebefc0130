/* How much one shell may take. */

/** Characters of a line. */
export const LONGEST_LINE = 4_000;
/** Commands in a line. */
export const MOST_COMMANDS = 20;
/** Characters that the commands of a line print; the rest is cut off. */
export const MOST_OUTPUT = 32_000;
/** Requests that a line makes. */
export const MOST_REQUESTS = 400;
/** Milliseconds after which a line makes no other request. */
export const LONGEST_TIME = 20_000;
/** Bytes of the reader's files, and of the images of their docker. */
export const MOST_FILES = 512 * 1024;
export const MOST_IMAGES = 4 * 1024 * 1024;
/** Shells of one account, whose oldest gives way to another. */
export const MOST_SHELLS_OF_ONE = 4;
/** Shells at once; the one that was not used for the longest time goes first. */
export const MOST_SHELLS = 100;

/** What one line may still do. */
export class Allowance {
  readonly #ends: number;
  #requests = 0;

  constructor(now = performance.now()) {
    this.#ends = now + LONGEST_TIME;
  }

  /** Milliseconds that are left; at least 1. */
  get time(): number {
    return Math.max(1, Math.ceil(this.#ends - performance.now()));
  }

  /** Takes one request off it. @throws TooMuch */
  spendRequest(): void {
    this.#requests += 1;
    if (this.#requests > MOST_REQUESTS) {
      throw new TooMuch(`this line has made ${MOST_REQUESTS} requests: enough`);
    }
    if (performance.now() > this.#ends) {
      throw new TooMuch(`this line has taken ${LONGEST_TIME / 1000} seconds: enough`);
    }
  }
}

/** A line asks for more than it is allowed. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch';
}
