/*
 * Any image keeps what it is on its way from one side to the other and back: over one hub, and on from there to another
 * that has never seen it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { packTar } from '../../src/old-docker/images/tar.js';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeImage, sha256, type TestImage } from '../support/images.js';
import {
  type Descriptor,
  digestOf,
  type Form,
  type ModernImage,
  type ModernLayer,
  makeManifest,
  makeModernImage,
  repacked,
  storedAsZstd,
  TYPES,
  unpack,
} from '../support/modern-docker/images.js';
import { pushImage } from '../support/pushes.js';
import { pushModern } from '../support/registry-v2.js';

const RUNS = Number(process.env.BRIDGE_RUNS ?? 15);
const SEED = 2013;
const auth = basic('alice');

/** Where it is pushed, and another hub that gets it second hand. */
const hub: OwnHub = useHub({ people: ['alice'] });
const other: OwnHub = useHub({ people: ['alice'] });

let made = 0;

/** A name that no run had before. */
function newName(): string {
  made += 1;
  return `alice/any-${made}`;
}

/** An image as it is over v2. */
interface Today {
  /** The hex of the config's digest. */
  readonly id: string;
  readonly digest: string;
  readonly config: Buffer;
  readonly diffIds: readonly string[];
  /** The layers, the lowest first, as they go over the wire and unpacked. */
  readonly blobs: readonly Buffer[];
  readonly tars: readonly Buffer[];
}

/** Pulls an image over v2, and sees that every part is what it is called. */
async function pullToday(from: OwnHub, name: string, tag: string): Promise<Today> {
  const got = await asBytes(send(from, `GET /v2/${name}/manifests/${tag}`)).expect(200);
  const digest = got.headers['docker-content-digest'] ?? '';
  assert.equal(digestOf(got.body as Buffer), digest);
  const said = JSON.parse(String(got.body)) as { config: Descriptor; layers: Descriptor[] };
  const read = async ({ digest: each, size }: Descriptor): Promise<Buffer> => {
    const { body } = await asBytes(send(from, `GET /v2/${name}/blobs/${each}`)).expect(200);
    assert.deepEqual([digestOf(body as Buffer), (body as Buffer).length], [each, size]);
    return body as Buffer;
  };
  const config = await read(said.config);
  const blobs: Buffer[] = [];
  for (const layer of said.layers) blobs.push(await read(layer));
  const tars = blobs.map(unpack);
  const { rootfs } = JSON.parse(config.toString()) as { rootfs: { diff_ids: string[] } };
  // Or no client of today takes it (v2.md §5).
  assert.deepEqual(tars.map(digestOf), rootfs.diff_ids);
  return { id: sha256(config), digest, config, diffIds: rootfs.diff_ids, blobs, tars };
}

/** Pulls an image over v1: its images, the lowest first. */
async function pullThen(from: OwnHub, name: string, tag: string): Promise<TestImage[]> {
  const { body: top } = await send(from, `GET /v1/repositories/${name}/tags/${tag}`).expect(200);
  const { body: ids } = await send(from, `GET /v1/images/${top}/ancestry`).expect(200);
  const images: TestImage[] = [];
  for (const id of (ids as string[]).toReversed()) {
    const json = await asBytes(send(from, `GET /v1/images/${id}/json`)).expect(200);
    const layer = await asBytes(send(from, `GET /v1/images/${id}/layer`)).expect(200);
    const payload = String(json.headers['x-docker-checksum-payload']);
    const [own, bytes] = [json.body as Buffer, layer.body as Buffer];
    assert.equal(payload, `sha256:${sha256(own, '\n', bytes)}`);
    const parent = images.at(-1)?.id;
    const said = JSON.parse(own.toString()) as { id: string; parent?: string };
    assert.deepEqual([said.id, said.parent], [id, parent]);
    images.push({ id, json: own, layer: bytes, payload });
  }
  return images;
}

/** The same image in a docker of today that compresses its layers again. */
function local({ config, tars }: Today): ModernImage {
  const layers = tars.map((tar) => ({ bytes: gzipSync(tar), mediaType: TYPES.docker.layer, tar }));
  const own = { bytes: config, mediaType: TYPES.docker.config };
  const manifest = makeManifest('docker', own, layers);
  return repacked({ config: own, layers, manifest, id: sha256(config) });
}

/** The name of each layer with all below it (image/v1/imagev1.go of docker 1.12). */
function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : `sha256:${sha256(`${below} ${diffId}`)}`);
  }
  return chain.map((each) => each.slice('sha256:'.length));
}

// What images are made of.

const content = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const fileName = fc.constantFrom('a', 'etc/motd', '.wh.gone', `${'deep/'.repeat(30)}é`, '文件');
const files = fc.array(
  fc.record({ name: fileName, content }).map((file) => ({ ...file, type: '0' as const })),
  { maxLength: 4 },
);
const trailer = fc.constantFrom(0, 512, 1024, 10_240);
const tars = fc
  .tuple(files, trailer)
  .map(([entries, zeros]) => Buffer.concat([packTar(entries), Buffer.alloc(zeros)]));

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** A layer as dockers of then sent it: it holds the tar in one of many ways. */
const oldLayers = fc.tuple(tars, fc.nat({ max: 5 })).map(([tar, way]) => {
  const half = Math.floor(tar.length / 2);
  const ways: readonly (() => Buffer)[] = [
    () => gzipSync(tar),
    () => gzipSync(tar, { level: 0 }),
    () => tar,
    () => Buffer.concat([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))]),
    () => Buffer.concat([gzipSync(tar), Buffer.from('garbage')]),
    () => Buffer.concat([gzipSync(tar), gzipSync(Buffer.alloc(0))]),
  ];
  return { tar, layer: ways[way]?.() ?? tar };
});

