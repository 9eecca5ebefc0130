/** What a manifest is follows from its bytes, not from who sends them or how (CVE-2021-41190). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import {
  asManifest,
  type Content,
  descriptorOf,
  digestOf,
  makeIndex,
  makeManifest,
  makeModernImage,
  TYPES,
} from '../support/modern-docker/images.js';
import { createRepository, setAccess } from '../support/pushes.js';
import { fails, pushModern, putBlob, putManifest } from '../support/registry-v2.js';

const alice = basic('alice');
const mallory = basic('mallory');
const hub: OwnHub = useHub({ people: ['alice', 'mallory'] }, async () => {
  await createRepository(hub, alice, 'alice/secret');
  await setAccess(hub, alice, 'alice/secret', 'private');
});

const image = makeModernImage('kinds', { form: 'oci', manifest: { mediaType: undefined } });
const layer = descriptorOf(image.layers[0] ?? image.config);

describe('an image and an index are never the same bytes', () => {
  const index = makeIndex([{ manifest: image.manifest }], 'oci', { mediaType: undefined });
  const both = { config: descriptorOf(image.config), layers: [], manifests: [] };
  const refused: readonly [what: string, manifest: Content][] = [
    ['an image that is sent as an index', { ...image.manifest, mediaType: TYPES.oci.index }],
    ['an index that is sent as an image', { ...index, mediaType: TYPES.oci.manifest }],
    ['what is both, as an image', asManifest(TYPES.oci.manifest, { schemaVersion: 2, ...both })],
    ['what is both, as an index', asManifest(TYPES.oci.index, { schemaVersion: 2, ...both })],
    [
      'an image that names itself an index',
      makeManifest('oci', image.config, [], { mediaType: TYPES.oci.index }),
    ],
    ['an index with layers', makeIndex([], 'docker', { layers: [] })],
    ...['Config', 'LAYERS', 'layer\u017f', 'Manifests'].map((name): [string, Content] => [
      `an image that also has ${name}`,
      makeManifest('oci', image.config, image.layers, { [name]: [] }),
    ]),
    [
      'a layer with two digests',
      makeManifest('oci', image.config, [], {
        layers: [{ ...descriptorOf(image.config), Digest: digestOf(image.manifest.bytes) }],
      }),
    ],
  ];
  for (const [what, manifest] of refused) {
    it(`so that this is refused: ${what}`, async () => {
      await pushModern(hub, mallory, 'mallory/kinds', image);
      const put = putManifest(hub, mallory, 'mallory/kinds', 'refused', manifest);
      await fails(put, 400, 'MANIFEST_INVALID');
    });
  }

  it('so that the layers of a private image are not read by one who knows its manifest', async () => {
    await pushModern(hub, alice, 'alice/secret', image, '1');
    for (const mediaType of [TYPES.oci.index, TYPES.docker.index]) {
      const sent = { ...image.manifest, mediaType };
      const put = putManifest(hub, mallory, 'mallory/x', '1', sent);
      await fails(put, 400, 'MANIFEST_INVALID');
    }
    for (const { bytes } of [image.config, ...image.layers]) {
      await send(hub, `GET /v2/mallory/x/blobs/${digestOf(bytes)}`, { auth: mallory }).expect(404);
    }
  });
});

describe('bytes that do not say their type', () => {
  it('are answered in each repository as they were sent to it', async () => {
    const sent = [
      ['alice/as-oci', TYPES.oci.manifest],
      ['alice/as-docker', TYPES.docker.manifest],
    ] as const;
    for (const [name, mediaType] of sent) {
      const manifest = { ...image.manifest, mediaType };
      await pushModern(hub, alice, name, { ...image, manifest }, '1');
    }
    for (const [name, mediaType] of sent) {
      for (const reference of ['1', image.manifest.digest]) {
        const got = await send(hub, `GET /v2/${name}/manifests/${reference}`).expect(200);
        assert.equal(got.headers['content-type'], mediaType);
        assert.equal(got.text, image.manifest.bytes.toString());
      }
    }
  });
});

describe('a layer that need not be here', () => {
  const foreign = {
    bytes: Buffer.from('not to be handed on'),
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  };
  const manifest = makeManifest('docker', image.config, [foreign]);
  const path = (name: string): string => `/v2/${name}/blobs/${digestOf(foreign.bytes)}`;

  it('is read only where it was pushed, and goes with its last manifest', async () => {
    await putBlob(hub, alice, 'alice/secret', image.config.bytes);
    await putBlob(hub, alice, 'alice/secret', foreign.bytes);
    await putManifest(hub, alice, 'alice/secret', 'windows', manifest).expect(201);
    await putBlob(hub, mallory, 'mallory/windows', image.config.bytes);
    await putManifest(hub, mallory, 'mallory/windows', '1', manifest).expect(201);

    await send(hub, `GET ${path('mallory/windows')}`, { auth: mallory }).expect(404);
    const own = send(hub, `GET ${path('alice/secret')}`, { auth: alice });
    assert.deepEqual((await asBytes(own).expect(200)).body, foreign.bytes);

    const line = `DELETE /v2/alice/secret/manifests/${manifest.digest}`;
    await send(hub, line, { auth: alice }).expect(202);
    await send(hub, `GET ${path('alice/secret')}`, { auth: alice }).expect(404);
    const left = `/v2/mallory/windows/manifests/${manifest.digest}`;
    await send(hub, `GET ${left}`, { auth: mallory }).expect(200);
  });

  it('is there still after a restart, where it was pushed', async () => {
    await putBlob(hub, alice, 'alice/windows', image.config.bytes);
    await putBlob(hub, alice, 'alice/windows', foreign.bytes);
    await putManifest(hub, alice, 'alice/windows', '1', manifest).expect(201);
    await hub.restart();
    await send(hub, `GET ${path('alice/windows')}`).expect(200);
  });

  it('may follow its manifest, which is pushed once more then', async () => {
    const late = { ...foreign, bytes: Buffer.from('late') };
    const again = makeManifest('docker', image.config, [late]);
    await putBlob(hub, alice, 'alice/late', image.config.bytes);
    await putManifest(hub, alice, 'alice/late', '1', again).expect(201);
    const digest = await putBlob(hub, alice, 'alice/late', late.bytes);
    await putManifest(hub, alice, 'alice/late', '1', again).expect(201);
    await send(hub, `GET /v2/alice/late/blobs/${digest}`).expect(200);
  });
});

describe('a manifest is bounded', () => {
  const values = Array.from({ length: 60_000 }, () => 0);
  const long = {
    mediaType: `application/${'x'.repeat(240)}`,
    size: 1,
    digest: digestOf(image.config.bytes),
  };
  const refused: readonly [what: string, more: Readonly<Record<string, unknown>>][] = [
    ['in the layers that it names', { layers: Array.from({ length: 251 }, () => layer) }],
    ['in its values', { more: values }],
    ['in what is kept of it', { layers: Array.from({ length: 250 }, () => long) }],
  ];
  for (const [what, more] of refused) {
    it(what, async () => {
      await pushModern(hub, alice, 'alice/bounds', image);
      const manifest = makeManifest('docker', image.config, image.layers, more);
      const put = putManifest(hub, alice, 'alice/bounds', 'refused', manifest);
      await fails(put, 400, 'MANIFEST_INVALID');
    });
  }

  it('and may name one layer many times', async () => {
    const name = 'alice/bounds';
    await pushModern(hub, alice, name, image);
    const layers = Array.from({ length: 250 }, () => layer);
    const manifest = makeManifest('docker', image.config, [], { layers });
    await putManifest(hub, alice, name, 'many', manifest).expect(201);
  });
});
