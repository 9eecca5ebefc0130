/* What an image is to v1 does not change when its manifest is pushed again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';
import { putBlob, putManifest } from '../support/registry-v2.js';

const ALICE = basic('alice');
const ROBERT = basic('robert');
const hub = useHub({ people: ['alice', 'robert'] });

async function bytesOf(path: string): Promise<Buffer> {
  return (await asBytes(send(hub, `GET ${path}`, { auth: ALICE })).expect(200)).body as Buffer;
}

describe('a manifest that is pushed again', () => {
  it('stays the same v1 image, even if v1 knows another one with its config by now', async () => {
    const image = makeImage('pushed again');
    await pushImage(hub, ALICE, 'alice/old', image);
    const access = (value: string) =>
      send(hub, 'PUT /v1/repositories/alice/old/properties', {
        auth: ALICE,
        body: { access: value },
      }).expect(200);
    await access('private');
    const bytes = await bytesOf('/v2/alice/old/manifests/latest');
    const { config, layers, mediaType } = JSON.parse(bytes.toString());
    for (const { digest } of [config, ...layers]) {
      await putBlob(hub, ROBERT, 'robert/app', await bytesOf(`/v2/alice/old/blobs/${digest}`));
    }
    await putManifest(hub, ROBERT, 'robert/app', 'a', { bytes, mediaType }).expect(201);
    await access('public');
    await putManifest(hub, ROBERT, 'robert/app', 'b', { bytes, mediaType }).expect(201);
    const { body: tags } = await send(hub, 'GET /v1/repositories/robert/app/tags').expect(200);
    assert.deepEqual(Object.keys(tags).sort(), ['a', 'b']);
    for (const id of Object.values(tags)) {
      await send(hub, `GET /v1/images/${id}/ancestry`).expect(200);
    }
  });
});
