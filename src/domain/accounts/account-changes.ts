import type { UserDocument } from '../../storage/documents/documents.js';

/* Changes of an account's document, as functions from one to the next. */

/** What an account may do. */
export type AccountFlags = Partial<Pick<UserDocument, 'active' | 'admin'>>;

/** What a new account begins with. */
export interface NewUser extends Required<AccountFlags> {
  readonly username: string;
  readonly email: string;
  readonly passwordHash: string;
  /** Tells it from earlier ones of its name. */
  readonly generation: string;
  /** The password on a student's card; only of a student. */
  readonly card?: string;
  /** ISO 8601. */
  readonly created: string;
}

/** An account as it begins. */
export function newUser({ email, card, created, ...user }: NewUser): UserDocument {
  return {
    ...user,
    emails: [email],
    ...(card === undefined ? {} : { student: { card } }),
    created,
    updated: created,
  };
}

/** With other rights; one that is active again, or no admin any more, is of a new generation: its tokens end. */
export function withFlags(
  user: UserDocument,
  flags: AccountFlags,
  newGeneration: () => string,
): UserDocument {
  const changed = { ...user, ...flags };
  const isRevived = !user.active && changed.active;
  const isDemoted = user.admin && !changed.admin;
  return isRevived || isDemoted ? { ...changed, generation: newGeneration() } : changed;
}

/** A password of an account, and the generation that comes with it. */
export interface NewPassword {
  readonly passwordHash: string;
  readonly generation: string;
  /** The password, where it stands on a student's card. */
  readonly card: string | undefined;
}

/** With another password. A card says a password only as long as it is the right one. */
export function withPassword(
  user: UserDocument,
  { passwordHash, generation, card }: NewPassword,
): UserDocument {
  const changed = { ...user, passwordHash, generation };
  if (user.student === undefined) return changed;
  return { ...changed, student: card === undefined ? {} : { card } };
}
