/* PUT /v1/images/(id)/checksum in every era of docker (clients.md, Checksums; protocol.md §3). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type supertest from 'supertest';
import { packTar } from '../../src/old-docker/images/tar.js';
import { asBytes, basic, send } from '../support/client.js';
import { storedImages } from '../support/files.js';
import { useHub } from '../support/hub.js';
import {
  bareTarSumOf,
  imageId,
  layerOf,
  makeImage,
  sha256,
  type TestImage,
  tarsumOf,
} from '../support/images.js';
import { createRepository, pushImage, putJson, putLayer, readToken } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const REPOSITORY = 'jamtur01/sums';
const ZEROS = '0'.repeat(64);
const MISMATCH = { error: 'Checksum mismatch' };

const hub = useHub({ onDisk: true, people: ['jamtur01'] });

interface Sums {
  readonly tarsum?: string;
  readonly payload?: string;
}

function putSums(auth: string, id: string, { tarsum, payload }: Sums): supertest.Test {
  const headers = {
    ...(tarsum === undefined ? {} : { 'X-Docker-Checksum': tarsum }),
    ...(payload === undefined ? {} : { 'X-Docker-Checksum-Payload': payload }),
  };
  return send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers });
}

/** Json and layer of an image are there, its sum is missing. */
async function uploaded(image: TestImage): Promise<string> {
  const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
  await putJson(hub, auth, image).expect(200, 'true');
  await putLayer(hub, auth, image).expect(200, 'true');
  return auth;
}

const LAYER = layerOf([
  { name: 'etc/', type: '5', mode: 0o40755 },
  { name: 'etc/motd', content: Buffer.from('hello\n'), uid: 1000, gid: 50 },
  { name: 'bin/sh', type: '2', link: 'dash', mode: 0o120777, mtime: 0 },
  { name: `usr/${'long-'.repeat(30)}`, content: Buffer.alloc(700, 'x') },
]);

/** What each era sends for an image. */
const ERAS: readonly [era: string, sums: (image: TestImage) => Sums][] = [
  ['0.6 to 0.8: the tarsum alone', (image) => ({ tarsum: tarsumOf(image) })],
  [
    '0.9: the sum of the bare tar',
    (image) => ({ tarsum: tarsumOf(image), payload: bareTarSumOf(image) }),
  ],
  [
    '0.10 on: the sum of json, newline and layer',
    (image) => ({ tarsum: tarsumOf(image), payload: image.payload }),
  ],
  ['nobody: the payload alone', (image) => ({ payload: image.payload })],
];

describe('a right checksum completes an image', () => {
  const layers: readonly [what: string, layer: Buffer][] = [
    ['a layer', LAYER],
    ['a layer without entries', gzipSync(Buffer.alloc(0))],
    [
      'a layer with an end',
      gzipSync(Buffer.concat([packTar([{ name: 'a' }]), Buffer.alloc(1024)])),
    ],
  ];
  for (const [what, layer] of layers) {
    for (const [era, sumsOf] of ERAS) {
      it(`${what}, as docker ${era}`, async () => {
        const image = makeImage(`${what} ${era}`, { layer });
        // A layer that has its end already is summed as it is.
        const sums =
          era.startsWith('0.9') && what.endsWith('an end')
            ? { payload: `sha256:${sha256(packTar([{ name: 'a' }]), Buffer.alloc(1024))}` }
            : sumsOf(image);
        const auth = await uploaded(image);
        await putSums(auth, image.id, sums).expect(200, 'true');
        const { headers } = await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
        assert.equal(headers['x-docker-checksum'], sums.tarsum);
        assert.equal(headers['x-docker-checksum-payload'], image.payload);
      });
    }
  }

  it('of a layer that is not compressed', async () => {
    const image = makeImage('not compressed', { layer: packTar([{ name: 'a', mode: 0o644 }]) });
    const tarsum = tarsumOf({ ...image, layer: gzipSync(image.layer) });
    await putSums(await uploaded(image), image.id, { tarsum }).expect(200, 'true');
  });
});

