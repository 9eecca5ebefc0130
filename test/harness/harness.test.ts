import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { DataState } from '../../src/harness/data-state.js';
import { MOST_SNAPSHOTS, PARTS } from '../../src/harness/harness.js';
import { type Hub, InvalidInput, type Part } from '../../src/index.js';
import { Collection } from '../../src/storage/documents/collection.js';
import { type Collections, openStorage } from '../../src/storage/storage.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { liveThrough } from '../support/life.js';
import { logIn } from '../support/people.js';
import { pushImage } from '../support/pushes.js';
import { rawHttp } from '../support/raw.js';

/* The harness in the process: what startHub hands over. */

const FILES = { 'etc/motd': 'hello' };

function tagsOf(hub: Hub, name: string) {
  return send(hub, `GET /v1/repositories/${name}/tags`);
}

/** The field and the message of the InvalidInput that something is refused with. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('users, repositories and images without HTTP', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub();
  });
  after(() => hub.close());

  it('makes a repository private for those, too, who have a token already', async () => {
    await hub.repositories.create({ name: 'somebody/open' });
    const images = '/v1/repositories/somebody/open/images';
    const asked = await send(hub, `GET ${images}`, { headers: { 'X-Docker-Token': 'true' } });
    const token = `Token ${asked.headers['x-docker-token']}`;
    const withToken = () => send(hub, `GET ${images}`, { auth: token });
    await withToken().expect(200);
    await hub.repositories.create({ name: 'somebody/open', private: true });
    await withToken().expect(401);
    await hub.repositories.delete('somebody/open');
  });

  it('makes an account that can log in, shows it, and lists it', async () => {
    const made = await hub.users.create({ username: 'jamtur01', password: PASSWORD });
    assert.deepEqual(hub.users.get('jamtur01'), made);
    assert.deepEqual(hub.users.list(), [made]);
    const { created, ...rest } = made;
    assert.ok(Date.parse(created) <= Date.now());
    const emails = ['jamtur01@example.com'];
    assert.deepEqual(rest, { username: 'jamtur01', emails, active: true, admin: false });
    await logIn(hub, 'jamtur01').expect(200, '"OK"');
    assert.equal(hub.users.get('nobody'), undefined);
  });

  it('activates, deactivates and deletes accounts', async () => {
    await hub.users.create({ username: 'sleepy', password: PASSWORD, active: false, admin: true });
    await logIn(hub, 'sleepy').expect(403, '"Account is not Active"');
    await hub.users.activate('sleepy');
    await logIn(hub, 'sleepy').expect(200);
    await hub.users.deactivate('sleepy');
    await logIn(hub, 'sleepy').expect(403);
    await hub.users.delete('sleepy');
    await logIn(hub, 'sleepy').expect(401);
    await assert.rejects(hub.users.delete('sleepy'), { message: 'User not found' });
    await assert.rejects(hub.users.activate('sleepy'), { message: 'User not found' });
  });

  const badUsers: readonly (readonly [object, RegExp])[] = [
    [
      { username: 'jamtur01', password: PASSWORD },
      /^username: there is a user "jamtur01" already$/,
    ],
    [{ username: 'other', password: PASSWORD, email: 'Jamtur01@example.com' }, /^email: it is jam/],
    [{ username: 'Bob', password: PASSWORD }, /^username: Wrong username format/],
    [{ username: 'other', password: '1234' }, /^password: /],
    [{ username: 'other', password: PASSWORD, email: 'x' }, /^email: /],
    [{ username: 'other' }, /^password: expected string, but it is missing$/],
    [{ username: 7, password: PASSWORD }, /^username: expected string, received number$/],
    [{ username: 'other', password: PASSWORD, root: true }, /^root: there is no such field$/],
  ];
  for (const [user, message] of badUsers) {
    it(`refuses ${JSON.stringify(user)} as a user, naming the field`, async () => {
      assert.match(await refusal(() => hub.users.create(user as never)), message);
      assert.equal(hub.users.list().length, 1);
    });
  }

  it('makes, changes, shows and removes repositories', async () => {
    const made = await hub.repositories.create({ name: 'jamtur01/a', private: true });
    assert.deepEqual(made, {
      ...{ name: 'jamtur01/a', description: '', private: true },
      ...{ stars: 0, trusted: false, tags: {}, images: [] },
    });
    await tagsOf(hub, 'jamtur01/a').expect(404);
    await hub.repositories.create({ name: 'jamtur01/a', private: false, stars: 3 });
    await tagsOf(hub, 'jamtur01/a').expect(200, '{}');
    const changed = { ...made, private: false, stars: 3 };
    assert.deepEqual(hub.repositories.get('jamtur01/a'), changed);
    await hub.repositories.create({ name: 'busybox', trusted: true });
    const names = hub.repositories.list().map(({ name }) => name);
    assert.deepEqual(names.sort(), ['jamtur01/a', 'library/busybox']);
    assert.equal(hub.repositories.get('busybox')?.trusted, true);
    for (const name of ['jamtur01/a', 'busybox']) await hub.repositories.delete(name);
    await tagsOf(hub, 'jamtur01/a').expect(404);
    assert.deepEqual(hub.repositories.list(), []);
    assert.match(await refusal(() => hub.repositories.create({ name: 'A/b' })), /^name: Wrong/);
  });

  it('makes images from files, which clients can pull, and removes them', async () => {
    const base = await hub.images.create({ repository: 'jamtur01/web', files: FILES });
    const from = 'jamtur01/web';
    const top = await hub.images.create({ repository: 'jamtur01/web', tag: 'v2', files: {}, from });
    assert.deepEqual(top.ancestry, [top.id, base.id]);
    assert.deepEqual(hub.images.get(top.id), top);
    assert.deepEqual(hub.images.list(), [base, top]);
    const files = await send(hub, `GET /v1/images/${base.id}/files`).expect(200);
    assert.deepEqual(files.body[0].slice(0, 4), ['etc/motd', 'f', false, 5]);
    await send(hub, `GET /v1/images/${top.id}/layer`)
      .expect(200)
      .expect('X-Docker-Size', `${top.size}`);
    await hub.images.delete(base.id);
    await tagsOf(hub, 'jamtur01/web').expect(200, '{}');
    assert.deepEqual(hub.images.list(), []);
    await assert.rejects(hub.images.delete(base.id), InvalidInput);
  });

  it('gives the same files the same id, in every hub', async () => {
    await using other = await startPlainHub();
    const one = await hub.images.create({ repository: 'a1/b', files: { ...FILES, b: 'c' } });
    const two = await other.images.create({ repository: 'c2/d', files: { b: 'c', ...FILES } });
    assert.deepEqual(one, two);
  });

  const badImages: readonly (readonly [object, RegExp])[] = [
    [{ repository: 'x/y/z', files: {} }, /^repository: Wrong namespace/],
    [{ repository: 'ab/c', tag: '-', files: {} }, /^tag: Invalid tag name/],
    [{ repository: 'ab/c', files: {}, from: 'ab/none:1' }, /^from: there is no image ab\/none:1$/],
    [{ repository: 'ab/c', files: {}, from: 'f'.repeat(64) }, /^from: there is no image ffff/],
    [{ repository: 'ab/c', files: { a: 1 } }, /^files\.a: expected a text, or one of /],
  ];
  for (const [image, message] of badImages) {
    it(`refuses ${JSON.stringify(image)} as an image, and makes nothing`, async () => {
      assert.match(await refusal(() => hub.images.create(image as never)), message);
      assert.equal(hub.repositories.get('ab/c'), undefined);
    });
  }
});

describe('reset', () => {
  const seed = {
    users: [{ username: 'jamtur01', password: PASSWORD }],
    repositories: [{ name: 'jamtur01/web', tags: { latest: { files: FILES } } }],
  };

  it('goes back to the seeded start, not to nothing', async () => {
    await using hub = await startPlainHub({ seed });
    const start = await tagsOf(hub, 'jamtur01/web').expect(200);
    const before = hub.images.list();
    await liveThrough(hub.url, 'somebody');
    await hub.users.deactivate('jamtur01');
    await hub.repositories.delete('jamtur01/web');
    await hub.reset();
    await logIn(hub, 'jamtur01').expect(200);
    await logIn(hub, 'somebody').expect(401);
    await tagsOf(hub, 'jamtur01/web').expect(200, start.text);
    assert.deepEqual(hub.images.list(), before);
    const [image] = before;
    await send(hub, `GET /v1/images/${image?.id}/layer`).expect(200);
  });

  it('comes after what is under way, and cuts off who is still sending', async () => {
    await using hub = await startPlainHub({ seed });
    const paths = ['/v1/users/', '/v1/repositories/jamtur01/stray/'];
    // Rules that count and never act tell when the requests have come.
    for (const path of paths) hub.faults.add({ match: { path }, after: 9, then: { status: 500 } });
    const [users, stray] = paths;
    const body = { username: 'stray01', password: PASSWORD, email: 's@example.com' };
    const registered = Promise.resolve(send(hub, `POST ${users}`, { body }).expect(201));
    const headers = { Authorization: basic('jamtur01'), 'Transfer-Encoding': 'chunked' };
    const half = { method: 'PUT', path: `${stray}`, headers, body: '1\r\n[\r\n' };
    const sending = rawHttp(hub.url, half, { timeoutMs: 20_000 });
    await eventually('both have come', () => hub.faults.list().every(({ matched }) => matched > 0));
    await hub.reset();
    assert.equal((await sending).length, 0);
    await registered;
    assert.deepEqual(
      hub.users.list().map(({ username }) => username),
      ['jamtur01'],
    );
    assert.equal(hub.repositories.get('jamtur01/stray'), undefined);
    assert.deepEqual(hub.requests.list(), []);
  });

  it('lets an account that is gone be made again', async () => {
    await using hub = await startPlainHub();
    const user = { username: 'jamtur01', password: PASSWORD, email: 'j@example.com' };
    await hub.users.create(user);
    await hub.reset();
    await hub.users.create(user);
    await logIn(hub, 'jamtur01').expect(200);
  });

  /** What each part is changed by, and how that shows; a part that is missing here does not compile. */
  const changes: Readonly<
    Record<Part, { change(hub: Hub): unknown; shows(hub: Hub): boolean | Promise<boolean> }>
  > = {
    data: {
      change: (hub) => hub.repositories.create({ name: 'jamtur01/other' }),
      shows: (hub) => hub.repositories.get('jamtur01/other') !== undefined,
    },
    journal: {
      change: (hub) => send(hub, 'GET /v1/_ping'),
      shows: (hub) => hub.requests.list({ path: '/v1/_ping' }).length > 0,
    },
    faults: {
      change: (hub) => hub.faults.add({ then: { delay: 0 } }),
      shows: (hub) => hub.faults.list().length > 0,
    },
    clock: { change: (hub) => hub.clock.freeze(), shows: (hub) => hub.clock.isAltered },
    random: {
      change: (hub) => hub.random.seed('x'),
      shows: (hub) => hub.random.currentSeed === 'x',
    },
    logins: {
      change: (hub) => logIn(hub, 'jamtur01', 'wrong').expect(401),
      shows: async (hub) => (await logIn(hub, 'jamtur01', 'wrong again')).status === 429,
    },
  };

  for (const part of PARTS) {
    it(`puts ${part} back alone, and leaves the rest as it is`, async () => {
      await using hub = await startPlainHub({ seed, loginLimit: 1 });
      for (const each of PARTS) await changes[each].change(hub);
      await hub.reset(part);
      for (const each of PARTS) {
        assert.equal(await changes[each].shows(hub), each !== part, each);
      }
    });
  }

  it('puts all parts back', async () => {
    await using hub = await startPlainHub({ seed, loginLimit: 1 });
    for (const each of PARTS) await changes[each].change(hub);
    await hub.reset();
    for (const each of PARTS) assert.equal(await changes[each].shows(hub), false, each);
  });

  it('refuses a part that there is not', async () => {
    await using hub = await startPlainHub();
    assert.match(await refusal(() => hub.reset('files' as Part)), /^part: expected one of data, j/);
  });

  it('goes back to the faults of the start, uncounted', async () => {
    await using hub = await startPlainHub({
      faults: [{ name: 'once', match: { path: '/v1/_ping' }, times: 1, then: { status: 503 } }],
    });
    const ping = async () => (await send(hub, 'GET /v1/_ping', { unchecked: true })).status;
    assert.deepEqual([await ping(), await ping()], [503, 200]);
    hub.faults.clear();
    await hub.reset();
    assert.deepEqual([await ping(), await ping()], [503, 200]);
  });

  it('leaves no file of an image behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-v1-harness-'));
    try {
      await using hub = await startPlainHub({ data: folder, seed });
      const stored = () => readdirSync(`${folder}/images`);
      const before = stored();
      await liveThrough(hub.url, 'somebody');
      assert.equal(stored().length, before.length + 1);
      await hub.reset();
      assert.deepEqual(stored(), before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a reset cannot rot', () => {
  /** A document of each kind; a collection that is missing here does not compile. */
  const strays: { readonly [K in keyof Collections]: object } = {
    hub: { format: 1, secret: '', created: '' },
    users: { username: 'stray', emails: ['s@example.com'] },
    repositories: {
      namespace: 'stray',
      name: 'r',
      holds: [],
      images: [],
      tags: {},
      access: 'public',
    },
    images: { id: 'f'.repeat(64), ancestry: [], json: 'json-0', layer: 'layer-0' },
    uploads: { id: 'f'.repeat(64), repository: 'stray/r', json: 'json-0' },
    manifests: { digest: `sha256:${'f'.repeat(64)}`, kind: 'image', layers: [] },
  };

  it('captures and restores every collection of the storage', async () => {
    const storage = await openStorage({ folder: undefined });
    try {
      const state = new DataState(storage, async () => undefined);
      const isCollection = ([, value]: [string, unknown]) => value instanceof Collection;
      const collections = Object.entries(storage).filter(isCollection);
      assert.deepEqual(
        collections.map(([name]) => name).sort(),
        Object.keys(state.capture().documents).sort(),
      );
      const others = Object.keys(storage).filter((name) => !(name in strays));
      assert.deepEqual(
        others.sort(),
        ['abandon', 'blobs', 'close', 'files', 'load', 'secret', 'setAside', 'tidy'],
        'a store of a new kind',
      );
      await state.markBaseline();
      for (const [name, stray] of Object.entries(strays)) {
        const collection = storage[name as keyof Collections] as Collection<object>;
        await collection.update('stray', () => stray);
        assert.equal(collection.get('stray'), stray);
        await state.reset();
        assert.equal(collection.get('stray'), undefined, name);
      }
    } finally {
      await storage.close();
    }
  });

  it('waits for what was asked of the handles, and what is asked meanwhile comes after it', async () => {
    await using hub = await startPlainHub();
    for (let round = 0; round < 5; round += 1) {
      const user = (name: string) => ({ username: `${name}${round}`, password: PASSWORD });
      const before = [
        hub.users.create(user('early')),
        hub.images.create({ repository: 'early', files: {} }),
        hub.seed({ users: [user('seeded')], repositories: [{ name: 'seeded' }] }),
      ];
      const reset = hub.reset();
      const late = hub.users.create(user('late'));
      await Promise.all([...before, reset]);
      await late;
      assert.deepEqual(
        [
          hub.users.list().map(({ username }) => username),
          hub.repositories.list(),
          hub.images.list(),
        ],
        [[`late${round}`], [], []],
      );
      await hub.reset();
    }
  });

  it('hides nothing: after it, the hub says again what it said before, to the letter', async () => {
    await using hub = await startPlainHub({ endpoints: ['hub.example.com'] });
    const live = async () => {
      await hub.reset();
      hub.clock.freeze('2014-06-09T12:00:00Z');
      hub.random.seed('a life');
      return liveThrough(hub.url);
    };
    const first = await live();
    assert.deepEqual(first.map(({ status }) => status).slice(0, 4), [201, 200, 401, 200]);
    assert.equal(first.at(-1)?.status, 202);
    assert.deepEqual(await live(), first);
    await using other = await startPlainHub({ endpoints: ['hub.example.com'] });
    other.clock.freeze('2014-06-09T12:00:00Z');
    other.random.seed('a life');
    assert.deepEqual(await liveThrough(other.url), first);
  });
});

