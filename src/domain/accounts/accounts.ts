import type { Collection } from '../../storage/documents/collection.js';
import type { Profile, UserDocument } from '../../storage/documents/documents.js';
import { type Clock, type RandomBytes, timestamp } from '../clock.js';
import { errors, HubError } from '../errors.js';
import { checkPassword, checkUsername } from '../repositories/names.js';
import { type AccountFlags, newUser, withFlags, withPassword } from './account-changes.js';
import {
  checkChanges,
  checkProfile,
  checkRegistration,
  type Registration,
  registrationChecks,
  withEmail,
} from './account-fields.js';
import { AccountHolders } from './account-holders.js';
import type { Logins } from './logins.js';
import type { Namespaces } from './namespaces.js';
import type { Passwords } from './passwords.js';

export interface RegisterOptions {
  /** True unless it is said. */
  readonly active?: boolean | undefined;
  readonly admin?: boolean | undefined;
  /** True: of a class; the password stands on a card. */
  readonly isStudent?: boolean | undefined;
  /** The address that asks; nothing for the operator, who may give away a name with all that is in it. */
  readonly from?: string;
}

/** What changes of an account. */
interface Change {
  readonly password: string | undefined;
  readonly email: string | undefined;
  /** The password stands on a student's card. */
  readonly isCard?: boolean;
}

export interface AccountOptions {
  readonly users: Collection<UserDocument>;
  readonly namespaces: Namespaces;
  readonly passwords: Passwords;
  readonly logins: Logins;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** The people of the Hub: `/v1/users` (protocol.md §1.1 to §1.3). */
export class Accounts {
  readonly #users: Collection<UserDocument>;
  readonly #namespaces: Namespaces;
  readonly #passwords: Passwords;
  readonly #logins: Logins;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #holders = new AccountHolders();

