import { hash } from 'node:crypto';
import type { Collection } from '../../storage/documents/collection.js';
import type { UserDocument } from '../../storage/documents/documents.js';
import { type Caller, OPERATOR } from '../access/access.js';
import { errors } from '../errors.js';

/** Digits of a digest that a token has room for. */
export const TAG_DIGITS = 6;
const DIGITS = 32;
/** The bearer of a token that was given out although nobody was logged in. */
export const NOBODY = '0'.repeat(DIGITS);

/** The part of a bearer that a token says. */
export function tagOf(bearer: string): string {
  return bearer.slice(0, TAG_DIGITS);
}

/**
 * The accounts that tokens are given to. A token is signed for a digest of its account's name and
 * generation, so it ends when the account draws another generation or is removed, and never comes to be
 * another account's of the same name. The token itself only has room for a tag, the digest's beginning,
 * which accounts may share.
 */
export class Bearers {
  readonly #accounts = new Map<string, UserDocument>();
  readonly #tagged = new Map<string, readonly string[]>([[tagOf(NOBODY), [NOBODY]]]);
  /** Documents never change in place, so neither does what stands for one. */
  readonly #digests = new WeakMap<UserDocument, string>();

  constructor(users: Collection<UserDocument>) {
    users.onCommit((_, before, after) => {
      const former = before && this.#digest(before);
      const current = after && this.#digest(after);
      if (former !== undefined && former !== current) this.#remove(former);
      if (current !== undefined && after !== undefined) this.#put(current, after);
    });
  }

  /** Who a token for this caller is given to; a token that begets another passes its own bearer on. */
  of(caller: Caller): string {
    if (caller.kind === 'anonymous') return NOBODY;
    return caller.kind === 'token' ? caller.token.bearer : this.#digest(caller.account);
  }

  /** The account of a bearer, as it is now; undefined once it is gone or another than it was. */
  find(bearer: string): UserDocument | undefined {
    return this.#accounts.get(bearer);
  }

  /**
   * The account that a caller acts for, as it is now; undefined once it is gone or another than it was, and for
   * callers without one. The operator has an account, but no document of it.
   */
  behind(caller: Caller): UserDocument | undefined {
    return caller === OPERATOR ? OPERATOR.account : this.find(this.of(caller));
  }

  /**
   * Passes a caller whose account has not changed since the request began, for work that took its time.
   * Throws `wrongLogin`, `badToken` (401) or `inactive` (403).
   */
  confirm(caller: Caller): void {
    if (this.of(caller) === NOBODY || isActive(this.behind(caller))) return;
    throw caller.kind === 'token' ? errors.badToken() : errors.wrongLogin();
  }

  /** All bearers that a tag stands for: mostly one, or none any more. */
  tagged(tag: string): readonly string[] {
    return this.#tagged.get(tag) ?? [];
  }

  #put(bearer: string, account: UserDocument): void {
    if (!this.#accounts.has(bearer)) {
      this.#tagged.set(tagOf(bearer), [...this.tagged(tagOf(bearer)), bearer]);
    }
    this.#accounts.set(bearer, account);
  }

  #remove(bearer: string): void {
    this.#accounts.delete(bearer);
    const others = this.tagged(tagOf(bearer)).filter((each) => each !== bearer);
    if (others.length === 0) this.#tagged.delete(tagOf(bearer));
    else this.#tagged.set(tagOf(bearer), others);
  }

  #digest(account: UserDocument): string {
    const known = this.#digests.get(account);
    if (known !== undefined) return known;
    // An account of a directory from before there were generations has none until it draws one.
    const { username, generation = '' } = account;
    const digest = hash('sha256', `${username}\n${generation}`).slice(0, DIGITS);
    this.#digests.set(account, digest);
    return digest;
  }
}

/** Whether there is such an account still. Throws `inactive` when it may not be used. */
export function isActive(account: UserDocument | undefined): boolean {
  if (account?.active === false) throw errors.inactive();
  return account !== undefined;
}
