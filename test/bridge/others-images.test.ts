/** What somebody else pushed over v1 under the id of an image is not given to who pulls it, and nothing leaks by ids. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { imageId, makeImage, sha256, type TestImage } from '../support/images.js';
import { digestOf, type ModernImage, makeModernImage } from '../support/modern-docker/images.js';
import { createRepository, pushImage, readToken, setAccess } from '../support/pushes.js';
import { pushModern, putBlob, putManifest } from '../support/registry-v2.js';

const alice = basic('alice');
const mallory = basic('mallory');
const hub: OwnHub = useHub({ people: ['alice', 'mallory'] }, async () => {
  await createRepository(hub, alice, 'alice/private');
  await setAccess(hub, alice, 'alice/private', 'private');
});

/** The files of an image of one layer, under its id, with another command. */
function imposter({ id, layers }: ModernImage): TestImage {
  const json = Buffer.from(JSON.stringify({ id, config: { Cmd: ['/bin/evil'] } }));
  const layer = gzipSync(layers[0]?.tar ?? '');
  return { id, json, layer, payload: `sha256:${sha256(json, '\n', layer)}` };
}

const withOneLayer = (seed: string): ModernImage => {
  const { layers } = makeModernImage(seed);
  return makeModernImage(seed, { layers: layers.slice(0, 1) });
};

describe('an image whose id somebody took over v1', () => {
  for (const when of ['before', 'after'] as const) {
    it(`${when} it was pushed is not listed to v1, with the reason, and whole over v2`, async () => {
      const image = withOneLayer(`taken ${when}`);
      const name = `alice/taken-${when}`;
      const take = () => pushImage(hub, mallory, `mallory/${when}`, imposter(image));
      if (when === 'before') await take();
      await pushModern(hub, alice, name, image, '1');
      if (when === 'after') await take();

      const auth = await readToken(hub, name, alice);
      await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(404);
      const tags = await send(hub, `GET /v1/repositories/${name}/tags`, { auth }).expect(200);
      assert.deepEqual(tags.body, {});
      await send(hub, `GET /v2/${name}/manifests/1`).expect(200, image.manifest.bytes.toString());
      await hub.restart(async ({ domain }) => {
        const [namespace = '', repository = ''] = name.split('/');
        const found = domain.repositories.find({ namespace, name: repository, full: name });
        assert.match(found?.unlisted?.['1']?.reason ?? '', /another image has its id/);
      });
    });
  }

  it('by a config with other layers in a repository of their own is not touched by that', async () => {
    const image = withOneLayer('with other layers');
    const { layers } = withOneLayer('which are others');
    // The name comes first of those that promise the id.
    const theirs = makeModernImage('', { layers }).manifest;
    await putBlob(hub, mallory, 'mallory/a', image.config.bytes);
    for (const { bytes } of layers) await putBlob(hub, mallory, 'mallory/a', bytes);
    const { bytes } = theirs;
    const forged = JSON.parse(bytes.toString()) as { config: { digest: string; size: number } };
    forged.config = {
      ...forged.config,
      digest: `sha256:${image.id}`,
      size: image.config.bytes.length,
    };
    const text = Buffer.from(JSON.stringify(forged));
    await putManifest(hub, mallory, 'mallory/a', '1', { ...theirs, bytes: text }).expect(201);

    await pushModern(hub, alice, 'alice/good', image, '1');
    const json = await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
    assert.deepEqual(json.body.config.Cmd, ['/bin/true']);
    const tags = await send(hub, 'GET /v1/repositories/alice/good/tags').expect(200);
    assert.deepEqual(tags.body, { 1: image.id });
  });
});

/** The ids of an image's layers over v1, the uppermost first. */
async function ancestryOf(name: string, { id }: ModernImage, auth?: string): Promise<string[]> {
  const token = await readToken(hub, name, auth);
  const line = `GET /v1/images/${id}/ancestry`;
  return (await send(hub, line, { auth: token }).expect(200)).body as string[];
}

describe('an image whose json somebody took over v1 with a key twice', () => {
  it('is not given with that json, which clients in Go read otherwise', async () => {
    const image = withOneLayer('with two configs');
    await pushModern(hub, alice, 'alice/two-configs', image, '1');
    const own = JSON.parse(image.config.bytes.toString()) as Record<string, unknown>;
    const { rootfs: _rootfs, history: _history, ...fields } = own;
    const text = JSON.stringify({ ...fields, id: image.id });
    const json = Buffer.from(text.replace('{', '{"config":{"Entrypoint":["/bin/evil"]},'));
    const { layer } = imposter(image);
    const payload = `sha256:${sha256(json, '\n', layer)}`;
    await pushImage(hub, mallory, 'mallory/two', { id: image.id, json, layer, payload });
    const auth = await readToken(hub, 'alice/two-configs', alice);
    await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(404);
  });
});

