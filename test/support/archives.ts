/*
 * Image archives as dockers and other tools write them, made by hand, and a model of `docker load`: the
 * tests must not check the hub's reader with its own writer.
 */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  packTar,
  type ReadEntry,
  readTar,
  type TarEntry,
  TRAILER,
} from '../../src/old-docker/images/tar.js';
import { filesOf, sha256 } from './images.js';

/** An uncompressed layer with a file of its own, the same bytes for the same seed. */
export function layerTar(seed: string): Buffer {
  return tarOf(...filesOf(seed));
}

/** A file of an archive; anything but a text or a buffer becomes JSON. */
export function file(name: string, content: unknown): TarEntry {
  if (Buffer.isBuffer(content)) return { name, content };
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return { name, content: Buffer.from(text) };
}

/** A whole archive. */
export function tarOf(...entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([packTar(entries), TRAILER]);
}

/** An image with one config for all its layers. */
export interface ModernImage {
  readonly config: Readonly<Record<string, unknown>>;
  /** Uncompressed, the lowest first. */
  readonly layers: readonly Buffer[];
}

/** An image of layers with these seeds, the lowest first. */
export function modernImage(
  seeds: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): ModernImage {
  const layers = seeds.map(layerTar);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: '2024-03-01T12:00:00.5Z',
    config: { Cmd: [`/bin/${seeds.join('-')}`], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
    history: seeds.map((seed) => ({
      created: '2024-03-01T12:00:00Z',
      created_by: `made ${seed}`,
    })),
    ...more,
  };
  return { config, layers };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256(bytes)}`;
}

/** `manifest.json`, configs and layers as docker 1.10 names them, with nothing of the old layout. */
export function dockerLayout(
  images: readonly (ModernImage & { readonly names?: readonly string[] | null })[],
  packed: (layer: Buffer) => Buffer = (layer) => layer,
): TarEntry[] {
  const entries = new Map<string, TarEntry>();
  const manifest = images.map(({ config, layers, names = null }) => {
    const document = Buffer.from(JSON.stringify(config));
    const path = `${sha256(document)}.json`;
    entries.set(path, file(path, document));
    const paths = layers.map((layer) => `layer-${sha256(layer).slice(0, 12)}.tar`);
    for (const [index, layer] of layers.entries()) {
      const name = paths[index] ?? '';
      entries.set(name, file(name, packed(layer)));
    }
    return { Config: path, RepoTags: names, Layers: paths };
  });
  return [...entries.values(), file('manifest.json', manifest)];
}

/** A part of an OCI layout: blobs, and the descriptor of what they make up. */
export interface Blobs {
  readonly entries: readonly TarEntry[];
  readonly descriptor: Readonly<Record<string, unknown>>;
}

const OCI = 'application/vnd.oci.image';

export function ociImage(
  { config, layers }: ModernImage,
  packed: (layer: Buffer) => Buffer = (layer) => gzipSync(layer),
): Blobs {
  const parts = layers.map((layer) => blob(packed(layer), `${OCI}.layer.v1.tar+gzip`));
  const settings = blob(config, `${OCI}.config.v1+json`);
  const manifest = blob(
    {
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: settings.descriptor,
      layers: parts.map(({ descriptor }) => descriptor),
    },
    `${OCI}.manifest.v1+json`,
  );
  const entries = [...parts, settings, manifest].flatMap((each) => each.entries);
  return { entries, descriptor: manifest.descriptor };
}

/** An index of manifests, as an image for several platforms has it. */
export function ociIndex(members: readonly Blobs[]): Blobs {
  const index = blob(
    {
      schemaVersion: 2,
      mediaType: `${OCI}.index.v1+json`,
      manifests: members.map(({ descriptor }) => descriptor),
    },
    `${OCI}.index.v1+json`,
  );
  return {
    entries: [...members.flatMap(({ entries }) => entries), ...index.entries],
    descriptor: index.descriptor,
  };
}

/** `index.json` and all blobs. */
export function ociLayout(members: readonly Blobs[]): TarEntry[] {
  const all = members.flatMap(({ entries }) => entries);
  const unique = new Map(all.map((entry) => [entry.name, entry]));
  return [
    ...unique.values(),
    file('index.json', {
      schemaVersion: 2,
      manifests: members.map(({ descriptor }) => descriptor),
    }),
    file('oci-layout', { imageLayoutVersion: '1.0.0' }),
  ];
}

/** A descriptor with more in it, such as a platform or annotations. */
export function described(blobs: Blobs, more: Readonly<Record<string, unknown>>): Blobs {
  return { ...blobs, descriptor: { ...blobs.descriptor, ...more } };
}

export function blob(content: unknown, mediaType: string): Blobs {
  const { content: bytes = Buffer.alloc(0) } = file('', content);
  const hex = sha256(bytes);
  return {
    entries: [file(`blobs/sha256/${hex}`, bytes)],
    descriptor: { mediaType, digest: `sha256:${hex}`, size: bytes.length },
  };
}

/** An image of the old layout. */
export interface OldImage {
  readonly id: string;
  readonly json: Buffer;
  /** As it is to lie in the archive. */
  readonly layer: Buffer;
}

/** A chain of images with ids of no rule, as dockers before 1.10 had them, the lowest first. */
export function oldImages(seed: string, count: number): OldImage[] {
  const images: OldImage[] = [];
  for (let level = 0; level < count; level += 1) {
    const id = sha256(`old ${seed} ${level}`);
    const parent = images.at(-1)?.id;
    const json = {
      id,
      ...(parent === undefined ? {} : { parent }),
      created: `2014-02-03T16:4${level}:06.123Z`,
      container_config: { Cmd: ['/bin/sh', '-c', `#(nop) <${level}>`] },
      docker_version: '0.9.1',
      config: { Cmd: ['/bin/sh'] },
      architecture: 'amd64',
      Size: 1234,
    };
    const layer = layerTar(`${seed} ${level}`);
    images.push({ id, json: Buffer.from(`${JSON.stringify(json)}\n`), layer });
  }
  return images;
}

