import { z } from 'zod';
import type { Accounts } from '../domain/accounts.js';
import type { UserDocument } from '../storage/documents.js';
import { checkShape } from './invalid-input.js';

/** An account to make. */
export const newUser = z.strictObject({
  username: z.string(),
  password: z.string(),
  email: z.string().optional(),
  admin: z.boolean().optional(),
  active: z.boolean().optional(),
});
export type NewUser = z.input<typeof newUser>;

/** An account as a test sees it. */
export interface User {
  readonly username: string;
  readonly emails: readonly string[];
  readonly active: boolean;
  readonly admin: boolean;
  readonly created: string;
}

/** The accounts of a hub, without HTTP. */
export class UsersHandle {
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /** Makes an account. Throws an InvalidInput, or what a registration throws. */
  async create(user: NewUser): Promise<User> {
    const { username, password, email, admin, active } = checkShape(newUser, user);
    await this.#accounts.register({
      username,
      password,
      email: email ?? `${username}@example.com`,
    });
    if (admin !== undefined || active !== undefined) {
      await this.#accounts.setFlags(username, {
        ...(admin === undefined ? {} : { admin }),
        ...(active === undefined ? {} : { active }),
      });
    }
    return view(this.#accounts.require(username));
  }

  get(username: string): User | undefined {
    const user = this.#accounts.find(username);
    return user && view(user);
  }

  list(): User[] {
    return this.#accounts.list().map(view);
  }

  activate(username: string): Promise<void> {
    return this.#accounts.setFlags(username, { active: true });
  }

  deactivate(username: string): Promise<void> {
    return this.#accounts.setFlags(username, { active: false });
  }

  /** Removes an account; its repositories stay. Throws `accountMissing`. */
  delete(username: string): Promise<void> {
    return this.#accounts.remove(username);
  }
}

function view({ username, emails, active, admin, created }: UserDocument): User {
  return { username, emails, active, admin, created };
}
