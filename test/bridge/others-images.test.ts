/** What somebody else pushed over v1 under the id of an image is not given to who pulls it, and nothing leaks by ids. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { sha256, type TestImage } from '../support/images.js';
import { type ModernImage, makeModernImage } from '../support/modern-docker/images.js';
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

describe('the history of a private image', () => {
  it('is not told to others who have its lower layers', async () => {
    const secret = makeModernImage('private history');
    await pushModern(hub, alice, 'alice/private', secret, '1');
    const own = await readToken(hub, 'alice/private', alice);
    await send(hub, `GET /v1/images/${secret.id}/json`, { auth: own }).expect(200);
    const line = `GET /v1/images/${secret.id}/ancestry`;
    const [, low = ''] = (await send(hub, line, { auth: own }).expect(200)).body as string[];

    const same = makeModernImage('a public one', { layers: secret.layers });
    await pushModern(hub, mallory, 'mallory/public', same, '1');
    const auth = await readToken(hub, 'mallory/public', mallory);
    await send(hub, `GET /v1/images/${same.id}/json`, { auth }).expect(200);
    const json = await send(hub, `GET /v1/images/${low}/json`, { auth }).expect(200);
    assert.deepEqual(json.body, { id: low });
  });
});
