/*
 * The same rules for clients of today: what v2.md and bridge.md say of tokens, blobs, manifests and tags, over the
 * repositories and images of `HubModel`. An image that is promised to v1 counts as made: nobody can tell.
 */
import { sha256 } from '../images.js';
import { descriptorOf, digestOf, type ModernImage } from '../modern-docker/images.js';
import {
  type Expected,
  forget,
  type HubModel,
  type Repository,
  TOKEN_TTL,
  type User,
} from './rules.js';

export type Action = 'pull' | 'push' | 'delete';

/** A token of v2 as the hub gave it. */
export interface ScopedToken {
  readonly text: string;
  /** To whom, as the account was then; undefined: to nobody. */
  readonly holder: { readonly username: string; readonly since: object } | undefined;
  readonly repository: string;
  readonly actions: readonly Action[];
  /** The repository that there was, among all that have had its name. */
  readonly of: object | undefined;
  readonly issued: number;
}

/** Who asks over v2. */
export type WhoToday =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'login'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: ScopedToken };

/** Who it is, and what their token is for; undefined: all that they may do. */
interface Visitor {
  readonly user: User | undefined;
  readonly scope: ((full: string, action: Action) => boolean) | undefined;
}

/** Thrown for a refusal, which changes nothing. */
class Refusal {
  readonly status: number;

  constructor(status: number) {
    this.status = status;
  }
}

export class TodayModel {
  readonly #hub: HubModel;

  constructor(hub: HubModel) {
    this.#hub = hub;
  }

