/* The manifest of an image that came over v1 is one for all repositories that hold the image. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPERATOR } from '../../src/domain/access/access.js';
import { parseRepositoryName } from '../../src/domain/repositories/names.js';
import { basic, send } from '../support/client.js';
import { check } from '../support/damaged-data.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

const ALICE = basic('alice');
const LATEST = { tag: 'latest' };

const hub = useHub({ onDisk: true, people: ['alice'], harness: false });

describe('a manifest that one repository loses', () => {
  it("is another one's that asks for it at the very moment", async () => {
    const image = makeImage('shared');
    for (const name of ['one', 'two']) await pushImage(hub, ALICE, `alice/${name}`, image);
    await send(hub, 'GET /v2/alice/one/manifests/latest').expect(200);
    await hub.restart(async ({ storage, domain: { manifests } }) => {
      const [one, two] = ['one', 'two'].map((each) => parseRepositoryName('alice', each));
      assert.ok(one !== undefined && two !== undefined);
      const { digest } = await manifests.find(OPERATOR, one, LATEST, undefined);
      const update = storage.manifests.update.bind(storage.manifests);
      let asked: Promise<unknown> | undefined;
      storage.manifests.update = async (key, change) => {
        const going = update(key, change);
        // It is to go, and is not gone yet.
        asked ??= manifests.find(OPERATOR, two, LATEST, undefined);
        return going;
      };
      await manifests.delete(OPERATOR, one, { digest });
      await asked;
      assert.equal((await manifests.find(OPERATOR, two, { digest }, undefined)).digest, digest);
    });
    await send(hub, 'GET /v2/alice/two/manifests/latest').expect(200);
    assert.deepEqual((await check(hub.folder, false)).lines, []);
  });
});
