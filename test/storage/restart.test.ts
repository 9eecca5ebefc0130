/* What lasts: a hub that is closed, killed or locked out, and started again (storage.md, Durability). */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type Address, asBytes, basic, send } from '../support/client.js';
import { run, type Served, serve } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { startPlainHub, startTestHub } from '../support/hub.js';
import { makeChain, makeImage, type TestImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { register } from '../support/people.js';
import {
  createRepository,
  pushImage,
  putImage,
  putJson,
  putTag,
  readToken,
  setAccess,
} from '../support/pushes.js';
import { openUpload } from '../support/uploads.js';

const OWNER = basic('jamtur01');
const NAME = 'jamtur01/static_web';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-restart-'));
});

after(() => rm(folder, { recursive: true, force: true }));

async function assertReadable(hub: Address, { id, json, layer }: TestImage, auth = OWNER) {
  const gotJson = await asBytes(send(hub, `GET /v1/images/${id}/json`, { auth })).expect(200);
  assert.deepEqual(gotJson.body, json);
  const gotLayer = await asBytes(send(hub, `GET /v1/images/${id}/layer`, { auth })).expect(200);
  assert.deepEqual(gotLayer.body, layer);
}

/** Every file below a folder that is not yet what it shall be. */
async function temporaryFiles(data: string): Promise<string[]> {
  const names = await readdir(data, { recursive: true });
  return names.filter((name) => /\.tmp|\.claim|\.stale/.test(name));
}

describe('a hub that is closed and started again', () => {
  it('has everything as it was, and its tokens are still good', async () => {
    const hub = await startTestHub({ onDisk: true });
    try {
      await register(hub, 'jamtur01');
      const [base, top] = makeChain('lasting', 2) as [TestImage, TestImage];
      const write = await pushImage(hub, OWNER, NAME, [base, top], 'v1');
      await pushImage(hub, OWNER, 'jamtur01/hidden', base);
      await setAccess(hub, OWNER, 'jamtur01/hidden', 'private');
      const read = await readToken(hub, NAME);
      const asked = [
        `GET /v1/repositories/${NAME}/images`,
        `GET /v1/repositories/${NAME}/tags`,
        `GET /v1/repositories/${NAME}/tags/v1/json`,
        'GET /v1/repositories/jamtur01/hidden/properties',
        `GET /v1/images/${top.id}/ancestry`,
        `GET /v1/images/${top.id}/files`,
        'GET /v1/search?q=static',
      ];
      const answers = () =>
        Promise.all(asked.map(async (line) => (await send(hub, line, { auth: OWNER })).text));
      const before = await answers();
      await hub.restart();
      assert.deepEqual(await answers(), before);
      for (const image of [base, top]) await assertReadable(hub, image);
      await assertReadable(hub, top, read);
      await putTag(hub, write, NAME, top, 'v2').expect(200);
      await send(hub, 'GET /v1/repositories/jamtur01/hidden/images').expect(404);
      await send(hub, 'GET /v1/users/', { auth: basic('jamtur01', 'wrong password') }).expect(401);
    } finally {
      await hub.close();
    }
  });

  it('goes on with pushes that were under way, at every stage', async () => {
    const hub = await startTestHub({ onDisk: true, people: ['jamtur01'] });
    try {
      const image = makeImage('under way', { layer: noise('under way', 100_000) });
      const { id, json, layer, payload } = image;
      const auth = await createRepository(hub, OWNER, NAME, [image]);
      const headers = { 'X-Docker-Checksum-Payload': payload };
      const steps = [
        () => send(hub, `PUT /v1/images/${id}/json`, { auth, body: json }),
        () => send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }),
        () => send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers }),
        () => putTag(hub, auth, NAME, image),
      ];
      for (const [index, step] of steps.entries()) {
        await step().expect(200, 'true');
        await hub.restart();
        await send(hub, `GET /v1/images/${id}/json`, { auth }).expect(index < 2 ? 400 : 200);
      }
      await assertReadable(hub, image);
      assert.deepEqual(await readdir(join(hub.folder, 'uploads')), []);
    } finally {
      await hub.close();
    }
  });
});

