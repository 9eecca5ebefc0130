import type { Dialect } from './dialect.js';
import { OldDockerError } from './errors.js';
import { goQuote } from './go.js';
import { type Described, fetchJson, fetchLayer } from './layers.js';
import { checkName, repositoryPath, tagsPath } from './names.js';
import { probe, type V2Use } from './probe.js';
import { checkImageList, readAncestry, readId, readTags } from './replies.js';
import { type Client, endpointsOf, Session } from './session.js';
import type { Header } from './wire.js';

/** An image as it came. */
export interface PulledImage {
  readonly id: string;
  readonly json: Buffer;
  readonly layer: Buffer;
  /** `X-Docker-Size`; -1 if it was not said. */
  readonly size: number;
}

/** What to pull. */
export interface PullOptions {
  /** Only this tag; all of them without. */
  readonly tag?: string;
  /** Loses the connection once in each layer, after this many of its bytes. */
  readonly cutLayerAfter?: (size: number) => number;
}

/** What a pull brought. */
export interface Pulled {
  /** Tag to image id. */
  readonly tags: Readonly<Record<string, string>>;
  /** Every image of these tags, whether it was here before or not. */
  readonly images: ReadonlyMap<string, PulledImage>;
  /** The ids of the layers that were fetched this time. */
  readonly fetched: readonly string[];
}

