import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Dialect, dialectOf, type Version } from '../../../src/old-docker/eras/dialect.js';
import {
  packTar,
  type ReadEntry,
  readTar,
  type TarEntry,
  TRAILER,
} from '../../../src/old-docker/images/tar.js';
import type { PackedImage as LocalImage } from '../../../src/old-docker/old-docker.js';
import { goJson } from '../../../src/old-docker/requests/go.js';
import { noise } from '../noise.js';

/** A repository on the pusher's disk. */
export interface LocalRepository {
  readonly images: readonly LocalImage[];
  readonly tags: Readonly<Record<string, string>>;
}

/** What sort of images to make. */
export interface ImageOptions {
  readonly version: Version;
  /** Size of a file of noise in the second layer (or the only one); 300 000 by default. */
  readonly bigLayer?: number;
}

/**
 * A chain of `count` images, lowest first: the same bytes for the same arguments. From 1.10 only
 * the last has a full json (clients.md, "Push" 3). With three or more the third layer is empty.
 */
export function makeImages(seed: string, count: number, options: ImageOptions): LocalImage[] {
  const dialect = dialectOf(options.version);
  const images: LocalImage[] = [];
  for (let level = 0; level < count; level += 1) {
    const parent = images.at(-1)?.id;
    const id = hex(`${seed} ${options.version} ${level}`);
    const isTop = level === count - 1;
    const json = imageJson(dialect, { id, parent, level, seed, isTop });
    images.push({ id, parent, json, layer: makeLayer(seed, level, count, options) });
  }
  return images;
}

/**
 * A repository with the tags `v1` and `latest`, in the shape that the version can push whole: 0.6
 * and 0.7 lose one of two tags that share layers, so theirs do not; from 1.10 a tag's own image is
 * another than the bare one of the same layer below a longer chain.
 */
export function makeRepository(seed: string, options: ImageOptions): LocalRepository {
  const dialect = dialectOf(options.version);
  const latest = makeImages(seed, 3, options);
  if (dialect.tagsAfter !== 'tagged image') {
    const other = makeImages(`${seed} v1`, 3, options);
    const images = latest.flatMap((image, level) => [image, ...other.slice(level, level + 1)]);
    return { images, tags: { latest: topOf(latest), v1: topOf(other) } };
  }
  const [lowest, middle] = latest;
  if (!dialect.bareLowerLayers || lowest === undefined || middle === undefined) {
    return { images: latest, tags: { v1: middle?.id ?? topOf(latest), latest: topOf(latest) } };
  }
  const id = hex(`${seed} ${options.version} v1`);
  const top = { id, parent: lowest.id, level: 1, seed, isTop: true };
  const v1 = { ...middle, id, json: imageJson(dialect, top) };
  return { images: [...latest, v1], tags: { latest: topOf(latest), v1: id } };
}

function topOf(images: readonly LocalImage[]): string {
  return images.at(-1)?.id ?? '';
}

interface JsonParts {
  readonly id: string;
  readonly parent: string | undefined;
  readonly level: number;
  readonly seed: string;
  readonly isTop: boolean;
}

/** The shapes of the recordings: fields, their order, the escapes, 1.4's and 1.5's last newline. */
function imageJson(dialect: Dialect, parts: JsonParts): Buffer {
  const { id, parent, isTop } = parts;
  const ids = parent === undefined ? { id } : { id, parent };
  if (dialect.bareLowerLayers && !isTop) {
    return Buffer.from(goJson(ids));
  }
  const created = `2015-01-01T00:0${parts.level}:00.123456789Z`;
  const author = 'Tëst ☃ <test@example.com>';
  const command = ['/bin/sh', '-c', `#(nop) layer ${parts.level} <${parts.seed}> & more`];
  const config = { Hostname: '', Env: ['PATH=/bin'], Cmd: ['/bin/true'], Volumes: null };
  const container_config = { Hostname: '', Env: null, Cmd: command, Volumes: null };
  if (dialect.bareLowerLayers) {
    const { parent: below, ...own } = { parent, id };
    const last = below === undefined ? { os: 'linux' } : { os: 'linux', parent: below };
    return Buffer.from(
      goJson({
        architecture: 'amd64',
        author,
        config,
        container_config,
        created,
        docker_version: dialect.version,
        ...own,
        ...last,
      }),
    );
  }
  const tail = { docker_version: dialect.version, author, config, architecture: 'amd64' };
  const whole = { ...ids, created, container_config, ...tail, os: 'linux', Size: 4204 };
  // Up to 1.0 what `docker load` read was sent on as it was, without Go's escapes.
  const text = dialect.layerContentType ? goJson(whole) : JSON.stringify(whole);
  return Buffer.from(dialect.layerContentType && !dialect.asksForOneTag ? `${text}\n` : text);
}

function makeLayer(seed: string, level: number, count: number, options: ImageOptions): Buffer {
  const isBig = level === Math.min(1, count - 1);
  if (level === 2) {
    return gzipSync(packTar([]));
  }
  const entries: TarEntry[] = [
    { name: 'etc/', type: '5', mode: 0o40755 },
    { name: `etc/conf${level}`, content: Buffer.from(`${seed}\n`), uid: 1000, gid: 50 },
    { name: 'bin/su', mode: 0o104755, content: Buffer.alloc(600, 'x'), uname: 'root' },
    { name: 'bin/sudo', type: '1', link: 'bin/su' },
    { name: 'bin/sh', type: '2', link: '../usr/bin/dash', mode: 0o120777, mtime: 0 },
    { name: 'tmp/.wh.gone' },
    { name: `usr/share/${'long-'.repeat(30)}/Ünïcode-☃`, content: Buffer.from('deep') },
  ];
  if (isBig) {
    entries.push({
      name: 'noise',
      content: noise(`${seed} ${level}`, options.bigLayer ?? 300_000),
    });
  }
  return gzipSync(packTar(entries));
}

/** The checksum headers that the version sends with an image. */
export interface Checksums {
  readonly tarsum: string;
  readonly payload: string | undefined;
}

/** clients.md, "Checksums". */
export function checksumsOf(dialect: Dialect, image: LocalImage): Checksums {
  const tar = gunzipSync(image.layer);
  return {
    tarsum: tarsum(image.json, readTar(tar)),
    payload: {
      none: () => undefined,
      tar: () => `sha256:${hex(tar, TRAILER)}`,
      'json and layer': () => `sha256:${hex(image.json, '\n', image.layer)}`,
    }[dialect.payloadChecksum](),
  };
}

function tarsum(json: Buffer, entries: readonly ReadEntry[]): string {
  const sums = entries.map((entry) => hex(tarsumFields(entry), entry.content));
  return `tarsum+sha256:${hex(json, ...sums.sort())}`;
}

function tarsumFields(entry: ReadEntry): string {
  const { name, mode, uid, gid, size, mtime, type, link, uname, gname } = entry;
  return (
    `name${name}mode${mode}uid${uid}gid${gid}size${size}mtime${mtime}typeflag${type}` +
    `linkname${link}uname${uname}gname${gname}` +
    `devmajor${entry.devmajor}devminor${entry.devminor}`
  );
}

function hex(...parts: (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest('hex');
}
