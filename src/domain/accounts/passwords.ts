import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { FairQueue } from '../fair-queue.js';
import { type Bcrypt, BcryptPool } from './bcrypt-pool.js';

/** How many verified logins are remembered at once; the one that nobody used for the longest time goes first. */
const MOST_REMEMBERED = 10_000;
/** bcrypt looks at so many bytes alone: what is longer was never anybody's password. */
const LONGEST = 72;

export interface PasswordOptions {
  /** bcrypt's cost: each one more doubles the time. */
  readonly rounds: number;
  /** How many passwords may wait for their turn. */
  readonly queue: number;
  /** What hashes and compares; worker threads. */
  readonly bcrypt?: Bcrypt;
}

interface Verified {
  readonly digest: string;
  /** The bcrypt hash it was verified against: a changed password makes the memory worthless. */
  readonly hash: string;
}

/** A password that somebody at an address says is that of an account. */
export interface Claim {
  readonly username: string;
  readonly password: string;
  /** Where it comes from: passwords from one address wait behind each other. */
  readonly from: string;
}

/**
 * Passwords under bcrypt, and a memory of verified logins under a keyed digest, as long as the process
 * lives: a client that logs in with every request pays once, and somebody who guesses passwords at the same
 * address can neither slow down nor shut out those who know theirs. A guess finds nothing in it.
 */
export class Passwords {
  readonly #rounds: number;
  readonly #bcrypt: Bcrypt;
  readonly #queue: FairQueue;
  readonly #decoy: string;
  readonly #key = randomBytes(32);
  readonly #verified = new LRUCache<string, Verified>({ max: MOST_REMEMBERED });
  readonly #digests = new WeakMap<Claim, string>();

  constructor({ rounds, queue, bcrypt = new BcryptPool() }: PasswordOptions) {
    this.#rounds = rounds;
    this.#bcrypt = bcrypt;
    this.#queue = new FairQueue({ atOnce: bcrypt.atOnce, mostWaiting: queue });
    this.#decoy = decoyHash(rounds);
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * The bcrypt hash of a password of at most 72 bytes. `from` is the address that wants it, nothing the
   * operator. Throws `busy`.
   */
  hash(password: string, from?: string): Promise<string> {
    return this.#queue.run(from, () => this.#bcrypt.hash(password, this.#rounds));
  }

  /** Whether this very login was found right before; costs nothing. */
  remembers(claim: Claim, hash: string | undefined): boolean {
    const verified = this.#verified.get(claim.username);
    if (verified === undefined || verified.hash !== hash) return false;
    // How long it takes to compare tells nothing: nobody outside knows a digest of any password.
    return verified.digest === this.digest(claim);
  }

  /** Takes a login for verified: its password is the one that `hash` was made of. */
  remember(claim: Claim, hash: string): void {
    this.#verified.set(claim.username, { digest: this.digest(claim), hash });
  }

  /** Forgets the login of an account that is gone, may not log in, or has another password. */
  forget(username: string): void {
    this.#verified.delete(username);
  }

  /**
   * What a name and a password come down to, under a key that lives as long as the process. To ask for
   * the same object again costs nothing.
   */
  digest(claim: Claim): string {
    const known = this.#digests.get(claim);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', this.#key)
      .update(`${claim.username}\0${claim.password}`)
      .digest('base64');
    this.#digests.set(claim, digest);
    return digest;
  }

  /**
   * Whether a password is the one behind `hash`. Without a hash (no such account) it takes as long as a
   * wrong password does, and is false. Throws `busy`.
   */
  async verify(claim: Claim, hash: string | undefined): Promise<boolean> {
    const { password, from } = claim;
    const right = await this.#queue.run(from, () =>
      this.#bcrypt.compare(password, hash ?? this.#decoy),
    );
    if (!right || hash === undefined || Buffer.byteLength(password) > LONGEST) return false;
    this.remember(claim, hash);
    return true;
  }

  /** Whether a password is the one behind `hash`; for the operator, and so neither counted nor refused. */
  matches(password: string, hash: string): Promise<boolean> {
    return this.#queue.run(undefined, () => this.#bcrypt.compare(password, hash));
  }

  /** Refuses all that waits, and ends the worker threads. */
  async close(): Promise<void> {
    this.#queue.close();
    await this.#bcrypt.close();
  }
}

/**
 * A hash that no password is behind, as dear to compare with as a real one: a cost, 22 digits of salt
 * and 31 of digest.
 */
function decoyHash(rounds: number): string {
  const digits = randomBytes(53).toString('base64url').replaceAll('-', '.').replaceAll('_', '/');
  return `$2b$${String(rounds).padStart(2, '0')}$${digits.slice(0, 53)}`;
}
