import { basic } from './client.js';
import { Fact } from './fact.js';
import type { TortureImage } from './images.js';
import type { ModernImage } from './modern.js';

/** `hidden`: between the first DELETE and the last. */
export type RepositoryState = 'none' | 'live' | 'hidden';

/** What the hub has acknowledged of one repository. */
export class RepositoryRecord {
  readonly owner: PersonRecord;
  readonly name: string;
  readonly state = new Fact<RepositoryState>('none');
  /** Ids that must be in the index's list. */
  readonly listed = new Set<string>();
  /** What each tag names; undefined: the tag is not there. */
  readonly tags = new Map<string, Fact<string | undefined>>();
  /** Whether images can be read here; only of those a push has got that far with. */
  readonly held = new Map<string, Fact<boolean>>();
  /** The images of those ids. */
  readonly images = new Map<string, TortureImage>();
  /** What came over v2, and whether it is here, by the digests of manifests. */
  readonly modern = new Map<
    string,
    { readonly image: ModernImage; readonly here: Fact<boolean> }
  >();
  /** A push that was begun and has not ended. */
  unfinished: Push | ModernPush | undefined;

  constructor(owner: PersonRecord, name: string) {
    this.owner = owner;
    this.name = name;
  }

  get full(): string {
    return `${this.owner.name}/${this.name}`;
  }

  /** Images that can be read here for certain. */
  heldImages(): TortureImage[] {
    return [...this.images.values()].filter(({ id }) => this.heldFact(id).value);
  }

  /** What came over v2 and is here for certain. */
  modernImages(): ModernImage[] {
    return [...this.modern.values()].filter(({ here }) => here.value).map(({ image }) => image);
  }

  modernFact(image: ModernImage): Fact<boolean> {
    const made = { image, here: new Fact(false) };
    return get(this.modern, image.manifest.digest, () => made).here;
  }

  tagFact(tag: string): Fact<string | undefined> {
    return get(this.tags, tag, () => new Fact<string | undefined>(undefined));
  }

  heldFact(id: string): Fact<boolean> {
    return get(this.held, id, () => new Fact(false));
  }

  /** It was deleted: what it had is nobody's concern any more. */
  forgetContent(): void {
    this.listed.clear();
    this.tags.clear();
    this.held.clear();
    this.images.clear();
    this.modern.clear();
  }
}

/** What one push brings. */
export interface Push {
  /** Parents first. */
  readonly images: readonly TortureImage[];
  readonly tag: string;
}

/** What one push over v2 brings. */
export interface ModernPush {
  readonly modern: ModernImage;
  readonly tag: string;
}

/** What the hub has acknowledged of one account. */
export class PersonRecord {
  readonly name: string;
  /** undefined: there is no such account. */
  readonly password = new Fact<string | undefined>(undefined);
  readonly repositories: RepositoryRecord[] = [];

  constructor(name: string) {
    this.name = name;
  }
}

/** Basic, with the password that the hub acknowledged. */
export function authOf({ name, password }: PersonRecord): string {
  return basic(name, password.value ?? '');
}

function get<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
