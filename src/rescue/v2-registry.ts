import { Connection, type ConnectionOptions, shown, type WholeAnswer } from './connection.js';
import { foreignNames, type NamePage, TagCount } from './foreign-names.js';
import type { FoundFault, OpenedLayer } from './found.js';
import { Lanes } from './lanes.js';
import { BrokenError, quote, RescueError, reasonOf } from './problems.js';
import { baseOf, loginOf, refusedLogin } from './registry-url.js';
import { openResumed } from './resumed-layer.js';
import { fieldOf, parsed } from './v1-documents.js';
import { refusalV2, V2Connection } from './v2-connection.js';
import {
  type FoundV2Repository,
  LONGEST_MANIFEST,
  type StoredManifest,
  type V2Source,
} from './v2-found.js';
import { digestLike, isDigest } from './v2-manifest.js';

const LONGEST_LIST = 64 * 1024 * 1024;
const BLOBS_AT_ONCE = 4;
const QUESTIONS_AT_ONCE = 8;

/** All that a registry may have; schema 1 last, so that no newer manifest is converted for us. */
export const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.5',
].join(', ');

export interface V2RegistryOptions extends ConnectionOptions {
  /** The repositories to take; without any, all of its catalog. */
  readonly names?: readonly string[];
  /** How many names a list may have; another number than the usual is for tests. */
  readonly mostNames?: number | undefined;
}

/** A registry of API v2 that still runs. */
export class V2Registry implements V2Source {
  readonly api = 'v2';
  readonly kind = 'registry, API v2';
  readonly place: string;
  readonly atOnce = BLOBS_AT_ONCE;
  readonly problems: string[] = [];
  readonly #base: URL;
  readonly #names: readonly string[];
  readonly #most: number | undefined;
  readonly #tagCount: TagCount;
  readonly #connection: V2Connection;
  readonly #lanes = new Lanes(QUESTIONS_AT_ONCE);

