import { isImageId } from '../domain/repositories/names.js';
import { Connection, type ConnectionOptions, shown, type WholeAnswer } from './connection.js';
import { MOST_NAMES, TagCount } from './foreign-names.js';
import type {
  FoundFault,
  FoundImage,
  FoundRepository,
  FoundTag,
  OpenedLayer,
  V1Source,
} from './found.js';
import { Lanes } from './lanes.js';
import { BrokenError, quote, reasonOf } from './problems.js';
import { baseOf, loginOf, refusedLogin } from './registry-url.js';
import { openResumed } from './resumed-layer.js';
import { endpointOf, pathOf, refusal, sizeIn, tagsIn } from './v1-answers.js';
import { fieldOf, parentIn, parsed, parseListed, parseTagDetails } from './v1-documents.js';
import { searchedNames } from './v1-search.js';

const LONGEST_JSON = 1024 * 1024;
const LONGEST_LIST = 64 * 1024 * 1024;
/** How many layers, and how many short questions, are under way at a time. */
const LAYERS_AT_ONCE = 4;
const QUESTIONS_AT_ONCE = 8;
const ONLY_PUBLIC =
  'a search over API v1 may show no private repositories: name those that are to come as well';

export interface RegistryOptions extends ConnectionOptions {
  /** The repositories to take; without any, all that its search knows. */
  readonly names?: readonly string[];
  /** How many names a list may have; another number than the usual is for tests. */
  readonly mostNames?: number | undefined;
}

/** How the images of a repository are read: where, and with which token. */
interface Access {
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A registry of API v1 that still runs: a docker-registry by itself, or behind an index that hands out
 * tokens and says which hosts have the images (`X-Docker-Endpoints`).
 */
export class V1Registry implements V1Source {
  readonly api = 'v1';
  readonly kind = 'registry, API v1';
  readonly place: string;
  readonly atOnce = LAYERS_AT_ONCE;
  readonly problems: string[] = [];
  readonly notes: string[] = [];
  readonly #base: URL;
  readonly #login: Readonly<Record<string, string>>;
  readonly #names: readonly string[];
  readonly #most: number | undefined;
  readonly #tagCount: TagCount;
  readonly #connection: Connection;
  readonly #lanes = new Lanes(QUESTIONS_AT_ONCE);
  /** By image id, the repository through which it is read. */
  readonly #repositoryOf = new Map<string, string>();
  readonly #accesses = new Map<string, Promise<Access>>();

  constructor(url: URL, { names = [], mostNames, ...options }: RegistryOptions = {}) {
    this.#base = baseOf(url);
    this.place = shown(this.#base);
    this.#login = loginOf(url);
    this.#names = names;
    this.#most = mostNames;
    this.#tagCount = new TagCount(mostNames);
    this.#connection = new Connection(options);
  }

  async *repositories(): AsyncGenerator<FoundRepository> {
    await this.#requireLogin();
    const names = this.#names.length > 0 ? this.#names : this.#search();
    const found = new Set<string>();
    let anyPrivate = false;
    for await (const name of names) {
      const full = name.includes('/') ? name : `library/${name}`;
      if (found.has(full)) continue;
      found.add(full);
      const repository = await this.#readRepository(full);
      anyPrivate ||= repository.isPrivate;
      yield repository;
    }
    if (this.#hasLogin && this.#names.length === 0 && !anyPrivate) this.notes.push(ONLY_PUBLIC);
  }

  async image(id: string): Promise<FoundImage> {
    const { bytes, headers } = await this.#ofImage(id, 'json');
    const parent = parentIn(id, bytes);
    const repository = this.#repositoryOf.get(id);
    if (parent !== undefined && repository !== undefined && !this.#repositoryOf.has(parent)) {
      this.#repositoryOf.set(parent, repository);
    }
    return { parent, size: sizeIn(headers) };
  }

  async json(id: string): Promise<Buffer> {
    return (await this.#ofImage(id, 'json')).bytes;
  }

  async openLayer(id: string): Promise<OpenedLayer> {
    const path = `v1/images/${checkedId(id)}/layer`;
    const openFrom = async (range: Readonly<Record<string, string>>) => {
      const { base, headers } = await this.#accessOf(id);
      const answer = await this.#connection.open(new URL(path, base), {
        headers: { ...headers, ...range },
      });
      if (answer.status !== 401) return answer;
      answer.body.destroy();
      const again = await this.#accessAnew(id);
      return this.#connection.open(new URL(path, again.base), {
        headers: { ...again.headers, ...range },
      });
    };
    return openResumed(openFrom);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #search(): AsyncGenerator<string> {
    return searchedNames({
      base: this.#base,
      connection: this.#connection,
      login: this.#login,
      onProblem: (reason) => void this.problems.push(reason),
      most: this.#most,
    });
  }

