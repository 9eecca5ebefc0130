import type { UserDocument } from '../../storage/documents/documents.js';
import type { RandomBytes } from '../clock.js';
import { errors } from '../errors.js';
import type { Accounts } from './accounts.js';

export interface StudentOptions {
  readonly accounts: Accounts;
  readonly random: RandomBytes;
}

/** Accounts that are made at the same time: passwords are hashed in several threads. */
const AT_ONCE = 8;

/** The students of a class: accounts of the hub's own making, whose passwords stand on cards. */
export class Students {
  readonly #accounts: Accounts;
  readonly #random: RandomBytes;

  constructor({ accounts, random }: StudentOptions) {
    this.#accounts = accounts;
    this.#random = random;
  }

  /** All students, by their names. */
  list(): UserDocument[] {
    return this.#accounts
      .list()
      .filter(({ student }) => student !== undefined)
      .sort((a, b) => a.username.localeCompare(b.username, 'en', { numeric: true }));
  }

  /** The student of this name. Throws `accountMissing`, also for an account that does not belong to a student. */
  require(username: string): UserDocument {
    const account = this.#accounts.require(username);
    if (account.student === undefined) throw errors.accountMissing();
    return account;
  }

  /**
   * Makes students until there are `count`; those that are there stay as they are. Names that others have are left to
   * them.
   */
  async enrol(count: number): Promise<void> {
    const missing = this.#freeNames(count - this.list().length);
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      const batch = missing.slice(at, at + AT_ONCE).map((name) => this.#make(name));
      const failed = (await Promise.allSettled(batch)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    }
  }

  /** Gives a student another password, which ends their sessions and tokens. Throws `accountMissing`. */
  async renewCard(username: string): Promise<void> {
    await this.#accounts.setCard(username, newCardPassword(this.#random));
  }

  #freeNames(count: number): string[] {
    const names: string[] = [];
    for (let number = 1; names.length < count; number += 1) {
      const name = `student${String(number).padStart(2, '0')}`;
      const isFree = this.#accounts.find(name) === undefined;
      if (isFree && this.#accounts.nameOf(emailOf(name)) === emailOf(name)) names.push(name);
    }
    return names;
  }

  async #make(username: string): Promise<void> {
    const password = newCardPassword(this.#random);
    const registration = { username, password, email: emailOf(username) };
    await this.#accounts.register(registration, { isStudent: true });
  }
}

function emailOf(username: string): string {
  return `${username}@class.invalid`;
}

const CONSONANTS = 'bdghjmnprtvz';
const VOWELS = 'aeiou';
const DIGITS = '23456789';

/**
 * A password to read from paper and type on any keyboard, such as `nodavi47`: three syllables and two digits, 13.8
 * million in all, without `l`, `0` and `1`. Guessing is slowed as for every account.
 */
export function newCardPassword(random: RandomBytes): string {
  const pattern = [CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS, VOWELS, DIGITS, DIGITS];
  // Four bytes each, so that the first letters are hardly likelier than the last.
  const bytes = random(pattern.length * 4);
  return pattern
    .map((letters, at) => letters[bytes.readUInt32BE(at * 4) % letters.length])
    .join('');
}
