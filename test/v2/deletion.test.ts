/** What is deleted over v2, by tag and by digest, and what that frees (v2.md §3). */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import {
  digestOf,
  type ModernImage,
  makeIndex,
  makeModernImage,
} from '../support/modern-docker/images.js';
import {
  createRepository,
  deleteRepository,
  pushImage,
  putImage,
  putTag,
} from '../support/pushes.js';
import { fails, pushModern, putBlob, putManifest } from '../support/registry-v2.js';

const auth = basic('alice');
const hub: OwnHub = useHub({ people: ['alice', 'robert'] });

/** The digests of all blobs on the disk. */
function blobs(): string[] {
  return readdirSync(join(hub.folder, 'blobs')).map((name) => name.replace('-', ':'));
}

function isOnDisk({ layers, config, manifest }: ModernImage): boolean[] {
  const here = new Set(blobs());
  return [...layers, config, manifest].map(({ bytes }) => here.has(digestOf(bytes)));
}

const ALL = [true, true, true, true];
const NONE = [false, false, false, false];

describe('a deletion over v2', () => {
  it('of a tag removes only the tag', async () => {
    const image = makeModernImage('a tag');
    await pushModern(hub, auth, 'alice/tag', image, '1');
    await putManifest(hub, auth, 'alice/tag', '2', image.manifest).expect(201);
    await send(hub, 'DELETE /v2/alice/tag/manifests/1', { auth }).expect(202, '');
    await fails(send(hub, 'GET /v2/alice/tag/manifests/1'), 404, 'MANIFEST_UNKNOWN');
    await fails(send(hub, 'DELETE /v2/alice/tag/manifests/1', { auth }), 404, 'MANIFEST_UNKNOWN');
    await send(hub, 'GET /v2/alice/tag/manifests/2').expect(200);
    await send(hub, `GET /v2/alice/tag/manifests/${image.manifest.digest}`).expect(200);
    const old = await send(hub, 'GET /v1/repositories/alice/tag/tags').expect(200);
    assert.deepEqual(old.body, { 2: image.id });
    await send(hub, 'DELETE /v2/alice/tag/manifests/2', { auth }).expect(202);
    await send(hub, `GET /v2/alice/tag/manifests/${image.manifest.digest}`).expect(200);
    assert.deepEqual(isOnDisk(image), ALL);
  });

  it('of a digest removes its tags and blobs, and frees their space', async () => {
    const image = makeModernImage('a digest');
    const name = 'alice/digest';
    await pushModern(hub, auth, name, image, '1');
    await putManifest(hub, auth, name, '2', image.manifest).expect(201);
    assert.deepEqual(isOnDisk(image), ALL);
    const line = `DELETE /v2/${name}/manifests/${image.manifest.digest}`;
    await send(hub, line, { auth }).expect(202, '');
    for (const reference of ['1', '2', image.manifest.digest]) {
      await fails(send(hub, `GET /v2/${name}/manifests/${reference}`), 404, 'MANIFEST_UNKNOWN');
    }
    await fails(send(hub, line, { auth }), 404, 'MANIFEST_UNKNOWN');
    for (const { bytes } of [...image.layers, image.config]) {
      await fails(send(hub, `GET /v2/${name}/blobs/${digestOf(bytes)}`), 404, 'BLOB_UNKNOWN');
    }
    assert.deepEqual(isOnDisk(image), NONE);
    const tags = await send(hub, `GET /v2/${name}/tags/list`).expect(200);
    assert.deepEqual(tags.body, { name, tags: [] });
  });

  it('keeps what other manifests and repositories need', async () => {
    const image = makeModernImage('shared');
    const [layer] = image.layers;
    assert.ok(layer);
    const sibling = makeModernImage('sibling', { layers: [layer] });
    await pushModern(hub, auth, 'alice/shared', image, '1');
    await pushModern(hub, auth, 'alice/shared', sibling, '2');
    await pushModern(hub, basic('robert'), 'robert/shared', image, '1');
    const { digest } = image.manifest;
    await send(hub, `DELETE /v2/alice/shared/manifests/${digest}`, { auth }).expect(202);
    await send(hub, `GET /v2/alice/shared/blobs/${digestOf(layer.bytes)}`).expect(200);
    await send(hub, `GET /v2/robert/shared/manifests/${digest}`).expect(200);
    assert.deepEqual(isOnDisk(image), ALL);
    const line = `DELETE /v2/robert/shared/manifests/${digest}`;
    await send(hub, line, { auth: basic('robert') }).expect(202);
    assert.deepEqual(isOnDisk(image), [true, false, false, false]);
  });

  it('of an image that old dockers pulled removes its v1 images too', async () => {
    const image = makeModernImage('pulled over v1');
    const name = 'alice/pulled';
    await pushModern(hub, auth, name, image, '1');
    const ancestry = await send(hub, `GET /v1/images/${image.id}/ancestry`).expect(200);
    const ids = ancestry.body as string[];
    assert.equal(ids.length, 2);
    const folders = (): string[] => readdirSync(join(hub.folder, 'images'));
    assert.ok(ids.every((id) => folders().some((each) => each.includes(id))));
    const line = `DELETE /v2/${name}/manifests/${image.manifest.digest}`;
    await send(hub, line, { auth }).expect(202);
    for (const id of ids) await send(hub, `GET /v1/images/${id}/json`).expect(404);
    assert.ok(!ids.some((id) => folders().some((each) => each.includes(id))));
    assert.deepEqual(isOnDisk(image), NONE);
  });

  it('of an image that came over v1 removes its v1 images', async () => {
    const name = 'alice/old';
    const old = makeImage('deleted over v2');
    await pushImage(hub, auth, name, old, '1');
    const got = await send(hub, `GET /v2/${name}/manifests/1`).expect(200);
    const digest = got.headers['docker-content-digest'];
    await send(hub, `DELETE /v2/${name}/manifests/${digest}`, { auth }).expect(202);
    await send(hub, `GET /v1/images/${old.id}/json`).expect(404);
    const tags = await send(hub, `GET /v1/repositories/${name}/tags`).expect(200);
    assert.deepEqual(tags.body, {});
    assert.ok(!blobs().includes(digestOf(old.layer)));
  });

  it('keeps what an image is built on that came over v1, tagged or not', async () => {
    const name = 'alice/built';
    const image = makeModernImage('built on');
    await pushModern(hub, auth, name, image, '1');
    await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
    const child = makeImage('a child over v1', { parent: { id: image.id } });
    await createRepository(hub, auth, name, [child]);
    await putImage(hub, auth, child);
    const line = `DELETE /v2/${name}/manifests/${image.manifest.digest}`;
    await send(hub, line, { auth }).expect(202);
    await fails(send(hub, `GET /v2/${name}/manifests/1`), 404, 'MANIFEST_UNKNOWN');
    const ancestry = await send(hub, `GET /v1/images/${child.id}/ancestry`).expect(200);
    assert.equal(ancestry.body.length, 3);
    for (const id of ancestry.body) {
      await send(hub, `GET /v1/images/${id}/json`).expect(200);
      await send(hub, `GET /v1/images/${id}/layer`).expect(200);
    }
    await putTag(hub, auth, name, child, 'child').expect(200);
    await send(hub, `GET /v2/${name}/manifests/child`).expect(200);
  });

  it('of a manifest that an index names keeps the index', async () => {
    const image = makeModernImage('of an index', { form: 'oci' });
    const index = makeIndex([
      { manifest: image.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    ]);
    await pushModern(hub, auth, 'alice/index', image);
    await putManifest(hub, auth, 'alice/index', '1', index).expect(201);
    const line = `DELETE /v2/alice/index/manifests/${image.manifest.digest}`;
    await send(hub, line, { auth }).expect(202);
    await send(hub, 'GET /v2/alice/index/manifests/1').expect(200);
    await send(hub, 'DELETE /v2/alice/index/manifests/1', { auth }).expect(202);
    await send(hub, `DELETE /v2/alice/index/manifests/${index.digest}`, { auth }).expect(202);
  });

  it('of a blob succeeds only if no manifest names it', async () => {
    const image = makeModernImage('a blob');
    await pushModern(hub, auth, 'alice/blob', image, '1');
    const bytes = Buffer.from('a blob alone');
    const digest = await putBlob(hub, auth, 'alice/blob', bytes);
    const line = `DELETE /v2/alice/blob/blobs/${digest}`;
    await fails(send(hub, line), 401, 'UNAUTHORIZED');
    await fails(send(hub, line, { auth: basic('robert') }), 403, 'DENIED');
    await send(hub, line, { auth }).expect(202, '');
    await fails(send(hub, line, { auth }), 404, 'BLOB_UNKNOWN');
    assert.ok(!blobs().includes(digest));
    const used = `DELETE /v2/alice/blob/blobs/${digestOf(image.config.bytes)}`;
    await fails(send(hub, used, { auth }), 405, 'UNSUPPORTED');
    await fails(send(hub, 'DELETE /v2/alice/blob/blobs/none', { auth }), 400, 'DIGEST_INVALID');
    await send(hub, 'GET /v2/alice/blob/manifests/1').expect(200);
  });

  it('includes all that v2 had of a repository that is deleted over v1', async () => {
    const image = makeModernImage('a repository');
    await pushModern(hub, auth, 'alice/gone', image, '1');
    const alone = await putBlob(hub, auth, 'alice/gone', Buffer.from('alone'));
    await deleteRepository(hub, auth, 'alice/gone');
    await fails(send(hub, 'GET /v2/alice/gone/manifests/1', { auth }), 404, 'NAME_UNKNOWN');
    assert.deepEqual(isOnDisk(image), NONE);
    assert.ok(!blobs().includes(alone));
  });

  it('lets a layer that is being read be read to its end', async () => {
    const image = makeModernImage('being read');
    await pushModern(hub, auth, 'alice/read', image, '1');
    const [layer] = image.layers;
    assert.ok(layer);
    const path = `/v2/alice/read/blobs/${digestOf(layer.bytes)}`;
    const got = asBytes(send(hub, `GET ${path}`));
    const line = `DELETE /v2/alice/read/manifests/${image.manifest.digest}`;
    const [answer] = await Promise.all([got, send(hub, line, { auth }).expect(202)]);
    if (answer.status === 200) assert.ok(layer.bytes.equals(answer.body as Buffer));
    else assert.equal(answer.status, 404);
  });

  it('of a private repository does not tell others whether it is there', async () => {
    const missing = `DELETE /v2/alice/none/manifests/sha256:${'0'.repeat(64)}`;
    await fails(send(hub, missing, { auth: basic('robert') }), 403, 'DENIED');
    await fails(send(hub, missing), 401, 'UNAUTHORIZED');
    await fails(send(hub, missing, { auth }), 404, 'NAME_UNKNOWN');
  });
});