  /** `actions` are those that the token is for, of those that are asked. */
  token(
    who: WhoToday,
    full: string,
    asked: readonly Action[],
  ): Expected & { readonly actions?: readonly Action[]; readonly holder?: ScopedToken['holder'] } {
    return answer(() => {
      if (who.kind === 'bearer') {
        this.#visitor(who);
        throw new Refusal(401);
      }
      const { user } = this.#visitor(who);
      const mayPush = this.#owns(user, full);
      const repository = this.#live(full);
      const mayPull = mayPush || (repository !== undefined && this.#mayRead(user, repository));
      const actions = asked.filter((each) => (each === 'pull' ? mayPull : mayPush));
      const holder = user && { username: user.username, since: user.generation };
      return { status: 200, actions, ...(holder === undefined ? {} : { holder }) };
    });
  }

  tags(who: WhoToday, full: string): Expected {
    return answer(() => {
      const { tags, unlisted } = this.#readable(who, full);
      return {
        status: 200,
        body: { name: nameOf(full), tags: [...tags.keys(), ...unlisted.keys()].sort() },
      };
    });
  }

  /** `digest`: what the manifest is called, where that is known before. */
  manifest(
    who: WhoToday,
    full: string,
    reference: string,
  ): Expected & { readonly digest?: string; readonly image?: string } {
    return answer(() => {
      const repository = this.#readable(who, full);
      if (reference.includes(':')) {
        if (!repository.manifests.has(reference)) throw new Refusal(404);
        return { status: 200, digest: reference };
      }
      const digest = repository.unlisted.get(reference) ?? repository.named.get(reference);
      if (digest !== undefined) return { status: 200, digest };
      const image = repository.tags.get(reference);
      if (image === undefined) throw new Refusal(404);
      const known = this.#hub.today.get(image);
      return { status: 200, image, ...(known === undefined ? {} : { digest: known }) };
    });
  }

  /** What came over v1 has a manifest from the moment at which somebody asked for it. */
  learn(full: string, image: string, digest: string, blobs: readonly string[]): void {
    this.#hub.today.set(image, digest);
    this.#hub.repositories.get(full)?.manifests.set(digest, { image, blobs });
  }

  blob(who: WhoToday, full: string, bytes: Buffer): Expected {
    return answer(() => {
      if (!has(this.#readable(who, full), digestOf(bytes))) throw new Refusal(404);
      return { status: 200, bytes };
    });
  }

  putBlob(who: WhoToday, full: string, digest: string): Expected {
    return answer(() => {
      this.#pusher(who, full);
      this.#bring(full, digest);
      return { status: 201 };
    });
  }

  /** 202: nothing was mounted, and an upload begins. */
  mount(who: WhoToday, full: string, digest: string, from: string): Expected {
    return answer(() => {
      const { user, scope } = this.#pusher(who, full);
      const source = this.#live(from);
      if (source === undefined || !this.#mayRead(user, source) || !has(source, digest)) {
        return { status: 202 };
      }
      const isOpen = from === full || !source.isPrivate || (scope?.(from, 'pull') ?? true);
      if (!isOpen) return { status: 202 };
      this.#bring(full, digest);
      return { status: 201 };
    });
  }

  putManifest(who: WhoToday, full: string, pushed: Pushed, tag: string | undefined): Expected {
    return answer(() => {
      this.#pusher(who, full);
      const before = this.#live(full);
      const { digest, blobs, chain } = pushed;
      if (before === undefined || !blobs.every((each) => has(before, each))) throw new Refusal(400);
      const image = chain.at(-1)?.id;
      before.manifests.set(digest, { blobs, image });
      for (const each of blobs) before.blobs.delete(each);
      if (image !== undefined) this.#promise(before, chain, digest);
      if (tag === undefined) return { status: 201 };
      forget(before, tag);
      if (image === undefined) before.unlisted.set(tag, digest);
      else {
        before.tags.set(tag, image);
        before.named.set(tag, digest);
      }
      return { status: 201 };
    });
  }

  deleteManifest(who: WhoToday, full: string, reference: string): Expected {
    return answer(() => {
      this.#deleter(who, full);
      const repository = this.#live(full);
      if (repository === undefined) throw new Refusal(404);
      if (!reference.includes(':')) {
        if (!forget(repository, reference)) throw new Refusal(404);
        return { status: 202 };
      }
      const gone = repository.manifests.get(reference);
      if (gone === undefined) throw new Refusal(404);
      repository.manifests.delete(reference);
      for (const [tag, id] of [...repository.tags]) {
        const digest = repository.named.get(tag) ?? this.#hub.today.get(id);
        if (digest === reference) forget(repository, tag);
      }
      for (const [tag, digest] of [...repository.unlisted]) {
        if (digest === reference) forget(repository, tag);
      }
      if (gone.image !== undefined) this.#release(repository, gone.image);
      return { status: 202 };
    });
  }

  /** Images go from a repository with the last tag or manifest of it that needs them. */
  #release(repository: Repository, image: string): void {
    const ancestry = (id: string): readonly string[] => this.#hub.images.get(id)?.ancestry ?? [id];
    const left = [...repository.manifests.values()].flatMap((each) => each.image ?? []);
    const needed = new Set([...repository.tags.values(), ...left].flatMap(ancestry));
    const gone = new Set(ancestry(image).filter((id) => !needed.has(id)));
    repository.list = repository.list.filter(({ id }) => !gone.has(id));
    for (const id of gone) repository.holds.delete(id);
    this.#hub.sweep();
  }

  #promise(repository: Repository, chain: Pushed['chain'], digest: string): void {
    const ids: string[] = [];
    for (const { id, layer } of chain) {
      ids.unshift(id);
      if (!this.#hub.images.has(id)) {
        this.#hub.images.set(id, { id, json: undefined, layer, ancestry: [...ids] });
      }
      repository.holds.add(id);
    }
    const [top = ''] = ids;
    if (!repository.list.some(({ id }) => id === top)) repository.list.push({ id: top });
    if (!this.#hub.today.has(top)) this.#hub.today.set(top, digest);
  }

  #bring(full: string, digest: string): void {
    const repository = this.#live(full) ?? this.#hub.newRepository(full);
    if (!has(repository, digest)) repository.blobs.add(digest);
    this.#hub.sweep();
  }

  // Who may.

  #visitor(who: WhoToday): Visitor {
    if (who.kind === 'anonymous') return { user: undefined, scope: undefined };
    if (who.kind === 'login') {
      const user = this.#hub.users.get(who.username);
      if (user === undefined || user.password !== who.password) throw new Refusal(401);
      if (!user.active) throw new Refusal(403);
      return { user, scope: undefined };
    }
    const { token } = who;
    if (this.#hub.now >= token.issued + TOKEN_TTL * 1000) throw new Refusal(401);
    const user = token.holder && this.#hub.users.get(token.holder.username);
    if (token.holder !== undefined) {
      if (user?.generation !== token.holder.since) throw new Refusal(401);
      if (!user.active) throw new Refusal(403);
    }
    const scope = (full: string, action: Action): boolean => {
      const enough = action === 'delete' ? ['delete', 'push'] : [action];
      const isFor =
        token.repository === full && token.actions.some((each) => enough.includes(each));
      return isFor && this.#isStillMeant(token);
    };
    return { user, scope };
  }

  #isStillMeant({ repository: full, of, issued }: ScopedToken): boolean {
    const current = this.#hub.repositories.get(full);
    if (current === undefined) return true;
    return of === undefined ? current.created >= issued - 1000 : current.generation === of;
  }

