/*
 * The rules of the Hub as its documents tell them, in memory and one request at a time: what the real
 * one must agree with. Written from openapi.yaml, protocol.md and clients.md, not from the hub's code.
 */
import { bareSum, payloadSum, tarsum } from './pool.js';

/** Seconds that a token is good for. */
export const TOKEN_TTL = 3600;

/** What an answer must be. */
export interface Expected {
  readonly status: number;
  /** What the body says; left out where no document fixes it. */
  readonly body?: unknown;
  /** The very bytes of the body. */
  readonly bytes?: Buffer;
  /** The access of the token that comes with the answer. */
  readonly token?: Access;
}

export type Access = 'read' | 'write' | 'delete';

/** Who asks. */
export type Who =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'login'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: GivenToken };

/** A token as the hub gave it, or nearly. */
export interface GivenToken {
  readonly text: string;
  readonly repository: string;
  readonly access: Access;
  /** The repository for which it was given, among all that have had its name. */
  readonly of: object | undefined;
  readonly issued: number;
}

/** The sums that a client names. */
export interface Sums {
  readonly payload?: string | undefined;
  readonly tarsum?: string | undefined;
}

export interface Listed {
  readonly id: string;
  readonly checksum?: string;
  readonly Tag?: string;
}

export interface User {
  readonly username: string;
  password: string;
  emails: string[];
  active: boolean;
  readonly admin: boolean;
  /** Another one makes all tokens of v2 worthless that the account got. */
  generation: object;
}

/** What a manifest needs, and what it is to v1; undefined: an artifact, which v1 can't carry. */
export interface ManifestModel {
  readonly blobs: readonly string[];
  readonly image: string | undefined;
}

export interface Repository {
  readonly namespace: string;
  readonly name: string;
  readonly created: number;
  /** Another one makes all tokens of the repository worthless. */
  generation: object;
  isPrivate: boolean;
  list: Listed[];
  readonly holds: Set<string>;
  readonly tags: Map<string, string>;
  /** The manifests that v2 set tags to. */
  readonly named: Map<string, string>;
  /** The tags of what v1 can't carry. */
  readonly unlisted: Map<string, string>;
  /** By their digests. */
  readonly manifests: Map<string, ManifestModel>;
  /** Those that no manifest names. */
  readonly blobs: Set<string>;
  /** Between the first DELETE and the last. */
  hidden: boolean;
  readonly spent: Set<string>;
  readonly uploads: Map<string, Upload>;
}

/** An image as clients of its push describe it. */
interface Version {
  readonly json: Buffer;
  readonly ancestry: readonly string[];
  /** What they have sent; each has its own, the newest is the last. */
  layers: Buffer[];
}

/** A push of an image that has not ended. */
interface Upload {
  /** The newest json first. */
  readonly versions: readonly [Version, ...Version[]];
  clients: number;
}

interface Image {
  readonly id: string;
  /** Undefined where it is made of a config. */
  readonly json: Buffer | undefined;
  readonly layer: Buffer;
  readonly ancestry: readonly string[];
}

type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'login'; readonly user: User }
  | { readonly kind: 'token'; readonly token: GivenToken };

/** Thrown for a refusal, which changes nothing. */
class Refusal {
  readonly expected: Expected;

  constructor(status: number, body?: unknown) {
    this.expected = body === undefined ? { status } : { status, body };
  }
}

/** Who wants to take images over from other repositories. */
interface Pusher {
  readonly namespace: string;
  readonly admin: boolean;
}

const TAKEN = 'Username or email already exists';
const ACCESS_DENIED = "Access denied, you don't have access to this repo";
const FOREIGN = 'Access Denied: Not allowed to create Repo at given location';

/** The whole Hub. Every method is one request; `now` is the time at which it comes. */
export class HubModel {
  now = 0;
  readonly users = new Map<string, User>();
  readonly repositories = new Map<string, Repository>();
  readonly images = new Map<string, Image>();
  /** The manifests that images have over v2, as far as they were made. */
  readonly today = new Map<string, string>();

  /** The account of this name gets an answer as the operator has it. */
  addUser(user: Omit<User, 'emails' | 'generation'>): void {
    this.users.set(user.username, {
      ...user,
      generation: {},
      emails: [`${user.username}@example.com`],
    });
  }

