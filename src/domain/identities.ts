import type { Caller } from './access.js';
import type { Accounts } from './accounts.js';
import { errors } from './errors.js';
import type { Claim } from './passwords.js';
import type { PresentedToken, Tokens } from './tokens.js';

/** Finds out who makes a request. */
export class Identities {
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;

  constructor(accounts: Accounts, tokens: Tokens) {
    this.#accounts = accounts;
    this.#tokens = tokens;
  }

  /**
   * The account behind a name and a password; at once where it was found a short while ago. Whatever is
   * sent must be right, on public repositories too (protocol.md §1.6). Throws `wrongLogin` (401),
   * `inactive` (403), `tooManyLogins` or `busy`.
   */
  byPassword(claim: Claim): Caller | Promise<Caller> {
    const account = this.#accounts.remembered(claim);
    return account === undefined ? this.#authenticate(claim) : { kind: 'account', account };
  }

  /** The bearer of a token, which must be good as well. Throws `badToken` (401) or `inactive` (403). */
  byToken(presented: PresentedToken): Caller {
    const token = this.#tokens.verify(presented);
    if (token === undefined) throw errors.badToken();
    // A deactivated owner's tokens change nothing any more, though they have not expired. Those of a
    // removed account do until then: a token says for what it is, not for whom.
    if (token.access !== 'read' && this.#isDeactivated(token.repository)) throw errors.inactive();
    return { kind: 'token', token };
  }

  async #authenticate(claim: Claim): Promise<Caller> {
    return { kind: 'account', account: await this.#accounts.authenticate(claim) };
  }

  #isDeactivated(repository: string): boolean {
    const [namespace = ''] = repository.split('/');
    return this.#accounts.find(namespace)?.active === false;
  }
}
