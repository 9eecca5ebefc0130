/*
 * A data directory of before there was v2 is pulled over v2: no layer is copied, and a kill in the middle of a
 * conversion, either way, does no harm (storage.md, "Another version of the hub").
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { basic, Client } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import { blobOf, makeModernImage, pushModern } from '../../bench/torture/modern.js';
import { packageRoot } from '../../src/version.js';
import { check } from '../support/damaged-data.js';
import { startPlainHub } from '../support/hub.js';

const FIXTURES = new URL('test/fixtures/data-3b64216/', packageRoot);
/** How long a segment of the log of 3b64216 is. */
const SEGMENT = 256 * 1024;
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What docker 28 finds there, and the layers of each. */
const PULLS = [
  ['jamtur01/static_web', 'latest', 2],
  ['jamtur01/static_web', 'v1', 1],
  ['jamtur01/spent', 'latest', 1],
  ['busybox', 'latest', 1],
] as const;
const MODERN = makeModernImage('modern', [
  { name: 'lower', size: 3000 },
  { name: 'upper', size: 200 },
]);

let folder: string;

before(async () => {
  folder = await mkdtemp(join(PLACE, 'hub-v1-upgrade-'));
});

after(() => rm(folder, { recursive: true, force: true }));

async function copyOf(name: string, as = name): Promise<string> {
  const copy = join(folder, as);
  await cp(new URL(name, FIXTURES), copy, { recursive: true });
  const logs = (await readdir(copy)).filter((file) => file.endsWith('.log'));
  for (const log of logs) await truncate(join(copy, log), SEGMENT);
  return copy;
}

/** The inodes of all layers and blobs. */
async function inodesOf(data: string): Promise<number[]> {
  const paths = await readdir(data, { recursive: true });
  const files = paths.filter((path) => /^(?:images\/\w+\/layer-\w+|blobs\/[\w-]+)$/.test(path));
  return Promise.all(files.map(async (path) => (await stat(join(data, path))).ino));
}

/** Pulls over v2 all that v1 pushed; resolves to the digests of the layers. */
async function pullAll(client: Client): Promise<string[]> {
  const digests: string[] = [];
  for (const [name, tag, count] of PULLS) {
    const manifest = await client.expect([200, 404], `GET /v2/${name}/manifests/${tag}`);
    // The directory that was killed has lost a tag before.
    if (manifest.status === 404 && tag === 'v1') continue;
    const { config, layers } = JSON.parse(manifest.body.toString());
    assert.equal(layers.length, count);
    for (const { digest, size } of [config, ...layers]) {
      const { body } = await client.expect(200, `GET /v2/${name}/blobs/${digest}`);
      assert.deepEqual([blobOf(body).digest, body.length], [digest, size]);
    }
    digests.push(...layers.map(({ digest }: { digest: string }) => digest));
  }
  return digests;
}

async function pullModern(client: Client): Promise<void> {
  const chain = await client.expect(200, `GET /v1/images/${MODERN.ancestry[0]}/ancestry`);
  assert.deepEqual(JSON.parse(chain.body.toString()), MODERN.ancestry);
  for (const [index, id] of MODERN.ancestry.entries()) {
    const { body } = await client.expect(200, `GET /v1/images/${id}/layer`);
    assert.ok(body.equals(MODERN.layers.at(-1 - index)?.bytes ?? Buffer.alloc(0)));
  }
}

async function assertIsSound(data: string): Promise<void> {
  const found: string[] = [];
  new FolderVerifier(data, (complaint) => found.push(complaint)).verify();
  found.push(...(await check(data, false)).lines);
  assert.deepEqual(found, [], data);
}

describe('a directory of 3b64216', () => {
  for (const name of ['ended', 'killed']) {
    it(`that was ${name} is pulled over v2, and its layers are not copied`, async () => {
      const data = await copyOf(name);
      const hub = await startPlainHub({ data });
      const client = new Client(hub.port);
      const before = await inodesOf(data);
      const digests = new Set(await pullAll(client));
      assert.deepEqual(new Set(await pullAll(client)), digests);
      client.close();
      await hub.close();
      for (const digest of digests) {
        const { ino, nlink } = await stat(join(data, 'blobs', digest.replace(':', '-')));
        assert.ok(before.includes(ino), `${digest} is a copy`);
        assert.equal(nlink, 1, `${digest} is there twice`);
      }
      await assertIsSound(data);
    });
  }

  it('is none the worse for a kill at any step of a conversion, either way', async (t) => {
    const data = await copyOf('ended', 'kills');
    const moments: string[] = [];
    let isWatched = false;
    const onDiskStep = (): void => {
      if (!isWatched) return;
      const moment = `${data}-${moments.length}`;
      cpSync(data, moment, { recursive: true, filter: (path) => !path.includes('hub.lock') });
      moments.push(moment);
    };
    const hub = await startPlainHub({ data, onDiskStep });
    const client = new Client(hub.port);
    const account = { username: 'modern', password: 'sesame', email: 'modern@example.com' };
    await client.expect(201, 'POST /v1/users/', { body: account });
    await pushModern(client, 'modern/app', basic('modern', 'sesame'), MODERN, 'latest');
    isWatched = true;
    const digests = await pullAll(client);
    await pullModern(client);
    isWatched = false;
    client.close();
    await hub.close();
    t.diagnostic(`${moments.length} steps`);
    assert.ok(moments.length > 30);
    for (const moment of moments) {
      const again = await startPlainHub({ data: moment });
      const asking = new Client(again.port);
      const found: string[] = [];
      new FolderVerifier(moment, (complaint) => found.push(complaint)).verify();
      assert.deepEqual(found, [], moment);
      await pullModern(asking);
      assert.deepEqual(await pullAll(asking), digests);
      asking.close();
      await again.close();
      await assertIsSound(moment);
      await rm(moment, { recursive: true });
    }
  });
});