describe('a wrong checksum is refused', () => {
  const other = makeImage('another image', { layer: LAYER });
  const table: readonly [what: string, sums: (image: TestImage) => Sums][] = [
    ['a tarsum of zeros', () => ({ tarsum: `tarsum+sha256:${ZEROS}` })],
    ["another image's tarsum", () => ({ tarsum: tarsumOf(other) })],
    ['a tarsum without its name', (image) => ({ tarsum: tarsumOf(image).replace(/.*:/, '') })],
    ['a tarsum of a later kind', (image) => ({ tarsum: tarsumOf(image).replace('+', '.v1+') })],
    ['a payload of zeros', () => ({ payload: `sha256:${ZEROS}` })],
    ["another image's payload", () => ({ payload: other.payload })],
    ['the layer alone', ({ layer }) => ({ payload: `sha256:${sha256(layer)}` })],
    [
      'json and layer without newline',
      ({ json, layer }) => ({ payload: `sha256:${sha256(json, layer)}` }),
    ],
    ['a payload in capitals', ({ payload }) => ({ payload: payload.toUpperCase() })],
    ['a payload without its name', ({ payload }) => ({ payload: payload.slice('sha256:'.length) })],
    [
      'a right tarsum beside a wrong payload',
      (image) => ({ tarsum: tarsumOf(image), payload: `sha256:${ZEROS}` }),
    ],
    ['nonsense', () => ({ tarsum: 'nonsense', payload: 'nonsense' })],
  ];
  for (const [what, sumsOf] of table) {
    it(`${what}, and the push can be repeated`, async () => {
      const image = makeImage(`wrong: ${what}`, { layer: LAYER });
      const auth = await uploaded(image);
      await putSums(auth, image.id, sumsOf(image)).expect(400, MISMATCH);
      await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(400);
      await uploaded(image);
      await putSums(auth, image.id, { payload: image.payload }).expect(200, 'true');
      const got = await asBytes(send(hub, `GET /v1/images/${image.id}/layer`)).expect(200);
      assert.deepEqual(got.body, LAYER);
    });
  }

  it('and the layer alone can be repeated', async () => {
    const image = makeImage('layer again');
    const auth = await uploaded({ ...image, layer: Buffer.from('spoilt on its way') });
    await putSums(auth, image.id, { payload: image.payload }).expect(400, MISMATCH);
    await putSums(auth, image.id, { payload: image.payload }).expect(400, MISMATCH);
    await putLayer(hub, auth, image).expect(200);
    await putSums(auth, image.id, { payload: image.payload }).expect(200, 'true');
  });

  it('however often it is named, until the right one comes', async () => {
    const image = makeImage('named again', { layer: LAYER });
    const auth = await uploaded(image);
    for (const sums of [{ tarsum: `tarsum+sha256:${ZEROS}` }, { payload: `sha256:${ZEROS}` }]) {
      await putSums(auth, image.id, sums).expect(400, MISMATCH);
      await putSums(auth, image.id, sums).expect(400, MISMATCH);
    }
    await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(400);
    await putSums(auth, image.id, { tarsum: tarsumOf(image) }).expect(200, 'true');
    await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
  });

  it('of a layer that is not a tar, by tarsum and by 0.9', async () => {
    const image = makeImage('no tar', { layer: Buffer.from('no tar') });
    for (const sums of [{ tarsum: `tarsum+sha256:${ZEROS}` }, { payload: `sha256:${ZEROS}` }]) {
      await putSums(await uploaded(image), image.id, sums).expect(400, MISMATCH);
    }
  });
});

