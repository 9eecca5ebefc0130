import type { UserDocument } from '../../storage/documents/documents.js';
import { errors } from '../errors.js';

/** A name and an address that somebody asks for; a change of an account asks for an address alone. */
interface Wanted {
  readonly username?: string;
  readonly email: string;
}

/** Who has which e-mail address, and which names and addresses are on their way to somebody. */
export class AccountHolders {
  /** User names, by the address in lower case. */
  readonly #byEmail = new Map<string, string>();
  /** What is on its way to the disk. No user name has an `@`, so that names and addresses never meet. */
  readonly #claimed = new Set<string>();

  /** Follows the accounts; to be told of every change. */
  follow(username: string, before?: UserDocument, after?: UserDocument): void {
    for (const email of before?.emails ?? []) this.#byEmail.delete(email.toLowerCase());
    for (const email of after?.emails ?? []) this.#byEmail.set(email.toLowerCase(), username);
  }

  /** The name of the account that has an address. */
  ofEmail(email: string): string | undefined {
    return this.#byEmail.get(email.toLowerCase());
  }

  /** Whether a user name is on its way to somebody. */
  isClaimed(username: string): boolean {
    return this.#claimed.has(username);
  }

  /**
   * Keeps a name and an address from everybody else while `work` brings them to the disk. Throws
   * `accountTaken` if somebody has the address, or is about to have one of the two.
   */
  async whileClaimed<R>({ username, email }: Wanted, work: () => Promise<R>): Promise<R> {
    const claims = [`@${email.toLowerCase()}`, ...(username === undefined ? [] : [username])];
    const isTaken = claims.some((claim) => this.#claimed.has(claim));
    if (isTaken || this.ofEmail(email) !== undefined) throw errors.accountTaken();
    for (const claim of claims) this.#claimed.add(claim);
    try {
      return await work();
    } finally {
      for (const claim of claims) this.#claimed.delete(claim);
    }
  }
}
