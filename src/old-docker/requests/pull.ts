import type { Dialect } from '../eras/dialect.js';
import { LoginRequired, OldDockerError } from './errors.js';
import { type Described, fetchJson, layerBytes } from './layers.js';
import type { Header } from './messages.js';
import { checkName } from './names.js';
import { probe, type V2Use } from './probe.js';
import type { PullEvent, PullEvents } from './pull-events.js';
import { PullQuestions } from './pull-questions.js';
import { type Client, Session } from './session.js';

/** Where a pull looks for images, and puts them. */
export interface PullGraph {
  has(id: string): boolean;
  /** Takes an image; the layer is read to its end, and must be a gzipped tar. */
  add(image: Described, layer: AsyncIterable<Buffer>): Promise<void>;
  /** From 1.10 the json of an image that is here is fetched all the same. */
  describe?(image: Described): void;
}

/** What to pull. */
export interface PullOptions {
  /** Only this tag; all of them without. */
  readonly tag?: string | undefined;
  /** The name in messages; `HOST/name` without. */
  readonly shownName?: string | undefined;
  /** Gets what happens. */
  readonly tell?: PullEvents;
  /** Loses the connection once in each layer, after this many of its bytes. */
  readonly cutLayerAfter?: (size: number) => number;
}

/** What a pull found and brought. */
export interface PullResult {
  /** Tag to image id. */
  readonly tags: Readonly<Record<string, string>>;
  /** Every image of these tags, whether it was here before or not. */
  readonly ids: ReadonlySet<string>;
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
  graph: PullGraph,
  name: string,
  options: PullOptions,
): Promise<PullResult> {
  checkName(client.dialect, name);
  return new Pull(client, graph, name, options).run();
}

class Pull {
  readonly #client: Client;
  readonly #dialect: Dialect;
  readonly #graph: PullGraph;
  readonly #session: Session;
  readonly #questions: PullQuestions;
  readonly #name: string;
  readonly #options: PullOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #fetched: string[] = [];
  readonly #ids = new Set<string>();

  constructor(client: Client, graph: PullGraph, name: string, options: PullOptions) {
    this.#client = client;
    this.#dialect = client.dialect;
    this.#graph = graph;
    this.#name = name;
    this.#options = options;
    this.#session = new Session(client);
    this.#questions = new PullQuestions(client, this.#session, { name, ...options });
  }

  async run(): Promise<PullResult> {
    const probed = await probe(this.#client, 'pull', this.#v2Use());
    this.#session.alwaysBasic = probed.alwaysBasic;
    try {
      return await this.#pullRepository();
    } catch (error) {
      const isRefusal = error instanceof OldDockerError && !(error instanceof LoginRequired);
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

  async #tell(event: PullEvent): Promise<void> {
    await this.#options.tell?.(event);
  }

  async #pullRepository(): Promise<PullResult> {
    await this.#questions.askIndex();
    const tags = await this.#questions.askTags();
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
    return { tags, ids: this.#ids, fetched: this.#fetched };
  }

  async #pullTag(tag: string, id: string): Promise<void> {
    try {
      await this.#tell({ kind: 'image', id, tag });
      await this.#tell({ kind: 'image', id, tag, endpoint: this.#session.endpoint });
      await this.#pullImage(id);
      if (!this.#dialect.pullsJsonFirst) {
        await this.#tell({ kind: 'done', id });
      }
    } catch (error) {
      if (!(error instanceof OldDockerError) || error instanceof LoginRequired) {
        throw error;
      }
      throw new OldDockerError(
        this.#dialect.namesFailedTag
          ? `Error pulling image (${tag}) from ${this.#questions.shownName}, ${error.message}`
          : 'Could not find repository on any of the indexed registries.',
        { cause: error },
      );
    }
  }

  async #pullImage(id: string): Promise<void> {
    const chain = await this.#questions.ancestry(id);
    await this.#tell({ kind: 'dependents', id });
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
      if (running !== undefined || this.#graph.has(each)) {
        await this.#tell({ kind: 'here', id: each });
      }
    }
  }

  #pullLayerOnce(id: string): Promise<void> {
    const pulling = this.#graph.has(id) ? Promise.resolve() : this.#jsonAndLayer(id);
    this.#running.set(id, pulling);
    return pulling;
  }

  async #jsonAndLayer(id: string): Promise<void> {
    await this.#tell({ kind: 'metadata', id });
    const described = await fetchJson(this.#client, this.#session, id);
    await this.#tell({ kind: 'layer', id });
    await this.#store(described, described.ownId);
  }

  /** From 1.10: all json, lowest first, and then the missing layers, three at a time. */
  async #pullJsonFirst(chain: readonly string[]): Promise<void> {
    const missing: Described[] = [];
    const described: Described[] = [];
    for (const id of chain) {
      await this.#tell({ kind: 'metadata', id });
      described.push(await fetchJson(this.#client, this.#session, id));
    }
    for (const image of described) {
      const isHere = this.#graph.has(image.id);
      await this.#tell({ kind: isHere ? 'here' : 'layer', id: image.id });
      if (isHere) {
        this.#graph.describe?.(image);
      } else {
        missing.push(image);
      }
    }
    const order = [...missing];
    const work = async (): Promise<void> => {
      for (let next = missing.shift(); next !== undefined; next = missing.shift()) {
        await this.#tell({ kind: 'layer', id: next.id });
        await this.#store(next, next.id);
        await this.#tell({ kind: 'complete', id: next.id, size: next.size });
      }
    };
    await Promise.all([1, 2, 3].map(work));
    for (const { id, size } of order) {
      await this.#tell({ kind: 'unpacked', id, size });
    }
  }

  async #store(image: Described, ownId: string): Promise<void> {
    const { id, size } = image;
    const cutAfter = this.#options.cutLayerAfter?.(size);
    const tell = (event: PullEvent): Promise<void> => this.#tell(event);
    const bytes = layerBytes(this.#client, this.#session, { ownId, size }, cutAfter);
    await this.#graph.add(
      image,
      counted(bytes, (received) => tell({ kind: 'received', id, bytes: received, size })),
    );
    this.#fetched.push(id);
  }
}

async function* counted(
  bytes: AsyncIterable<Buffer>,
  tell: (received: number) => Promise<void>,
): AsyncIterable<Buffer> {
  let received = 0;
  for await (const piece of bytes) {
    received += piece.length;
    await tell(received);
    yield piece;
  }
}
