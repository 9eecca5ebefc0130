import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './images.js';
import type { Complain } from './verify.js';

interface Repository {
  readonly namespace: string;
  readonly name: string;
  readonly holds: readonly string[];
  readonly tags: Readonly<Record<string, { readonly image: string; readonly manifest?: string }>>;
  readonly manifests?: Readonly<Record<string, { readonly image?: string }>>;
  readonly blobs?: Readonly<Record<string, string>>;
}

interface Named {
  readonly digest: string;
  readonly size: number;
}

/** A manifest of v2. */
interface Manifest extends Named {
  readonly config?: Named;
  readonly layers: readonly Named[];
}

interface Image {
  readonly id: string;
  readonly ancestry: readonly string[];
  readonly size: number;
  readonly payload: string;
  readonly json: string;
  /** A file beside it, or the digest of a blob. */
  readonly layer: string;
  readonly v2?: { readonly layer: string; readonly size: number };
}

interface Upload {
  readonly id: string;
  readonly repository: string;
  readonly json: string;
  readonly layer?: { readonly file: string; readonly size: number; readonly payload: string };
}

/**
 * Looks at the files of a hub that is up and has nothing to do. Knows of the hub's own code only what
 * its documents look like, so that it does not repeat a mistake of `hub-v1 check`.
 */
export class FolderVerifier {
  readonly #folder: string;
  readonly #complain: Complain;
  /** Layers and blobs whose sum is known; neither is ever written again. */
  readonly #summed = new Set<string>();
  files = 0;

  constructor(folder: string, complain: Complain) {
    this.#folder = folder;
    this.#complain = complain;
  }

  verify(): void {
    this.#verifyNames();
    this.#verifyUsers();
    const repositories = this.#documents<Repository>('repositories');
    const images = new Map(this.#documents<Image>('images').map((image) => [image.id, image]));
    const uploads = this.#documents<Upload>('uploads');
    this.#verifyHolds(repositories, images);
    const known = new Set(repositories.map(({ namespace, name }) => `${namespace}/${name}`));
    for (const { id, repository } of uploads) {
      if (!known.has(repository))
        this.#complain(`an upload of ${id} to ${repository}, which is gone`);
    }
    this.#verifyFiles(images, uploads);
    this.#verifyBlobs(repositories, [...images.values()]);
  }

  /** No temporary file outlasts a start. */
  #verifyNames(): void {
    for (const { name, parentPath } of this.#walk('.')) {
      this.files += 1;
      if (/\.(tmp|claim|stale)$/.test(name)) this.#complain(`${join(parentPath, name)} lingers`);
    }
  }