describe('a hub that is killed in the middle of a push', () => {
  const before = makeImage('before the kill');
  const image = makeImage('killed', { layer: noise('killed', 3_000_000) });
  const half = image.layer.subarray(0, 1_500_000);

  /** How far the push of the image has come when the kill strikes. */
  const stages: Readonly<Record<string, (hub: Served, auth: string) => Promise<unknown>>> = {
    'before the json': async () => undefined,
    'after the json': (hub, auth) => putJson(hub, auth, image).expect(200),
    'in the layer': async (hub, auth) => {
      await putJson(hub, auth, image).expect(200);
      const upload = await openUpload(hub.url, auth, image.id);
      await upload.write(half);
      await eventually('the layer is being written', async () =>
        (await temporaryFiles(hub.folder)).some((name) => name.includes(image.id)),
      );
    },
    'after the layer': async (hub, auth) => {
      await putJson(hub, auth, image).expect(200);
      const { id, layer } = image;
      await send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }).expect(200);
    },
    'after the checksum': (hub, auth) => putImage(hub, auth, image),
    'while all comes at once': async (hub, auth) => {
      const others = Array.from({ length: 5 }, (_, n) =>
        makeImage(`${n}`, { layer: noise('x', 1e6) }),
      );
      await createRepository(hub, OWNER, NAME, others);
      // Killed as soon as one is through: then the others are at any stage.
      await Promise.race(others.map((other) => putImage(hub, auth, other)));
    },
  };
  for (const [stage, reach] of Object.entries(stages)) {
    it(`${stage}, starts again without repair, and the push can be repeated`, async (t) => {
      const data = join(folder, `killed ${stage}`);
      const first = await serve(t, ['--data', data, '--admin', 'admin:sesame']);
      await register(first, 'jamtur01');
      await pushImage(first, OWNER, NAME, before);
      const auth = await createRepository(first, OWNER, NAME, [image]);
      await reach(first, auth);
      assert.equal((await first.end('SIGKILL')).signal, 'SIGKILL');

      const second = await serve(t, ['--data', data]);
      assert.deepEqual(await temporaryFiles(data), []);
      await assertReadable(second, before);
      await send(second, `GET /v1/repositories/${NAME}/tags/latest`).expect(200, `"${before.id}"`);
      const again = putJson(second, auth, image);
      if ((await again).status !== 409) await putImage(second, auth, image);
      await putTag(second, auth, NAME, image).expect(200, 'true');
      await assertReadable(second, image);
      assert.equal((await second.end()).code, 0);
    });
  }

  it('leaves a data directory that is sound', async () => {
    for (const stage of ['in the layer', 'while all comes at once']) {
      const { code, output } = await run(['check', '--data', join(folder, `killed ${stage}`)]);
      assert.deepEqual([code, output.endsWith('Everything is sound.\n')], [0, true], output);
    }
  });
});

describe('a data directory', () => {
  const inUse = /^hub-v1: the data directory .* is in use by process \d+\n$/;

  it('may have the shortest of names, below the folder one is in', async (t) => {
    for (const data of ['d', './e', 'f/g']) {
      const hub = await serve(t, ['--data', data], { cwd: folder });
      assert.equal((await hub.end()).code, 0);
      assert.ok((await readdir(join(folder, data))).includes('hub.json'));
    }
  });

  it('belongs to one process', async (t) => {
    const data = join(folder, 'one process');
    const first = await serve(t, ['--data', data]);
    const second = await run(['serve', '--port', '0', '--data', data]);
    assert.equal(second.code, 1);
    assert.equal(second.output, '');
    assert.match(second.errors, inUse);
    assert.ok(second.errors.includes(data) && second.errors.includes(`process ${first.pid}`));
    await assert.rejects(startPlainHub({ data }), { message: second.errors.slice(8, -1) });
    assert.equal((await first.end()).code, 0);
    const third = await serve(t, ['--data', data]);
    assert.equal((await third.end()).code, 0);
  });

  it('goes to one of two that start at the same moment', async (t) => {
    const data = join(folder, 'same moment');
    for (const _ of [1, 2]) {
      const starts = await Promise.allSettled([0, 1].map(() => serve(t, ['--data', data])));
      const started = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const refused = starts.flatMap((one) =>
        one.status === 'rejected' ? [String(one.reason)] : [],
      );
      assert.deepEqual([started.length, refused.length], [1, 1], refused.join());
      for (const reason of refused) assert.match(reason, /is in use by process \d+/);
      for (const hub of started) assert.equal((await hub.end()).code, 0);
    }
  });

  it('belongs to one hub of a process', async () => {
    const data = join(folder, 'one hub');
    const options = { data, admin: { username: 'admin', password: 'sesame' } };
    await using first = await startPlainHub(options);
    const refused = {
      name: 'StorageError',
      message: new RegExp(`in use by process ${process.pid}$`),
    };
    await assert.rejects(startPlainHub(options), refused);
    assert.equal((await send(first, 'GET /v1/_ping')).status, 200);
    await first.close();
    for (const _ of [1, 2, 3]) {
      const starts = await Promise.allSettled([0, 1, 2].map(() => startPlainHub(options)));
      for (const one of starts) {
        if (one.status === 'fulfilled') await one.value.close();
        else assert.match(String(one.reason), /in use by process/);
      }
      assert.equal(starts.filter(({ status }) => status === 'fulfilled').length, 1);
    }
    assert.deepEqual(await temporaryFiles(data), []);
  });

  it('is taken over from a process that is gone, or that the lock does not name', async (t) => {
    const { pid } = await deadProcess(t);
    const locks = [
      JSON.stringify({ pid, started: '' }),
      JSON.stringify({ pid, started: 'another boot:12345' }),
      JSON.stringify({ pid: process.pid, started: 'another boot:12345' }),
      '',
      '{"pid":',
      '{}',
      'null',
      '{"pid":"1","started":1}',
      '\0\0\0\0',
    ];
    const data = join(folder, 'stale');
    for (const lock of locks) {
      await using hub = await startPlainHub({ data });
      await hub.close();
      await writeFile(join(data, 'hub.lock'), lock);
      await using again = await startPlainHub({ data });
      await assert.rejects(startPlainHub({ data }), /in use by process/);
      await again.close();
      assert.ok(!(await readdir(data)).includes('hub.lock'), lock);
    }
  });
});

