import { Connection, type ConnectionOptions, shown } from './connection.js';
import type { FoundFault, OpenedLayer } from './found.js';
import { Lanes } from './lanes.js';
import { BrokenError, quote, RescueError, reasonOf } from './problems.js';
import { baseOf, loginOf } from './registry-url.js';
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
const MOST_PAGES = 10_000;
const BLOBS_AT_ONCE = 4;
const QUESTIONS_AT_ONCE = 8;

/** All that a registry may have; schema 1 last, so that it is not made for us of what is newer. */
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
}

/** A registry of API v2 that still runs. */
export class V2Registry implements V2Source {
  readonly api = 'v2';
  readonly kind = 'registry, API v2';
  readonly place: string;
  readonly atOnce = BLOBS_AT_ONCE;
  readonly #base: URL;
  readonly #names: readonly string[];
  readonly #connection: V2Connection;
  readonly #lanes = new Lanes(QUESTIONS_AT_ONCE);

  constructor(url: URL, { names = [], ...options }: V2RegistryOptions = {}) {
    this.#base = baseOf(url);
    this.place = shown(this.#base);
    this.#names = names;
    this.#connection = new V2Connection(new Connection(options), loginOf(url));
  }

  async *repositories(): AsyncGenerator<FoundV2Repository> {
    const names = this.#names.length > 0 ? this.#names : this.#catalog();
    const found = new Set<string>();
    for await (const name of names) {
      if (found.has(name)) continue;
      found.add(name);
      yield await this.#read(name);
    }
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

  async *#catalog(): AsyncGenerator<string> {
    const first = new URL('v2/_catalog?n=100', this.#base);
    for await (const page of this.#pages('registry:catalog:*', first)) {
      const names = page.status === 200 ? fieldOf(parsed(page.bytes), 'repositories') : undefined;
      if (!Array.isArray(names)) {
        throw new RescueError(
          `${shown(first)} answers ${page.status}: name the repositories that are to come`,
        );
      }
      for (const name of names) if (typeof name === 'string') yield name;
    }
  }

  /** The pages of a list, as `Link` says where the next is. */
  async *#pages(scope: string, first: URL) {
    let url: URL | undefined = first;
    for (let page = 0; url !== undefined && page < MOST_PAGES; page += 1) {
      const answer = await this.#connection.ask(scope, url, LONGEST_LIST);
      yield answer;
      const next = /^<([^>]*)>/.exec(answer.headers.link ?? '')?.[1];
      const following: URL | undefined = next === undefined ? undefined : new URL(next, answer.url);
      url = following?.origin === first.origin ? following : undefined;
    }
  }

  async #read(name: string): Promise<FoundV2Repository> {
    const faults: FoundFault[] = [];
    const nothing = { name, tags: [], revisions: [] };
    try {
      const all = await this.#tags(name);
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

  async #tags(name: string): Promise<string[]> {
    const found: string[] = [];
    const first = new URL(`v2/${pathOf(name)}/tags/list?n=1000`, this.#base);
    for await (const page of this.#pages(pull(name), first)) {
      if (page.status !== 200) throw refusalV2(page, 'it');
      const tags = fieldOf(parsed(page.bytes), 'tags') ?? [];
      if (!Array.isArray(tags)) throw new BrokenError('its tags are not a list in JSON');
      found.push(...tags.filter((tag) => typeof tag === 'string'));
    }
    return [...new Set(found)];
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

/** Names have no letters that would have to be written in another way; others lead nowhere. */
function pathOf(name: string): string {
  if (!/^[a-z0-9._/-]+$/.test(name) || name.split('/').some((part) => /^\.*$/.test(part))) {
    throw new BrokenError(`${quote(name)} is not a name of API v2`);
  }
  return name;
}
