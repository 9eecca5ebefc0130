import type { Dialect } from '../eras/dialect.js';
import type { LocalImage } from '../images/local-image.js';
import { LoginRequired, OldDockerError } from './errors.js';
import { goJson } from './go.js';
import { checkName, repositoryPath } from './names.js';
import { type Probed, probe, type V2Use } from './probe.js';
import type { PushEvent } from './push-events.js';
import { pushImage, shown } from './push-image.js';
import { chainOf, type Listed, roundsOf } from './push-list.js';
import { type Client, endpointsOf, Session, type Step } from './session.js';

/** What to push, and where to break off. */
export interface PushOptions {
  /** Tag to image id, in the order in which docker happens to walk them. */
  readonly tags: Readonly<Record<string, string>>;
  /** Asked after every answer (the repository PUT is number 1); true ends the push there. */
  readonly stopAfter?: (step: Step) => boolean;
  /** Gets what happens. */
  readonly tell?: (event: PushEvent) => void | Promise<void>;
  /** Loses the connection in the middle of a layer. */
  readonly cutLayer?: { readonly id: string; readonly bytes: number };
}

/** What a push did. */
export interface Pushed {
  /** Images sent, in order. */
  readonly sent: readonly string[];
  /** Images that were there already. */
  readonly skipped: readonly string[];
  /** Seconds this docker would have waited because of odd answers under /v2/. */
  readonly secondsLost: number;
}

/** `docker push HOST/name` (clients.md, "Push"). */
export async function push(
  client: Client,
  name: string,
  images: readonly LocalImage[],
  options: PushOptions,
): Promise<Pushed> {
  checkName(client.dialect, name);
  return new Push(client, name, images, options).run();
}

class Push {
  readonly #client: Client;
  readonly #dialect: Dialect;
  readonly #session: Session;
  readonly #name: string;
  readonly #images: ReadonlyMap<string, LocalImage>;
  readonly #options: PushOptions;
  readonly #checksums = new Map<string, string>();
  readonly #sent: string[] = [];
  readonly #skipped: string[] = [];

  constructor(client: Client, name: string, images: readonly LocalImage[], options: PushOptions) {
    this.#client = client;
    this.#dialect = client.dialect;
    this.#name = name;
    this.#images = new Map(images.map((image) => [image.id, image]));
    this.#options = options;
    this.#session = new Session(client);
    this.#session.stopAfter = options.stopAfter;
  }

