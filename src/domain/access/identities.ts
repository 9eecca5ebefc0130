import type { Authentication } from '../accounts/authentication.js';
import { type Bearers, isActive, NOBODY } from '../accounts/bearers.js';
import type { Claim } from '../accounts/passwords.js';
import { errors } from '../errors.js';
import type { Caller } from './access.js';
import type { Rights } from './rights.js';
import type { Access, PresentedToken, Tokens } from './tokens.js';

export interface IdentityOptions {
  readonly authentication: Authentication;
  readonly tokens: Tokens;
  readonly bearers: Bearers;
  readonly rights: Rights;
}

/** Finds out who makes a request, and gives out what proves it later. */
export class Identities {
  readonly #authentication: Authentication;
  readonly #tokens: Tokens;
  readonly #bearers: Bearers;
  readonly #rights: Rights;

  constructor({ authentication, tokens, bearers, rights }: IdentityOptions) {
    this.#authentication = authentication;
    this.#tokens = tokens;
    this.#bearers = bearers;
    this.#rights = rights;
  }

  /**
   * The account behind a name and a password; at once where it was found right before. A password that is sent
   * must be right, on public repositories too (protocol.md §1.6). A registry that asks nobody who they are takes
   * an empty name and password for none: so dockers before 1.8 push that have no login. Throws `wrongLogin`
   * (401), `inactive` (403), `tooManyLogins` or `busy`.
   */
  byPassword(claim: Claim): Caller | Promise<Caller> {
    if (this.#rights.anonymous === 'push' && isEmpty(claim)) return { kind: 'anonymous' };
    const account = this.#authentication.remembered(claim);
    return account === undefined ? this.#authenticate(claim) : { kind: 'account', account };
  }

  /**
   * The bearer of a token, which must be good, and so must be the account that it was given to. Throws
   * `badToken` (401) or `inactive` (403).
   */
  byToken(presented: PresentedToken): Caller {
    const token = this.#tokens.verify(presented);
    if (token === undefined) throw errors.badToken();
    const holder = this.#bearers.find(token.bearer);
    if (token.bearer !== NOBODY && !isActive(holder)) throw errors.badToken();
    return { kind: 'token', token, holder: holder?.username };
  }

  /** As `Bearers.confirm`. */
  confirm(caller: Caller): void {
    this.#bearers.confirm(caller);
  }

  /** A new token for a repository, in the spelling of `X-Docker-Token`; it lives no longer than its bearer. */
  grant(caller: Caller, repository: string, access: Access): string {
    return this.#tokens.issue({ repository, access, bearer: this.#bearers.of(caller) });
  }

  async #authenticate(claim: Claim): Promise<Caller> {
    return { kind: 'account', account: await this.#authentication.authenticate(claim) };
  }
}

function isEmpty({ username, password }: Claim): boolean {
  return username === '' && password === '';
}
