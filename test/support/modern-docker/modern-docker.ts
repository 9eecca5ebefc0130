/**
 * A docker of today, or a podman, containerd or crane, without its command line: what it sends, in which order and with
 * which headers, and what it checks. Built from recordings of the real ones (v2.md §1).
 */
import assert from 'node:assert/strict';
import {
  type Content,
  type Descriptor,
  descriptorOf,
  digestOf,
  type ModernImage,
  type ModernManifest,
  unpack,
} from './images.js';
import { type Credentials, Session } from './session.js';
import { type Kind, WAYS, type Ways } from './ways.js';
import { type Answer, type Header, Wire } from './wire.js';

export interface ModernDockerOptions {
  readonly port: number;
  readonly kind: Kind;
  readonly credentials?: Credentials;
}

/** An image as it came, all of it checked. */
export interface PulledImage {
  /** The digest that the tag or the index names. */
  readonly digest: string;
  readonly mediaType: string;
  readonly manifest: Buffer;
  readonly config: Buffer;
  /** The hex of the config's digest. */
  readonly id: string;
  /** The lowest first: as it came, and the tar in it. */
  readonly layers: readonly { readonly blob: Buffer; readonly tar: Buffer }[];
}

export interface PushOptions {
  /** Another repository here that the client knows to have the same blobs. */
  readonly from?: string;
  /** What an index names, or what lies beside it. */
  readonly index?: ModernManifest;
}

interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

interface IndexManifest {
  readonly manifests: readonly (Descriptor & {
    readonly platform?: { readonly os: string; readonly architecture: string };
  })[];
}

/** One client; each push or pull is a session of its own. */
export class ModernDocker {
  readonly #wire: Wire;
  readonly #ways: Ways;
  readonly #credentials: Credentials | undefined;

  constructor({ port, kind, credentials }: ModernDockerOptions) {
    this.#ways = WAYS[kind];
    this.#wire = new Wire(port, this.#ways);
    this.#credentials = credentials;
  }

  /** `METHOD path` of all that it asked. */
  get lines(): readonly string[] {
    return this.#wire.lines;
  }

  close(): void {
    this.#wire.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** `docker login`. */
  login(): Promise<void> {
    return this.#session().login();
  }

  /** `docker pull HOST/name:tag`. */
  async pull(name: string, tag: string): Promise<PulledImage> {
    const session = this.#session();
    await session.begin();
    const scopes = [`repository:${name}:pull`];
    const top = await this.#manifest(session, scopes, name, tag);
    const named = JSON.parse(top.body.toString()) as ImageManifest | IndexManifest;
    if ('config' in named) return this.#image(session, scopes, name, top);
    // docker takes what is for its own platform; nothing runs where nothing is said (v2.md §5).
    const fit = named.manifests.find(
      ({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64',
    );
    if (fit === undefined) throw new Error('no matching manifest for linux/amd64');
    return this.#image(
      session,
      scopes,
      name,
      await this.#byDigest(session, scopes, name, fit.digest),
    );
  }

  /** `docker push HOST/name:tag`: the images, then what the tag is to name. Resolves to that digest. */
  async push(
    name: string,
    tag: string,
    images: ModernImage | readonly ModernImage[],
    { from, index }: PushOptions = {},
  ): Promise<string> {
    const session = this.#session();
    await session.begin();
    const { pushActions } = this.#ways;
    const target: Target = { session, name, scopes: [`repository:${name}:${pushActions}`], from };
    const all = 'config' in images ? [images] : images;
    for (const { layers, config, manifest } of all) {
      for (const layer of layers) await this.#bring(target, layer, 'layer');
      await this.#bring(target, config, 'config');
      if (index !== undefined) await this.#put(target, manifest.digest, manifest);
    }
    const top = index ?? all.at(-1)?.manifest;
    assert.ok(top, 'there is something to push');
    if (this.#ways.looksAtTagToPush) await this.#isPushed(target, tag, top);
    await this.#put(target, tag, top);
    return top.digest;
  }

  /** `crane delete` and `skopeo delete`: what a tag or a digest names. */
  async delete(name: string, reference: string): Promise<void> {
    const session = this.#session();
    await session.begin();
    const scopes = [`repository:${name}:*`];
    await session.ask('DELETE', `/v2/${name}/manifests/${reference}`, { scopes, expected: [202] });
  }

  #session(): Session {
    return new Session(this.#wire, this.#ways, this.#credentials);
  }

  async #manifest(
    session: Session,
    scopes: readonly string[],
    name: string,
    tag: string,
  ): Promise<Answer> {
    const path = `/v2/${name}/manifests/${tag}`;
    const headers = this.#accept();
    if (!this.#ways.looksAtTag) {
      return checked(await session.ask('GET', path, { scopes, headers, expected: [200] }));
    }
    const looked = await session.ask('HEAD', path, { scopes, headers, expected: [200] });
    const digest = String(looked.headers['docker-content-digest']);
    const answer = await this.#byDigest(session, scopes, name, digest);
    assert.equal(looked.headers['content-type'], answer.headers['content-type']);
    assert.equal(Number(looked.headers['content-length']), answer.body.length);
    return answer;
  }

  async #byDigest(
    session: Session,
    scopes: readonly string[],
    name: string,
    digest: string,
  ): Promise<Answer> {
    const path = `/v2/${name}/manifests/${digest}`;
    const headers = this.#accept();
    const answer = await session.ask('GET', path, { scopes, headers, expected: [200] });
    assert.equal(digestOf(answer.body), digest);
    return checked(answer);
  }

  /** Config and layers, with everything that a client holds against each other. */
  async #image(
    session: Session,
    scopes: readonly string[],
    name: string,
    { body, headers }: Answer,
  ): Promise<PulledImage> {
    const manifest = JSON.parse(body.toString()) as ImageManifest;
    const blob = async ({ digest, size, mediaType }: Descriptor): Promise<Buffer> => {
      const typed: Header[] = this.#ways.postsForToken ? [['Accept', `${mediaType}, */*`]] : [];
      const path = `/v2/${name}/blobs/${digest}`;
      const answer = await session.ask('GET', path, { scopes, headers: typed, expected: [200] });
      assert.equal(digestOf(answer.body), digest);
      assert.equal(answer.body.length, size);
      return answer.body;
    };
    const [config, ...blobs] = await Promise.all([manifest.config, ...manifest.layers].map(blob));
    assert.ok(config);
    const layers = blobs.map((each) => ({ blob: each, tar: unpack(each) }));
    const { rootfs } = JSON.parse(config.toString()) as {
      readonly rootfs: { readonly diff_ids: readonly string[] };
    };
    const found = layers.map(({ tar }) => digestOf(tar));
    assert.deepEqual(
      found,
      rootfs.diff_ids,
      "layers from manifest don't match image configuration",
    );
    return {
      digest: digestOf(body),
      mediaType: String(headers['content-type']),
      manifest: body,
      config,
      id: manifest.config.digest.slice('sha256:'.length),
      layers,
    };
  }

