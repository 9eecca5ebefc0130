/*
 * The storage folder of a distribution 2.x, as it left one (docs/rescue.md), and its images: made by hand, so
 * that the rescue is not checked with a writer of its own.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { filesOf, layerOf, sha256, type TestImage } from './images.js';
import { noise } from './noise.js';

export const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
export const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** A manifest, and the blobs that it names. */
export interface Manifest {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly blobs: readonly Buffer[];
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256(bytes)}`;
}

/** An image of docker's schema 2 with layers of these seeds, each with a file of so many bytes that do not compress. */
export function schema2(seeds: readonly string[], length = 0): Manifest {
  const long = (seed: string) =>
    length === 0 ? [] : [{ name: 'etc/noise', content: noise(seed, length) }];
  const layers = seeds.map((seed) => layerOf([...filesOf(seed), ...long(seed)]));
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    created: '2016-03-01T12:00:00Z',
    config: { Cmd: [`/bin/${seeds.join('-')}`] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(gunzipSync(layer))) },
    history: layers.map(() => ({ created: '2016-03-01T12:00:00Z', created_by: '/bin/sh' })),
  });
  return manifest(
    {
      schemaVersion: 2,
      mediaType: DOCKER,
      config: descriptor(CONFIG, config),
      layers: layers.map((layer) => descriptor(LAYER, layer)),
    },
    [config, ...layers],
    DOCKER,
  );
}

/** A list of images, each for a platform of its own. */
export function list(members: readonly Manifest[]): Manifest {
  const architectures = ['amd64', 'arm64', 's390x'];
  const manifests = members.map(({ bytes, mediaType }, index) => ({
    ...descriptor(mediaType, bytes),
    platform: { os: 'linux', architecture: architectures[index] ?? 'unknown' },
  }));
  return manifest({ schemaVersion: 2, mediaType: LIST, manifests }, [], LIST);
}

/** What docker 1.6 to 1.9 pushed: the images of v1 in the history of a manifest of schema 1. */
export function schema1(chain: readonly TestImage[]): Manifest {
  const upwards = chain.toReversed();
  return manifest(
    {
      schemaVersion: 1,
      name: 'old/one',
      tag: 'latest',
      architecture: 'amd64',
      fsLayers: upwards.map(({ layer }) => ({ blobSum: digestOf(layer) })),
      history: upwards.map((image) => ({ v1Compatibility: image.json.toString() })),
    },
    chain.map(({ layer }) => layer),
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  );
}

function manifest(content: unknown, blobs: readonly Buffer[], mediaType: string): Manifest {
  const bytes = json(content);
  return { digest: digestOf(bytes), bytes, mediaType, blobs };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, size: bytes.length, digest: digestOf(bytes) };
}

function json(content: unknown): Buffer {
  return Buffer.from(JSON.stringify(content, undefined, 3));
}

/** A folder that is being filled. */
export class OldDistribution {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Stores manifests with their blobs in a repository; those with a tag get it. */
  async add(
    name: string,
    manifests: readonly (Manifest & { readonly tag?: string })[],
  ): Promise<void> {
    for (const { digest, bytes, blobs, tag } of manifests) {
      for (const blob of [...blobs, bytes]) await this.#write(this.pathOf(digestOf(blob)), blob);
      const own = join('repositories', name);
      for (const blob of blobs) {
        await this.#write(join(own, '_layers', linkOf(digestOf(blob))), digestOf(blob));
      }
      await this.#write(join(own, '_manifests', 'revisions', linkOf(digest)), digest);
      if (tag === undefined) continue;
      const place = join(own, '_manifests', 'tags', tag);
      await this.#write(join(place, 'current', 'link'), digest);
      await this.#write(join(place, 'index', linkOf(digest)), digest);
    }
  }

  /** A file of an upload that never ended. */
  async addUpload(name: string): Promise<void> {
    const place = join('repositories', name, '_uploads', '6a2f4c1e-0000-4000-8000-000000000000');
    await this.#write(join(place, 'data'), 'half');
    await this.#write(join(place, 'startedat'), '2016-03-01T12:00:00Z');
  }

  /** Takes the link of a manifest away, as a deletion does. */
  async unlink(name: string, digest: string): Promise<void> {
    await this.remove(join('repositories', name, '_manifests', 'revisions', linkOf(digest)));
  }

  /** Where a blob lies, below the root. */
  pathOf(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join('blobs', 'sha256', hex.slice(0, 2), hex, 'data');
  }

  async replace(digest: string, bytes: Buffer): Promise<void> {
    await this.#write(this.pathOf(digest), bytes);
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.folder, 'docker/registry/v2', path), { recursive: true, force: true });
  }

  async #write(path: string, content: string | Buffer): Promise<void> {
    const place = join(this.folder, 'docker/registry/v2', path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
  }
}

function linkOf(digest: string): string {
  return join(digest.replace(':', '/'), 'link');
}
