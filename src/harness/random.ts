import { createHash, randomBytes } from 'node:crypto';
import type { RandomBytes } from '../domain/clock.js';
import { InvalidInput } from '../input/invalid-input.js';
import type { Snapshottable } from './resettable.js';

/** What follows from a seed, made once. */
interface Seeded {
  readonly seed: string;
  readonly tokenKey: string;
  /** What request ids begin with. */
  readonly prefix: string;
}

interface RandomState {
  readonly seeded: Seeded | undefined;
  /** How many blocks have been drawn, and how many request ids. */
  readonly drawn: number;
  readonly requests: number;
}

/** How many bytes are asked of the system at once. */
const POOL = 4096;

const REAL: RandomState = { seeded: undefined, drawn: 0, requests: 0 };

/**
 * Where tokens, generated ids and request ids get their randomness: the system, or a seed that makes
 * them repeatable, also by another hub.
 */
export class HubRandom implements Snapshottable<RandomState> {
  readonly #source: RandomBytes;
  readonly #prefix = randomBytes(4).toString('hex');
  #requests = 0;
  #state = REAL;

  constructor(source = pooledRandomBytes()) {
    this.#source = source;
  }

  /**
   * From here on the same bytes come in the same order as after the same seed before. Tokens are
   * signed with a key of the seed's, so that those given out before become invalid.
   */
  seed(seed: string | number): void {
    if (!/^.{1,1000}$/s.test(String(seed))) {
      throw new InvalidInput('seed', 'expected a text of 1 to 1000 characters, or a number');
    }
    this.#state = { ...REAL, seeded: seededBy(String(seed)) };
  }

  /** At most 32 bytes. */
  bytes(count: number): Buffer {
    const { seeded, drawn } = this.#state;
    if (seeded === undefined) return this.#source(count);
    this.#state = { ...this.#state, drawn: drawn + 1 };
    return hash(seeded.seed, String(drawn)).subarray(0, count);
  }

  /** What tokens are signed with instead of the hub's own key; undefined without a seed. */
  tokenKey(): string | undefined {
    return this.#state.seeded?.tokenKey;
  }

  /** The id of the next request: no other in this process has it, unless it comes from a seed. */
  requestId(): string {
    const { seeded, requests } = this.#state;
    if (seeded !== undefined) {
      this.#state = { ...this.#state, requests: requests + 1 };
      return `${seeded.prefix}-${requests + 1}`;
    }
    this.#requests += 1;
    return `${this.#prefix}-${this.#requests}`;
  }

  /** The seed, if there is one. */
  get currentSeed(): string | undefined {
    return this.#state.seeded?.seed;
  }

  /** Back to the system's randomness. */
  reset(): void {
    this.#state = REAL;
  }

  capture(): RandomState {
    return this.#state;
  }

  restore(state: RandomState): void {
    this.#state = state;
  }
}

/** The system's randomness in small pieces: asking for many at once costs what one does. */
function pooledRandomBytes(): RandomBytes {
  let pool = Buffer.alloc(0);
  return (count) => {
    if (pool.length < count) pool = randomBytes(POOL);
    const piece = pool.subarray(0, count);
    pool = pool.subarray(count);
    return piece;
  };
}

function seededBy(seed: string): Seeded {
  return {
    seed,
    tokenKey: hash(seed, 'tokens').toString('hex'),
    prefix: hash(seed, 'requests').toString('hex', 0, 4),
  };
}

function hash(seed: string, purpose: string): Buffer {
  return createHash('sha256').update(`${seed}\n${purpose}`).digest();
}