describe('snapshots', () => {
  it('put back data, files, faults with their counts, clock and randomness', async () => {
    await using hub = await startPlainHub();
    await hub.images.create({ repository: 'jamtur01/web', files: FILES });
    hub.faults.add({
      name: 'twice',
      match: { path: '/v1/_ping' },
      times: 2,
      then: { status: 503 },
    });
    hub.clock.freeze('2014-06-09T12:00:00Z');
    const ping = async () => (await send(hub, 'GET /v1/_ping', { unchecked: true })).status;
    assert.equal(await ping(), 503);
    await hub.snapshot('before');
    assert.deepEqual([await ping(), await ping()], [503, 200]);
    const [image] = hub.images.list();
    await hub.repositories.delete('jamtur01/web');
    await hub.users.create({ username: 'later', password: PASSWORD });
    hub.clock.advance(1000);
    await hub.restore('before');
    assert.deepEqual([await ping(), await ping()], [503, 200]);
    assert.equal(hub.clock.now(), Date.parse('2014-06-09T12:00:00Z'));
    assert.equal(hub.users.get('later'), undefined);
    await send(hub, `GET /v1/images/${image?.id}/layer`).expect(200);
  });

  it('outlive a reset, and can be put back again and again', async () => {
    await using hub = await startPlainHub();
    await hub.repositories.create({ name: 'jamtur01/a' });
    await hub.snapshot('a');
    for (let round = 0; round < 3; round += 1) {
      await hub.reset();
      assert.deepEqual(hub.repositories.list(), []);
      await hub.restore('a');
      assert.equal(hub.repositories.list().length, 1);
    }
  });

  it('are listed, replaced and dropped', async () => {
    await using hub = await startPlainHub();
    await hub.snapshot('one');
    await hub.repositories.create({ name: 'jamtur01/a' });
    await hub.snapshot('one');
    await hub.snapshot('two');
    assert.deepEqual(hub.snapshots, ['one', 'two']);
    await hub.reset();
    await hub.restore('one');
    assert.equal(hub.repositories.list().length, 1);
    assert.deepEqual([await hub.dropSnapshot('one'), await hub.dropSnapshot('one')], [true, false]);
    assert.deepEqual(hub.snapshots, ['two']);
    assert.equal(await refusal(() => hub.restore('one')), 'name: there is no snapshot "one"');
  });

  it('are bounded, and say so; a name of their own is not refused', async () => {
    await using hub = await startPlainHub();
    for (let number = 0; number < MOST_SNAPSHOTS; number += 1) await hub.snapshot(`s${number}`);
    assert.match(
      await refusal(() => hub.snapshot('more')),
      /^name: there are 100 snapshots already/,
    );
    await hub.snapshot('s7');
    for (const name of ['', 'a b', 'ü', 'x'.repeat(101)]) {
      assert.match(await refusal(() => hub.snapshot(name)), /^name: expected 1 to 100 letters/);
    }
  });

  it('keep the files of images only as long as they are there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-v1-harness-'));
    try {
      await using hub = await startPlainHub({ data: folder });
      const stored = () => readdirSync(`${folder}/images`);
      await hub.users.create({ username: 'jamtur01', password: PASSWORD });
      const image = makeImage('kept');
      await pushImage(hub, basic('jamtur01'), 'jamtur01/web', image);
      await hub.snapshot('with');
      await hub.repositories.delete('jamtur01/web');
      assert.deepEqual(stored(), [image.id]);
      await hub.restore('with');
      await send(hub, `GET /v1/images/${image.id}/layer`).expect(200);
      await hub.repositories.delete('jamtur01/web');
      await hub.dropSnapshot('with');
      assert.deepEqual(stored(), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('two hubs in one process', () => {
  it('run the same test side by side without meeting', async () => {
    await using one = await startPlainHub();
    await using two = await startPlainHub();
    const lives = await Promise.all([liveThrough(one.url), liveThrough(two.url)]);
    const [first, second] = lives.map((told) =>
      told.map(({ line, status }) => `${line} ${status}`),
    );
    assert.deepEqual(first, second);
    assert.equal(one.requests.size.kept, first?.length);
    one.faults.add({ then: { status: 503 } });
    one.clock.freeze(0);
    assert.deepEqual([two.faults.list(), two.clock.isAltered], [[], false]);
    await one.reset();
    assert.equal(one.users.get('jamtur01'), undefined);
    assert.notEqual(two.users.get('jamtur01'), undefined);
  });
});

describe('the end of a hub', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-end-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is the end of its writing: the data directory may be another hub’s', async () => {
    const data = join(folder, 'given back');
    await using first = await startPlainHub({ data });
    await first.close();
    await using second = await startPlainHub({ data });
    const late = first.users.create({ username: 'ghost1', password: PASSWORD });
    await assert.rejects(late, /the hub is closed|is closed/);
    assert.equal(second.users.get('ghost1'), undefined);
    assert.ok(!readdirSync(join(data, 'users')).some((name) => name.startsWith('ghost1')));
  });

  it('gives the data directory back, though something could not be removed', async () => {
    const data = join(folder, 'half removed');
    let isBroken = false;
    const onDiskStep = (step: string): void => {
      if (isBroken && step === 'remove') throw new Error('the disk is broken');
    };
    const hub = await startPlainHub({ data, onDiskStep });
    await hub.images.create({ repository: 'jamtur01/web', files: FILES });
    await hub.snapshot('with-an-image');
    await hub.repositories.delete('jamtur01/web');
    isBroken = true;
    await assert.rejects(hub.close(), /the disk is broken/);
    await (await startPlainHub({ data })).close();
  });

  it('of a start that fails tells of what came first, not of what fails on the way out', async () => {
    const data = join(folder, 'failed');
    const firstAdmin = (): never => {
      rmSync(join(data, 'changes-0.log'));
      throw new Error('nobody is the first');
    };
    await assert.rejects(startPlainHub({ data, firstAdmin }), /nobody is the first/);
    await (await startPlainHub({ data })).close();
  });

  it('comes with the block that used it', async () => {
    let url = '';
    {
      await using hub = await startPlainHub();
      url = hub.url;
      await send(hub, 'GET /v1/_ping').expect(200);
    }
    await assert.rejects(Promise.resolve(send({ url }, 'GET /v1/_ping')), /ECONNREFUSED/);
  });

  it('ends what waits for a request, and is the same however often it is asked for', async () => {
    await using hub = await startPlainHub();
    const waiting = assert.rejects(hub.requests.waitFor({ path: '/never' }), /the hub was closed/);
    await Promise.all([hub.close(), hub.close()]);
    await waiting;
  });

  it('comes at once when a client waits out a fault', async () => {
    await using hub = await startPlainHub({ faults: [{ then: { delay: 600_000 } }] });
    const asked = send(hub, 'GET /v1/_ping');
    const aborted = assert.rejects(Promise.resolve(asked), { code: 'ABORTED' });
    await eventually('the fault acts', () => hub.faults.list()[0]?.matched === 1);
    asked.abort();
    await aborted;
    const started = performance.now();
    await hub.close();
    assert.ok(performance.now() - started < 5000);
  });
});

