/* The images of the tests, made by hand: json, layer and checksums. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from '../../src/old-docker/images/tar.js';
import { checksumsOf, dialectOf } from './old-docker.js';

/** The end-of-archive blocks of a tar. */
const TRAILER = Buffer.alloc(1024);

/** An image as a docker of 1.0 has it on its disk. */
export interface TestImage {
  readonly id: string;
  /** The bytes of PUT json. */
  readonly json: Buffer;
  /** The bytes of PUT layer: a gzipped tar. */
  readonly layer: Buffer;
  /** X-Docker-Checksum-Payload: the sum over json, newline and layer. */
  readonly payload: string;
}

/** An id of 64 hex digits, another for each seed. */
export function imageId(seed: string): string {
  return sha256(`image ${seed}`);
}

/** Parts of an image that are to be as they are given. */
export interface GivenParts {
  readonly json?: string | Buffer;
  readonly layer?: Buffer;
  readonly parent?: Pick<TestImage, 'id'>;
}

/** The image of this seed: the same bytes every time, and another id for every other seed. */
export function makeImage(seed: string, given: GivenParts = {}): TestImage {
  const id = imageId(seed);
  const parent = given.parent === undefined ? {} : { parent: given.parent.id };
  const created = '2014-02-03T16:47:06Z';
  const fields = { id, ...parent, created, author: 'Tëst' };
  const json = Buffer.from(given.json ?? JSON.stringify(fields));
  const layer = given.layer ?? layerOf(filesOf(seed));
  return { id, json, layer, payload: `sha256:${sha256(json, '\n', layer)}` };
}

/** A chain of images on each other, the lowest first. */
export function makeChain(seed: string, length: number): TestImage[] {
  const images: TestImage[] = [];
  while (images.length < length) {
    const parent = images.at(-1);
    images.push(makeImage(`${seed} ${images.length}`, parent === undefined ? {} : { parent }));
  }
  return images;
}

/** The folder and the file that are in the layer of a seed. */
export function filesOf(seed: string): TarEntry[] {
  return [
    { name: 'etc/', type: '5' },
    { name: 'etc/seed', content: Buffer.from(`${seed}\n`) },
  ];
}

/** A layer as docker sends it: a gzipped tar without its end. */
export function layerOf(entries: readonly TarEntry[]): Buffer {
  return gzipSync(packTar(entries));
}

/** What docker 0.6 to 0.8 send as X-Docker-Checksum. */
export function tarsumOf(image: TestImage): string {
  return checksumsOf(dialectOf('0.7.6'), image).tarsum;
}

/** What docker 0.9 sends as X-Docker-Checksum-Payload: the sum of the tar with its end. */
export function bareTarSumOf(image: TestImage): string {
  return `sha256:${sha256(gunzipSync(image.layer), TRAILER)}`;
}

/** SHA-256 in hex over the parts, one after the other. */
export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
