import type { Collection } from '../../storage/documents/collection.js';
import type { RepositoryDocument, UserDocument } from '../../storage/documents/documents.js';
import type { Bearers } from '../accounts/bearers.js';
import { errors } from '../errors.js';
import { LIBRARY, type RepositoryName } from '../repositories/names.js';
import {
  type Caller,
  owns,
  type Pusher,
  type PushRight,
  requireAccount,
  requireOwnToken,
  requireToken,
} from './access.js';
import type { Access } from './tokens.js';

/** What those who are not logged in may do with what belongs to nobody: only the latter includes pushing. */
export type AnonymousRights = 'pull' | 'push';

export interface RightsOptions {
  readonly anonymous: AnonymousRights;
  readonly users: Collection<UserDocument>;
  readonly repositories: Collection<RepositoryDocument>;
  readonly bearers: Bearers;
}

/**
 * Who may change what. An owner: an admin everything, an account what is in its namespace, a token what its
 * bearer may. And where the hub asks nobody who they are, everybody what belongs to nobody: a repository
 * that was pushed so (`common`), and a name that is free and in no account's namespace. What an owner pushes to
 * is common no longer, nor is what comes to be in an account's namespace.
 */
export class Rights {
  /** The same, except that everybody has to log in to change something. */
  readonly withLogin: Rights;
  readonly #options: RightsOptions;

  constructor(options: RightsOptions) {
    this.#options = options;
    const isOpen = options.anonymous === 'push';
    this.withLogin = isOpen ? new Rights({ ...options, anonymous: 'pull' }) : this;
  }

  /** What those may do who are not logged in. */
  get anonymous(): AnonymousRights {
    return this.#options.anonymous;
  }

  /**
   * The right to push to `name`, for those who have it. Throws `loginRequired`, `badToken`, `rootRepository` (an
   * official repository, and no admin) or `foreignNamespace`.
   */
  requirePush(caller: Caller, name: RepositoryName): PushRight {
    requireToken(caller, name, 'write');
    if (this.#isOwner(caller, name)) {
      return { caller, name, pusher: ownerAt(caller, name), isCommon: false };
    }
    if (this.isCommon(name)) {
      return { caller, name, pusher: this.#guest(caller), isCommon: true };
    }
    const { account } = requireAccount(caller);
    throw name.namespace === LIBRARY
      ? errors.rootRepository(account.username, name.name)
      : errors.foreignNamespace();
  }

  /** Passes those who may change what lies in `name` in other ways. Throws as `requirePush`, or 403. */
  requireOwner(caller: Caller, name: RepositoryName, access: Access): void {
    requireToken(caller, name, access);
    if (!this.#isOwner(caller, name) && !this.isCommon(name)) throw refusal(caller);
  }

  /**
   * Passes write tokens, accounts, and those without a login where they may push something. Throws `badToken` or
   * `loginRequired`.
   */
  requireWriter(caller: Caller): void {
    if (caller.kind === 'anonymous' && this.anonymous === 'push') return;
    if (caller.kind !== 'token') requireAccount(caller);
    else if (caller.token.access !== 'write') throw errors.badToken();
  }

  /**
   * Passes who may change this repository still, with a token that was given for it and not for an earlier
   * one of its name. Belongs inside the update that it guards: between a request's first line and its change a
   * name can be deleted, taken again, or become somebody's, and an account another than it was. Throws as
   * `Bearers.confirm`, `badToken`, `loginRequired` or 403.
   */
  requireStill(
    caller: Caller,
    name: RepositoryName,
    current: RepositoryDocument | undefined,
  ): void {
    this.confirm(caller);
    if (current !== undefined) requireOwnToken(caller, current);
    if (!this.#isOwner(caller, name) && !this.#isCommonAs(name, current)) throw refusal(caller);
  }

  /** As `Bearers.confirm`; belongs inside an update, as `requireStill`. */
  confirm(caller: Caller): void {
    this.#options.bearers.confirm(caller);
  }

  /** Whether everybody may change what lies in `name`. */
  isCommon(name: RepositoryName): boolean {
    return this.#isCommonAs(name, this.#options.repositories.get(name.full));
  }

  #isCommonAs({ namespace }: RepositoryName, current: RepositoryDocument | undefined): boolean {
    const { anonymous, users } = this.#options;
    if (anonymous === 'pull' || users.get(namespace) !== undefined) return false;
    return current === undefined || (current.common === true && current.access === 'public');
  }

  #isOwner(caller: Caller, name: RepositoryName): boolean {
    const account = this.#options.bearers.behind(caller);
    return account !== undefined && owns(account, name);
  }

  /** Who pushes to what belongs to nobody sees what they see elsewhere. */
  #guest(caller: Caller): Pusher {
    const account = this.#options.bearers.behind(caller);
    return { namespace: account?.username, admin: account?.admin ?? false };
  }
}

/** What is said to who may not change a repository. */
export function refusal(caller: Caller): Error {
  if (caller.kind === 'account') return errors.notYourRepository();
  return caller.kind === 'token' ? errors.badToken() : errors.loginRequired();
}

/** A token has the eyes of its repository's owner, an account its own. */
function ownerAt(caller: Caller, { namespace }: RepositoryName): Pusher {
  if (caller.kind !== 'account') return { namespace, admin: false };
  const { username, admin } = caller.account;
  return { namespace: username, admin };
}
