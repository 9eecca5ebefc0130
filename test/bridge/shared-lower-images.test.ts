/* Images over v2 that are built on the same layer share a lower image over v1, also when they are first asked for at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATOR } from '../../src/domain/access/access.js';
import { basic, send } from '../support/client.js';
import { check } from '../support/damaged-data.js';
import { useHub } from '../support/hub.js';
import { makeLayer, makeModernImage } from '../support/modern-docker/images.js';
import { pushModern } from '../support/registry-v2.js';

/** Milliseconds that one image is held up for another, which waits for it. */
const HELD_UP = 300;

const hub = useHub({ onDisk: true, people: ['alice'], harness: false });

const base = makeLayer([{ name: 'base', content: Buffer.from('the same') }]);
const [one, two] = ['one', 'two'].map((name) => {
  const own = makeLayer([{ name: 'own', content: Buffer.from(name) }]);
  return makeModernImage(name, { layers: [base, own] });
});

describe('images on the same layer', () => {
  it('share the lower image, also where one is asked for while the other is half made', async () => {
    assert.ok(one !== undefined && two !== undefined);
    await pushModern(hub, basic('alice'), 'alice/one', one, 'latest');
    await pushModern(hub, basic('alice'), 'alice/two', two, 'latest');
    await hub.restart(async ({ storage, domain: { toV1 } }) => {
      const update = storage.images.update.bind(storage.images);
      let asked: Promise<unknown> | undefined;
      storage.images.update = async (key, change, files) => {
        const updated = await update(key, change, files);
        // The lower image is here now, and nobody holds it yet.
        asked ??= toV1.ensure(OPERATOR, two.id, undefined);
        await Promise.race([asked, sleep(HELD_UP)]);
        return updated;
      };
      await toV1.ensure(OPERATOR, one.id, undefined);
      await asked;
    });
    const lower = async (id: string): Promise<unknown> => {
      const { body } = await send(hub, `GET /v1/images/${id}/ancestry`).expect(200);
      assert.equal(body[0], id);
      return body[1];
    };
    assert.equal(await lower(one.id), await lower(two.id));
    assert.deepEqual((await check(hub.folder, false)).lines, []);
  });
});