  #accept(): Header[] {
    return this.#ways.accept.map((line) => ['Accept', line]);
  }

  async #bring(target: Target, content: Content, what: 'layer' | 'config'): Promise<void> {
    const { session, name, scopes, from } = target;
    const { digest, mediaType } = descriptorOf(content);
    const path = `/v2/${name}/blobs/${digest}`;
    const headers: Header[] = this.#ways.postsForToken ? [['Accept', `${mediaType}, */*`]] : [];
    const look = { scopes, headers, expected: [200, 404] };
    const mayMount = from !== undefined && (what === 'layer' || this.#ways.looksFor === 'all');
    if (mayMount || what === 'config' || this.#ways.looksFor === 'all') {
      if ((await session.ask('HEAD', path, look)).status === 200) return;
    }
    if (mayMount) await this.#mount(target, from, digest, content);
    else await this.#upload(target, await this.#begin(target), digest, content);
    if (this.#ways.looksAgain)
      await session.ask('HEAD', path, { scopes, headers, expected: [200] });
  }

  /** A mount that does not come about is an upload that has begun. */
  async #mount(target: Target, from: string, digest: string, content: Content): Promise<void> {
    const { session, name, scopes } = target;
    const both = [...scopes, `repository:${from}:pull`];
    // containerd does not escape what it asks for (v2.md §0.12).
    const query = this.#ways.postsForToken
      ? `mount=${digest}&from=${from}`
      : new URLSearchParams({ from, mount: digest });
    const path = `/v2/${name}/blobs/uploads/?${query}`;
    const sent = { scopes: both, empty: true, expected: [201, 202] };
    const answer = await session.ask('POST', path, sent);
    if (answer.status === 202) await this.#upload(target, locationIn(answer), digest, content);
  }

  async #begin({ session, name, scopes }: Target): Promise<string> {
    const path = `/v2/${name}/blobs/uploads/`;
    return locationIn(await session.ask('POST', path, { scopes, empty: true, expected: [202] }));
  }

  async #upload(
    { session, scopes }: Target,
    begun: string,
    digest: string,
    { bytes }: Content,
  ): Promise<void> {
    const headers: Header[] = [['Content-Type', 'application/octet-stream']];
    let location = begun;
    if (this.#ways.upload !== 'PUT') {
      const chunked = this.#ways.upload === 'PATCH in chunks';
      const sent = { scopes, headers, body: bytes, chunked, expected: [202] };
      const answer = await session.ask('PATCH', location, sent);
      // docker reads how far it is from there (v2.md §0.9).
      assert.equal(answer.headers.range, `0-${bytes.length - 1}`);
      location = locationIn(answer);
    }
    const end = new URL(location, 'http://here');
    end.searchParams.set('digest', digest);
    const rest = this.#ways.upload === 'PUT' ? { body: bytes } : { empty: true };
    const path = `${end.pathname}${end.search}`;
    await session.ask('PUT', path, { scopes, headers, ...rest, expected: [201] });
  }

  async #isPushed({ session, name, scopes }: Target, tag: string, top: Content): Promise<boolean> {
    const headers: Header[] = [['Accept', `${top.mediaType}, */*`]];
    const path = `/v2/${name}/manifests/${tag}`;
    const { headers: said } = await session.ask('HEAD', path, {
      scopes,
      headers,
      expected: [200, 404],
    });
    return said['docker-content-digest'] === digestOf(top.bytes);
  }

  async #put(
    target: Target,
    reference: string,
    { bytes, mediaType }: ModernManifest,
  ): Promise<void> {
    const { session, name, scopes } = target;
    const headers: Header[] = [['Content-Type', mediaType]];
    const path = `/v2/${name}/manifests/${reference}`;
    const answer = await session.ask('PUT', path, {
      scopes,
      headers,
      body: bytes,
      expected: [201],
    });
    // All dockers and ctr need it (v2.md §0.8).
    assert.equal(answer.headers['docker-content-digest'], digestOf(bytes));
  }
}

interface Target {
  readonly session: Session;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly from: string | undefined;
}

function checked(answer: Answer): Answer {
  assert.equal(answer.headers['docker-content-digest'], digestOf(answer.body));
  return answer;
}

/** Relative or absolute, and with a query of its own. */
function locationIn({ headers, path }: Answer): string {
  const { location } = headers;
  assert.ok(location, `there is a Location for ${path}`);
  const { pathname, search } = new URL(location, 'http://here');
  return `${pathname}${search}`;
}