const oldImages = fc.record({
  layer: oldLayers,
  said: fc.record({
    author: maybe(text),
    comment: maybe(text),
    created: fc.constantFrom('2013-05-06T07:08:09.123456789Z', '2015-01-01T00:00:00Z'),
    docker_version: maybe(fc.constantFrom('0.6.4', '1.5.0', '1.8.3', '1.11.2')),
    os: maybe(fc.constant('linux')),
    architecture: maybe(fc.constantFrom('amd64', 'arm')),
    container_config: maybe(fc.record({ Cmd: fc.array(text, { maxLength: 3 }) })),
    config: maybe(fc.record({ Env: fc.array(text, { maxLength: 2 }), User: text })),
  }),
});

type OldPart = typeof oldImages extends fc.Arbitrary<infer Part> ? Part : never;

function chainOf(parts: readonly OldPart[], seed: string): TestImage[] {
  const images: TestImage[] = [];
  for (const [level, { layer, said }] of parts.entries()) {
    const id = sha256(`${seed} ${level}`);
    const parent = images.at(-1)?.id;
    const json = JSON.stringify({ id, ...(parent && { parent }), ...said });
    images.push({ ...makeImage(seed, { json, layer: layer.layer }), id });
  }
  return images;
}

describe('any chain of v1 images', () => {
  it('is the same image over v2, and its own self over v1 when it comes back', async () => {
    const chains = fc.array(oldImages, { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(chains, async (parts) => {
      const name = newName();
      const images = chainOf(parts, name);
      await pushImage(hub, auth, name, images);
      const pulled = await pullToday(hub, name, 'latest');
      assert.deepEqual(
        pulled.tars,
        parts.map(({ layer }) => layer.tar),
      );
      // docker pushes it back, there and to where nobody has it.
      await pushModern(hub, auth, name, local(pulled), 'back');
      assert.equal((await pullToday(hub, name, 'back')).id, pulled.id);
      const back = await pullThen(hub, name, 'back');
      assert.deepEqual(back, images);
      await pushModern(other, auth, name, local(pulled), 'on');
      const on = await pullThen(other, name, 'on');
      const lower = chainIds(pulled.diffIds).slice(0, -1);
      assert.deepEqual(
        on.map(({ id }) => id),
        [...lower, pulled.id],
      );
      assert.deepEqual(
        on.map(({ layer }) => unpack(layer)),
        pulled.tars,
      );
      assert.equal((await pullToday(other, name, 'on')).id, pulled.id);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  });
});

/** A layer as clients of today send it. */
const newLayers = fc
  .tuple(tars, fc.constantFrom('gzip', 'plain', 'zstd'), fc.constantFrom<Form>('docker', 'oci'))
  .map(([tar, coding, form]): ModernLayer => {
    if (coding === 'gzip') return { tar, bytes: gzipSync(tar), mediaType: TYPES[form].layer };
    const plain = 'application/vnd.oci.image.layer.v1.tar';
    if (coding === 'plain') return { tar, bytes: tar, mediaType: plain };
    return { tar, bytes: storedAsZstd(tar), mediaType: `${plain}+zstd` };
  });

const newImages = fc.record({
  form: fc.constantFrom<Form>('docker', 'oci'),
  layers: fc.array(newLayers, { minLength: 1, maxLength: 4 }),
  twice: fc.boolean(),
  config: fc.record({
    created: maybe(fc.constantFrom('2024-01-02T03:04:05Z', '2025-03-04T05:06:07.123456789+02:00')),
    author: maybe(text),
    os: maybe(fc.constant('linux')),
    architecture: maybe(fc.constantFrom('amd64', 'arm64')),
    variant: maybe(fc.constant('v8')),
    history: maybe(fc.array(fc.record({ created_by: text, empty_layer: fc.boolean() }))),
    config: maybe(fc.record({ Env: fc.array(text), Labels: fc.dictionary(text, text) })),
  }),
});

describe('any image of today', () => {
  it('is the same image over v1, and its own self over v2 when it comes back', async () => {
    const property = fc.asyncProperty(newImages, async ({ form, layers, twice, config }) => {
      const name = newName();
      const all = twice ? [...layers, ...layers.slice(0, 1)] : layers;
      // Another config for each run, as the ids of v1 are of the whole hub.
      const fields = { ...config, comment: name };
      const image = makeModernImage(name, { form, layers: all, config: fields });
      await pushModern(hub, auth, name, image, 'latest');
      const images = await pullThen(hub, name, 'latest');
      const diffIds = all.map(({ tar }) => digestOf(tar));
      assert.deepEqual(
        images.map(({ id }) => id),
        [...chainIds(diffIds).slice(0, -1), image.id],
      );
      assert.deepEqual(
        images.map(({ layer }) => unpack(layer)),
        all.map(({ tar }) => tar),
      );
      // An old docker pushes it back, there and to where nobody has it.
      await pushImage(hub, auth, name, images, 'back');
      assert.deepEqual(await pullToday(hub, name, 'back'), await pullToday(hub, name, 'latest'));
      await pushImage(other, auth, name, images, 'on');
      const on = await pullToday(other, name, 'on');
      assert.deepEqual(on.diffIds, diffIds);
      // Its lower images may be there already, from an image with the same layers.
      const once = await pullThen(other, name, 'on');
      assert.deepEqual(
        once.map(({ id, layer }) => [id, unpack(layer)]),
        images.map(({ id, layer }) => [id, unpack(layer)]),
      );
      assert.deepEqual(once.at(-1)?.json, images.at(-1)?.json);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  });
});