  constructor(url: URL, { names = [], mostNames, ...options }: V2RegistryOptions = {}) {
    this.#base = baseOf(url);
    this.place = shown(this.#base);
    this.#names = names;
    this.#most = mostNames;
    this.#tagCount = new TagCount(mostNames);
    this.#connection = new V2Connection(new Connection(options), loginOf(url));
  }

  async *repositories(): AsyncGenerator<FoundV2Repository> {
    if (this.#connection.hasLogin) await this.#connection.greet(this.#base);
    const names = this.#names.length > 0 ? new Set(this.#names) : this.#catalog();
    for await (const name of names) yield await this.#read(name);
  }

  async manifest(name: string, digest: string): Promise<StoredManifest> {
    const { bytes, mediaType } = await this.#manifest(name, digest);
    // Of schema 1 the sum is over what it says, without the signatures with which it is sent.
    const isSigned = fieldOf(parsed(bytes), 'schemaVersion') === 1;
    if (!isSigned && digestLike(digest, bytes) !== digest) {
      throw new BrokenError('its manifest is damaged');
    }
    return { bytes, mediaType };
  }

  openBlob(name: string, digest: string): Promise<OpenedLayer> {
    const url = new URL(`v2/${pathOf(name)}/blobs/${digest}`, this.#base);
    return openResumed((headers) => this.#connection.open(pull(name), url, { headers }));
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #catalog(): AsyncGenerator<string> {
    const first = new URL('v2/_catalog?n=100', this.#base);
    const scope = 'registry:catalog:*';
    // With the login even if it is not asked for: private repositories are in the catalog of who may read them.
    const ask = (url: URL) => this.#connection.askWithLogin(scope, url, LONGEST_LIST);
    const pages = this.#pages(first, ask, ({ status, bytes }) => {
      const names = status === 200 ? fieldOf(parsed(bytes), 'repositories') : undefined;
      if (Array.isArray(names)) return names;
      if (status === 401) throw refusedLogin(this.#base, this.#connection.hasLogin);
      const advice = 'name the repositories that are to come';
      throw new RescueError(`${shown(first)} answers ${status}: ${advice}`);
    });
    const onProblem = (reason: string): void => void this.problems.push(reason);
    return foreignNames(pages, { list: 'its catalog', onProblem, most: this.#most });
  }

  /** The pages of a list, as `Link` says where the next is; `ask` asks for one, `read` says what is in it, or throws. */
  async *#pages(
    first: URL,
    ask: (url: URL) => Promise<WholeAnswer>,
    read: (page: WholeAnswer) => readonly unknown[],
  ): AsyncGenerator<NamePage> {
    for (let url: URL | undefined = first; url !== undefined; ) {
      const answer = await ask(url);
      url = nextOf(answer, first);
      const isElsewhere = url !== undefined && url.origin !== first.origin;
      const rest = isElsewhere ? 'elsewhere' : url === undefined ? 'none' : 'next page';
      yield { names: read(answer), rest };
      if (isElsewhere) return;
    }
  }

  async #read(name: string): Promise<FoundV2Repository> {
    const faults: FoundFault[] = [];
    const nothing = { name, tags: [], revisions: [] };
    try {
      this.#tagCount.begin();
      const all = await this.#tags(name, (reason) => faults.push({ reason }));
      this.#tagCount.add(all.length);
      const read = all.map((tag) =>
        this.#lanes.run(async () => {
          try {
            return { tag, digest: await this.#digestOf(name, tag) };
          } catch (error) {
            faults.push({ tag, reason: reasonOf(error) });
            return undefined;
          }
        }),
      );
      const tags = (await Promise.all(read)).filter((tag) => tag !== undefined);
      return { name, tags, revisions: [], faults };
    } catch (error) {
      return { ...nothing, faults: [{ reason: reasonOf(error) }] };
    }
  }

  async #tags(name: string, onProblem: (reason: string) => void): Promise<string[]> {
    const first = new URL(`v2/${pathOf(name)}/tags/list?n=1000`, this.#base);
    const ask = (url: URL) => this.#connection.ask(pull(name), url, LONGEST_LIST);
    const pages = this.#pages(first, ask, (page) => {
      if (page.status !== 200) throw refusalV2(page, 'it');
      const tags = fieldOf(parsed(page.bytes), 'tags') ?? [];
      if (!Array.isArray(tags)) throw new BrokenError('its tags are not a list in JSON');
      return tags;
    });
    const found: string[] = [];
    const names = foreignNames(pages, { list: 'its list of tags', onProblem, most: this.#most });
    for await (const tag of names) found.push(tag);
    return found;
  }

  async #digestOf(name: string, tag: string): Promise<string> {
    const { bytes, digest } = await this.#manifest(name, encodeURIComponent(tag));
    if (fieldOf(parsed(bytes), 'schemaVersion') !== 1) return digestLike('sha256:', bytes);
    if (!isDigest(digest)) throw new BrokenError('its manifest comes without a digest');
    return digest;
  }

  async #manifest(name: string, reference: string) {
    const url = new URL(`v2/${pathOf(name)}/manifests/${reference}`, this.#base);
    const headers = { accept: ACCEPT };
    const answer = await this.#connection.ask(pull(name), url, LONGEST_MANIFEST, { headers });
    if (answer.status !== 200) throw refusalV2(answer, 'its manifest');
    const [type = ''] = (answer.headers['content-type'] ?? '').split(';');
    // Some say merely that it is JSON.
    const mediaType = type.trim().startsWith('application/vnd.') ? type.trim() : '';
    return { bytes: answer.bytes, mediaType, digest: answer.headers['docker-content-digest'] };
  }
}

function pull(name: string): string {
  return `repository:${name}:pull`;
}

/** Valid names need no escapes; others lead nowhere. */
function pathOf(name: string): string {
  if (!/^[a-z0-9._/-]+$/.test(name) || name.split('/').some((part) => /^\.*$/.test(part))) {
    throw new BrokenError(`${quote(name)} is not a name of API v2`);
  }
  return name;
}

/** Where a list goes on, by the scheme of its first page: something in front of the registry may have another. */
function nextOf({ headers, url }: WholeAnswer, first: URL): URL | undefined {
  const next = /^<([^>]*)>/.exec(headers.link ?? '')?.[1];
  if (next === undefined || !URL.canParse(next, url.href)) return undefined;
  const following = new URL(next, url);
  if (following.host === first.host) following.protocol = first.protocol;
  return following;
}
