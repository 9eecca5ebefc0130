import { createHmac, timingSafeEqual } from 'node:crypto';
import { TAG_DIGITS, tagOf } from '../accounts/bearers.js';
import type { Clock, RandomBytes } from '../clock.js';

export type Access = 'read' | 'write' | 'delete';

/** A token as somebody presents it: three claims that nothing has confirmed yet. */
export interface PresentedToken {
  readonly signature: string;
  readonly repository: string;
  readonly access: string;
}

/** What a token is for, and whose it is. */
export interface Grant {
  readonly repository: string;
  readonly access: Access;
  /** Who it was given to (`Bearers`). */
  readonly bearer: string;
}

/** A token that proved genuine. Whether its bearer may still use it is another question. */
export interface Token extends Grant {
  readonly signature: string;
  /** That of the repository it was given for. */
  readonly generation: string | undefined;
}

export interface TokenOptions {
  /** What tokens are signed with, now: 64 hex digits. */
  readonly key: () => string;
  /** How long a token is good for, in seconds. */
  readonly ttl: number;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** What tells a repository from earlier ones of its name (`RepositoryDocument`). */
  readonly generationOf: (repository: string) => string | undefined;
  /** All who may be the bearer that a tag stands for (`Bearers`). */
  readonly bearersOf: (tag: string) => readonly string[];
}

const STAMP_BYTES = 6;
const STAMP_DIGITS = 2 * STAMP_BYTES;
const NONCE_BYTES = 3;
const NONCE_DIGITS = STAMP_DIGITS + 2 * NONCE_BYTES;
const HEAD_DIGITS = NONCE_DIGITS + TAG_DIGITS;
/** The Hub's signatures had 40 digits, and so have ours: 64 bits are left, too many to guess. */
const MAC_DIGITS = 40 - HEAD_DIGITS;
/**
 * How far ahead of the clock a token may have been given out, in milliseconds: a clock is set back by
 * seconds now and then. One that was given out by a clock far ahead would be good for years.
 */
const SKEW = 60_000;

/** A token that was found genuine, and what it was signed with. */
interface Proof {
  readonly token: Token;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly issued: number;
}

/**
 * Tokens of the form `signature=<40 hex>,repository="ns/repo",access=read` (protocol.md §2). The 20
 * bytes of a signature are the time of issue, a nonce, a tag by which the bearer is found, and an HMAC over
 * these, the bearer, the repository with its generation, and the access. So a token carries its own proof:
 * it survives a restart, costs no write, and fails as soon as anything in it is changed, or its repository
 * or its bearer is another than it was.
 */
export class Tokens {
  readonly #options: TokenOptions;
  /** What was presented before, and proved genuine: a push shows its token with every request. */
  readonly #proofs = new WeakMap<PresentedToken, Proof>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** A new token, in the spelling of `X-Docker-Token`; never the same one twice. */
  issue({ repository, access, bearer }: Grant): string {
    const { clock, random } = this.#options;
    const stamped = Buffer.allocUnsafe(STAMP_BYTES + NONCE_BYTES);
    stamped.writeUIntBE(clock.now(), 0, STAMP_BYTES);
    random(NONCE_BYTES).copy(stamped, STAMP_BYTES);
    const head = stamped.toString('hex') + tagOf(bearer);
    const generation = this.#options.generationOf(repository);
    const signature = head + this.#mac(head, { repository, access, bearer, generation });
    return `signature=${signature},repository="${repository}",access=${access}`;
  }

  /**
   * The token, if it is genuine and not expired; undefined otherwise. To present the same object again
   * costs no second proof.
   */
  verify(presented: PresentedToken): Token | undefined {
    const proof = this.#prove(presented);
    if (proof === undefined) return undefined;
    const age = this.#options.clock.now() - proof.issued;
    return -SKEW <= age && age < this.#options.ttl * 1000 ? proof.token : undefined;
  }

  #prove(presented: PresentedToken): Proof | undefined {
    const { signature, repository, access } = presented;
    const key = this.#options.key();
    const generation = this.#options.generationOf(repository);
    const known = this.#proofs.get(presented);
    if (known?.key === key && known.token.generation === generation) return known;
    if (!/^[0-9a-f]{40}$/.test(signature) || !isAccess(access)) return undefined;
    const [head, mac] = [signature.slice(0, HEAD_DIGITS), signature.slice(HEAD_DIGITS)];
    const token = this.#options
      .bearersOf(head.slice(NONCE_DIGITS))
      .map((bearer): Token => ({ signature, repository, access, bearer, generation }))
      .find((each) => timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(head, each))));
    if (token === undefined) return undefined;
    const issued = Number.parseInt(signature.slice(0, STAMP_DIGITS), 16);
    const proof = { token, key, issued };
    this.#proofs.set(presented, proof);
    return proof;
  }

  #mac(head: string, token: Claims): string {
    const mac = createHmac('sha256', this.#options.key()).update(`${head}\n${claimsOf(token)}`);
    return mac.digest('hex').slice(0, MAC_DIGITS);
  }
}

/** What a signature vouches for, besides its head. */
type Claims = Omit<Token, 'signature'>;

function claimsOf({ repository, access, bearer, generation = '' }: Claims): string {
  return `${repository}\n${access}\n${bearer}\n${generation}`;
}

function isAccess(access: string): access is Access {
  return access === 'read' || access === 'write' || access === 'delete';
}
