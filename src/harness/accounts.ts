import { z } from 'zod';
import type { Accounts } from '../domain/accounts/accounts.js';
import {
  checkEmail,
  checkPassword,
  checkUsername,
  PATTERNS,
} from '../domain/repositories/names.js';
import { checkShape, InvalidInput, within } from '../input/invalid-input.js';
import type { ShapeOf } from '../input/shape-of.js';
import type { UserDocument } from '../storage/documents/documents.js';
import type { NewUser, User } from './seed-content.js';

/** An account to make; the domain says what is wrong with a name, a password or an address. */
export const newUser = z.strictObject({
  username: z.string().meta({ pattern: PATTERNS.username.source }),
  password: z.string().meta({ minLength: 5, maxLength: 72 }),
  /** `(username)@example.com` when it is left out. */
  email: z.string().meta({ format: 'email' }).optional(),
  admin: z.boolean().optional(),
  active: z.boolean().optional(),
}) satisfies ShapeOf<NewUser>;

export type { NewUser, User };

/** The accounts of a hub, without HTTP. */
export class UsersHandle {
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /**
   * Makes an account, also of a name under which a removed one left repositories: they are its own then.
   * Throws an InvalidInput that names the field that is wrong or taken.
   */
  async create(user: NewUser): Promise<User> {
    const { username, password, email, admin, active } = checkNewUser(user);
    this.#checkFree(username, email);
    return view(await this.#accounts.register({ username, password, email }, { admin, active }));
  }

  get(username: string): User | undefined {
    const user = this.#accounts.find(username);
    return user && view(user);
  }

  list(): User[] {
    return this.#accounts.list().map(view);
  }

  /** Throws `accountMissing`. */
  activate(username: string): Promise<void> {
    return this.#accounts.setFlags(username, { active: true });
  }

  /** Throws `accountMissing`. */
  deactivate(username: string): Promise<void> {
    return this.#accounts.setFlags(username, { active: false });
  }

  /** Removes an account and ends its tokens; its repositories stay. Throws `accountMissing`. */
  delete(username: string): Promise<void> {
    return this.#accounts.remove(username);
  }

  #checkFree(username: string, email: string): void {
    if (this.get(username) !== undefined) {
      throw new InvalidInput('username', `there is a user "${username}" already`);
    }
    const isTaken = (user: User): boolean => user.emails.some((each) => isSame(each, email));
    const owner = this.list().find(isTaken);
    if (owner !== undefined) throw new InvalidInput('email', `it is ${owner.username}'s already`);
  }
}

/** A user with valid fields. Throws an InvalidInput that names the first invalid one. */
export function checkNewUser(value: unknown): z.output<typeof newUser> & { email: string } {
  const user = checkShape(newUser, value);
  const email = user.email ?? `${user.username}@example.com`;
  within('username', () => checkUsername(user.username));
  within('password', () => checkPassword(user.password));
  within('email', () => checkEmail(email));
  return { ...user, email };
}

function isSame(email: string, other: string): boolean {
  return email.toLowerCase() === other.toLowerCase();
}

function view({ username, emails, active, admin, created }: UserDocument): User {
  return { username, emails, active, admin, created };
}