/** The media types of the manifest that 1.10 and later ask for first. */
const MANIFESTS: readonly Header[] = [
  ['Accept', 'application/vnd.docker.distribution.manifest.list.v2+json'],
  ['Accept', 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
  ['Accept', 'application/json'],
  ['Accept', 'application/vnd.docker.distribution.manifest.v2+json'],
];

/** `docker pull HOST/name[:tag]` into the given local graph (clients.md, "Pull"). */
export async function pull(
  client: Client,
  graph: Map<string, PulledImage>,
  name: string,
  options: PullOptions,
): Promise<Pulled> {
  checkName(client.dialect, name);
  return new Pull(client, graph, name, options).run();
}

class Pull {
  readonly #client: Client;
  readonly #dialect: Dialect;
  readonly #graph: Map<string, PulledImage>;
  readonly #session: Session;
  readonly #name: string;
  readonly #options: PullOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #fetched: string[] = [];
  readonly #ids = new Set<string>();

  constructor(client: Client, graph: Map<string, PulledImage>, name: string, options: PullOptions) {
    this.#client = client;
    this.#dialect = client.dialect;
    this.#graph = graph;
    this.#name = name;
    this.#options = options;
    this.#session = new Session(client);
  }

  async run(): Promise<Pulled> {
    const probed = await probe(this.#client, 'pull', this.#v2Use());
    this.#session.alwaysBasic = probed.alwaysBasic;
    try {
      return await this.#pullRepository();
    } catch (error) {
      const isRefusal = error instanceof OldDockerError && error.message !== this.#loginRequired();
      if (this.#dialect.triesNameAsImage && isRefusal) {
        this.#session.dropToken();
        await this.#pullImage(this.#name);
      }
      throw error;
    }
  }

  #v2Use(): V2Use {
    const { tag } = this.#options;
    const path = tag === undefined ? 'tags/list' : `manifests/${tag}`;
    const headers = tag === undefined ? [] : MANIFESTS;
    return { requests: [{ method: 'GET', path: `/v2/${this.#name}/${path}`, headers }] };
  }

  async #pullRepository(): Promise<Pulled> {
    await this.#askIndex();
    const tags = await this.#askTags();
    if (this.#dialect.pullsJsonFirst) {
      for (const [tag, id] of Object.entries(tags)) {
        await this.#pullTag(tag, id);
      }
    } else {
      const ids = new Map(Object.entries(tags).map(([tag, id]) => [id, tag]));
      const all = [...ids].map(([id, tag]) => this.#pullTag(tag, id));
      for (const outcome of await Promise.allSettled(all)) {
        if (outcome.status === 'rejected') {
          throw outcome.reason;
        }
      }
    }
    const images = new Map([...this.#graph].filter(([id]) => this.#ids.has(id)));
    return { tags, images, fetched: this.#fetched };
  }

  async #askIndex(): Promise<void> {
    const answer = await this.#session.index('GET', `${repositoryPath(this.#name)}/images`);
    if (answer.status === 401) {
      throw new OldDockerError(this.#loginRequired());
    }
    if (answer.status === 404) {
      throw new OldDockerError(this.#dialect.missingRepository(this.#name, this.#options.tag));
    }
    if (answer.status !== 200) {
      const body = goQuote(answer.body.toString('utf8'));
      throw new OldDockerError(
        this.#dialect.quotesBodies
          ? `Error: Status ${answer.status} trying to pull repository ${this.#name}: ${body}`
          : `HTTP code: ${answer.status}`,
      );
    }
    checkImageList(answer.body);
    const [host] = endpointsOf(this.#client, answer);
    if (host !== undefined) {
      this.#session.useEndpoint(host);
    } else if (this.#dialect.needsAllHeaders) {
      throw new OldDockerError("Index response didn't contain any endpoints");
    }
  }

  async #askTags(): Promise<Record<string, string>> {
    const { tag } = this.#options;
    const one = this.#dialect.asksForOneTag && tag !== undefined;
    const path = one ? `${tagsPath(this.#name)}/${tag}` : tagsPath(this.#name);
    const answer = await this.#session.registry('GET', path);
    const fullName = `${this.#client.wire.host}/${this.#name}`;
    if (answer.status === 404) {
      throw new OldDockerError(
        one ? `Tag ${tag} not found in repository ${fullName}` : 'Repository not found',
      );
    }
    if (answer.status !== 200) {
      throw new OldDockerError('Could not reach any registry endpoint');
    }
    const tags = one ? { [tag]: readId(answer.body) } : readTags(answer.body);
    const id = tag === undefined ? undefined : tags[tag];
    if (tag !== undefined && id === undefined) {
      throw new OldDockerError(`Tag ${tag} not found in repository ${fullName}`);
    }
    return tag === undefined || id === undefined ? tags : { [tag]: id };
  }

  async #pullTag(tag: string, id: string): Promise<void> {
    try {
      await this.#pullImage(id);
    } catch (error) {
      if (!(error instanceof OldDockerError)) {
        throw error;
      }
      throw new OldDockerError(
        this.#dialect.namesFailedTag
          ? `Error pulling image (${tag}) from ${this.#client.wire.host}/${this.#name}, ` +
              error.message
          : 'Could not find repository on any of the indexed registries.',
        { cause: error },
      );
    }
  }

  async #pullImage(id: string): Promise<void> {
    const chain = await this.#ancestry(id);
    for (const each of chain) {
      this.#ids.add(each);
    }
    if (this.#dialect.pullsJsonFirst) {
      await this.#pullJsonFirst(chain.reverse());
      return;
    }
    for (const each of this.#dialect.pullsTopFirst ? chain : chain.reverse()) {
      // No layer is fetched twice at once; 0.6 leaves the rest of the chain to the other pull.
      const running = this.#running.get(each);
      if (running !== undefined && this.#dialect.pullsTopFirst) {
        return;
      }
      await (running ?? this.#pullLayerOnce(each));
    }
  }

  #pullLayerOnce(id: string): Promise<void> {
    const pulling = this.#graph.has(id) ? Promise.resolve() : this.#jsonAndLayer(id);
    this.#running.set(id, pulling);
    return pulling;
  }

  async #jsonAndLayer(id: string): Promise<void> {
    const described = await fetchJson(this.#client, this.#session, id);
    await this.#store(described, described.ownId);
  }

  /** From 1.10: all json, lowest first, and then the missing layers, three at a time. */
  async #pullJsonFirst(chain: readonly string[]): Promise<void> {
    const missing: Described[] = [];
    for (const id of chain) {
      const described = await fetchJson(this.#client, this.#session, id);
      const here = this.#graph.get(id);
      if (here === undefined) {
        missing.push(described);
      } else {
        this.#graph.set(id, { ...here, json: described.json, size: described.size });
      }
    }
    const work = async (): Promise<void> => {
      for (let next = missing.shift(); next !== undefined; next = missing.shift()) {
        await this.#store(next, next.id);
      }
    };
    await Promise.all([1, 2, 3].map(work));
  }

  async #store({ id, json, size }: Described, layerId: string): Promise<void> {
    const cutAfter = this.#options.cutLayerAfter?.(size);
    const layer = await fetchLayer(this.#client, this.#session, layerId, size, cutAfter);
    this.#graph.set(id, { id, json, size, layer });
    this.#fetched.push(id);
  }

  async #ancestry(id: string): Promise<string[]> {
    const answer = await this.#session.registry('GET', `/v1/images/${id}/ancestry`);
    if (answer.status === 401) {
      throw new OldDockerError(this.#loginRequired());
    }
    if (answer.status !== 200) {
      throw new OldDockerError(
        `Server error: ${answer.status} trying to fetch remote history for ${id}`,
      );
    }
    return readAncestry(answer.body, id);
  }

  #loginRequired(): string {
    return this.#dialect.pullsJsonFirst
      ? 'unauthorized: authentication required'
      : 'Authentication is required.';
  }
}
