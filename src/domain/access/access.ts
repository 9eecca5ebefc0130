import type { RepositoryDocument, UserDocument } from '../../storage/documents/documents.js';
import { errors } from '../errors.js';
import type { RepositoryName } from '../repositories/names.js';
import type { Access, Token } from './tokens.js';

/** Who makes a request, once it is known. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'account'; readonly account: UserDocument }
  /** `holder` is the account that the token was given to; undefined: it was given to nobody in particular. */
  | { readonly kind: 'token'; readonly token: Token; readonly holder: string | undefined };

/** The person who runs the hub: may do everything, and is in no document. */
export const OPERATOR: Extract<Caller, { kind: 'account' }> = {
  kind: 'account',
  account: {
    username: '',
    emails: [],
    passwordHash: '',
    active: true,
    admin: true,
    created: '',
    updated: '',
  },
};

/** The rights of a push: what it may build on, and what it may take over from other repositories. */
export interface Pusher {
  /** Whose private repositories it sees; undefined for a push without a login, which sees none. */
  readonly namespace: string | undefined;
  readonly admin: boolean;
}

/** Whether a token speaks for this repository as it is now, and not for an earlier one of its name. */
export function isTokenFor(token: Token, repository: RepositoryDocument): boolean {
  const full = `${repository.namespace}/${repository.name}`;
  return token.repository === full && token.generation === repository.generation;
}

/**
 * Passes everybody but tokens that were given for an earlier repository of this name. Belongs inside the
 * update that it guards: between a request's first line and its change a name can be deleted and taken again.
 * Throws `badToken`.
 */
export function requireOwnToken(caller: Caller, repository: RepositoryDocument): void {
  if (caller.kind === 'token' && !isTokenFor(caller.token, repository)) throw errors.badToken();
}

/**
 * Whether the caller may read through this repository. A public one is open to everybody, also
 * without an account; a token opens the one repository it names (protocol.md §2).
 */
export function mayRead(caller: Caller, repository: RepositoryDocument): boolean {
  if (repository.deletion !== undefined) return false;
  if (caller.kind === 'token') {
    return caller.token.access !== 'delete' && isTokenFor(caller.token, repository);
  }
  return (
    repository.access === 'public' ||
    (caller.kind === 'account' && owns(caller.account, repository))
  );
}

/** Whether an account has all rights in this namespace. */
export function owns(
  account: UserDocument,
  { namespace }: { readonly namespace: string },
): boolean {
  return account.admin || account.username === namespace;
}

/** The right to push to one repository. Only `Rights` gives it, so that nobody needs to ask again. */
export interface PushRight {
  readonly caller: Caller;
  readonly name: RepositoryName;
  readonly pusher: Pusher;
  /** True: the caller has it as everybody has, since the repository belongs to nobody (`Rights`). */
  readonly isCommon: boolean;
}

/** The operator's right to push to `name`. */
export function operatorsRight(name: RepositoryName): PushRight {
  return { caller: OPERATOR, name, pusher: { namespace: '', admin: true }, isCommon: false };
}

/** Passes accounts; throws `loginRequired` or, for a token, `badToken`. */
export function requireAccount(caller: Caller): { readonly account: UserDocument } {
  if (caller.kind === 'anonymous') throw errors.loginRequired();
  if (caller.kind === 'token') throw errors.badToken();
  return caller;
}

/** Refuses a token for another repository or another access; lets everybody else pass. */
export function requireToken(caller: Caller, name: RepositoryName, access: Access): void {
  if (caller.kind !== 'token') return;
  const { token } = caller;
  if (token.repository !== name.full || token.access !== access) throw errors.badToken();
}
