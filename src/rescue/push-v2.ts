import { OPERATOR } from '../domain/access/access.js';
import type { ManifestDocument } from '../domain/documents.js';
import type { Domain } from '../domain/domain.js';
import {
  isNameOfV2,
  parseRepositoryName,
  type RepositoryName,
} from '../domain/repositories/names.js';
import { Connection, type ConnectionOptions, shown, type WholeAnswer } from './connection.js';
import { forEachOf, Turns } from './lanes.js';
import { BrokenError, reasonOf } from './problems.js';
import { baseOf, loginOf } from './registry-url.js';
import type { PushReport, RescueReport, TagReport } from './report.js';
import type { ProgressListener } from './taking.js';
import { refusedPush, V2Connection } from './v2-connection.js';
import { short } from './v2-folder.js';
import { ACCEPT } from './v2-registry.js';

const LONGEST_ANSWER = 1024 * 1024;
const TAGS_AT_ONCE = 4;

/** How tags are pushed on. */
export interface PushOptions extends ConnectionOptions {
  /** True: private repositories are pushed too, although API v2 can't say that they are private. */
  readonly withPrivate?: boolean;
}

/**
 * Pushes all tags of a report to a registry of API v2, as a docker would: blobs that are not there, then manifests,
 * then the tag. What is there with the same digest is not sent again.
 */
export class V2Push {
  readonly #domain: Domain;
  readonly #withPrivate: boolean;
  readonly #base: URL;
  readonly #connection: V2Connection;
  readonly #onProgress: ProgressListener;
  /** Blobs that are there, by the repository through which they came. */
  readonly #there = new Map<string, string>();
  readonly #coming = new Map<string, Promise<void>>();

  constructor(
    domain: Domain,
    target: URL,
    onProgress: ProgressListener,
    { withPrivate = false, ...options }: PushOptions = {},
  ) {
    this.#domain = domain;
    this.#withPrivate = withPrivate;
    this.#base = baseOf(target);
    this.#connection = new V2Connection(new Connection(options), loginOf(target));
    this.#onProgress = onProgress;
  }

  /** What came of it. Throws a RescueError where the registry is gone, or does not take the login. */
  async run({ repositories }: RescueReport): Promise<PushReport> {
    const all = repositories.flatMap(({ to, tags }) =>
      tags.flatMap(({ tag, state }) =>
        to === undefined || state === 'skipped' ? [] : [{ to, tag }],
      ),
    );
    this.#onProgress({ kind: 'begin', work: 'pushing', bytes: 0 });
    const pushed = new Map<string, TagReport[]>(all.map(({ to }) => [to, []]));
    const turns = new Turns();
    try {
      await forEachOf(all, TAGS_AT_ONCE, async ({ to, tag }) => {
        const tell = turns.begin();
        const report = await this.#pushTag(to, tag);
        pushed.get(to)?.push(report);
        tell(() => this.#onProgress({ kind: 'pushed', repository: to, tag: report }));
      });
    } finally {
      turns.end();
      this.#connection.close();
    }
    return {
      target: shown(this.#base),
      repositories: [...pushed].map(([name, tags]) => ({ name, tags: tags.toSorted(byTag) })),
    };
  }

  async #pushTag(full: string, tag: string): Promise<TagReport> {
    try {
      const [namespace = '', name = ''] = full.split('/');
      const here = parseRepositoryName(namespace, name);
      if (!isNameOfV2(here)) throw new BrokenError(`API v2 has no names such as ${full}`);
      if (!this.#withPrivate && this.#domain.repositories.find(here)?.access === 'private') {
        throw new BrokenError(
          'it is private, and API v2 cannot say so: --push-private pushes it, and the registry decides who may read it',
        );
      }
      const document = await this.#domain.manifests.find(OPERATOR, here, { tag }, undefined);
      const image = document.digest;
      if ((await this.#digestOf(full, tag)) === image) return { tag, image, state: 'here' };
      await this.#pushManifest(here, document, tag);
      return { tag, image, state: 'taken' };
    } catch (error) {
      return { tag, state: 'skipped', reason: reasonOf(error) };
    }
  }

  /** What a tag names there; undefined if that can't be seen: a refusal has words only where something is sent. */
  async #digestOf(name: string, tag: string): Promise<string | undefined> {
    const answer = await this.#ask(name, `manifests/${tag}`, 'HEAD', { accept: ACCEPT });
    return answer.status === 200 ? answer.headers['docker-content-digest'] : undefined;
  }

  async #pushManifest(
    name: RepositoryName,
    document: ManifestDocument,
    reference: string,
  ): Promise<void> {
    const { manifests } = this.#domain;
    for (const { digest } of document.manifests ?? []) {
      const below = await manifests.find(OPERATOR, name, { digest }, undefined);
      await this.#pushManifest(name, below, digest);
    }
    const { config, layers } = document;
    for (const { digest, size } of [...(config === undefined ? [] : [config]), ...layers]) {
      await this.#bringBlob(name.full, digest, size);
    }
    const path = `manifests/${reference}`;
    const url = new URL(`v2/${name.full}/${path}`, this.#base);
    const answer = await this.#connection.ask(push(name.full), url, LONGEST_ANSWER, {
      method: 'PUT',
      headers: { 'content-type': document.mediaType },
      body: Buffer.from(manifests.read(document)),
    });
    if (answer.status !== 201) throw refusedPush(answer, 'its manifest');
  }

  /** Sends a blob once for all repositories; the others are given it there, where the registry knows how. */
  async #bringBlob(name: string, digest: string, size: number): Promise<void> {
    const key = `${name} ${digest}`;
    const coming = this.#coming.get(key) ?? this.#sendBlob(name, digest, size);
    this.#coming.set(key, coming);
    await coming;
  }

  async #sendBlob(name: string, digest: string, size: number): Promise<void> {
    if ((await this.#ask(name, `blobs/${digest}`, 'HEAD')).status === 200) return;
    const from = this.#there.get(digest);
    const mount = from === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(from)}`;
    const begun = await this.#ask(name, `blobs/uploads/${mount}`, 'POST');
    this.#there.set(digest, name);
    if (begun.status === 201) return;
    if (begun.status !== 202) throw refusedPush(begun, `blob ${short(digest)}`);
    const place = this.#placeOf(begun, digest);
    const { blobs } = this.#domain;
    const answer = await this.#connection.ask(push(name), place, LONGEST_ANSWER, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: { length: size, open: () => blobs.open(digest) },
    });
    if (answer.status !== 201) throw refusedPush(answer, `blob ${short(digest)}`);
    this.#onProgress({ kind: 'bytes', bytes: size });
  }

  /** Where the bytes go: the registry's Location, except for a scheme that a proxy changed. */
  #placeOf({ headers, url }: WholeAnswer, digest: string): URL {
    const place = new URL(headers.location ?? '', url);
    if (place.host !== url.host) throw new BrokenError(`uploads lead to ${place.host}`);
    place.protocol = url.protocol;
    return new URL(`${place.href}${place.search === '' ? '?' : '&'}digest=${digest}`);
  }

  #ask(
    name: string,
    path: string,
    method: 'HEAD' | 'POST',
    headers: Readonly<Record<string, string>> = {},
  ) {
    const url = new URL(`v2/${name}/${path}`, this.#base);
    return this.#connection.ask(push(name), url, LONGEST_ANSWER, { method, headers });
  }
}

function push(name: string): string {
  return `repository:${name}:pull,push`;
}

function byTag(one: TagReport, other: TagReport): number {
  return one.tag < other.tag ? -1 : 1;
}
