import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ACCOUNT, LOGIN } from './data.js';
import type { Answer, Call, Client } from './http.js';

/** What docker calls itself today (v2.md §1). */
const DOCKER = 'docker/28.2.2 go/go1.23.9 git-commit/45873be kernel/6.1.0 os/linux arch/amd64';
/** It sends a layer in chunks of this length. */
const CHUNK = 32 * 1024;

export const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** Some bytes and their digest. */
export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** An image to push over v2. */
export interface ModernImage {
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly manifest: Blob;
}

/** A new image with layers of `size` bytes that nobody has. */
export function newModernImage(layers: number, size: number): ModernImage {
  const contents = Array.from({ length: layers }, () => randomBytes(size));
  const blobs = contents.map((content) => blobOf(gzipSync(content, { level: 1 })));
  const config = blobOf(
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: contents.map((content) => blobOf(content).digest) },
      }),
    ),
  );
  const said = (mediaType: string, { digest, bytes }: Blob) => ({
    mediaType,
    size: bytes.length,
    digest,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: said(CONFIG_TYPE, config),
    layers: blobs.map((blob) => said(LAYER_TYPE, blob)),
  };
  return { config, layers: blobs, manifest: blobOf(Buffer.from(JSON.stringify(manifest))) };
}

/** How a client comes by the headers that let it do `actions` with a repository. */
export type LogIn = (
  client: Client,
  name: string,
  actions: string,
) => Promise<Record<string, string>>;

/** `docker push` of a new image as docker 28 does it, with a graph driver (v2.md §1). */
export async function pushModern(
  client: Client,
  name: string,
  image: ModernImage,
  logIn: LogIn = tokenFor,
): Promise<void> {
  const repository = `/v2/${ACCOUNT}/${name}`;
  const headers = { ...(await logIn(client, name, 'pull,push')), 'User-Agent': DOCKER };
  for (const blob of image.layers) await upload(client, repository, headers, blob, 'patch');
  await client.call(
    { method: 'HEAD', path: `${repository}/blobs/${image.config.digest}`, headers },
    [404],
  );
  await upload(client, repository, headers, image.config, 'patch');
  const manifest: Call = {
    method: 'PUT',
    path: `${repository}/manifests/latest`,
    headers: { ...headers, 'Content-Type': MANIFEST_TYPE },
    body: image.manifest.bytes,
  };
  await client.call(manifest, [201]);
}

/** The headers of one who has a token. */
export async function tokenFor(
  client: Client,
  name: string,
  actions: string,
): Promise<Record<string, string>> {
  await client.call({ path: '/v2/' }, [401]);
  const scope = encodeURIComponent(`repository:${ACCOUNT}/${name}:${actions}`);
  const { body } = await client.call({ path: `/v2/token?scope=${scope}`, headers: LOGIN });
  const { token } = JSON.parse(body.toString()) as { token: string };
  return { Authorization: `Bearer ${token}` };
}

/** The ways in which a blob comes. */
export type UploadWay = 'put' | 'patch' | 'chunks';

/** Chunks of this length, where a client sends those. */
const LARGE_CHUNK = 8 * 1024 * 1024;

/** Uploads one blob. */
export async function upload(
  client: Client,
  repository: string,
  headers: Record<string, string>,
  { digest, bytes }: Blob,
  way: UploadWay,
): Promise<void> {
  const begun = await client.call(
    { method: 'POST', path: `${repository}/blobs/uploads/`, headers },
    [202],
  );
  let place = placeIn(begun);
  if (way === 'put') {
    await client.call({ method: 'PUT', path: endOf(place, digest), headers, body: bytes }, [201]);
    return;
  }
  if (way === 'patch') {
    const call: Call = { method: 'PATCH', path: place, headers, body: chunksOf(bytes) };
    place = placeIn(await client.call(call, [202]));
  }
  for (let at = 0; way === 'chunks' && at < bytes.length; at += LARGE_CHUNK) {
    const part = bytes.subarray(at, at + LARGE_CHUNK);
    const range = { 'Content-Range': `${at}-${at + part.length - 1}` };
    const call: Call = {
      method: 'PATCH',
      path: place,
      headers: { ...headers, ...range },
      body: part,
    };
    place = placeIn(await client.call(call, [202]));
  }
  await client.call({ method: 'PUT', path: endOf(place, digest), headers }, [201]);
}

/** Where an upload goes on, without the host: a distribution keeps its state in the query. */
function placeIn({ headers }: Answer): string {
  const { pathname, search } = new URL(headers.Location ?? '', 'http://localhost');
  return `${pathname}${search}`;
}

function endOf(place: string, digest: string): string {
  return `${place}${place.includes('?') ? '&' : '?'}digest=${digest}`;
}

/** A body as docker sends it, which does not say how long it is. */
export function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

/** A blob of these bytes. */
export function blobOf(bytes: Buffer): Blob {
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}
