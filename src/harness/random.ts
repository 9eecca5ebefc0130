import { createHash, randomBytes } from 'node:crypto';
import type { RandomBytes } from '../domain/clock.js';
import type { Snapshottable } from './resettable.js';

interface RandomState {
  readonly seed: string | undefined;
  /** How many blocks have been drawn. */
  readonly drawn: number;
}

/** Where the hub's tokens get their randomness: the system, or a seed that makes them repeatable. */
export class HubRandom implements Snapshottable<RandomState> {
  readonly #source: RandomBytes;
  #state: RandomState = { seed: undefined, drawn: 0 };

  constructor(source: RandomBytes = randomBytes) {
    this.#source = source;
  }

  /** From here on the same bytes come in the same order as after the same seed before. */
  seed(seed: string | number): void {
    this.#state = { seed: String(seed), drawn: 0 };
  }

  /** At most 32 bytes. */
  bytes(count: number): Buffer {
    const { seed, drawn } = this.#state;
    if (seed === undefined) return this.#source(count);
    this.#state = { seed, drawn: drawn + 1 };
    return createHash('sha256').update(`${seed}\n${drawn}`).digest().subarray(0, count);
  }

  /** Back to the system's randomness. */
  reset(): void {
    this.#state = { seed: undefined, drawn: 0 };
  }

  capture(): RandomState {
    return this.#state;
  }

  restore(state: RandomState): void {
    this.#state = state;
  }
}