  constructor(options: AccountOptions) {
    this.#users = options.users;
    this.#namespaces = options.namespaces;
    this.#passwords = options.passwords;
    this.#logins = options.logins;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#users.onCommit((username, before, after) => {
      this.#holders.follow(username, before, after);
      const isSame = after?.active === true && after.passwordHash === before?.passwordHash;
      if (!isSame) this.#logins.forget(username);
    });
  }

  /** The account of this name, if there is one. */
  find(username: string): UserDocument | undefined {
    return this.#users.get(username);
  }

  /** The name of the account that somebody means by a name or by an e-mail address; else what they said. */
  nameOf(said: string): string {
    return (said.includes('@') ? this.#holders.ofEmail(said) : undefined) ?? said;
  }

  /** The account of this name. Throws `accountMissing`. */
  require(username: string): UserDocument {
    const user = this.#users.get(username);
    if (user === undefined) throw errors.accountMissing();
    return user;
  }

  /**
   * Removes an account, and ends its tokens. Its repositories stay, and for as long its name can't be
   * registered. Throws `accountMissing`.
   */
  async remove(username: string): Promise<void> {
    await this.#users.update(username, (user) => {
      if (user === undefined) throw errors.accountMissing();
      return undefined;
    });
  }

  /** Every account. */
  list(): UserDocument[] {
    return [...this.#users.values()];
  }

  /**
   * Refuses a name that somebody has, in upper or lower case: docker sends every login as a
   * registration first and goes on to log in (clients.md "Login"). Throws `accountTaken`.
   */
  requireNew({ username }: Registration): void {
    if (typeof username === 'string' && this.#isTaken(username.toLowerCase())) {
      throw errors.accountTaken();
    }
  }

  /** Everything for which a registration would be refused as things are now; empty: nothing. */
  faultsOf(registration: Registration): HubError[] {
    const checks = [() => this.requireNew(registration), ...registrationChecks(registration)];
    return checks.flatMap((check) => {
      try {
        check();
        return [];
      } catch (error) {
        if (error instanceof HubError) return [error];
        throw error;
      }
    });
  }

  /**
   * Registers an account, active at once and no admin unless the options say otherwise. Throws
   * `accountTaken` (before any other check, since docker sends every login here first, clients.md
   * "Login"), `missingField`, `usernameReserved` (somebody's repositories are left under this name, and
   * it is not the operator who asks), a format error or `busy`.
   */
  async register(
    registration: Registration,
    { from, ...flags }: RegisterOptions = {},
  ): Promise<UserDocument> {
    this.requireNew(registration);
    const fields = checkRegistration(registration);
    if (from !== undefined) this.#requireUnused(fields.username);
    return this.#holders.whileClaimed(fields, () => this.#create(fields, flags, from));
  }

  /**
   * Changes a password, adds an e-mail address, or both. `caller` must be the account itself or an
   * admin. Throws `accountMissing`, `notYourAccount`, `nothingToUpdate`, `accountTaken` (the address
   * is somebody else's), a format error or `busy`.
   */
  async update(
    caller: UserDocument,
    username: string,
    changes: Registration,
    from?: string,
  ): Promise<void> {
    if (this.#users.get(username) === undefined) throw errors.accountMissing();
    if (caller.username !== username && !caller.admin) throw errors.notYourAccount();
    const { password, email } = checkChanges(changes);
    const change = (): Promise<void> => this.#change(username, { password, email }, from);
    // An address that is the account's own already is nobody else's to claim.
    const isOwn = email === undefined || this.#holders.ofEmail(email) === username;
    await (isOwn ? change() : this.#holders.whileClaimed({ email }, change));
  }

  /**
   * Makes an admin account, or makes an existing one an active admin with this password. One that has it
   * already keeps it, and with it the tokens that it was given before a restart.
   */
  async ensureAdmin(username: string, password: string): Promise<void> {
    const account = this.#users.get(username);
    if (account === undefined) {
      checkUsername(username);
      checkPassword(password);
      await this.#create({ username, password, email: `${username}@localhost` }, { admin: true });
      return;
    }
    if (!(await this.#passwords.matches(password, account.passwordHash))) {
      await this.setPassword(username, password);
    }
    await this.setFlags(username, { active: true, admin: true });
  }

  /** Sets a password as the operator does. Throws `accountMissing` or `passwordFormat`. */
  async setPassword(username: string, password: string): Promise<void> {
    checkPassword(password);
    await this.#change(username, { password, email: undefined });
  }

  /** Sets the password of a student that stands on their card. Throws `accountMissing`, also for no student. */
  async setCard(username: string, password: string): Promise<void> {
    checkPassword(password);
    await this.#change(username, { password, email: undefined, isCard: true });
  }

  /** Sets what an account tells of itself. Throws `accountMissing` or `profileFormat`. */
  async setProfile(username: string, profile: Profile): Promise<void> {
    checkProfile(profile);
    const updated = timestamp(this.#clock);
    await this.#users.update(username, (user) => {
      if (user === undefined) throw errors.accountMissing();
      return { ...user, profile, updated };
    });
  }

  /**
   * Activates, deactivates, or gives and takes admin rights. While an account is not active its tokens are
   * refused as such, and stay invalid later. Throws `accountMissing`.
   */
  async setFlags(username: string, flags: AccountFlags): Promise<void> {
    const updated = timestamp(this.#clock);
    await this.#users.update(username, (user) => {
      if (user === undefined) throw errors.accountMissing();
      return withFlags({ ...user, updated }, flags, () => this.#newGeneration());
    });
  }

  async #create(
    { username, password, email }: { username: string; password: string; email: string },
    { active = true, admin = false, isStudent = false }: Omit<RegisterOptions, 'from'>,
    from?: string,
  ): Promise<UserDocument> {
    const passwordHash = await this.#passwords.hash(password, from);
    const created = timestamp(this.#clock);
    const generation = this.#newGeneration();
    const flags = { active, admin, ...(isStudent ? { card: password } : {}) };
    const user = newUser({ username, email, passwordHash, generation, created, ...flags });
    await this.#users.update(username, (existing) => {
      if (existing !== undefined) throw errors.accountTaken();
      if (from !== undefined) this.#requireUnused(username);
      return user;
    });
    return user;
  }

  async #change(
    username: string,
    { password, email, isCard = false }: Change,
    from?: string,
  ): Promise<void> {
    const passwordHash =
      password === undefined ? undefined : await this.#passwords.hash(password, from);
    const updated = timestamp(this.#clock);
    const { after: changed } = await this.#users.update(username, (user) => {
      if (user === undefined || (isCard && user.student === undefined)) {
        throw errors.accountMissing();
      }
      const emails = email === undefined ? user.emails : withEmail(user.emails, email);
      const kept = { ...user, emails, updated };
      if (password === undefined || passwordHash === undefined) return kept;
      const card = isCard ? password : undefined;
      return withPassword(kept, { passwordHash, card, generation: this.#newGeneration() });
    });
    const isSet = password !== undefined && passwordHash !== undefined && changed.active;
    if (isSet) this.#logins.remember(username, password, passwordHash);
  }

  /**
   * Refuses the name of an account that is gone while its repositories are not: they are nobody else's.
   * Throws `usernameReserved`.
   */
  #requireUnused(username: string): void {
    if (this.#namespaces.isInUse(username)) throw errors.usernameReserved(username);
  }

  #newGeneration(): string {
    return this.#random(8).toString('hex');
  }

  #isTaken(username: string): boolean {
    return this.#users.get(username) !== undefined || this.#holders.isClaimed(username);
  }
}