  get #hasLogin(): boolean {
    return this.#login.authorization !== undefined;
  }

  /** An index tells whether a login is right (protocol.md §1.1); a registry by itself has nothing to tell there. */
  async #requireLogin(): Promise<void> {
    if (!this.#hasLogin) return;
    const url = new URL('v1/users/', this.#base);
    const { status } = await this.#connection.ask(url, LONGEST_LIST, { headers: this.#login });
    if (status === 401) throw refusedLogin(this.#base, true);
  }

  async #readRepository(name: string): Promise<FoundRepository> {
    const faults: FoundFault[] = [];
    const empty = { name, isPrivate: false, tags: [], listed: [] };
    try {
      this.#tagCount.begin();
      const access = await this.#access(name);
      const tags = await this.#readTags(name, access, faults);
      const isPrivate = await this.#isPrivate(name, access);
      const listed = await this.#readListed(name);
      for (const id of [...tags.map(({ image }) => image), ...listed]) {
        if (!this.#repositoryOf.has(id)) this.#repositoryOf.set(id, name);
      }
      return { name, isPrivate, tags, listed, faults };
    } catch (error) {
      return { ...empty, faults: [{ reason: reasonOf(error) }] };
    }
  }

  async #readTags(name: string, access: Access, faults: FoundFault[]): Promise<FoundTag[]> {
    const { bytes } = await this.#read(access, `${pathOf(name)}/tags`, LONGEST_LIST, 'its tags');
    const all = tagsIn(parsed(bytes));
    if (all === undefined) throw new BrokenError('its tags are not an object in JSON');
    const most = this.#most ?? MOST_NAMES;
    const tags = all.slice(0, most);
    this.#tagCount.add(tags.length);
    if (tags.length < all.length) {
      faults.push({ reason: `it has more than ${most} tags; the others are left out` });
    }
    const read = tags.map(async ([tag, id]): Promise<FoundTag | undefined> => {
      try {
        return await this.#readTag(name, access, tag, id);
      } catch (error) {
        faults.push({ tag, reason: reasonOf(error) });
        return undefined;
      }
    });
    return (await Promise.all(read)).filter((tag) => tag !== undefined);
  }

  /** An index gives the beginning of an id alone, so the tag itself is asked then. */
  async #readTag(name: string, access: Access, tag: string, id: unknown): Promise<FoundTag> {
    const path = `${pathOf(name)}/tags/${encodeURIComponent(tag)}`;
    const image = isId(id)
      ? id
      : parsed((await this.#read(access, path, LONGEST_JSON, 'it')).bytes);
    if (!isId(image)) throw new BrokenError(`it names no image, but ${quote(String(image))}`);
    const details = await this.#try(access, `${path}/json`, LONGEST_JSON);
    return { tag, image, ...parseTagDetails(details) };
  }

  async #isPrivate(name: string, access: Access): Promise<boolean> {
    const bytes = await this.#try(access, `${pathOf(name)}/properties`, LONGEST_JSON);
    return bytes !== undefined && fieldOf(parsed(bytes), 'access') === 'private';
  }

  async #readListed(name: string): Promise<readonly string[]> {
    const bytes = await this.#try(
      { base: this.#base, headers: this.#login },
      `${pathOf(name)}/images`,
      LONGEST_LIST,
    );
    return bytes === undefined ? [] : parseListed(bytes, 'its list of images');
  }

  /** For the report only: nothing if it is missing. */
  async #try(access: Access, path: string, most: number): Promise<Buffer | undefined> {
    const { status, bytes } = await this.#ask(access, path, most);
    return status === 200 ? bytes : undefined;
  }

  async #read(access: Access, path: string, most: number, what: string): Promise<WholeAnswer> {
    const answer = await this.#ask(access, path, most);
    if (answer.status !== 200) throw refusal(answer, what);
    return answer;
  }

  #ask({ base, headers }: Access, path: string, most: number): Promise<WholeAnswer> {
    return this.#lanes.run(() => this.#connection.ask(new URL(path, base), most, { headers }));
  }

  async #ofImage(id: string, what: 'json'): Promise<WholeAnswer> {
    const path = `v1/images/${checkedId(id)}/${what}`;
    const answer = await this.#ask(await this.#accessOf(id), path, LONGEST_JSON);
    const isOver = answer.status === 401 && this.#repositoryOf.has(id);
    const final = isOver ? await this.#ask(await this.#accessAnew(id), path, LONGEST_JSON) : answer;
    if (final.status !== 200) throw refusal(final, 'it');
    return final;
  }

  #accessOf(id: string): Promise<Access> {
    const repository = this.#repositoryOf.get(id);
    return repository === undefined
      ? Promise.resolve({ base: this.#base, headers: this.#login })
      : this.#access(repository);
  }

  /** With another token: the one before may have expired. */
  #accessAnew(id: string): Promise<Access> {
    this.#accesses.delete(this.#repositoryOf.get(id) ?? '');
    return this.#accessOf(id);
  }

  #access(name: string): Promise<Access> {
    const access = this.#accesses.get(name) ?? this.#askForAccess(name);
    this.#accesses.set(name, access);
    return access;
  }

  /** As docker begins a pull (clients.md, "Pull"). A registry without an index has no such tokens. */
  async #askForAccess(name: string): Promise<Access> {
    const headers = { ...this.#login, 'x-docker-token': 'true' };
    const own = { base: this.#base, headers };
    const answer = await this.#ask(own, `${pathOf(name)}/images`, LONGEST_LIST);
    const token = answer.headers['x-docker-token'];
    if (answer.status === 401 || answer.status === 403) throw refusal(answer, 'it');
    if (answer.status !== 200 || token === undefined) {
      return { base: this.#base, headers: this.#login };
    }
    const endpoint = answer.headers['x-docker-endpoints']?.split(',')[0]?.trim();
    const signed = { authorization: `Token ${token.replace(/^Token /, '')}` };
    const base = endpointOf(endpoint, this.#base);
    // A docker-registry that is its own index gives tokens that mean nothing; the login in front of it counts.
    const isOwn = base.origin === this.#base.origin && this.#hasLogin;
    if (isOwn && !(await this.#isTaken({ base, headers: signed }, name))) {
      return { base: this.#base, headers: this.#login };
    }
    return { base, headers: signed };
  }

  async #isTaken(access: Access, name: string): Promise<boolean> {
    return (await this.#ask(access, `${pathOf(name)}/tags`, LONGEST_LIST)).status !== 401;
  }
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && isImageId(id);
}

function checkedId(id: string): string {
  if (!isImageId(id)) throw new BrokenError(`${quote(id)} is not an image id`);
  return id;
}