describe('PUT checksum', () => {
  it('decides by the payload when a tarsum is sent too', async () => {
    const image = makeImage('payload decides', { layer: LAYER });
    const sums = { tarsum: `tarsum+sha256:${ZEROS}`, payload: image.payload };
    await putSums(await uploaded(image), image.id, sums).expect(200, 'true');
  });

  it('takes the payload sum under the name that it had before docker 0.6', async () => {
    const image = makeImage('older than tarsum', { layer: LAYER });
    const auth = await uploaded(image);
    await putSums(auth, image.id, { tarsum: `sha256:${ZEROS}` }).expect(400, MISMATCH);
    await putSums(auth, image.id, { tarsum: image.payload }).expect(200, 'true');
    const { headers } = await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
    assert.equal(headers['x-docker-checksum'], undefined);
    assert.equal(headers['x-docker-checksum-payload'], image.payload);
  });

  it('without any sum is 400 at every stage', async () => {
    const image = makeImage('no sum');
    const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
    const missing = { error: "Missing Image's checksum" };
    await putSums(auth, image.id, {}).expect(400, missing);
    await putJson(hub, auth, image).expect(200);
    await putSums(auth, image.id, {}).expect(400, missing);
    await putLayer(hub, auth, image).expect(200);
    await putSums(auth, image.id, {}).expect(400, missing);
    await putSums(auth, image.id, { payload: image.payload }).expect(200);
    await putSums(auth, image.id, {}).expect(400, missing);
  });

  it('takes a tarsum before the layer and completes nothing by it', async () => {
    const image = makeImage('tarsum first', { layer: LAYER });
    const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
    await putJson(hub, auth, image).expect(200);
    await putSums(auth, image.id, { tarsum: tarsumOf(image) }).expect(200, 'true');
    await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(400);
    await putLayer(hub, auth, image).expect(200);
    await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(400);
    await putSums(auth, image.id, { payload: image.payload }).expect(200, 'true');
    await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
  });

  it('with a payload sum before the layer is 400', async () => {
    const image = makeImage('payload first');
    const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
    await putJson(hub, auth, image).expect(200);
    await putSums(auth, image.id, { payload: image.payload }).expect(400, MISMATCH);
  });

  it('of a complete image is 409', async () => {
    const image = makeImage('twice');
    const auth = await pushImage(hub, OWNER, REPOSITORY, image);
    for (const payload of [image.payload, `sha256:${ZEROS}`]) {
      await putSums(auth, image.id, { payload }).expect(409, {
        error: 'Cannot set this image checksum',
      });
    }
  });

  it('before the json is 404, and of no image too', async () => {
    const image = makeImage('json first');
    const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
    for (const id of [image.id, imageId('nobody')]) {
      await putSums(auth, id, { payload: image.payload }).expect(404, { error: 'Image not found' });
    }
    await putSums(auth, 'odd', { payload: image.payload }).expect(404, {
      error: 'Invalid image ID',
    });
  });

  it('wants a write token', async () => {
    const image = makeImage('who may');
    await uploaded(image);
    const read = await readToken(hub, REPOSITORY, OWNER);
    for (const auth of [read, basic('jamtur01', 'wrong')]) {
      await putSums(auth, image.id, { payload: image.payload }).expect(401);
    }
    const headers = { 'X-Docker-Checksum-Payload': image.payload };
    await send(hub, `PUT /v1/images/${image.id}/checksum`, { headers }).expect(401);
  });
});

interface RecordedLayer {
  readonly version: string;
  readonly json: string;
  readonly layer: string;
  readonly headers: Readonly<Record<string, string>>;
}

describe('what real dockers sent', () => {
  const fixture = new URL('../../../test/fixtures/recorded-layers.json', import.meta.url);
  const { layers } = JSON.parse(readFileSync(fixture, 'utf8')) as { layers: RecordedLayer[] };

  for (const [index, recorded] of layers.entries()) {
    it(`docker ${recorded.version}, layer ${index}`, async () => {
      // The parents of a recorded chain are not all there; a stand-in does for the json's promise.
      const { id, parent } = JSON.parse(recorded.json) as { id: string; parent?: string };
      const json = Buffer.from(recorded.json);
      const layer = Buffer.from(recorded.layer, 'base64');
      const image = { id, json, layer, payload: '' };
      const auth = await createRepository(hub, OWNER, 'jamtur01/recorded', [
        ...(parent === undefined ? [] : [{ id: parent }]),
        image,
      ]);
      if (parent !== undefined) {
        const body = Buffer.from(JSON.stringify({ id: parent }));
        const asked = await send(hub, `PUT /v1/images/${parent}/json`, { auth, body });
        assert.ok([200, 409].includes(asked.status));
      }
      await putJson(hub, auth, image).expect(200);
      await putLayer(hub, auth, image).expect(200);
      await send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers: recorded.headers }).expect(
        200,
        'true',
      );
      const got = await asBytes(send(hub, `GET /v1/images/${id}/json`)).expect(200);
      assert.deepEqual(got.body, json);
      assert.equal(got.headers['x-docker-checksum'], recorded.headers['X-Docker-Checksum']);
    });
  }
});

it('refused layers leave no files behind', async () => {
  const image = makeImage('left behind', { layer: LAYER });
  const auth = await uploaded(image);
  await putSums(auth, image.id, { payload: `sha256:${ZEROS}` }).expect(400);
  await send(hub, `DELETE /v1/repositories/${REPOSITORY}/`, { auth: OWNER }).expect(202);
  await send(hub, `DELETE /v1/repositories/${REPOSITORY}/`, { auth: OWNER }).expect(200);
  assert.ok(!(await storedImages(hub.folder)).includes(image.id));
});
