/*
 * Images made to measure, and uploads that a test can hold still in the middle.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from '../../src/old-docker/images/tar.js';
import { checkAnswer } from './contract.js';
import { send, type TestHub, type TestImage } from './hub.js';
import { checksumsOf, dialectOf } from './old-docker.js';

/** The end-of-archive blocks of a tar. */
const TRAILER = Buffer.alloc(1024);

/** An id of 64 hex digits, another for each seed. */
export function imageId(seed: string): string {
  return sha256(`image ${seed}`);
}

/** The image with these very bytes; the id is that of the seed. */
export function imageOf(
  seed: string,
  { json, layer, parent }: { json?: string | Buffer; layer?: Buffer; parent?: TestImage } = {},
): TestImage {
  const id = imageId(seed);
  const fields = parent === undefined ? { id } : { id, parent: parent.id };
  const jsonBytes = Buffer.from(json ?? JSON.stringify({ ...fields, author: 'Tëst' }));
  const layerBytes = layer ?? layerOf([{ name: 'seed', content: Buffer.from(seed) }]);
  return {
    id,
    json: jsonBytes,
    layer: layerBytes,
    payload: `sha256:${sha256(jsonBytes, '\n', layerBytes)}`,
  };
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

/** `PUT …/tags/(tag)`. */
export function putTag(
  hub: TestHub,
  auth: string,
  name: string,
  { id }: { readonly id: string },
  tag = 'latest',
) {
  const body = JSON.stringify(id);
  return send(hub, `PUT /v1/repositories/${name}/tags/${tag}`, { auth, body });
}

/** The first two DELETEs of an owner, after which the repository is gone (protocol.md §1.5). */
export async function deleteRepository(hub: TestHub, auth: string, name: string): Promise<void> {
  await send(hub, `DELETE /v1/repositories/${name}/`, { auth }).expect(202);
  await send(hub, `DELETE /v1/repositories/${name}/`, { auth }).expect(200);
}

/** `PUT …/properties`: makes a repository private or public. */
export async function setAccess(
  hub: TestHub,
  auth: string,
  name: string,
  access: 'private' | 'public',
): Promise<void> {
  await send(hub, `PUT /v1/repositories/${name}/properties`, { auth, body: { access } }).expect(
    200,
    'true',
  );
}

/** An answer to a request that was sent in parts. */
export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

/** The upload of a layer, held open. */
export interface OpenUpload {
  /** Sends a part of the layer. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends the last part and waits for the answer. */
  end(bytes: Uint8Array): Promise<PlainAnswer>;
  /** Goes away, as a docker that is killed. */
  abort(): Promise<void>;
}

/**
 * Begins `PUT …/layer` in chunks and resolves once the hub has taken the request up: it says so by
 * its `100 Continue`, so that what a test does next comes after that.
 */
export async function openUpload(url: string, auth: string, id: string): Promise<OpenUpload> {
  const path = `/v1/images/${id}/layer`;
  const sent = request(`${url}${path}`, {
    method: 'PUT',
    headers: { Authorization: auth, Expect: '100-continue', 'Transfer-Encoding': 'chunked' },
    agent: false,
  });
  sent.on('error', () => undefined);
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.flushHeaders();
  const answer = answerTo(sent, path);
  await once(sent, 'continue');
  return {
    write: (bytes) => new Promise((resolve) => sent.write(bytes, () => resolve())),
    end: (bytes) => {
      sent.end(bytes);
      return answer;
    },
    abort: async () => {
      sent.destroy();
      await closed;
    },
  };
}

function answerTo(sent: ClientRequest, path: string): Promise<PlainAnswer> {
  return new Promise((resolve) => {
    sent.on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const status = response.statusCode ?? 0;
      checkAnswer({ method: 'PUT', path, status, headers: response.headers, body });
      resolve({ status, body });
    });
  });
}

/** Waits until something that happens on its own has happened; fails loudly when it does not. */
export async function eventually(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
): Promise<void> {
  const given = performance.now() + 20_000;
  while (!(await isTrue())) {
    if (performance.now() > given) throw new Error(`This never came true: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