  #verifyUsers(): void {
    const owners = new Map<string, string>();
    const users = this.#documents<{ username: string; emails: readonly string[] }>('users');
    for (const { username, emails } of users) {
      for (const email of emails) {
        const owner = owners.get(email);
        if (owner !== undefined)
          this.#complain(`${owner} and ${username} have the address ${email}`);
        owners.set(email, username);
      }
    }
  }

  #verifyHolds(repositories: readonly Repository[], images: ReadonlyMap<string, Image>): void {
    const held = new Set<string>();
    for (const { namespace, name, holds, tags, manifests = {} } of repositories) {
      const full = `${namespace}/${name}`;
      for (const id of holds) {
        held.add(id);
        if (!images.has(id)) this.#complain(`${full} holds ${id}, which is not there`);
      }
      for (const [tag, { image, manifest }] of Object.entries(tags)) {
        // What came over v2 is made when it is first asked for over v1.
        if (manifest !== undefined && manifests[manifest]?.image === image) continue;
        const chain = images.get(image)?.ancestry ?? [image];
        if (chain.every((id) => holds.includes(id))) continue;
        this.#complain(`the tag ${tag} of ${full} names ${image}, which it does not hold whole`);
      }
    }
    for (const id of images.keys()) if (!held.has(id)) this.#complain(`nobody holds ${id}`);
  }

  /** Every file is named, and is as its document says. */
  #verifyFiles(images: ReadonlyMap<string, Image>, uploads: readonly Upload[]): void {
    const named = new Set<string>();
    for (const { id, json, layer, size, payload } of images.values()) {
      named.add(`${id}/image.json`).add(`${id}/${json}`).add(`${id}/${layer}`);
      this.#verifySum(id, json, { file: layer, size, payload });
    }
    for (const { id, json, layer } of uploads) {
      named.add(`${id}/${json}`);
      if (layer === undefined) continue;
      named.add(`${id}/${layer.file}`);
      this.#verifySum(id, json, layer);
    }
    for (const id of readdirSync(join(this.#folder, 'images'))) {
      const files = readdirSync(join(this.#folder, 'images', id));
      if (files.length === 0) this.#complain(`images/${id} is empty`);
      for (const file of files) {
        if (!named.has(`${id}/${file}`)) this.#complain(`no document names images/${id}/${file}`);
      }
    }
  }

  /** What is said of blobs is true, and there are no others. */
  #verifyBlobs(repositories: readonly Repository[], images: readonly Image[]): void {
    const manifests = this.#documents<Manifest>('manifests');
    const had = new Set(repositories.flatMap((each) => Object.keys(each.manifests ?? {})));
    const known = new Set(manifests.map(({ digest }) => digest));
    for (const digest of known) if (!had.has(digest)) this.#complain(`nobody has ${digest}`);
    for (const digest of had) if (!known.has(digest)) this.#complain(`${digest} has no document`);
    const named = new Map<string, number | undefined>();
    for (const { blobs = {} } of repositories) {
      for (const digest of Object.keys(blobs)) named.set(digest, undefined);
    }
    for (const { layer, size, v2 } of images) {
      if (isDigest(layer)) named.set(layer, size);
      if (v2 !== undefined) named.set(v2.layer, v2.size);
    }
    for (const manifest of manifests) {
      const { config, layers } = manifest;
      const all = [manifest, ...layers, ...(config === undefined ? [] : [config])];
      for (const { digest, size } of all) named.set(digest, size);
    }
    for (const [digest, size] of named) this.#verifyBlob(digest, size);
    for (const file of readdirSync(join(this.#folder, 'blobs'))) {
      if (!named.has(file.replace('-', ':'))) this.#complain(`no document names blobs/${file}`);
    }
  }

  #verifyBlob(digest: string, size: number | undefined): void {
    const path = join(this.#folder, 'blobs', digest.replace(':', '-'));
    try {
      // It may have gone since it was summed.
      if (this.#summed.has(digest) && statSync(path).size === size) return;
      const bytes = readFileSync(path);
      const sum = `sha256:${sha256(bytes).toString('hex')}`;
      if (sum !== digest || bytes.length !== (size ?? bytes.length)) {
        this.#complain(`the blob ${digest} is torn: ${bytes.length} bytes of ${size}`);
      }
      this.#summed.add(digest);
    } catch (error) {
      this.#complain(`the blob ${digest}: ${(error as Error).message}`);
    }
  }

  #verifySum(id: string, json: string, layer: NonNullable<Upload['layer']>): void {
    const place = `${id}/${layer.file}`;
    if (this.#summed.has(place)) return;
    try {
      const folder = join(this.#folder, 'images', id);
      const file = isDigest(layer.file)
        ? join(this.#folder, 'blobs', layer.file.replace(':', '-'))
        : join(folder, layer.file);
      const bytes = readFileSync(file);
      const content = [readFileSync(join(folder, json)), Buffer.from('\n'), bytes];
      const sum = sha256(Buffer.concat(content)).toString('hex');
      if (bytes.length !== layer.size || `sha256:${sum}` !== layer.payload) {
        this.#complain(`images/${place} is torn: ${bytes.length} bytes of ${layer.size}`);
      }
      this.#summed.add(place);
    } catch (error) {
      this.#complain(`images/${place}: ${(error as Error).message}`);
    }
  }

  #documents<T>(kind: string): T[] {
    const documents: T[] = [];
    for (const { name, parentPath } of this.#walk(kind)) {
      const isDocument = kind === 'images' ? name === 'image.json' : name.endsWith('.json');
      const path = join(parentPath, name);
      if (!isDocument) continue;
      try {
        documents.push(JSON.parse(readFileSync(path, 'utf8')) as T);
      } catch (error) {
        this.#complain(`${path} does not parse: ${(error as Error).message}`);
      }
    }
    return documents;
  }

  #walk(kind: string): Dirent[] {
    const entries = readdirSync(join(this.#folder, kind), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile());
  }
}

function isDigest(layer: string): boolean {
  return layer.startsWith('sha256:');
}
