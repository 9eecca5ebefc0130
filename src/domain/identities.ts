import type { Caller } from './access.js';
import type { Accounts } from './accounts.js';
import { errors } from './errors.js';
import type { PresentedToken, Tokens } from './tokens.js';

/** What a request says of who makes it. */
export type Credentials =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | ({ readonly scheme: 'token' } & PresentedToken);

/** Finds out who makes a request. */
export class Identities {
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;

  constructor(accounts: Accounts, tokens: Tokens) {
    this.#accounts = accounts;
    this.#tokens = tokens;
  }

  /**
   * The caller behind the credentials. Whatever is sent must be right, on public repositories too
   * (protocol.md §1.6). `from` is the address it comes from. Throws `wrongLogin`, `badToken` (401),
   * `inactive` (403), `tooManyLogins` or `busy`.
   */
  async identify(credentials: Credentials, from: string): Promise<Caller> {
    if (credentials.scheme === 'none') return { kind: 'anonymous' };
    if (credentials.scheme === 'token') return this.#identifyToken(credentials);
    const { username, password } = credentials;
    return {
      kind: 'account',
      account: await this.#accounts.authenticate({ username, password, from }),
    };
  }

  #identifyToken(presented: PresentedToken): Caller {
    const token = this.#tokens.verify(presented);
    if (token === undefined) throw errors.badToken();
    const [namespace = ''] = token.repository.split('/');
    const owner = this.#accounts.find(namespace);
    // A deactivated owner's tokens change nothing any more, though they have not expired.
    if (token.access !== 'read' && owner?.active === false) throw errors.inactive();
    return { kind: 'token', token };
  }
}
