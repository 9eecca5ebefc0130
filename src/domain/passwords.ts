import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';

/** How long a verified login is remembered, in milliseconds. */
const REMEMBERED = 5 * 60 * 1000;
/** How many verified logins are remembered at once; the oldest goes first. */
const MOST_REMEMBERED = 10_000;

interface Verified {
  readonly digest: Buffer;
  /** The bcrypt hash it was verified against: a changed password makes the memory worthless. */
  readonly hash: string;
  readonly until: number;
}

/**
 * bcrypt in worker threads, so that hashing never holds up another request, and a short memory of
 * verified logins under a keyed digest, so that a client that logs in with every request pays once.
 */
export class Passwords {
  readonly #rounds: number;
  readonly #key = randomBytes(32);
  readonly #verified = new Map<string, Verified>();
  #pool: Tinypool | undefined;
  #decoy: Promise<string> | undefined;

  /** `rounds` is bcrypt's cost: each one more doubles the time. */
  constructor(rounds: number) {
    this.#rounds = rounds;
  }

  /** The bcrypt hash of a password of at most 72 bytes. */
  hash(password: string): Promise<string> {
    return this.#workers().run({ password, rounds: this.#rounds }, { name: 'hash' });
  }

  /**
   * Whether `password` is the one behind `hash`. Without a hash (no such account) it takes as long
   * as a wrong password does, and is false.
   */
  async verify(username: string, password: string, hash: string | undefined): Promise<boolean> {
    const digest = this.#digest(username, password);
    if (hash !== undefined && this.#isRemembered(username, digest, hash)) return true;
    const against = hash ?? (await this.#decoyHash());
    const right = await this.#workers().run({ password, hash: against }, { name: 'compare' });
    // bcrypt looks at 72 bytes alone: what is longer was never anybody's password.
    const cutOff = Buffer.byteLength(password) > 72;
    if (right !== true || cutOff || hash === undefined) return false;
    this.#remember(username, { digest, hash, until: performance.now() + REMEMBERED });
    return true;
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #workers(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: new URL('./bcrypt-worker.js', import.meta.url).href,
      minThreads: 0,
      // One core stays with the thread that answers.
      maxThreads: Math.max(1, availableParallelism() - 1),
      idleTimeout: 10_000,
    });
    return this.#pool;
  }

  #decoyHash(): Promise<string> {
    this.#decoy ??= this.hash(randomBytes(12).toString('hex'));
    return this.#decoy;
  }

  #digest(username: string, password: string): Buffer {
    return createHmac('sha256', this.#key).update(`${username}\0${password}`).digest();
  }

  #isRemembered(username: string, digest: Buffer, hash: string): boolean {
    const verified = this.#verified.get(username);
    if (verified === undefined || verified.hash !== hash) return false;
    return performance.now() < verified.until && timingSafeEqual(verified.digest, digest);
  }

  #remember(username: string, verified: Verified): void {
    this.#verified.delete(username);
    this.#verified.set(username, verified);
    if (this.#verified.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
  }
}
