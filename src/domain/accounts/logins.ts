import type { LoginAttempts } from './login-attempts.js';
import type { Claim, Passwords } from './passwords.js';

/** How logins with a password ended so far. */
export interface LoginCounts {
  /** The password was compared, and right. */
  right: number;
  /** It was right, and had been before. */
  remembered: number;
  wrong: number;
  /** Not looked at: too many wrong ones came before, or too many wait. */
  refused: number;
}

/** Checks passwords, and slows those who guess them. */
export class Logins {
  readonly #passwords: Passwords;
  readonly #attempts: LoginAttempts;
  /** Checks under way: the same question from the same address is asked once, and counts once. */
  readonly #running = new Map<string, Promise<boolean>>();
  readonly counts: LoginCounts = { right: 0, remembered: 0, wrong: 0, refused: 0 };

  constructor(passwords: Passwords, attempts: LoginAttempts) {
    this.#passwords = passwords;
    this.#attempts = attempts;
  }

  /** How many passwords wait for their turn. */
  get waiting(): number {
    return this.#passwords.waiting;
  }

  /** Forgets wrong passwords, so that nobody has to wait any more. */
  reset(): void {
    this.#attempts.reset();
  }

  /** Who has just set a password knows it: it is as good as a login that was right. */
  remember(username: string, password: string, hash: string): void {
    this.#passwords.remember({ username, password, from: '' }, hash);
  }

  /** What was remembered of an account's login says nothing any more. */
  forget(username: string): void {
    this.#passwords.forget(username);
  }

  /** Whether this very login was right before. */
  remembers(claim: Claim, hash: string | undefined): boolean {
    const isRemembered = this.#passwords.remembers(claim, hash);
    if (isRemembered) this.counts.remembered += 1;
    return isRemembered;
  }

  /**
   * Whether a claim is right. `hash` is that of the account, nothing where there is no such account: both
   * cost the same. A login that was right before is never slowed. Throws `tooManyLogins` or
   * `busy`.
   */
  async check(claim: Claim, hash: string | undefined): Promise<boolean> {
    if (this.remembers(claim, hash)) return true;
    try {
      const right = await this.#once(claim, hash);
      this.counts[right ? 'right' : 'wrong'] += 1;
      return right;
    } catch (error) {
      this.counts.refused += 1;
      throw error;
    }
  }

  #once(claim: Claim, hash: string | undefined): Promise<boolean> {
    const { username, from } = claim;
    const question = `${this.#passwords.digest(claim)}\n${from}\n${hash}`;
    const running = this.#running.get(question);
    if (running !== undefined) return running;
    const answer = this.#attempts
      .count(username, from, () => this.#passwords.verify(claim, hash))
      .finally(() => this.#running.delete(question));
    this.#running.set(question, answer);
    return answer;
  }
}
