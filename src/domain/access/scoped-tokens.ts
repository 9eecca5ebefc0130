import { createHmac, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { UserDocument } from '../../storage/documents/documents.js';
import { type Bearers, NOBODY } from '../accounts/bearers.js';
import type { Clock, RandomBytes } from '../clock.js';
import { errors } from '../errors.js';
import type { Caller } from './access.js';

/** What may be done with a repository; `*` is all of it. */
export type Action = 'pull' | 'push' | 'delete' | '*';

/** What a token of v2 is for: one repository, and what may be done with it. */
export interface Scope {
  /** `namespace/name`. */
  readonly repository: string;
  readonly actions: readonly Action[];
}

/** Who made a request of v2, and what their token is for; undefined: all that they may do. */
export interface ScopedCaller {
  readonly caller: Caller;
  readonly scopes: readonly Scope[] | undefined;
}

const claims = z.object({
  /** Milliseconds since 1970. */
  issued: z.number(),
  bearer: z.string(),
  scopes: z.array(
    z.object({
      repository: z.string(),
      /** That of the repository; empty where it was still to come. */
      generation: z.string(),
      actions: z.array(z.enum(['pull', 'push', 'delete', '*'])),
    }),
  ),
  nonce: z.string(),
});

type Claims = z.output<typeof claims>;

/** What a token says, and the key that proved it. */
interface Proof {
  readonly key: string;
  readonly said: Claims;
}

const MOST_REMEMBERED = 1000;

export interface ScopedTokenOptions {
  /** What tokens are signed with, now: 64 hex digits. */
  readonly key: () => string;
  /** How long a token is good for, in seconds. */
  readonly ttl: number;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly bearers: Bearers;
  /** What tells a repository from earlier ones of its name, and when it was made. */
  readonly repositoryOf: (
    full: string,
  ) => { readonly generation?: string; readonly created: string } | undefined;
}

/** Sets them apart from the other things that the key signs. */
const PURPOSE = 'v2';
/** As `Tokens` has it: how far ahead a token may have been given out, in milliseconds. */
const SKEW = 60_000;
/** Letters. */
const LONGEST = 16 * 1024;

/**
 * The tokens of v2: they say who has them, what they are for and since when, signed as those of v1. Rights are looked
 * up when one is shown; it ends with the account's activity or its password, and for a repository
 * with that.
 */
export class ScopedTokens {
  readonly #options: ScopedTokenOptions;
  /** What was shown before, and proved genuine: a push shows its token with every request. */
  readonly #proofs = new LRUCache<string, Proof>({ max: MOST_REMEMBERED });

  constructor(options: ScopedTokenOptions) {
    this.#options = options;
  }

  /** Seconds that a token is good for. */
  get ttl(): number {
    return this.#options.ttl;
  }

  /** A new token, and when it was made. */
  issue(
    caller: Caller,
    scopes: readonly Scope[],
  ): { readonly token: string; readonly issued: Date } {
    const { clock, random, bearers, repositoryOf } = this.#options;
    const issued = clock.now();
    const said: Claims = {
      issued,
      bearer: bearers.of(caller),
      scopes: scopes.map(({ repository, actions }) => {
        // Everybody can read a token: one that is good for nothing must not tell whether the repository exists.
        const known = actions.length === 0 ? undefined : repositoryOf(repository);
        const generation = known?.generation ?? '';
        return { repository, generation, actions: [...actions] };
      }),
      nonce: random(6).toString('hex'),
    };
    const body = Buffer.from(JSON.stringify(said)).toString('base64url');
    return { token: `${body}.${this.#mac(body)}`, issued: new Date(issued) };
  }

  /** Who has a token, if it is good. Throws `badToken` (401) or `inactive` (403). */
  verify(token: string): ScopedCaller {
    const said = this.#read(token);
    const age = this.#options.clock.now() - said.issued;
    if (age < -SKEW || age >= this.#options.ttl * 1000) throw errors.badToken();
    const scopes = said.scopes.filter((scope) => this.#isStillMeant(scope, said.issued));
    if (said.bearer === NOBODY) return { caller: { kind: 'anonymous' }, scopes };
    const account = activeAccount(this.#options.bearers.find(said.bearer));
    return { caller: { kind: 'account', account }, scopes };
  }

  /** A repository that was still to come when the token was given out is one that came after that. */
  #isStillMeant({ repository, generation }: Claims['scopes'][number], issued: number): boolean {
    const current = this.#options.repositoryOf(repository);
    if (current === undefined) return true;
    if (generation !== '') return current.generation === generation;
    return current.generation === undefined || Date.parse(current.created) >= issued - 1000;
  }

  #read(token: string): Claims {
    const key = this.#options.key();
    const proof = this.#proofs.get(token);
    if (proof?.key === key) return proof.said;
    const said = this.#prove(token);
    this.#proofs.set(token, { key, said });
    return said;
  }

  #prove(token: string): Claims {
    const [body = '', mac = '', more] = token.length > LONGEST ? [] : token.split('.');
    const expected = Buffer.from(this.#mac(body));
    const given = Buffer.from(mac);
    const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
    if (more !== undefined || body === '' || !isOurs) throw errors.badToken();
    return claims.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  }

  #mac(body: string): string {
    return createHmac('sha256', this.#options.key())
      .update(`${PURPOSE}\n${body}`)
      .digest('base64url');
  }
}

function activeAccount(account: UserDocument | undefined): UserDocument {
  if (account === undefined) throw errors.badToken();
  if (!account.active) throw errors.inactive();
  return account;
}
