/*
 * Pushes that nobody goes on with end by the hub's clock, while it runs and at a start; those that somebody is at
 * do not.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import type { OpenHub } from '../../src/open-hub.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startPlainHub, useHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { createRepository, putChecksum, putImage, putJson, putLayer } from '../support/pushes.js';
import { openUpload } from '../support/uploads.js';

const AUTH = basic('alice');
const NAME = 'alice/forgotten';
const HOUR = 3_600_000;

async function under(folder: string, kind: 'uploads' | 'images', { id }: TestImage) {
  const names = await readdir(join(folder, kind));
  return names.filter((name) => name.startsWith(id));
}

describe('a push that nobody goes on with', () => {
  let data: string;
  let hub: Hub;
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'hub-v1-forgotten-'));
    hub = await startPlainHub({ data, ephemeral: false });
    await hub.users.create({ username: 'alice', password: PASSWORD });
  });
  after(async () => {
    await hub.close();
    await rm(data, { recursive: true });
  });

  async function announced(...seeds: readonly string[]): Promise<TestImage[]> {
    const images = seeds.map((seed) => makeImage(seed));
    await createRepository(hub, AUTH, NAME, images);
    return images;
  }

  async function gone(image: TestImage): Promise<boolean> {
    const left = [await under(data, 'uploads', image), await under(data, 'images', image)];
    return left.flat().length === 0;
  }

  it('is over a day after anything of it was heard last, and not earlier', async () => {
    const [old, young] = await announced('old', 'young');
    assert.ok(old && young);
    await putJson(hub, AUTH, old).expect(200);
    await putLayer(hub, AUTH, old).expect(200);
    hub.clock.advance(20 * HOUR);
    await putJson(hub, AUTH, young).expect(200);
    await putLayer(hub, AUTH, young).expect(200);
    hub.clock.advance(5 * HOUR);
    await eventually('the old one is gone', () => gone(old));
    await putChecksum(hub, AUTH, old).expect(404);
    await putChecksum(hub, AUTH, young).expect(200);
  });

  it('is none while its layer is arriving, nor right after', async () => {
    const [first, slow, second, third] = await announced('first', 'slow', 'second', 'third');
    assert.ok(first && slow && second && third);
    await putJson(hub, AUTH, slow).expect(200);
    await putJson(hub, AUTH, first).expect(200);
    const upload = await openUpload(hub.url, AUTH, slow.id);
    await upload.write(slow.layer.subarray(0, 10));
    hub.clock.advance(10 * HOUR);
    await putJson(hub, AUTH, second).expect(200);
    hub.clock.advance(20 * HOUR);
    // They are looked through in their order, so the slow one has been passed.
    await eventually('the first witness is gone', () => gone(first));
    assert.equal((await upload.end(slow.layer.subarray(10))).status, 200);
    hub.clock.advance(5 * HOUR);
    await eventually('the second witness is gone', () => gone(second));
    await putChecksum(hub, AUTH, slow).expect(200);
  });

  it('is over by the clock of a snapshot that is restored', async () => {
    const [image] = await announced('restored');
    assert.ok(image);
    hub.clock.reset();
    await hub.snapshot('early');
    await putJson(hub, AUTH, image).expect(200);
    await hub.snapshot('pushing');
    hub.clock.advance(25 * HOUR);
    await eventually('it is gone', async () => (await under(data, 'uploads', image)).length === 0);
    await hub.restore('pushing');
    await putLayer(hub, AUTH, image).expect(200);
    await putChecksum(hub, AUTH, image).expect(200);
  });
});

describe('a push of an image that came otherwise', () => {
  const hub = useHub({ people: ['alice'], harness: false });

  const importing =
    ({ id, json, layer }: TestImage) =>
    async ({ domain: { imports } }: OpenHub): Promise<void> => {
      const coming = imports.begin();
      await coming.add(id, json, Readable.from([layer]));
      const name = { namespace: 'alice', name: 'forgotten', full: NAME };
      await coming.commit([{ name, images: [id], tags: {} }]);
    };

  const ways: Readonly<Record<string, (image: TestImage) => Promise<void>>> = {
    'by another push': async (image) => {
      await putImage(hub, AUTH, image);
      assert.equal((await under(hub.folder, 'uploads', image)).length, 1);
      await hub.restart();
    },
    'by an import': (image) => hub.restart(importing(image)),
  };
  for (const [way, bring] of Object.entries(ways)) {
    it(`${way} is over at the next start, and leaves the image alone`, async () => {
      const image = makeImage(way);
      await createRepository(hub, AUTH, NAME, [image]);
      await putJson(hub, AUTH, image).expect(200);
      await bring(image);
      assert.deepEqual(await under(hub.folder, 'uploads', image), []);
      const files = await readdir(join(hub.folder, 'images', image.id));
      assert.deepEqual(files.map((file) => file.replace(/-.*/, '')).sort(), [
        'image.json',
        'json',
        'layer',
      ]);
      await send(hub, `GET /v1/images/${image.id}/layer`).expect(200);
    });
  }

  it('is over at once when its last client goes', async () => {
    const image = makeImage('two clients');
    await createRepository(hub, AUTH, NAME, [image]);
    await putJson(hub, AUTH, image).expect(200);
    const lost = await openUpload(hub.url, AUTH, image.id);
    await putImage(hub, AUTH, image);
    await lost.abort();
    await eventually('it is over', async () => {
      return (await under(hub.folder, 'uploads', image)).length === 0;
    });
  });
});