  // Accounts.

  login(who: Who): Expected {
    return this.#answer('index', () => {
      this.#account(this.#identify(who));
      return { status: 200, body: 'OK' };
    });
  }

  register(username: string, password: string, email: string): Expected {
    return this.#answer('index', () => {
      if (this.users.has(username.toLowerCase())) throw new Refusal(400, TAKEN);
      if (!/^[a-z0-9_]{4,30}$/.test(username)) {
        throw new Refusal(400, 'Wrong username format (it has to match "^[a-z0-9]{4,30}$")');
      }
      if (username === 'library' || password.length < 5) throw new Refusal(400);
      if (this.#ownerOf(email) !== undefined) throw new Refusal(400, TAKEN);
      const user = {
        username,
        password,
        emails: [email],
        active: true,
        admin: false,
        generation: {},
      };
      this.users.set(username, user);
      return { status: 201, body: 'User created' };
    });
  }

  updateUser(who: Who, username: string, changes: { password?: string; email?: string }): Expected {
    return this.#answer('index', () => {
      const caller = this.#account(this.#identify(who));
      const user = this.users.get(username);
      if (user === undefined) throw new Refusal(404, 'User not found');
      if (caller !== user && !caller.admin) {
        throw new Refusal(403, 'You can only update your own account');
      }
      const { password, email } = changes;
      if (password === undefined && email === undefined) throw new Refusal(400);
      if (password !== undefined && password.length < 5) throw new Refusal(400);
      const owner = email === undefined ? undefined : this.#ownerOf(email);
      if (owner !== undefined && owner !== user) throw new Refusal(400, TAKEN);
      if (password !== undefined) Object.assign(user, { password, generation: {} });
      if (email !== undefined) user.emails.push(email);
      return { status: 204 };
    });
  }

  /** The operator's doing. */
  setActive(username: string, active: boolean): void {
    const user = this.users.get(username);
    if (user === undefined) return;
    if (active && !user.active) user.generation = {};
    user.active = active;
  }

  #ownerOf(email: string): User | undefined {
    const wanted = email.toLowerCase();
    return [...this.users.values()].find(({ emails }) =>
      emails.some((each) => each.toLowerCase() === wanted),
    );
  }

  // Repositories.

  putRepository(
    who: Who,
    full: string,
    list: readonly Listed[] | undefined,
    wantsToken: boolean,
  ): Expected {
    return this.#answer('index', () => {
      const pusher = this.#pusher(this.#identify(who), full);
      if (list === undefined) throw new Refusal(400);
      const before = this.repositories.get(full);
      const repository = before?.hidden === false ? before : this.newRepository(full);
      this.#take(repository, pusher, list);
      this.sweep();
      return { status: 200, body: '', ...(wantsToken ? { token: 'write' } : {}) };
    });
  }

  putImages(who: Who, full: string, list: readonly Listed[] | undefined): Expected {
    return this.#answer('index', () => {
      const pusher = this.#pusher(this.#identify(who), full);
      if (list === undefined) throw new Refusal(400);
      this.#take(this.#live(full), pusher, list);
      return { status: 204 };
    });
  }

  /** "You always add images, you never remove them"; those that are here already are held at once. */
  #take(repository: Repository, pusher: Pusher, added: readonly Listed[]): void {
    for (const entry of added) {
      const { id, checksum } = entry;
      const same = repository.list.find((each) => each.id === id);
      if (same === undefined) repository.list.push({ id, ...(checksum && { checksum }) });
      else if (checksum) Object.assign(same, { checksum });
    }
    this.#hold(
      repository,
      pusher,
      added.map(({ id }) => id),
    );
  }

  getImages(who: Who, full: string, wantsToken: boolean): Expected {
    return this.#answer('index', () => {
      const caller = this.#identify(who);
      const repository = this.#listReader(caller, full);
      const body = repository.list.map(({ id, checksum = '' }) => ({ id, checksum }));
      return { status: 200, body, ...(wantsToken ? { token: 'read' } : {}) };
    });
  }

  /** Any good token may have the list: so a registry finds out whether one is good (protocol.md §0.6). */
  #listReader(caller: Caller, full: string): Repository {
    const repository = this.repositories.get(full);
    if (caller.kind !== 'token' || caller.token.access !== 'delete' || repository === undefined) {
      return this.#readable(caller, full);
    }
    const { token } = caller;
    if (token.repository !== full || repository.spent.has(token.text)) throw new Refusal(401);
    return repository;
  }

  deleteImages(who: Who, full: string, wantsToken: boolean): Expected {
    return this.#answer('index', () => {
      this.#owner(this.#identify(who), full);
      this.#live(full);
      return { status: 204, ...(wantsToken ? { token: 'delete' } : {}) };
    });
  }

  deleteRepository(who: Who, full: string, wantsToken: boolean): Expected {
    return this.#answer(who.kind === 'token' ? 'registry' : 'index', () => {
      const caller = this.#identify(who);
      if (caller.kind === 'token') return this.#deleteContent(caller, full);
      this.#owner(caller, full);
      const repository = this.repositories.get(full);
      if (repository === undefined) throw new Refusal(404, 'Repository not found');
      if (!repository.hidden) {
        repository.hidden = true;
        return { status: 202, body: '', ...(wantsToken ? { token: 'delete' } : {}) };
      }
      this.repositories.delete(full);
      this.sweep();
      return { status: 200, body: '' };
    });
  }

  deleteTags(who: Who, full: string): Expected {
    return this.#answer('registry', () => {
      const caller = this.#identify(who);
      if (caller.kind === 'token') return this.#deleteContent(caller, full);
      this.#owner(caller, full);
      const { tags, named, unlisted } = this.#live(full);
      for (const each of [tags, named, unlisted]) each.clear();
      return { status: 200, body: true };
    });
  }

  #deleteContent(caller: Caller, full: string): Expected {
    this.#owner(caller, full);
    const repository = this.repositories.get(full);
    if (repository === undefined) throw new Refusal(404, 'Repository not found');
    if (caller.kind === 'token') {
      if (repository.spent.has(caller.token.text)) throw new Refusal(401);
      repository.spent.add(caller.token.text);
    }
    repository.hidden = true;
    repository.list = [];
    repository.holds.clear();
    const { tags, named, unlisted, manifests, blobs, uploads } = repository;
    for (const each of [tags, named, unlisted, manifests, blobs, uploads]) each.clear();
    this.sweep();
    return { status: 200, body: true };
  }

  putAuth(who: Who, full: string): Expected {
    return this.#answer('index', () => {
      const caller = this.#tokenOrDenied(who);
      if (caller.kind === 'anonymous') throw new Refusal(401);
      const repository = this.repositories.get(full);
      if (caller.kind === 'login') {
        // As if it were not there, in every case that hides it.
        if (repository === undefined || !this.#mayRead(caller, repository)) {
          throw new Refusal(404, 'Not found');
        }
        return { status: 200, body: 'OK' };
      }
      const { token } = caller;
      if (repository === undefined) throw new Refusal(404, 'Not found');
      if (token.repository !== full || repository.spent.has(token.text)) {
        throw new Refusal(403, 'Permission denied');
      }
      if (token.access === 'delete') repository.spent.add(token.text);
      else if (repository.hidden) throw new Refusal(404, 'Not found');
      return { status: 200, body: 'OK' };
    });
  }

  /** Here an invalid token has an answer of its own. */
  #tokenOrDenied(who: Who): Caller {
    try {
      return this.#identify(who);
    } catch (error) {
      if (who.kind === 'token' && error instanceof Refusal) throw new Refusal(403);
      throw error;
    }
  }

  getProperties(who: Who, full: string): Expected {
    return this.#answer('registry', () => {
      const { isPrivate } = this.#readable(this.#identify(who), full);
      return { status: 200, body: { access: isPrivate ? 'private' : 'public' } };
    });
  }

  putProperties(who: Who, full: string, access: 'public' | 'private'): Expected {
    return this.#answer('registry', () => {
      this.#pusher(this.#identify(who), full);
      const repository = this.#live(full);
      if (!repository.isPrivate && access === 'private') repository.generation = {};
      repository.isPrivate = access === 'private';
      return { status: 200, body: true };
    });
  }

  layerAccess(who: Who, full: string, id: string): Expected {
    return this.#answer('index', () => {
      const caller = this.#identify(who);
      if (caller.kind === 'anonymous') throw new Refusal(401);
      const repository = this.#readable(caller, full);
      if (repository.holds.has(id)) return { status: 200, body: { access: true } };
      // Of an image that is not here another registry asks, and no document says what it is told.
      if (!this.images.has(id)) return { status: 200 };
      const pusher = this.#pusherOrNobody(caller, full);
      const access = pusher !== undefined && this.#isOpen(pusher, id);
      return { status: 200, body: { access } };
    });
  }

  /** What everybody finds: official ones first, then by name. */
  search(): Expected {
    const found = [...this.repositories.values()].filter((each) => !each.hidden && !each.isPrivate);
    const official = found.filter(({ namespace }) => namespace === 'library');
    const others = found.filter(({ namespace }) => namespace !== 'library');
    const names = [
      ...official.map(({ name }) => name).sort(),
      ...others.map(({ namespace, name }) => `${namespace}/${name}`).sort(),
    ];
    return { status: 200, body: names };
  }

  // Tags.

  getTags(who: Who, full: string): Expected {
    return this.#answer('registry', () => {
      const { tags } = this.#readable(this.#identify(who), full);
      return { status: 200, body: Object.fromEntries(tags) };
    });
  }

  getTag(who: Who, full: string, tag: string): Expected {
    return this.#answer('registry', () => {
      const id = this.#readable(this.#identify(who), full).tags.get(tag);
      if (id === undefined) throw new Refusal(404, 'Tag not found');
      return { status: 200, body: id };
    });
  }

  putTag(who: Who, full: string, tag: string, id: string): Expected {
    return this.#answer('registry', () => {
      const pusher = this.#pusher(this.#identify(who), full);
      if (tag.startsWith('-')) {
        throw new Refusal(400, 'Invalid tag name (must match ^[\\w][\\w.-]{0,127}$)');
      }
      const repository = this.#live(full);
      const held = repository.holds.has(id);
      if (!held && !this.#isOpen(pusher, id)) {
        if (repository.uploads.has(id)) {
          throw new Refusal(400, 'Image is being uploaded, retry later');
        }
        throw new Refusal(404, 'Image not found');
      }
      // With all that it is built on, or not at all.
      const own = new Set([...repository.holds, ...this.#holdable(pusher, [id])]);
      const ancestry = this.images.get(id)?.ancestry ?? [];
      if (!ancestry.every((each) => own.has(each))) throw new Refusal(404, 'Image not found');
      for (const each of own) repository.holds.add(each);
      forget(repository, tag);
      repository.tags.set(tag, id);
      return { status: 200, body: true };
    });
  }

  deleteTag(who: Who, full: string, tag: string): Expected {
    return this.#answer('registry', () => {
      this.#owner(this.#identify(who), full);
      if (!forget(this.#live(full), tag)) throw new Refusal(404, `Tag not found: ${tag}`);
      return { status: 200, body: true };
    });
  }

  // Images.

  putJson(who: Who, id: string, bytes: { parent: string | undefined; json: Buffer }): Expected {
    return this.#answer('registry', () => {
      const { repository, pusher } = this.#target(this.#identify(who), id) ?? nowhere();
      const ancestry = [id, ...this.#parents(repository, pusher, bytes.parent)];
      if (this.#isHere(repository, pusher, id)) {
        this.#hold(repository, pusher, [id]);
        return { status: 409, body: { error: 'Image already exists' } };
      }
      const upload = repository.uploads.get(id);
      if (upload?.versions.some(({ json }) => json.equals(bytes.json))) {
        upload.clients += 1;
      } else {
        const others = upload !== undefined && upload.clients > 0 ? upload.versions : [];
        const version: Version = { json: bytes.json, ancestry, layers: [] };
        const versions = [version, ...others] as const;
        repository.uploads.set(id, { versions, clients: (upload?.clients ?? 0) + 1 });
      }
      return { status: 200, body: true };
    });
  }

  #parents(repository: Repository, pusher: Pusher, parent: string | undefined): readonly string[] {
    if (parent === undefined) return [];
    if (this.#isOpen(pusher, parent)) return this.images.get(parent)?.ancestry ?? [];
    const own = repository.uploads.get(parent);
    if (own !== undefined) return own.versions[0].ancestry;
    const uploads = [...this.repositories.values()].some((each) => each.uploads.has(parent));
    const exists = this.images.has(parent) || uploads;
    throw new Refusal(
      400,
      exists ? 'Image depends on an unauthorized parent' : 'Image depends on a non existing parent',
    );
  }

  putLayer(who: Who, id: string, layer: Buffer): Expected {
    return this.#answer('registry', () => {
      const target = this.#target(this.#identify(who), id);
      const upload = target?.repository.uploads.get(id);
      if (target === undefined || upload === undefined) {
        if (target !== undefined && this.#isHere(target.repository, target.pusher, id)) {
          throw new Refusal(409, 'Image already exists');
        }
        throw new Refusal(404, 'Image not found');
      }
      for (const version of upload.versions) {
        const others = version.layers.filter((each) => !each.equals(layer));
        version.layers = upload.clients > 1 ? [...others, layer] : [layer];
      }
      return { status: 200, body: true };
    });
  }

  putChecksum(who: Who, id: string, sums: Sums): Expected {
    return this.#answer('registry', () => {
      const caller = this.#identify(who);
      const target = this.#target(caller, id);
      if (sums.payload === undefined && sums.tarsum === undefined) {
        throw new Refusal(400, "Missing Image's checksum");
      }
      if (target === undefined) throw new Refusal(404, 'Image not found');
      const { repository, pusher } = target;
      const upload = repository.uploads.get(id);
      const isHere = this.#isHere(repository, pusher, id);
      if (upload === undefined) {
        if (isHere) throw new Refusal(409, 'Cannot set this image checksum');
        throw new Refusal(404, 'Image not found');
      }
      return this.#end(target, id, upload, sums);
    });
  }

  #end(
    { repository, pusher }: { repository: Repository; pusher: Pusher },
    id: string,
    upload: Upload,
    sums: Sums,
  ): Expected {
    const mismatch = { status: 400, body: { error: 'Checksum mismatch' } };
    const done = { status: 200, body: true };
    const version = upload.versions.find(({ json, layers }) =>
      layers.some((each) => fits(json, each, sums)),
    );
    const layer = version?.layers.find((each) => fits(version.json, each, sums));
    const image = this.images.get(id);
    if (version !== undefined && layer !== undefined) {
      const isSame = image?.json?.equals(version.json) && image.layer.equals(layer);
      if (image !== undefined && !isSame && !this.#isHere(repository, pusher, id)) {
        throw new Refusal(409, 'Cannot set this image checksum');
      }
      const { json, ancestry } = version;
      if (image === undefined) this.images.set(id, { id, json, layer, ancestry });
      repository.holds.add(id);
      this.#hold(repository, pusher, ancestry);
      version.layers = version.layers.filter((each) => !each.equals(layer));
      this.#leave(repository, id);
      return done;
    }
    if (upload.versions.some(({ layers }) => layers.length > 0)) {
      upload.clients = Math.max(0, upload.clients - 1);
      const isOver = upload.clients === 0 && image !== undefined && repository.holds.has(id);
      if (isOver) repository.uploads.delete(id);
      return mismatch;
    }
    // Another client was faster: what it brought counts for both.
    if (image !== undefined && this.#isHere(repository, pusher, id)) {
      if (!fits(image.json ?? NOTHING, image.layer, sums)) return mismatch;
      this.#leave(repository, id);
      return done;
    }
    // A tarsum before the layer is only an announcement.
    return sums.payload === undefined ? done : mismatch;
  }

  /** One client has ended its push of an image; the push ends with the last. */
  #leave(repository: Repository, id: string): void {
    const upload = repository.uploads.get(id);
    if (upload === undefined) return;
    if (upload.clients <= 1) repository.uploads.delete(id);
    upload.clients -= 1;
  }

  /** Everything about an image that can be read; `part` gives the answer's content. */
  getImage(who: Who, id: string, part: 'json' | 'layer' | 'ancestry'): Expected {
    return this.#answer('registry', () => {
      const caller = this.#identify(who);
      if (caller.kind === 'token' && caller.token.access === 'delete') throw new Refusal(401);
      const image = this.images.get(id);
      const readable =
        caller.kind === 'token'
          ? [this.repositories.get(caller.token.repository)]
          : [...this.repositories.values()];
      const holder = readable.find((each) => each?.holds.has(id) && this.#mayRead(caller, each));
      if (image === undefined || holder === undefined) {
        if (!this.#isPushing(caller, id)) throw new Refusal(404, 'Image not found');
        throw new Refusal(400, 'Image is being uploaded, retry later');
      }
      if (part === 'ancestry') return { status: 200, body: image.ancestry };
      const bytes = image[part];
      return bytes === undefined ? { status: 200 } : { status: 200, bytes };
    });
  }

  /** A pusher of an image is told that it is on its way. */
  #isPushing(caller: Caller, id: string): boolean {
    if (caller.kind === 'anonymous') return false;
    return [...this.repositories.values()].some((each) => {
      if (each.hidden || !each.uploads.has(id)) return false;
      if (caller.kind === 'token') return caller.token.repository === fullName(each);
      return caller.user.admin || caller.user.username === each.namespace;
    });
  }

  /** How many repositories of the caller's an image could be pushed to. */
  countTargets(who: Who, id: string): number {
    if (who.kind !== 'login') return 1;
    const user = this.users.get(who.username);
    if (user === undefined) return 0;
    return [...this.repositories.values()].filter((each) => isTarget(each, user, id)).length;
  }

  /** Where an image goes; paths of images do not say. */
  #target(caller: Caller, id: string): { repository: Repository; pusher: Pusher } | undefined {
    if (caller.kind === 'anonymous') throw new Refusal(401);
    if (caller.kind === 'login') {
      const { user } = caller;
      const repository = [...this.repositories.values()].find((each) => isTarget(each, user, id));
      const pusher = { namespace: user.username, admin: user.admin };
      return repository && { repository, pusher };
    }
    const { access, repository: full } = caller.token;
    if (access !== 'write') throw new Refusal(401);
    const repository = this.#live(full);
    const pusher = { namespace: repository.namespace, admin: false };
    return repository.list.some((each) => each.id === id) ? { repository, pusher } : undefined;
  }

  #isHere(repository: Repository, pusher: Pusher, id: string): boolean {
    return this.images.has(id) && (repository.holds.has(id) || this.#isOpen(pusher, id));
  }

  /** Whether a push may build on an image, or take it over. */
  #isOpen(pusher: Pusher, id: string): boolean {
    if (!this.images.has(id)) return false;
    return [...this.repositories.values()].some((each) => {
      if (each.hidden || !each.holds.has(id)) return false;
      return pusher.admin || !each.isPrivate || each.namespace === pusher.namespace;
    });
  }

  /** Of these images and all that they are built on, those that may be taken over. */
  #holdable(pusher: Pusher, ids: readonly string[]): string[] {
    const open = ids.filter((id) => this.#isOpen(pusher, id));
    const built = open.flatMap((id) => this.images.get(id)?.ancestry ?? []);
    return [...open, ...built.filter((id) => this.#isOpen(pusher, id))];
  }

  #hold(repository: Repository, pusher: Pusher, ids: readonly string[]): void {
    for (const id of this.#holdable(pusher, ids)) repository.holds.add(id);
  }

  /** An image goes with the last repository that holds it. */
  sweep(): void {
    for (const id of [...this.images.keys()]) {
      const isHeld = [...this.repositories.values()].some(({ holds }) => holds.has(id));
      if (isHeld) continue;
      this.images.delete(id);
      this.today.delete(id);
    }
  }

  /** A repository as it begins, in the place of another of its name. */
  newRepository(full: string): Repository {
    const repository = newRepository(full, this.now);
    this.repositories.set(full, repository);
    return repository;
  }

  // Who may.

  #identify(who: Who): Caller {
    if (who.kind === 'anonymous') return who;
    if (who.kind === 'login') {
      const user = this.users.get(who.username);
      if (user === undefined || user.password !== who.password) throw new Refusal(401);
      if (!user.active) throw new Refusal(403, 'Account is not Active');
      return { kind: 'login', user };
    }
    const { token } = who;
    const current = this.repositories.get(token.repository)?.generation;
    const isOver = this.now >= token.issued + TOKEN_TTL * 1000;
    if (isOver || token.of === undefined || token.of !== current) throw new Refusal(401);
    const [namespace = ''] = token.repository.split('/');
    if (token.access !== 'read' && this.users.get(namespace)?.active === false) {
      throw new Refusal(403, 'Account is not Active');
    }
    return { kind: 'token', token };
  }

  #account(caller: Caller): User {
    if (caller.kind !== 'login') throw new Refusal(401);
    return caller.user;
  }

  #pusher(caller: Caller, full: string): Pusher {
    const [namespace = '', name = ''] = full.split('/');
    if (caller.kind === 'token') {
      const { repository, access } = caller.token;
      if (repository !== full || access !== 'write') throw new Refusal(401);
      return { namespace, admin: false };
    }
    const { username, admin } = this.#account(caller);
    if (admin || username === namespace) return { namespace: username, admin };
    if (namespace !== 'library') throw new Refusal(403, FOREIGN);
    throw new Refusal(
      403,
      'Impossible to push a "root" repository. ' +
        `Please rename your repository in <user>/<repo> (ex: ${username}/${name})`,
    );
  }

  #pusherOrNobody(caller: Caller, full: string): Pusher | undefined {
    try {
      return this.#pusher(caller, full);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  /** Passes an account that has all rights in the namespace, and a delete token. */
  #owner(caller: Caller, full: string): void {
    const [namespace] = full.split('/');
    if (caller.kind === 'token') {
      const { repository, access } = caller.token;
      if (repository !== full || access !== 'delete') throw new Refusal(401);
      return;
    }
    const { username, admin } = this.#account(caller);
    if (!admin && username !== namespace) throw new Refusal(403, ACCESS_DENIED);
  }

  #live(full: string): Repository {
    const repository = this.repositories.get(full);
    if (repository === undefined || repository.hidden) {
      throw new Refusal(404, 'Repository not found');
    }
    return repository;
  }

  #readable(caller: Caller, full: string): Repository {
    if (caller.kind === 'token' && caller.token.repository !== full) throw new Refusal(401);
    const repository = this.#live(full);
    if (this.#mayRead(caller, repository)) return repository;
    throw caller.kind === 'token' ? new Refusal(401) : new Refusal(404, 'Repository not found');
  }

  #mayRead(caller: Caller, repository: Repository): boolean {
    if (repository.hidden) return false;
    if (caller.kind === 'token') {
      const { repository: full, access } = caller.token;
      return access !== 'delete' && full === fullName(repository);
    }
    if (!repository.isPrivate) return true;
    if (caller.kind === 'anonymous') return false;
    return caller.user.admin || caller.user.username === repository.namespace;
  }

  #answer(voice: 'index' | 'registry', work: () => Expected): Expected {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, body } = error.expected;
      if (body === undefined) return { status };
      return { status, body: voice === 'registry' ? { error: body } : body };
    }
  }
}

