import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { UserDocument } from '../../storage/documents/documents.js';
import type { Clock, RandomBytes } from '../clock.js';
import type { Accounts } from './accounts.js';

export interface SessionOptions {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

interface Session {
  readonly username: string;
  /** The account's when the session began: a changed password or taken rights draw another one. */
  readonly generation: string | undefined;
  /** Milliseconds since 1970 of the last use. */
  used: number;
}

/** How many sessions there are at most; the one that was not used for the longest time goes first. */
const MOST_SESSIONS = 10_000;

/** Milliseconds without use after which a session is over. */
const LONGEST_REST = 14 * 24 * 3600 * 1000;

/** What a session's secret looks like; longer ones are not even looked up. */
const ID = /^[\w-]{43}$/;

/**
 * Logins of browsers. They are kept in memory, and of each secret only the digest: a restart ends them all. A
 * session is good as long as its account is active, with the password that it was opened with.
 */
export class Sessions {
  readonly #options: SessionOptions;
  readonly #open = new LRUCache<string, Session>({ max: MOST_SESSIONS });

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Begins a session of an account that has just proven who it is; gives its secret. */
  begin({ username, generation }: UserDocument): string {
    const { clock, random } = this.#options;
    const id = random(32).toString('base64url');
    this.#open.set(digest(id), { username, generation, used: clock.now() });
    return id;
  }

  /** The account whose session this is; undefined where it is over, or never was. */
  accountOf(id: string): UserDocument | undefined {
    if (!ID.test(id)) return undefined;
    const key = digest(id);
    const session = this.#open.get(key);
    if (session === undefined) return undefined;
    const account = this.#options.accounts.find(session.username);
    const now = this.#options.clock.now();
    const isSame = account?.active === true && account.generation === session.generation;
    if (!isSame || now - session.used > LONGEST_REST) {
      this.#open.delete(key);
      return undefined;
    }
    session.used = now;
    return account;
  }

  /** Ends a session, if it is one. */
  end(id: string): void {
    this.#open.delete(digest(id));
  }
}

function digest(id: string): string {
  return createHash('sha256').update(id).digest('base64');
}