describe('an image that came over v1', () => {
  it('keeps its id in its namespace, also where others have the same config of another json', async () => {
    const fields = { docker_version: '1.5.0', config: { Cmd: ['/bin/app'] }, os: 'linux' };
    const id = sha256('a copy');
    const text = JSON.stringify({ id: imageId('mine'), ...fields });
    const mine = makeImage('mine', { json: text });
    const evil = { id, ...fields, Config: { Cmd: ['/bin/evil'] } };
    const json = Buffer.from(JSON.stringify(evil));
    const payload = `sha256:${sha256(json, '\n', mine.layer)}`;
    await pushImage(hub, mallory, 'mallory/copy', { id, json, layer: mine.layer, payload });
    const copied = await send(hub, 'GET /v2/mallory/copy/manifests/latest').expect(200);
    await pushImage(hub, alice, 'alice/mine', mine);
    const own = await send(hub, 'GET /v2/alice/mine/manifests/latest').expect(200);
    assert.equal(own.body.config.digest, copied.body.config.digest);

    for (const { digest } of [own.body.config, ...own.body.layers] as { digest: string }[]) {
      const line = `POST /v2/alice/again/blobs/uploads/?mount=${digest}&from=alice%2Fmine`;
      await send(hub, line, { auth: alice }).expect(201);
    }
    const mediaType = own.headers['content-type'] ?? '';
    const manifest = { bytes: Buffer.from(own.text), mediaType };
    await putManifest(hub, alice, 'alice/again', '1', manifest).expect(201);
    const tags = await send(hub, 'GET /v1/repositories/alice/again/tags').expect(200);
    assert.deepEqual(tags.body, { 1: mine.id });
  });
});

describe('the lower images of an image', () => {
  const another = gzipSync(makeModernImage('another').layers[0]?.tar ?? '');
  for (const [what, layer] of [
    ['another', another],
    ['a broken', another.subarray(0, 60)],
    ['no', Buffer.from('garbage')],
  ] as const) {
    it(`have other ids where somebody took those over v1, with ${what} layer`, async () => {
      const image = makeModernImage(`with ${what} lower one`);
      const [tar] = image.layers.map((each) => each.tar);
      const id = digestOf(tar ?? Buffer.alloc(0)).slice('sha256:'.length);
      const json = Buffer.from(JSON.stringify({ id }));
      const payload = `sha256:${sha256(json, '\n', layer)}`;
      const [word = ''] = what.split(' ').slice(-1);
      await pushImage(hub, mallory, `mallory/lower-${word}`, { id, json, layer, payload });
      await pushModern(hub, alice, `alice/lower-${word}`, image, '1');
      const [top, low = ''] = await ancestryOf(`alice/lower-${word}`, image);
      assert.equal(top, image.id);
      assert.notEqual(low, id);
      const got = await asBytes(send(hub, `GET /v1/images/${low}/layer`)).expect(200);
      assert.deepEqual(got.body, image.layers[0]?.bytes);
    });
  }

  it('are shared by public images of the same layers, and never with private ones', async () => {
    const secret = makeModernImage('private history');
    const { layers } = secret;
    await pushModern(hub, alice, 'alice/private', secret, '1');
    const [, hidden = ''] = await ancestryOf('alice/private', secret, alice);
    // Packed by another gzip, which would tell the private layer from this one.
    const own = layers.map((each) => ({ ...each, bytes: gzipSync(each.tar, { level: 1 }) }));
    const one = makeModernImage('a public one', { layers: own });
    const two = makeModernImage('and another', { layers });
    await pushModern(hub, mallory, 'mallory/one', one, '1');
    await pushModern(hub, mallory, 'mallory/two-layers', two, '1');
    const [, low = ''] = await ancestryOf('mallory/one', one);
    assert.notEqual(low, hidden);
    const got = await asBytes(send(hub, `GET /v1/images/${low}/layer`)).expect(200);
    assert.deepEqual(got.body, own[0]?.bytes);
    const json = await send(hub, `GET /v1/images/${low}/json`).expect(200);
    assert.match(json.text, /a public one/);
    assert.equal((await ancestryOf('mallory/two-layers', two))[1], low);
  });
});