const NOTHING = Buffer.alloc(0);

function newRepository(full: string, created: number): Repository {
  const [namespace = '', name = ''] = full.split('/');
  return {
    namespace,
    name,
    created,
    generation: {},
    isPrivate: false,
    list: [],
    holds: new Set(),
    tags: new Map(),
    named: new Map(),
    unlisted: new Map(),
    manifests: new Map(),
    blobs: new Set(),
    hidden: false,
    spent: new Set(),
    uploads: new Map(),
  };
}

function fullName({ namespace, name }: Repository): string {
  return `${namespace}/${name}`;
}

function isTarget(repository: Repository, user: User, id: string): boolean {
  if (repository.hidden || !repository.list.some((each) => each.id === id)) return false;
  return user.admin || user.username === repository.namespace;
}

function nowhere(): never {
  throw new Refusal(400, 'This image does not belong to the repository');
}

/** The payload's sum decides when it is there, else the tarsum. */
function fits(json: Buffer, layer: Buffer, { payload, tarsum: named }: Sums): boolean {
  if (payload === undefined) return named === tarsum(json, layer);
  return payload === payloadSum(json, layer) || payload === bareSum(layer);
}

/** Takes a tag away; false: there is none. */
export function forget(
  { tags, named, unlisted }: Pick<Repository, 'tags' | 'named' | 'unlisted'>,
  tag: string,
): boolean {
  named.delete(tag);
  return tags.delete(tag) || unlisted.delete(tag);
}
