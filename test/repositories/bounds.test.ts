import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TagDocument } from '../../src/storage/documents/documents.js';
import { basic, send } from '../support/client.js';
import { startPlainHub, startTestHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

/* What could grow for ever, one request at a time, and does not. */

const AUTH = basic('jamtur01');
const NAME = 'jamtur01/grown';

describe('a repository', () => {
  const hub = useHub({ onDisk: true, people: ['jamtur01'] });

  it('has tags of two megabytes at most, and each can still be moved', async () => {
    const image = makeImage('grown');
    await pushImage(hub, AUTH, NAME, image);
    await hub.restart(async ({ storage }) => {
      await storage.repositories.update(NAME, (repository) => {
        if (repository === undefined) throw new Error('it was pushed');
        const tag: TagDocument = { image: image.id, updated: repository.updated, client: {} };
        const names = Array.from({ length: 15_000 }, (_, number) => `v${number}`);
        return { ...repository, tags: Object.fromEntries(names.map((name) => [name, tag])) };
      });
    });
    const put = (tag: string) =>
      send(hub, `PUT /v1/repositories/${NAME}/tags/${tag}`, { auth: AUTH, body: `"${image.id}"` });
    const full = 'A repository has room for 2097152 bytes of images and tags';
    await put('one-more').expect(400, { error: full });
    await put('v9999').expect(200);
    await send(hub, `DELETE /v1/repositories/${NAME}/tags/v100`, { auth: AUTH }).expect(200);
    await put('v100').expect(400, { error: full });
    await send(hub, `DELETE /v1/repositories/${NAME}/tags`, { auth: AUTH }).expect(200);
    await put('one-more').expect(200);
  });

  it('has room for a thousand images and a thousand tags', async () => {
    const images = Array.from({ length: 1000 }, (_, number) => makeImage(`many ${number}`));
    const [first, ...others] = images;
    assert.ok(first);
    await pushImage(hub, AUTH, 'jamtur01/many', first);
    const body = others.map(({ id, payload }) => ({ id, checksum: payload }));
    await send(hub, 'PUT /v1/repositories/jamtur01/many/images', { auth: AUTH, body }).expect(204);
    const tag = (number: number) => {
      const line = `PUT /v1/repositories/jamtur01/many/tags/release-${number}.0`;
      return send(hub, line, { auth: AUTH, body: `"${first.id}"` }).expect(200);
    };
    // By twenty at a time: a system that is slow resets what would be a thousand connections at once.
    const numbers = images.keys();
    const putTags = async (): Promise<void> => {
      for (const number of numbers) await tag(number);
    };
    await Promise.all(Array.from({ length: 20 }, putTags));
  });
});

describe('the used tokens of a repository', () => {
  it('are remembered up to a thousand, the newest ones', async () => {
    await using hub = await startTestHub({ onDisk: true, people: ['jamtur01'] });
    await pushImage(hub, AUTH, NAME, makeImage('used'));
    const used = Array.from({ length: 1000 }, (_, number) => `used ${number}`);
    await hub.restart(async ({ storage }) => {
      await storage.repositories.update(NAME, (repository) => {
        if (repository === undefined) throw new Error('it was pushed');
        return { ...repository, spent: used };
      });
    });
    const asked = { auth: AUTH, headers: { 'X-Docker-Token': 'true' } };
    const granted = await send(hub, `DELETE /v1/repositories/${NAME}/images`, asked).expect(204);
    const token = granted.headers['x-docker-token'] ?? '';
    const use = () => send(hub, `PUT /v1/repositories/${NAME}/auth`, { auth: `Token ${token}` });
    await use().expect(200);
    await use().expect(403);
    await hub.restart(async ({ storage }) => {
      const { spent = [] } = storage.repositories.get(NAME) ?? {};
      assert.deepEqual(spent.slice(0, -1), used.slice(1));
      assert.ok(token.includes(spent.at(-1) ?? 'no token'));
    });
  });
});

describe('an account that may not log in yet', () => {
  it('is written once, and never was another', async (t) => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-bounds-'));
    t.after(() => rm(data, { recursive: true }));
    const written: string[] = [];
    const onDiskStep = (step: string, path: string): void => {
      if (step === 'rename' && path.includes('sleeper')) written.push(path);
    };
    await using hub = await startPlainHub({ data, onDiskStep });
    await hub.users.create({ username: 'sleeper', password: 'sesame', active: false });
    assert.equal(written.length, 1);
    assert.equal(hub.users.get('sleeper')?.active, false);
  });
});
