/* Snapshots are of one moment, and take nothing from the pushes that go on around them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Gate } from '../../src/harness/gate.js';
import type { HubContext } from '../../src/wire/context.js';
import { RequestsUnderWay } from '../../src/wire/under-way.js';
import { type Address, asBytes, basic, PASSWORD, send } from '../support/client.js';
import { check } from '../support/damaged-data.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { createRepository } from '../support/pushes.js';

const AUTH = basic('alice');
const ALICE = { username: 'alice', password: PASSWORD };
const NAME = 'alice/web';

describe('a snapshot that is given up', () => {
  it('leaves the layers that the clients of one push have brought, each packed in its own way', async () => {
    const hub = await startPlainHub({ seed: { users: [ALICE] } });
    try {
      const client = hub;
      const ours = makeImage('ours');
      const theirs: TestImage = makeImage('ours', {
        layer: gzipSync(gunzipSync(ours.layer), { level: 1 }),
      });
      assert.notDeepEqual(ours.layer, theirs.layer);
      await createRepository(client, AUTH, NAME, [ours]);
      const image = `/v1/images/${ours.id}`;
      const put = (what: string, options: object) =>
        send(client, `PUT ${image}/${what}`, { auth: AUTH, ...options }).expect(200);
      await put('json', { body: ours.json });
      await put('layer', { body: ours.layer });
      await hub.snapshot('pushing');
      await put('json', { body: theirs.json });
      await put('layer', { body: theirs.layer });
      await hub.dropSnapshot('pushing');
      await put('checksum', { headers: { 'X-Docker-Checksum-Payload': ours.payload } });
      const answer = await asBytes(send(client, `GET ${image}/layer`)).expect(200);
      assert.ok(ours.layer.equals(answer.body as Buffer));
    } finally {
      await hub.close();
    }
  });
});

/** Two clients bring the layer of one image to a repository of alice, each packed in its own way. */
async function bringTwice(hub: Address): Promise<void> {
  const ours = makeImage('ours');
  const theirs = makeImage('ours', { layer: gzipSync(gunzipSync(ours.layer), { level: 1 }) });
  await createRepository(hub, AUTH, NAME, [ours]);
  for (const { json, layer } of [ours, theirs]) {
    const put = `PUT /v1/images/${ours.id}`;
    await send(hub, `${put}/json`, { auth: AUTH, body: json }).expect(200);
    await send(hub, `${put}/layer`, { auth: AUTH, body: layer }).expect(200);
  }
}

describe('a hub that is closed', () => {
  it("leaves nothing that is nobody's: what the clients of a push have brought, blobs, files", async () => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-snapshots-'));
    try {
      const hub = await startPlainHub({ data, seed: { users: [ALICE] } });
      await bringTwice(hub);
      await hub.snapshot('pushing');
      const blob = join(data, 'blobs', `sha256-${'0'.repeat(64)}`);
      await writeFile(blob, 'nobody');
      await hub.close();
      assert.deepEqual((await check(data, false)).lines, []);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  it('without snapshots leaves no layer that was only kept for a client', async () => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-snapshots-'));
    try {
      const hub = await startPlainHub({ data, seed: { users: [ALICE] }, harness: false });
      await bringTwice(hub);
      await hub.close();
      assert.deepEqual((await check(data, false)).lines, []);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });
});

describe('a request that comes while everything is put back', () => {
  it('waits until that is over, and is not waited for', async () => {
    const gate = new Gate();
    const underWay = new RequestsUnderWay(gate);
    const order: string[] = [];
    const come = (voice: string): Promise<void> => {
      const ctx = { state: { voice }, req: { complete: true } } as unknown as HubContext;
      return underWay.watch(ctx, async () => void order.push(voice));
    };
    let registry: Promise<void> | undefined;
    await gate.alone(async () => {
      registry = come('registry');
      await come('control');
      await underWay.end();
      order.push('put back');
    });
    await registry;
    assert.deepEqual(order, ['control', 'put back', 'registry']);
  });
});

describe('a snapshot that is asked for while everything is put back', () => {
  it('has all of it, or nothing', async () => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-snapshots-'));
    let onRemoval = (): void => undefined;
    const onDiskStep = (step: string): void => {
      if (step === 'remove') onRemoval();
    };
    const hub = await startPlainHub({ data, onDiskStep });
    try {
      for (const username of ['bobby', 'carol', 'david']) {
        await hub.users.create({ username, password: PASSWORD });
      }
      const taken: Promise<void>[] = [];
      onRemoval = () => void taken.push(hub.snapshot(`at-${taken.length}`));
      await hub.reset();
      onRemoval = () => undefined;
      await Promise.all(taken);
      for (const name of hub.snapshots) {
        await hub.restore(name);
        assert.ok([0, 3].includes(hub.users.list().length), `${name}: ${hub.users.list().length}`);
      }
      assert.ok(taken.length > 1);
    } finally {
      await hub.close();
      await rm(data, { recursive: true });
    }
  });
});