/** The entries of one image of the old layout. */
export function oldEntries({ id, json, layer }: OldImage): TarEntry[] {
  return [
    { name: `${id}/`, type: '5' },
    file(`${id}/VERSION`, '1.0'),
    file(`${id}/json`, json),
    file(`${id}/layer.tar`, layer),
  ];
}

/** The tar of `docker save` before 1.10. */
export function oldLayout(
  images: readonly OldImage[],
  repositories: Readonly<Record<string, Readonly<Record<string, string>>>>,
): TarEntry[] {
  return [...images.flatMap(oldEntries), file('repositories', repositories)];
}

/** An image that `docker load` has loaded. */
export interface LoadedImage {
  /** `sha256:` of the config. */
  readonly id: string;
  readonly names: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly diffIds: readonly string[];
}

const TAGGED = /^[a-z0-9]+(?:(?:\.|_|__|-+|\/)[a-z0-9]+)*:\w[\w.-]{0,127}$/;

/**
 * `docker load`, by the rules of image/tarexport/load.go of docker 28: every file where `manifest.json`
 * says, every layer with the sum that the config says, no more history than layers, names that parse.
 */
export function dockerLoad(tar: Buffer): LoadedImage[] {
  const files = unpack(tar);
  const manifest = JSON.parse(files.text('manifest.json')) as {
    Config: string;
    RepoTags: string[] | null;
    Layers: string[];
  }[];
  return manifest.map(({ Config, RepoTags, Layers }) => {
    const document = files.bytes(Config);
    const config = JSON.parse(document.toString()) as {
      os: string;
      architecture: string;
      rootfs: { type: string; diff_ids: string[] };
      history: { empty_layer?: boolean }[];
    };
    assert.equal(Config, `${sha256(document)}.json`);
    assert.equal(config.os, 'linux');
    assert.equal(typeof config.architecture, 'string');
    assert.equal(config.rootfs.type, 'layers');
    const sums = Layers.map((layer) => digestOf(inflated(files.bytes(layer))));
    assert.deepEqual(sums, config.rootfs.diff_ids);
    for (const layer of Layers) readTar(inflated(files.bytes(layer)));
    assert.ok(config.history.filter((line) => line.empty_layer !== true).length <= Layers.length);
    for (const name of RepoTags ?? []) assert.match(name, TAGGED);
    return { id: digestOf(document), names: RepoTags ?? [], config: { ...config }, diffIds: sums };
  });
}

/** `docker load` before 1.10: image ids by name, after all that they are built on was found. */
export function oldDockerLoad(tar: Buffer): Record<string, readonly string[]> {
  const files = unpack(tar);
  const repositories = JSON.parse(files.text('repositories')) as Record<
    string,
    Record<string, string>
  >;
  const loaded: Record<string, string[]> = {};
  for (const [name, tags] of Object.entries(repositories)) {
    for (const [tag, top] of Object.entries(tags)) {
      const ids: string[] = [];
      for (let id: string | undefined = top; id !== undefined; ) {
        ids.push(id);
        assert.equal(files.text(`${id}/VERSION`), '1.0');
        readTar(inflated(files.bytes(`${id}/layer.tar`)));
        const json = JSON.parse(files.text(`${id}/json`)) as { id: string; parent?: string };
        assert.equal(json.id, id);
        id = json.parent;
      }
      loaded[`${name}:${tag}`] = ids;
    }
  }
  return loaded;
}

/** A tar as it lies on the disk once it is unpacked; links are followed and stay inside. */
export function unpack(tar: Buffer): {
  bytes: (name: string) => Buffer;
  text: (name: string) => string;
  names: readonly string[];
} {
  assert.ok(tar.subarray(-TRAILER.length).equals(TRAILER), 'it ends with two zero blocks');
  const entries = new Map<string, ReadEntry>(readTar(tar).map((entry) => [entry.name, entry]));
  const bytes = (name: string): Buffer => {
    const entry = entries.get(name);
    assert.ok(entry, `there is ${name}`);
    if (entry.type !== '2') return entry.content;
    const target = posix.join(posix.dirname(name), entry.link);
    assert.doesNotMatch(target, /^\.\.|^\//);
    return bytes(target);
  };
  return { bytes, text: (name) => bytes(name).toString(), names: [...entries.keys()] };
}

function inflated(layer: Buffer): Buffer {
  return layer[0] === 0x1f && layer[1] === 0x8b ? gunzipSync(layer) : layer;
}