  async run(): Promise<Pushed> {
    const probed = await this.#probe();
    this.#session.alwaysBasic = probed.alwaysBasic;
    await this.#tell({ kind: 'listing' });
    const rounds = roundsOf(this.#dialect, this.#images, this.#options.tags);
    const list = rounds.flat();
    const hosts = await this.#putRepository(list);
    for (const host of hosts) {
      this.#session.useEndpoint(host);
      await this.#tell({ kind: 'endpoint' });
      await this.#pushImages(rounds);
    }
    await this.#putImages(list, hosts);
    return { sent: this.#sent, skipped: this.#skipped, secondsLost: probed.secondsLost };
  }

  /** 1.10 and later upload first in v2: the distinct layers of the first tag. */
  async #probe(): Promise<Probed> {
    const [first] = Object.values(this.#options.tags);
    const chain = first === undefined ? [] : chainOf(this.#images, first);
    const layers = new Map(chain.map((image) => [image.layer.key, image]));
    const request = { method: 'POST', path: `/v2/${this.#name}/blobs/uploads/` };
    const uploads: V2Use = { uploads: true, requests: [...layers].map(() => request) };
    return probe(this.#client, 'push', uploads, async () => {
      for (const image of layers.values()) {
        await this.#tell({ kind: 'preparing', image });
      }
    });
  }

  async #tell(event: PushEvent): Promise<void> {
    await this.#options.tell?.(event);
  }

  /** clients.md, "Push" 1; returns the endpoints. */
  async #putRepository(list: readonly Listed[]): Promise<string[]> {
    const answer = await this.#session.index('PUT', `${repositoryPath(this.#name)}/`, {
      headers: [[this.#dialect.indexContentType, 'application/json']],
      body: this.#listJson(list),
    });
    if (answer.status === 401 && this.#dialect.refusal !== 'as any error') {
      throw new LoginRequired(
        this.#dialect.refusal === 'unauthorized'
          ? 'unauthorized: authentication required'
          : 'Please login prior to push:',
      );
    }
    if (answer.status !== 200 && answer.status !== 201) {
      const Refusal = answer.status === 401 ? LoginRequired : OldDockerError;
      throw new Refusal(
        `Error: Status ${answer.status} trying to push repository ${this.#name}: ` +
          shown(this.#dialect, answer),
      );
    }
    if (this.#dialect.needsToken && answer.lines('X-Docker-Token').join('') === '') {
      throw new OldDockerError("Index response didn't contain an access token");
    }
    const hosts = endpointsOf(this.#client, answer);
    if (hosts.length === 0) {
      throw new OldDockerError("Index response didn't contain any endpoints");
    }
    return hosts;
  }

  async #pushImages(rounds: readonly Listed[][]): Promise<void> {
    const known = this.#dialect.looksUpAhead ? await this.#lookUpAll(rounds.flat()) : undefined;
    for (const [depth, round] of rounds.entries()) {
      // From 0.9 a round is one image with all its tags; before, many images with a tag each.
      for (const [at, { id, tag }] of round.entries()) {
        const isNew = at === 0 || this.#dialect.tagsAfter !== 'tagged image';
        const skipped = isNew && (await this.#pushUnlessThere(id, known));
        const isLast = depth === rounds.length - 1;
        if (tag !== undefined && (this.#dialect.tagsAfter !== 'last round' || isLast)) {
          await this.#putTag(id, tag);
        }
        const image = this.#images.get(id);
        if (skipped && image !== undefined && this.#dialect.tagsAfter !== 'tagged image') {
          await this.#tell({ kind: 'known', image });
        }
      }
    }
  }

  /** Whether the image was there. */
  async #pushUnlessThere(id: string, known: ReadonlySet<string> | undefined): Promise<boolean> {
    const image = this.#images.get(id);
    if (known?.has(id) ?? (await this.#lookUp(id))) {
      this.#skipped.push(id);
      if (
        known === undefined &&
        image !== undefined &&
        this.#dialect.tagsAfter === 'tagged image'
      ) {
        await this.#tell({ kind: 'known', image });
      }
      return true;
    }
    if (image !== undefined) {
      await this.#pushImage(image);
    }
    return false;
  }

  async #lookUp(id: string): Promise<boolean> {
    const answer = await this.#session.registry('GET', `/v1/images/${id}/json`);
    return answer.status === 200;
  }

  /** At most five at a time (from 1.5). */
  async #lookUpAll(list: readonly Listed[]): Promise<Set<string>> {
    const waiting = [...new Set(list.map(({ id }) => id))];
    const known = new Set<string>();
    const work = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const isKnown = await this.#lookUp(id);
        if (isKnown) {
          known.add(id);
        }
        const image = this.#images.get(id);
        if (image !== undefined && (isKnown || this.#dialect.bareLowerLayers)) {
          await this.#tell({ kind: isKnown ? 'known' : 'waiting', image });
        }
      }
    };
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(work));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        throw outcome.reason;
      }
    }
    return known;
  }

  /** clients.md, "Push" 3 to 5. */
  async #pushImage(image: LocalImage): Promise<void> {
    const { cutLayer } = this.#options;
    const cut = cutLayer?.id === image.id ? cutLayer.bytes : undefined;
    const tell = (event: PushEvent): Promise<void> => this.#tell(event);
    const tarsum = await pushImage(this.#client, this.#session, image, cut, tell);
    if (tarsum === undefined) {
      this.#skipped.push(image.id);
      return;
    }
    this.#checksums.set(image.id, tarsum);
    this.#sent.push(image.id);
  }

  /** clients.md, "Push" 6. */
  async #putTag(id: string, tag: string): Promise<void> {
    const path = `${repositoryPath(this.#name)}/tags/${tag}`;
    const url = this.#session.endpoint.replace(/\/v1\/$/, path);
    await this.#tell({ kind: 'tag', id, url });
    const answer = await this.#session.registry('PUT', path, {
      headers: [['Content-Type', 'application/json']],
      body: Buffer.from(`"${id}"`),
    });
    if (answer.status !== 200 && answer.status !== 201) {
      throw new OldDockerError(
        `Internal server error: ${answer.status} trying to push tag ${tag} on ${this.#name}`,
      );
    }
  }

  /** clients.md, "Push" 7. */
  async #putImages(list: readonly Listed[], hosts: readonly string[]): Promise<void> {
    const checked = list.filter(
      ({ id }) => this.#dialect.listsChecksums && this.#checksums.has(id),
    );
    const { scheme } = this.#client.wire;
    const answer = await this.#session.index('PUT', `${repositoryPath(this.#name)}/images`, {
      headers: [
        [this.#dialect.indexContentType, 'application/json'],
        ...hosts.map((host) => ['X-Docker-Endpoints', `${scheme}://${host}/v1/`] as const),
      ],
      body: this.#listJson(checked),
    });
    if (answer.status !== 204) {
      throw new OldDockerError(
        `Error: Status ${answer.status} trying to push checksums ${this.#name}: ` +
          shown(this.#dialect, answer),
      );
    }
  }

  #listJson(list: readonly Listed[]): Buffer {
    const entries = list.map(({ id, tag }) => ({
      id,
      checksum: this.#checksums.get(id),
      Tag: tag,
    }));
    return Buffer.from(goJson(entries));
  }
}
