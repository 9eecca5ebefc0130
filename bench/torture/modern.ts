import { gzipSync } from 'node:zlib';
import { noise } from '../../test/support/noise.js';
import type { Client } from './client.js';
import { sha256 } from './images.js';
import { tarOfFile } from './tar.js';

/** Some bytes, and their digest. */
export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** An image as a docker of today has it. */
export interface ModernImage {
  readonly config: Blob;
  /** Gzipped tars, the lowest first. */
  readonly layers: readonly Blob[];
  readonly manifest: Blob;
  /** The ids that it has in v1, the uppermost first. */
  readonly ancestry: readonly string[];
}

const TYPES = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** An image of layers with so many bytes of noise each; layers of the same name and length are the same. */
export function makeModernImage(
  name: string,
  layers: readonly { readonly name: string; readonly size: number }[],
): ModernImage {
  const tars = layers.map((each) => tarOfFile(each.name, noise(`modern ${each.name}`, each.size)));
  const diffIds = tars.map((tar) => digestOf(tar));
  const blobs = tars.map((tar) => blobOf(gzipSync(tar, { level: 1 })));
  const history = layers.map((each) => ({ created_by: `COPY ${each.name} /` }));
  const config = blobOf(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      comment: name,
      rootfs: { type: 'layers', diff_ids: diffIds },
      history,
    }),
  );
  const manifest = blobOf(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      config: described(config, TYPES.config),
      layers: blobs.map((blob) => described(blob, TYPES.layer)),
    }),
  );
  const lower = chainIds(diffIds).slice(0, -1);
  const ids = [...lower, config.digest].map((digest) => digest.slice('sha256:'.length));
  return { config, layers: blobs, manifest, ancestry: ids.reverse() };
}

/** What says how a blob is named in a manifest. */
export function described({ digest, bytes }: Blob, mediaType: string) {
  return { mediaType, size: bytes.length, digest };
}

export function blobOf(content: string | Buffer): Blob {
  const bytes = Buffer.from(content);
  return { digest: digestOf(bytes), bytes };
}

/** How one blob is brought: as docker does it, in ranged chunks, or in one request. */
export type Way = 'streamed' | 'chunks' | 'at once';

/** Brings a blob to a repository, unless that has it. */
export async function bringBlob(
  client: Client,
  repository: string,
  auth: string,
  { digest, bytes }: Blob,
  way: Way = 'streamed',
): Promise<void> {
  const path = `/v2/${repository}/blobs`;
  const known = await client.expect([200, 404], `HEAD ${path}/${digest}`, { auth });
  if (known.status === 200) return;
  if (way === 'at once') {
    await client.expect(201, `POST ${path}/uploads/?digest=${digest}`, { auth, body: bytes });
    return;
  }
  let { headers } = await client.expect(202, `POST ${path}/uploads/`, { auth, body: EMPTY });
  const step = way === 'chunks' ? Math.ceil(bytes.length / 3) || 1 : bytes.length || 1;
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    const range = { 'Content-Range': `${at}-${at + part.length - 1}` };
    const sent = { auth, body: part, headers: way === 'chunks' ? range : {}, pieces: 3 };
    ({ headers } = await client.expect(202, `PATCH ${headers.location}`, sent));
  }
  const place = headers.location ?? '';
  const sign = place.includes('?') ? '&' : '?';
  await client.expect(201, `PUT ${place}${sign}digest=${digest}`, { auth, body: EMPTY });
}

/** Takes a blob over from another repository. False: that has it not, and nothing came of it. */
export async function mountBlob(
  client: Client,
  repository: string,
  auth: string,
  { digest }: Blob,
  from: string,
): Promise<boolean> {
  const line = `POST /v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`;
  const { status, headers } = await client.expect([201, 202], line, { auth, body: EMPTY });
  if (status === 201) return true;
  await client.expect(204, `DELETE ${headers.location}`, { auth });
  return false;
}

/** Names an image whose blobs are there. */
export async function putManifest(
  client: Client,
  repository: string,
  auth: string,
  { manifest }: Pick<ModernImage, 'manifest'>,
  reference: string,
): Promise<void> {
  const headers = { 'Content-Type': TYPES.manifest };
  const line = `PUT /v2/${repository}/manifests/${reference}`;
  await client.expect(201, line, { auth, headers, body: manifest.bytes });
}

/** All of a push, as docker does it. */
export async function pushModern(
  client: Client,
  repository: string,
  auth: string,
  image: ModernImage,
  tag: string,
): Promise<void> {
  for (const blob of [...image.layers, image.config]) {
    await bringBlob(client, repository, auth, blob);
  }
  await putManifest(client, repository, auth, image, tag);
}

const EMPTY = Buffer.alloc(0);

function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256(bytes).toString('hex')}`;
}

/** For each layer, the name of all up to it (image/v1/imagev1.go of docker 1.12). */
function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      below === undefined ? diffId : `sha256:${sha256(`${below} ${diffId}`).toString('hex')}`,
    );
  }
  return chain;
}
