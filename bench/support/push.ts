import { createHash, randomBytes } from 'node:crypto';
import { ACCOUNT, LOGIN } from './data.js';
import type { Call, Client } from './http.js';

/** What docker calls itself (clients.md, User-Agent). */
const DOCKER = 'docker/1.5.0 go/go1.4.1 git-commit/a8a31ef kernel/3.13.0 os/linux arch/amd64';
/** Docker sends a layer in chunks of this length. */
const CHUNK = 32 * 1024;
/** How much of a long layer is random; it is repeated, so that a gigabyte needs no gigabyte here. */
const LONGEST_PART = 1024 * 1024;

/** An image to push: new, with a layer that nobody has. */
export interface NewImage {
  readonly id: string;
  readonly json: string;
  /** In parts, one after the other. */
  readonly layer: readonly Buffer[];
  readonly size: number;
}

/** A new image with a layer of `size` bytes, built on another if one is given. */
export function newImage(size: number, parent?: string): NewImage {
  const id = randomBytes(32).toString('hex');
  const part = randomBytes(Math.min(size, LONGEST_PART));
  const layer = Array<Buffer>(size / part.length).fill(part);
  return { id, json: JSON.stringify({ id, parent }), layer, size };
}

/** As many new images, each built on the one before. */
export function newImages(count: number, size: number): NewImage[] {
  const images: NewImage[] = [];
  while (images.length < count) images.push(newImage(size, images.at(-1)?.id));
  return images;
}

/** `docker push` of new images, request by request (clients.md, Push). */
export async function push(
  client: Client,
  name: string,
  images: readonly NewImage[],
): Promise<void> {
  const token = await beginPush(client, name, images);
  for (const image of images) {
    await beginImage(client, token, image);
    await client.call(layerCall(token, image));
    await endImage(client, token, image);
  }
  const top = images.at(-1)?.id ?? '';
  const repository = `/v1/repositories/${ACCOUNT}/${name}`;
  const headers = { ...token, 'Content-Type': 'application/json' };
  const tag = { method: 'PUT', path: `${repository}/tags/latest`, headers, body: `"${top}"` };
  await client.call(tag);
  const end = { method: 'PUT', path: `${repository}/images`, headers: LOGIN, body: '[]' };
  await client.call(end, [204]);
}

/** Push 1: the repository and its list of images. Resolves to the headers of all that follows. */
export async function beginPush(
  client: Client,
  name: string,
  images: readonly NewImage[],
): Promise<Record<string, string>> {
  const { headers } = await client.call({
    method: 'PUT',
    path: `/v1/repositories/${ACCOUNT}/${name}/`,
    headers: { ...LOGIN, 'X-Docker-Token': 'true', 'User-Agent': DOCKER },
    body: JSON.stringify(images.map(({ id }) => ({ id }))),
  });
  return { Authorization: `Token ${headers['X-Docker-Token']}`, 'User-Agent': DOCKER };
}

/** Push 2 and 3: is the image there? Then its json. */
export async function beginImage(
  client: Client,
  headers: Record<string, string>,
  { id, json }: NewImage,
): Promise<void> {
  await client.call({ path: `/v1/images/${id}/json`, headers }, [404]);
  await client.call({ method: 'PUT', path: `/v1/images/${id}/json`, headers, body: json });
}

/** Push 4: the layer, in chunks. */
export function layerCall(headers: Record<string, string>, { id, layer }: NewImage): Call {
  return {
    method: 'PUT',
    path: `/v1/images/${id}/layer`,
    headers: { ...headers, 'Content-Type': 'application/octet-stream' },
    body: chunksOf(layer),
  };
}

/** Push 5: the checksum that makes it an image. */
async function endImage(
  client: Client,
  headers: Record<string, string>,
  { id, json, layer }: NewImage,
): Promise<void> {
  const hash = createHash('sha256').update(`${json}\n`);
  for (const part of layer) hash.update(part);
  await client.call({
    method: 'PUT',
    path: `/v1/images/${id}/checksum`,
    headers: { ...headers, 'X-Docker-Checksum-Payload': `sha256:${hash.digest('hex')}` },
  });
}

function* chunksOf(layer: readonly Buffer[]): Generator<Buffer> {
  for (const part of layer) {
    for (let at = 0; at < part.length; at += CHUNK) yield part.subarray(at, at + CHUNK);
  }
}
