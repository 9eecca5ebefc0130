/** What the bridge makes of unusual images, on either side (v2.md §5). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { asBytes, basic, PASSWORD, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { filesOf, makeImage } from '../support/images.js';
import {
  type Form,
  type Member,
  type ModernImage,
  type ModernLayer,
  makeAttestation,
  makeIndex,
  makeLayer,
  makeManifest,
  makeModernImage,
  storedAsZstd,
} from '../support/modern-docker/images.js';
import { ModernDocker, type PulledImage } from '../support/modern-docker/modern-docker.js';
import { pushImage } from '../support/pushes.js';
import { fails, pushModern, putBlob, putManifest } from '../support/registry-v2.js';

const auth = basic('alice');
const hub: OwnHub = useHub({ people: ['alice'] });

async function v1Tags(name: string): Promise<Record<string, string>> {
  return (await send(hub, `GET /v1/repositories/${name}/tags`).expect(200)).body as Record<
    string,
    string
  >;
}

async function ancestryOf(id: string): Promise<string[]> {
  return (await send(hub, `GET /v1/images/${id}/ancestry`).expect(200)).body as string[];
}

async function layerOf(id: string): Promise<Buffer> {
  return (await asBytes(send(hub, `GET /v1/images/${id}/layer`)).expect(200)).body as Buffer;
}

async function pulled(name: string, tag: string): Promise<PulledImage> {
  using docker = new ModernDocker({
    port: hub.port,
    kind: 'docker 28 with containerd',
    credentials: { username: 'alice', password: PASSWORD },
  });
  return await docker.pull(name, tag);
}

async function pushIndex(
  name: string,
  images: readonly ModernImage[],
  members: readonly Member[],
  form: Form = 'oci',
): Promise<void> {
  for (const image of images) await pushModern(hub, auth, name, image);
  await putManifest(hub, auth, name, '1', makeIndex(members, form)).expect(201);
}

describe('an index is to v1', () => {
  const linux = (architecture: string) => ({ os: 'linux', architecture });
  for (const form of ['docker', 'oci'] as const) {
    const amd64 = makeModernImage(`amd64 ${form}`, { form });
    const arm64 = makeModernImage(`arm64 ${form}`, { form, config: { architecture: 'arm64' } });
    const attestation = makeAttestation(amd64);

    it(`its image for linux/amd64, of the ${form} form`, async () => {
      const name = `alice/both-${form}`;
      await pushIndex(
        name,
        [arm64, amd64, attestation.image],
        [
          attestation.member,
          { manifest: arm64.manifest, platform: linux('arm64') },
          { manifest: amd64.manifest, platform: linux('amd64') },
        ],
        form,
      );
      assert.deepEqual(await v1Tags(name), { 1: amd64.id });
      assert.equal((await ancestryOf(amd64.id)).length, 2);
    });

    it(`its first image for linux if it has none for amd64, of the ${form} form`, async () => {
      const name = `alice/arm-${form}`;
      await pushIndex(
        name,
        [arm64],
        [{ manifest: arm64.manifest, platform: linux('arm64') }],
        form,
      );
      assert.deepEqual(await v1Tags(name), { 1: arm64.id });
    });
  }

  it('nothing if it has no image for linux', async () => {
    const image = makeModernImage('windows', { form: 'oci', config: { os: 'windows' } });
    const platform = { os: 'windows', architecture: 'amd64' };
    await pushIndex('alice/windows', [image], [{ manifest: image.manifest, platform }]);
    assert.deepEqual(await v1Tags('alice/windows'), {});
    const now = await send(hub, 'GET /v2/alice/windows/tags/list').expect(200);
    assert.deepEqual(now.body.tags, ['1']);
  });
});

describe('an image of today is readable over v1', () => {
  const tar = makeLayer(filesOf('layer')).tar;
  const layers: readonly [what: string, layer: ModernLayer, isSame: boolean][] = [
    ['a gzipped layer', { tar, bytes: gzipSync(tar), mediaType: 'layer.v1.tar+gzip' }, true],
    ['a plain tar', { tar, bytes: tar, mediaType: 'layer.v1.tar' }, true],
    ['zstd', { tar, bytes: storedAsZstd(tar), mediaType: 'layer.v1.tar+zstd' }, false],
  ];
  for (const [what, layer, isSame] of layers) {
    it(`with ${what}`, async () => {
      const mediaType = `application/vnd.oci.image.${layer.mediaType}`;
      const image = makeModernImage(what, { form: 'oci', layers: [{ ...layer, mediaType }] });
      const name = `alice/${what.replaceAll(' ', '-')}`;
      await pushModern(hub, auth, name, image, '1');
      assert.deepEqual(await v1Tags(name), { 1: image.id });
      const own = await layerOf(image.id);
      if (isSame) assert.ok(own.equals(layer.bytes));
      else assert.ok(gunzipSync(own).equals(tar));
      const again = await pulled(name, '1');
      assert.deepEqual(again.manifest, image.manifest.bytes);
    });
  }

  it('with the same layer twice, and an empty one', async () => {
    const empty = { tar: Buffer.alloc(1024), bytes: gzipSync(Buffer.alloc(1024)) };
    const { mediaType } = makeLayer([]);
    const twice = makeLayer(filesOf('twice'));
    const image = makeModernImage('twice', { layers: [twice, { ...empty, mediaType }, twice] });
    await pushModern(hub, auth, 'alice/twice', image, '1');
    const ids = await ancestryOf(image.id);
    assert.equal(ids.length, 3);
    assert.ok((await layerOf(ids[2] ?? '')).equals(twice.bytes));
    assert.ok((await layerOf(ids[0] ?? '')).equals(twice.bytes));
  });

  it('without history, times and platform', async () => {
    const gone = { history: undefined, created: undefined, os: undefined, architecture: undefined };
    const image = makeModernImage('bare', { config: gone });
    await pushModern(hub, auth, 'alice/bare', image, '1');
    const ids = await ancestryOf(image.id);
    const low = await send(hub, `GET /v1/images/${ids[1]}/json`).expect(200);
    assert.deepEqual(low.body, { id: ids[1] });
  });
});

describe('v1 does not list', () => {
  const wrong = {
    rootfs: { type: 'layers', diff_ids: [0, 1].map((n) => `sha256:${`${n}`.repeat(64)}`) },
  };
  const many = Array.from({ length: 128 }, () => makeLayer([]));
  const cases: readonly [what: string, image: ModernImage][] = [
    ['128 layers', makeModernImage('many', { layers: many })],
    ['another system', makeModernImage('freebsd', { config: { os: 'freebsd' } })],
    ['no layers', makeModernImage('none', { layers: [] })],
    [
      'more layers than the config',
      makeModernImage('more', { config: { rootfs: { type: 'layers', diff_ids: [] } } }),
    ],
  ];
  for (const [what, image] of cases) {
    it(`what it cannot carry: ${what}`, async () => {
      const name = `alice/${what.replaceAll(' ', '-')}`;
      await pushModern(hub, auth, name, image, '1');
      assert.deepEqual(await v1Tags(name), {});
      await send(hub, `GET /v1/images/${image.id}/json`).expect(404);
      const now = await send(hub, `GET /v2/${name}/manifests/1`).expect(200);
      assert.equal(now.headers['docker-content-digest'], image.manifest.digest);
    });
  }

  it('an image whose layers are not those of its config, once they were read, and says why', async () => {
    const image = makeModernImage('wrong sums', { config: wrong });
    const name = 'alice/wrong';
    await pushModern(hub, auth, name, image, '1');
    await send(hub, `GET /v1/images/${image.id}/ancestry`).expect(404);
    assert.deepEqual(await v1Tags(name), {});
    await send(hub, `GET /v2/${name}/manifests/1`).expect(200);
    await hub.restart(async ({ domain }) => {
      const found = domain.repositories.find({ namespace: 'alice', name: 'wrong', full: name });
      assert.match(found?.unlisted?.['1']?.reason ?? '', /is not what its config says/);
    });
  });

  it('an image with the layers of a private one that its pusher cannot read', async () => {
    const image = makeModernImage('layers of others');
    const [layer] = image.layers;
    assert.ok(layer);
    await putBlob(hub, auth, 'alice/lone', image.config.bytes);
    const manifest = makeManifest('docker', image.config, image.layers);
    await fails(putManifest(hub, auth, 'alice/lone', '1', manifest), 400, 'MANIFEST_BLOB_UNKNOWN');
    assert.deepEqual(await v1Tags('alice/lone'), {});
  });
});

describe('an old image is pulled today', () => {
  const tar = gunzipSync(makeImage('odd').layer);
  const program = (name: string): Buffer | undefined => {
    const { status, stdout } = spawnSync(name, ['-c'], { input: tar });
    return status === 0 ? stdout : undefined;
  };
  const cases: readonly [what: string, layer: Buffer | undefined, isSame: boolean][] = [
    ['gzip', gzipSync(tar), true],
    ['plain', tar, true],
    [
      'gzip-in-two',
      Buffer.concat([gzipSync(tar.subarray(0, 512)), gzipSync(tar.subarray(512))]),
      true,
    ],
    ['garbage-after-gzip', Buffer.concat([gzipSync(tar), Buffer.from('garbage')]), false],
    ['zeros-after-gzip', Buffer.concat([gzipSync(tar), Buffer.alloc(512)]), false],
    ['xz', program('xz'), false],
    ['bzip2', program('bzip2'), false],
  ];
  for (const [what, layer, isSame] of cases) {
    it(`with a layer of this sort: ${what}`, {
      skip: layer === undefined && 'no program',
    }, async () => {
      assert.ok(layer);
      const name = `alice/odd-${what}`;
      const image = makeImage(what, { layer });
      await pushImage(hub, auth, name, image, '1');
      const got = await pulled(name, '1');
      assert.ok(got.layers[0]?.tar.equals(tar));
      assert.equal(got.layers[0]?.blob.equals(layer), isSame);
      if (!isSame) assert.ok(gunzipSync(got.layers[0]?.blob ?? Buffer.alloc(0)).equals(tar));
      // Old dockers get what was pushed.
      assert.ok((await layerOf(image.id)).equals(layer));
    });
  }
});
