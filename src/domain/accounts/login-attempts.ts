import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { errors } from '../errors.js';

export interface AttemptOptions {
  /** Wrong passwords before an account has to wait at an address; 0: as many as you like. */
  readonly limit: number;
  /** Seconds for which they count, from the first on. */
  readonly window: number;
  readonly clock: Clock;
}

interface Attempts {
  /** Milliseconds since 1970 of the first. */
  readonly since: number;
  wrong: number;
  /** Passwords that are being looked at: they count until it is known that they are right. */
  pending: number;
}

/** How many pairs are remembered. Each costs an attacker a bcrypt, so one window has no time for more. */
const MOST_PAIRS = 10_000;
/** No account has a longer name. */
const LONGEST_NAME = 64;

/**
 * Counts wrong passwords for each account at each address, whether there is such an account or not.
 * Nobody else waits for a flood: not another account, not the same account elsewhere.
 */
export class LoginAttempts {
  readonly #options: AttemptOptions;
  readonly #pairs = new LRUCache<string, Attempts>({ max: MOST_PAIRS });

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** How many pairs are remembered now. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Forgets all. */
  reset(): void {
    this.#pairs.clear();
  }

  /**
   * Runs `check`, which tells whether a password is right, and counts what it says. Throws
   * `tooManyLogins` instead when there were too many wrong ones.
   */
  async count(username: string, from: string, check: () => Promise<boolean>): Promise<boolean> {
    if (this.#options.limit === 0) return check();
    const pair = `${username.slice(0, LONGEST_NAME)}\n${from}`;
    const attempts = this.#current(pair);
    this.#requireRest(attempts);
    attempts.pending += 1;
    try {
      const right = await check();
      attempts.wrong = right ? 0 : attempts.wrong + 1;
      return right;
    } finally {
      attempts.pending -= 1;
      const isOver = attempts.wrong + attempts.pending === 0;
      if (isOver && this.#pairs.get(pair) === attempts) this.#pairs.delete(pair);
    }
  }

  /** What counts of a pair now, which may be nothing yet. */
  #current(pair: string): Attempts {
    const now = this.#options.clock.now();
    const known = this.#pairs.get(pair);
    // A clock that was set back would make somebody wait for ages.
    if (known !== undefined && known.since <= now && now < this.#end(known)) return known;
    const attempts = { since: now, wrong: 0, pending: 0 };
    this.#pairs.set(pair, attempts);
    return attempts;
  }

  #requireRest(attempts: Attempts): void {
    if (attempts.wrong + attempts.pending < this.#options.limit) return;
    const wait = this.#end(attempts) - this.#options.clock.now();
    throw errors.tooManyLogins(Math.max(1, Math.ceil(wait / 1000)));
  }

  #end({ since }: Attempts): number {
    return since + this.#options.window * 1000;
  }
}
