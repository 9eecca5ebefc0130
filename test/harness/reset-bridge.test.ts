/* What came over v2 is part of a reset, of snapshots, and of what is taken back in one name space. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { basic, Client } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import { type ModernImage, makeModernImage, pushModern } from '../../bench/torture/modern.js';
import { DataState } from '../../src/harness/data-state.js';
import type { Hub } from '../../src/index.js';
import { openHub } from '../../src/open-hub.js';
import { PASSWORD } from '../support/client.js';
import { check } from '../support/damaged-data.js';
import { startPlainHub } from '../support/hub.js';
import { digestOf } from '../support/modern-docker/images.js';

const AUTH = basic('alice', PASSWORD);
const SHARED = { name: 'shared', size: 5_000 };
const KEPT = makeModernImage('kept', [SHARED, { name: 'kept', size: 600 }]);
const NEW = makeModernImage('new', [SHARED, { name: 'new', size: 700 }]);

describe('what came over v2', () => {
  let folder: string;
  let hub: Hub;
  let client: Client;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-reset-'));
    const users = [{ username: 'alice', password: PASSWORD }];
    hub = await startPlainHub({ data: folder, seed: { users } });
    client = new Client(hub.port);
  });

  after(async () => {
    client.close();
    await hub.close();
    assert.deepEqual((await check(folder, false)).lines, []);
    await rm(folder, { recursive: true });
  });

  async function lying(): Promise<string[]> {
    const folders = ['blobs', 'manifests', 'images'];
    const names = await Promise.all(folders.map((each) => readdir(join(folder, each))));
    return names.flat().sort();
  }

  function assertIsTidy(): void {
    const found: string[] = [];
    new FolderVerifier(folder, (complaint) => found.push(complaint)).verify();
    assert.deepEqual(found, []);
  }

  async function assertIsThere(image: ModernImage, repository: string): Promise<void> {
    const manifest = await client.expect(200, `GET /v2/${repository}/manifests/latest`);
    assert.ok(manifest.body.equals(image.manifest.bytes));
    for (const { digest, bytes } of [...image.layers, image.config]) {
      const blob = await client.expect(200, `GET /v2/${repository}/blobs/${digest}`);
      assert.ok(blob.body.equals(bytes));
    }
    const chain = await client.expect(200, `GET /v1/images/${image.ancestry[0]}/ancestry`);
    assert.deepEqual(JSON.parse(chain.body.toString()), image.ancestry);
  }

  it('goes with a reset, and comes back with a snapshot, files and all', async () => {
    const first = await lying();
    await pushModern(client, 'alice/kept', AUTH, KEPT, 'latest');
    const pushed = await lying();
    await hub.snapshot('pushed');
    await assertIsThere(KEPT, 'alice/kept');
    await pushModern(client, 'alice/new', AUTH, NEW, 'latest');
    await assertIsThere(NEW, 'alice/new');
    const { digest } = KEPT.manifest;
    await client.expect(202, `DELETE /v2/alice/kept/manifests/${digest}`, { auth: AUTH });
    await hub.restore('pushed');
    assert.deepEqual(await lying(), pushed);
    assertIsTidy();
    await client.expect(401, 'GET /v2/alice/new/manifests/latest');
    await assertIsThere(KEPT, 'alice/kept');
    await hub.reset();
    await hub.restore('pushed');
    await assertIsThere(KEPT, 'alice/kept');
    await hub.dropSnapshot('pushed');
    await hub.reset();
    assert.deepEqual(await lying(), first);
    assertIsTidy();
  });

  it('ends uploads with a reset', async () => {
    const sent = { auth: AUTH, body: Buffer.from('half a blob') };
    const begun = await client.expect(202, 'POST /v2/alice/half/blobs/uploads/', { auth: AUTH });
    const place = begun.headers.location ?? '';
    await client.expect(202, `PATCH ${place}`, sent);
    await hub.reset();
    await client.expect(404, `PATCH ${place}`, sent);
    assertIsTidy();
  });

  it('is read to its end by who began before it was deleted', async () => {
    const large = makeModernImage('large', [{ name: 'large', size: 6_000_000 }]);
    await pushModern(client, 'alice/large', AUTH, large, 'latest');
    const [layer] = large.layers;
    assert.ok(layer !== undefined);
    const path = `/v2/alice/large/blobs/${layer.digest}`;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port: hub.port, path, agent: false }, resolve).on('error', reject);
    });
    const { digest } = large.manifest;
    await client.expect(202, `DELETE /v2/alice/large/manifests/${digest}`, { auth: AUTH });
    await client.expect(404, `GET ${path}`, { auth: AUTH });
    assert.ok((await buffer(answer)).equals(layer.bytes));
    assertIsTidy();
  });
});

describe('one name space', () => {
  it('is put back with its manifests and blobs; what others have stays', async () => {
    const hub = await openHub({ ephemeral: true, bcryptRounds: 4 });
    try {
      const { domain, storage } = hub;
      const data = new DataState(storage, (id, files) =>
        domain.library.removeUnusedFiles(id, files),
      );
      const push = async (namespace: string, image: ModernImage): Promise<void> => {
        const name = { namespace, name: 'app', full: `${namespace}/app` };
        const account = domain.accounts.find(namespace);
        assert.ok(account !== undefined);
        const right = domain.rights.requirePush({ kind: 'account', account }, name);
        for (const { bytes } of [...image.layers, image.config]) {
          const { id } = await domain.blobUploads.begin(right, namespace);
          const source = Readable.from([bytes]);
          await domain.blobUploads.finish(right, id, digestOf(bytes), { source });
        }
        const { bytes } = image.manifest;
        const pushed = { bytes, mediaType: '', tags: ['latest'], client: {} };
        await domain.manifests.put(right, pushed);
      };
      for (const username of ['alice', 'carol']) {
        await domain.accounts.register({
          username,
          password: PASSWORD,
          email: `${username}@example.com`,
        });
      }
      await push('alice', KEPT);
      const before = data.captureNamespace('alice');
      const name = { namespace: 'alice', name: 'app', full: 'alice/app' };
      const account = domain.accounts.find('alice');
      assert.ok(account !== undefined);
      const alice = { kind: 'account', account } as const;
      await domain.manifests.delete(alice, name, { digest: KEPT.manifest.digest });
      await push('alice', NEW);
      await push('carol', NEW);
      await data.undoNamespace(before);
      const [kept, taken] = [KEPT, NEW].map(({ manifest }) => manifest.digest) as [string, string];
      assert.deepEqual(Object.keys(storage.repositories.get('alice/app')?.manifests ?? {}), [kept]);
      assert.deepEqual(Object.keys(storage.repositories.get('carol/app')?.manifests ?? {}), [
        taken,
      ]);
      for (const image of [KEPT, NEW]) {
        assert.ok(storage.manifests.get(image.manifest.digest) !== undefined);
        for (const { digest } of [...image.layers, image.config, image.manifest]) {
          assert.ok(storage.blobs.has(digest));
        }
      }
      await data.release(before);
    } finally {
      await hub.close();
    }
  });
});