/** A process that has ended, and left its lock behind. */
async function deadProcess(t: TestContext): Promise<{ pid: number }> {
  const data = join(folder, 'dead');
  const { pid, end } = await serve(t, ['--data', data]);
  await end('SIGKILL');
  const lock = JSON.parse(await readFile(join(data, 'hub.lock'), 'utf8')) as { pid: number };
  assert.equal(lock.pid, pid);
  const again = await serve(t, ['--data', data]);
  assert.equal((await again.end()).code, 0);
  return { pid };
}

describe('an ephemeral hub', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`leaves nothing behind after ${signal}`, async (t) => {
      const temporary = await mkdtemp(join(folder, 'tmp-'));
      const work = await mkdtemp(join(folder, 'cwd-'));
      const options = { env: { TMPDIR: temporary }, cwd: work };
      const hub = await serve(t, ['--ephemeral', '--admin', 'admin:sesame'], options);
      await register(hub, 'jamtur01');
      await pushImage(hub, OWNER, NAME, makeChain('ephemeral', 2));
      const unfinished = makeImage('unfinished');
      const auth = await createRepository(hub, OWNER, NAME, [unfinished]);
      const { id, json } = unfinished;
      await send(hub, `PUT /v1/images/${id}/json`, { auth, body: json }).expect(200);
      assert.equal((await readdir(temporary)).length, 1);
      assert.equal((await hub.end(signal)).code, 0);
      assert.deepEqual([await readdir(temporary), await readdir(work)], [[], []]);
    });
  }

  it('that was killed leaves a folder that the next start removes, and no other', async (t) => {
    const temporary = await mkdtemp(join(folder, 'tmp-'));
    const env = { TMPDIR: temporary };
    const running = await serve(t, ['--ephemeral'], { env });
    const [kept] = await readdir(temporary);
    const killed = await serve(t, ['--ephemeral'], { env });
    await mkdir(join(temporary, 'hub-v1-ephemeral-of-nobody'));
    await killed.end('SIGKILL');
    assert.equal((await readdir(temporary)).length, 3);
    for (const args of [['--data', join(folder, 'lasting')], ['--ephemeral']]) {
      const next = await serve(t, args, { env });
      const names = await readdir(temporary);
      assert.equal(names.length, args.length === 1 ? 3 : 2, names.join());
      assert.ok(names.includes(kept ?? '') && names.includes('hub-v1-ephemeral-of-nobody'));
      await next.end();
    }
    await running.end();
    assert.deepEqual(await readdir(temporary), ['hub-v1-ephemeral-of-nobody']);
  });

  it('shares nothing with another, and forgets everything', async () => {
    const hubs = [await startTestHub(), await startTestHub()] as const;
    try {
      await register(hubs[0], 'jamtur01');
      const token = await pushImage(hubs[0], OWNER, NAME, makeImage('of one'));
      await send(hubs[1], 'GET /v1/users/', { auth: OWNER }).expect(401);
      await send(hubs[1], `GET /v1/repositories/${NAME}/images`).expect(404);
      await send(hubs[1], `GET /v1/repositories/${NAME}/tags`, { auth: token }).expect(401);
    } finally {
      for (const hub of hubs) await hub.close();
    }
  });
});