describe('a hub without its harness', () => {
  it('has no journal and nothing to go back to, and so frees what is deleted', async () => {
    await using hub = await startPlainHub({ harness: false });
    await send(hub, 'GET /v1/_ping');
    assert.deepEqual(hub.requests.size, { kept: 0, dropped: 0, bound: 0 });
    assert.equal(await refusal(() => hub.reset()), 'harness: it is off');
    assert.match(await refusal(() => hub.requests.waitFor({})), /^journal: it is off/);
  });
});

it('a handle shows what can be done with it, and nothing else', async () => {
  await using hub = await startPlainHub();
  const shown = Object.entries(hub).map(([name, value]) => [
    name,
    typeof value === 'object' && !Array.isArray(value)
      ? Object.keys(value).join(' ')
      : typeof value,
  ]);
  assert.deepEqual(Object.fromEntries(shown), {
    url: 'string',
    port: 'number',
    close: 'function',
    unref: 'function',
    reset: 'function',
    snapshot: 'function',
    restore: 'function',
    dropSnapshot: 'function',
    snapshots: 'object',
    seed: 'function',
    users: 'create get list activate deactivate delete',
    repositories: 'create get list delete',
    images: 'create import get find list delete',
    endpoints: 'list set reset',
    requests: 'list waitFor page size',
    faults: 'add list unhit clear',
    clock: 'now isAltered isFrozen freeze set advance reset',
    random: 'seed currentSeed',
  });
  assert.doesNotMatch(inspect(hub, { depth: 9 }), /#|class |Map\(/);
});

it('a hub that is never closed lets its process end, once it is told to', {
  timeout: 60_000,
}, () => {
  const module = new URL('../../src/index.js', import.meta.url).href;
  const program = `
    import { startHub } from '${module}';
    const hub = (await startHub({ bcryptRounds: 4 })).unref();
    await hub.users.create({ username: 'jamtur01', password: 'secret' });
    console.log((await fetch(hub.url + '/v1/_ping')).status);
  `;
  const args = ['--input-type=module', '-e', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [0, '200\n', '']);
});
