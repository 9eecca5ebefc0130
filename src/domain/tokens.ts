import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock, RandomBytes } from './clock.js';

export type Access = 'read' | 'write' | 'delete';

/** A token as somebody presents it: three claims, none of them believed yet. */
export interface PresentedToken {
  readonly signature: string;
  readonly repository: string;
  readonly access: string;
}

/** A token that proved genuine. */
export interface Token {
  readonly signature: string;
  readonly repository: string;
  readonly access: Access;
  /** That of the repository it was given for. */
  readonly generation: string | undefined;
}

export interface TokenOptions {
  /** What tokens are signed with, now. */
  readonly key: () => Buffer;
  /** How long a token is good for, in seconds. */
  readonly ttl: number;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** What tells a repository from earlier ones of its name (`RepositoryDocument`). */
  readonly generationOf: (repository: string) => string | undefined;
}

const STAMP_BYTES = 6;
const NONCE_BYTES = 3;
const MAC_BYTES = 11;

/** How many tokens are known to be genuine at once. */
const MOST_REMEMBERED = 1000;

/**
 * Tokens of the form `signature=<40 hex>,repository="ns/repo",access=read` (protocol.md §2). The 20
 * bytes of a signature are the time of issue, a nonce and a MAC over both, the repository with its
 * generation, and the access. So a token carries its own proof: it survives a restart, costs no write,
 * and fails as soon as anything in it is changed, or its repository is another than it was.
 */
export class Tokens {
  readonly #options: TokenOptions;
  /** Tokens that proved genuine, each with the key that they were signed with. */
  readonly #genuine = new Map<string, Buffer>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** A new token, in the spelling of `X-Docker-Token`; never the same one twice. */
  issue(repository: string, access: Access): string {
    const stamp = Buffer.alloc(STAMP_BYTES);
    stamp.writeUIntBE(this.#options.clock.now(), 0, STAMP_BYTES);
    const head = Buffer.concat([stamp, this.#options.random(NONCE_BYTES)]);
    const generation = this.#options.generationOf(repository);
    const mac = this.#mac(head, { repository, access, generation });
    const signature = Buffer.concat([head, mac]).toString('hex');
    return `signature=${signature},repository="${repository}",access=${access}`;
  }

  /** The token, if it is genuine and not expired; undefined otherwise. */
  verify(presented: PresentedToken): Token | undefined {
    const { signature, repository, access } = presented;
    if (!/^[0-9a-f]{40}$/.test(signature) || !isAccess(access)) return undefined;
    const token = {
      signature,
      repository,
      access,
      generation: this.#options.generationOf(repository),
    };
    if (!this.#isGenuine(token)) return undefined;
    const issued = Number.parseInt(signature.slice(0, 2 * STAMP_BYTES), 16);
    return this.#options.clock.now() < issued + this.#options.ttl * 1000 ? token : undefined;
  }

  /** A push shows its token with every request, and costs one MAC. */
  #isGenuine(token: Token): boolean {
    const text = `${token.signature} ${claimsOf(token)}`;
    const key = this.#options.key();
    if (this.#genuine.get(text) === key) return true;
    const bytes = Buffer.from(token.signature, 'hex');
    const head = bytes.subarray(0, STAMP_BYTES + NONCE_BYTES);
    if (!timingSafeEqual(bytes.subarray(head.length), this.#mac(head, token))) return false;
    if (this.#genuine.size >= MOST_REMEMBERED) this.#genuine.clear();
    this.#genuine.set(text, key);
    return true;
  }

  #mac(head: Uint8Array, token: Omit<Token, 'signature'>): Buffer {
    return createHmac('sha256', this.#options.key())
      .update(head)
      .update(claimsOf(token))
      .digest()
      .subarray(0, MAC_BYTES);
  }
}

/** What a signature vouches for. */
function claimsOf({ repository, access, generation = '' }: Omit<Token, 'signature'>): string {
  return `${repository}\n${access}\n${generation}`;
}

function isAccess(access: string): access is Access {
  return access === 'read' || access === 'write' || access === 'delete';
}