  #readable(who: WhoToday, full: string): Repository {
    const { user, scope } = this.#visitor(who);
    const repository = this.#live(full);
    if (repository === undefined || !this.#mayRead(user, repository)) {
      if (this.#owns(user, full)) throw new Refusal(404);
      throw new Refusal(user === undefined && scope === undefined ? 401 : 403);
    }
    if (repository.isPrivate && scope?.(full, 'pull') === false) throw new Refusal(401);
    return repository;
  }

  #pusher(who: WhoToday, full: string): Visitor {
    return this.#changer(who, full, 'push');
  }

  #deleter(who: WhoToday, full: string): Visitor {
    return this.#changer(who, full, 'delete');
  }

  #changer(who: WhoToday, full: string, action: Action): Visitor {
    const visitor = this.#visitor(who);
    const { user, scope } = visitor;
    if (!this.#owns(user, full)) {
      throw new Refusal(user === undefined && scope === undefined ? 401 : 403);
    }
    if (scope?.(full, action) === false) throw new Refusal(401);
    return visitor;
  }

  #owns(user: User | undefined, full: string): boolean {
    return user !== undefined && (user.admin || full.startsWith(`${user.username}/`));
  }

  #mayRead(user: User | undefined, repository: Repository): boolean {
    return !repository.isPrivate || this.#owns(user, `${repository.namespace}/${repository.name}`);
  }

  #live(full: string): Repository | undefined {
    const repository = this.#hub.repositories.get(full);
    return repository?.hidden === true ? undefined : repository;
  }
}

/** A manifest as a client pushes it. */
export interface Pushed {
  readonly digest: string;
  readonly blobs: readonly string[];
  /** Its images of v1, the lowest first; none of an artifact. */
  readonly chain: readonly { readonly id: string; readonly layer: Buffer }[];
}

/** What an image of today is to both sides. */
export function pushedOf({ manifest, config, layers, id }: ModernImage): Pushed {
  const blobs = [...layers, config].map((each) => descriptorOf(each).digest);
  let below: string | undefined;
  const chain = layers.map(({ tar, bytes }, level) => {
    const own = digestOf(tar);
    below = below === undefined ? own : `sha256:${sha256(`${below} ${own}`)}`;
    return { id: level === layers.length - 1 ? id : below.slice('sha256:'.length), layer: bytes };
  });
  const isImage = config.mediaType.includes('image');
  return { digest: manifest.digest, blobs, chain: isImage ? chain : [] };
}

/** As v2 lists it: official repositories by their short names. */
export function nameOf(full: string): string {
  return full.replace(/^library\//, '');
}

function has({ blobs, manifests }: Repository, digest: string): boolean {
  if (blobs.has(digest)) return true;
  return [...manifests.values()].some((each) => each.blobs.includes(digest));
}

function answer<E extends Expected>(work: () => E): E | { readonly status: number } {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status };
    throw error;
  }
}
