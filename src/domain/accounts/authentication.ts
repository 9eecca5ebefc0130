import type { Collection } from '../../storage/documents/collection.js';
import type { UserDocument } from '../../storage/documents/documents.js';
import { errors, HubError } from '../errors.js';
import type { Logins } from './logins.js';
import type { Claim } from './passwords.js';

/** Whose account a name and a password show, over every way in (protocol.md §1.2). */
export class Authentication {
  readonly #users: Collection<UserDocument>;
  readonly #logins: Logins;

  constructor(users: Collection<UserDocument>, logins: Logins) {
    this.#users = users;
    this.#logins = logins;
  }

  /** The active account behind a login that was right before, if it was. */
  remembered(claim: Claim): UserDocument | undefined {
    const account = this.#users.get(claim.username);
    const isGood = account?.active === true && this.#logins.remembers(claim, account.passwordHash);
    return isGood ? account : undefined;
  }

  /**
   * The active account behind a name and a password. Throws `wrongLogin` (401; the same for a
   * missing account, after the same time), `inactive` (403), `tooManyLogins` or `busy`.
   */
  async authenticate(claim: Claim): Promise<UserDocument> {
    const { username } = claim;
    const account = this.#users.get(username);
    const right = await this.#logins.check(claim, account?.passwordHash);
    // Read again: the account may have changed while the password was being compared.
    const current = this.#users.get(username);
    if (!right || current?.passwordHash !== account?.passwordHash) throw errors.wrongLogin();
    if (current === undefined) throw errors.wrongLogin();
    if (!current.active) throw errors.inactive();
    return current;
  }

  /**
   * Passes somebody who is logged in and says their password again. Throws `wrongPassword` (400),
   * `inactive`, `tooManyLogins` or `busy`.
   */
  async requirePassword(claim: Claim): Promise<void> {
    const account = this.remembered(claim);
    if (account !== undefined) return;
    try {
      await this.authenticate(claim);
    } catch (error) {
      throw error instanceof HubError && error.id === 'wrongLogin' ? errors.wrongPassword() : error;
    }
  }
}
