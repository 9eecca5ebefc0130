import { MOST_ANCESTORS } from '../domain/images/image-json.js';
import type { FoundImage, V1Source } from './found.js';
import { BrokenError, reasonOf } from './problems.js';

/** What is known of an image. */
type Known =
  | { readonly kind: 'here' }
  | ({ readonly kind: 'sound' } & FoundImage)
  | { readonly kind: 'broken'; readonly reason: string };

/** How an image names itself in messages. */
export function short(id: string): string {
  return id.slice(0, 12);
}

/**
 * The images of an old registry, and what each is built on. Each is looked at once; those that are here
 * already, and what they are built on, need not be.
 */
export class Chains {
  readonly #source: V1Source;
  readonly #isHere: (id: string) => boolean;
  readonly #known = new Map<string, Promise<Known>>();
  readonly #broken = new Map<string, string>();
  readonly #here = new Set<string>();

  constructor(source: V1Source, isHere: (id: string) => boolean) {
    this.#source = source;
    this.#isHere = isHere;
  }

  /** Images that can't come, and why. */
  get broken(): ReadonlyMap<string, string> {
    return this.#broken;
  }

  /** Whether an image was asked for. */
  isKnown(id: string): boolean {
    return this.#known.has(id);
  }

  /** Those that were asked for and are here already. */
  get here(): ReadonlySet<string> {
    return this.#here;
  }

  /**
   * What has to come for an image, the lowest first: itself and what it is built on, as far as it is not
   * here. Throws a BrokenError where that can't be.
   */
  async of(id: string): Promise<readonly string[]> {
    const chain = new Set<string>();
    for (let next: string | undefined = id; next !== undefined; ) {
      if (chain.has(next)) throw new BrokenError(`image ${short(id)} is built on itself`);
      const known = await this.#look(next);
      if (known.kind === 'here') break;
      if (known.kind === 'broken') throw because(id, next, known.reason);
      chain.add(next);
      if (chain.size > MOST_ANCESTORS) {
        throw new BrokenError(`image ${short(id)} is built on more than ${MOST_ANCESTORS} others`);
      }
      next = known.parent;
    }
    return [...chain].reverse();
  }

  /** Length of an image's layer in bytes, as far as it is known before it comes. */
  async sizeOf(id: string): Promise<number> {
    const known = await this.#look(id);
    return known.kind === 'sound' ? (known.size ?? 0) : 0;
  }

  /** What an image is built on, if it is sound and built on something. */
  async parentOf(id: string): Promise<string | undefined> {
    const known = await this.#look(id);
    return known.kind === 'sound' ? known.parent : undefined;
  }

  /** Notes that an image proved broken when it was read. */
  spoil(id: string, reason: string): void {
    this.#broken.set(id, reason);
  }

  #look(id: string): Promise<Known> {
    const known = this.#known.get(id) ?? this.#lookNow(id);
    this.#known.set(id, known);
    return known;
  }

  async #lookNow(id: string): Promise<Known> {
    if (this.#isHere(id)) {
      this.#here.add(id);
      return { kind: 'here' };
    }
    try {
      return { kind: 'sound', ...(await this.#source.image(id)) };
    } catch (error) {
      const reason = reasonOf(error);
      this.#broken.set(id, reason);
      return { kind: 'broken', reason };
    }
  }
}

/** Why an image can't come: because of itself, or of one that it is built on. */
export function because(id: string, broken: string, reason: string): BrokenError {
  if (id === broken) return new BrokenError(`image ${short(id)}: ${reason}`);
  return new BrokenError(`image ${short(id)} is built on ${short(broken)}: ${reason}`);
}
