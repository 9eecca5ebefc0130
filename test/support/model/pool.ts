/*
 * The people, names and images that the model and the hub are asked about. There are few of them, so that
 * random requests meet.
 */
import { gzipSync } from 'node:zlib';
import { packTar } from '../../../src/old-docker/images/tar.js';
import { bareTarSumOf, imageId, layerOf, sha256, tarsumOf } from '../images.js';
import {
  type ModernImage,
  makeLayer,
  makeManifest,
  makeModernImage,
} from '../modern-docker/images.js';

/** Whom the hub knows before the first request. */
export const PEOPLE = [
  { username: 'alice', password: 'alice-1', admin: false, active: true },
  { username: 'bobby', password: 'bobby-1', admin: false, active: true },
  { username: 'warden', password: 'warden-1', admin: true, active: true },
  { username: 'frozen', password: 'frozen-1', admin: false, active: false },
] as const;

/** Names that are registered, or are tried in vain. */
export const NEWCOMERS = ['newby', 'newby_2', 'alice', 'ALICE', 'Newby', 'abc', 'library', 'a-b-c'];

/** Names of repositories, as `namespace/name`. */
export const REPOSITORIES = [
  'alice/one',
  'alice/two',
  'bobby/one',
  'library/base',
  'frozen/one',
  'newby/one',
] as const;

export const TAGS = ['latest', 'v1', '-no'] as const;

/** An image as a client has it; the same id may go with other bytes. */
export interface Bytes {
  readonly id: string;
  readonly parent: string | undefined;
  readonly json: Buffer;
}

/** An image of the pool, and the bytes that clients may send for it. */
export interface PoolImage {
  readonly id: string;
  /** The right one, one with another author, one without its parent. */
  readonly jsons: readonly Bytes[];
  /** The right one, and another. */
  readonly layers: readonly Buffer[];
}

/** Two images of today on the same layer, and something that v1 can't carry. */
export function makeTodayPool(): ModernImage[] {
  const [base, one, other] = ['base', 'one', 'other'].map((name) =>
    makeLayer([{ name, content: Buffer.from(`${name} of today`) }]),
  );
  const layersOf = (...layers: (typeof base)[]) => layers.flatMap((each) => each ?? []);
  const config = { bytes: Buffer.from('{}'), mediaType: 'application/vnd.oci.empty.v1+json' };
  const artifact = { config, layers: [], manifest: makeManifest('oci', config, []), id: '' };
  return [
    makeModernImage('one', { layers: layersOf(base, one) }),
    makeModernImage('other', { layers: layersOf(base, other) }),
    artifact,
  ];
}

/** A chain of three, one alone, and one of 2013 with a short id. */
export function makePool(): PoolImage[] {
  const ids = ['base', 'child', 'grandchild', 'alone'].map(imageId);
  const [base, child, grandchild, alone] = ids as [string, string, string, string];
  const short = sha256('short').slice(0, 16);
  return [
    newImage(base, undefined),
    newImage(child, base),
    newImage(grandchild, child),
    newImage(alone, undefined),
    newImage(short, base),
  ];
}

function newImage(id: string, parent: string | undefined): PoolImage {
  const json = (fields: object): Buffer => Buffer.from(JSON.stringify({ id, ...fields }));
  const rising = parent === undefined ? {} : { parent };
  return {
    id,
    jsons: [
      { id, parent, json: json(rising) },
      { id, parent, json: json({ ...rising, author: 'somebody else' }) },
      { id, parent: undefined, json: json({ parent: null }) },
    ],
    layers: [
      layerOf([{ name: 'etc/id', content: Buffer.from(id) }]),
      gzipSync(packTar([{ name: 'other', content: Buffer.from(`not ${id}`) }])),
    ],
  };
}

/** `sha256:` over json, newline and layer (protocol.md §3). */
export function payloadSum(json: Buffer, layer: Buffer): string {
  return `sha256:${sha256(json, '\n', layer)}`;
}

/** docker 0.9's payload sum: of the bare tar (clients.md, "Checksums"). */
export function bareSum(layer: Buffer): string {
  return bareTarSumOf({ id: '', json: Buffer.alloc(0), layer, payload: '' });
}

export function tarsum(json: Buffer, layer: Buffer): string {
  return tarsumOf({ id: '', json, layer, payload: '' });
}
