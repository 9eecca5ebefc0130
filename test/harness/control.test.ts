import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type supertest from 'supertest';
import { controlRoutes } from '../../routes/index.js';
import type { Hub, HubOptions } from '../../src/index.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { liveThrough } from '../support/life.js';
import { createRepository } from '../support/pushes.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

/* The harness over HTTP, for every other language: /_hub. Each answer is held against openapi.yaml. */

const NOON = '2014-06-09T12:00:00Z';

/** One request, such as `ask(hub, 'POST /_hub/reset', { part: 'data' })`. */
function ask(hub: Hub, line: string, body?: unknown): supertest.Test {
  return send(hub, line, body === undefined ? {} : { body });
}

describe('the control', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub({
      control: true,
      seed: { users: [{ username: 'jamtur01', password: PASSWORD }] },
    });
  });
  beforeEach(() => hub.reset());
  after(() => hub.close());

  it('lists what there is', async () => {
    const { body } = await ask(hub, 'GET /_hub/').expect(200);
    assert.equal(body.requests.length, controlRoutes.length);
    for (const line of ['GET /_hub/', 'POST /_hub/seed', 'DELETE /_hub/users/{username}']) {
      assert.ok(body.requests.includes(line), line);
    }
    await ask(hub, 'GET /_hub').expect(200, body);
  });

  it('says that the hub is ready', async () => {
    const { body } = await ask(hub, 'GET /_hub/health').expect(200);
    assert.equal(body.status, 'ready');
    await ask(hub, 'HEAD /_hub/health').expect(200);
  });

  it('speaks the JSON of today, with a length, for no cache', async () => {
    const answer = parseRawAnswer(
      await rawHttp(hub.url, { method: 'GET', path: '/_hub/snapshots' }),
    );
    assert.equal(answer.body.toString(), '{"snapshots":[],"bound":100}');
    assert.deepEqual(answer.headers['content-length'], [String(answer.body.length)]);
    assert.deepEqual(answer.headers['cache-control'], ['no-store']);
  });

  it('resets everything, or a part', async () => {
    hub.clock.freeze(NOON);
    await hub.users.create({ username: 'somebody', password: PASSWORD });
    const one = await ask(hub, 'POST /_hub/reset', { part: 'data' }).expect(200);
    assert.deepEqual(one.body, { reset: ['data'] });
    assert.deepEqual([hub.users.list().length, hub.clock.isFrozen], [1, true]);
    const all = await ask(hub, 'POST /_hub/reset').expect(200);
    assert.deepEqual(all.body.reset.length, 6);
    assert.equal(hub.clock.isFrozen, false);
  });

  it('takes, lists, restores and drops snapshots', async () => {
    await ask(hub, 'POST /_hub/snapshots', { name: 'one' }).expect(201, { name: 'one' });
    await hub.users.delete('jamtur01');
    await ask(hub, 'POST /_hub/snapshots/one/restore').expect(200, { name: 'one' });
    assert.notEqual(hub.users.get('jamtur01'), undefined);
    await ask(hub, 'GET /_hub/snapshots').expect(200, { snapshots: ['one'], bound: 100 });
    await ask(hub, 'DELETE /_hub/snapshots/one').expect(204, '');
    await ask(hub, 'DELETE /_hub/snapshots/one').expect(404);
    const { body } = await ask(hub, 'POST /_hub/snapshots/one/restore').expect(400);
    assert.deepEqual(body, { error: 'name: there is no snapshot "one"', field: 'name' });
  });

  it('shows what the hub saw, filtered and in pages, and forgets it', async () => {
    await liveThrough(hub.url, 'somebody');
    const all = await ask(hub, 'GET /_hub/requests').expect(200);
    const { requests, ...size } = all.body;
    assert.deepEqual(size, { kept: 14, dropped: 0, bound: 10_000 });
    assert.deepEqual(requests, hub.requests.list());
    const count = async (query: string) =>
      (await ask(hub, `GET /_hub/requests?${query}`).expect(200)).body.requests.length;
    assert.equal(await count('method=PUT'), 6);
    assert.equal(await count('path=/v1/images/*'), 4);
    assert.equal(await count('status=401'), 1);
    assert.equal(await count('operation=putTag'), 1);
    assert.equal(await count('operation=nothing'), 0);
    assert.equal(await count('user=somebody&method=DELETE'), 1);
    assert.equal(await count(`since=${new Date(Date.now() + 60_000).toISOString()}`), 0);
    assert.equal(await count(`since=${encodeURIComponent('2014-06-09T14:00:00+02:00')}`), 14);
    assert.equal(await count('since=2014-06-09T14:00:00+02:00'), 14);
    assert.equal(await count(`since=${Date.now() - 600_000}`), 14);
    const first = (await ask(hub, 'GET /_hub/requests?limit=10')).body;
    const second = (await ask(hub, `GET /_hub/requests?limit=10&after=${first.next}`)).body;
    assert.deepEqual([...first.requests, ...second.requests], requests);
    assert.deepEqual([first.next, second.next], [10, undefined]);
    await ask(hub, 'DELETE /_hub/requests').expect(204);
    const { body } = await ask(hub, 'GET /_hub/requests').expect(200);
    assert.deepEqual(body, { requests: [], kept: 0, dropped: 0, bound: 10_000 });
  });

  it('says how many requests the bound has cost', async () => {
    await using small = await startPlainHub({ control: true, journal: 2 });
    for (let n = 0; n < 5; n += 1) await ask(small, 'GET /v1/_ping').expect(200);
    const { body } = await ask(small, 'GET /_hub/requests').expect(200);
    assert.deepEqual([body.kept, body.dropped, body.bound], [2, 3, 2]);
  });

  it('waits for a request, seen already or to come', async () => {
    await ask(hub, 'GET /v1/_ping').expect(200);
    const path = '/_hub/requests/wait?path=/v1/_ping';
    const seen = await ask(hub, `GET ${path}`).expect(200);
    assert.deepEqual([seen.body.path, seen.body.number], ['/v1/_ping', 1]);
    const waiting = ask(hub, `GET ${path}&after=1&timeout=10000`).expect(200).then();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await ask(hub, 'GET /v1/_ping');
    assert.equal((await waiting).body.number, 2);
  });

  it('says what was seen instead of what was waited for', async () => {
    await ask(hub, 'GET /v1/_ping').expect(200);
    const { body } = await ask(hub, 'GET /_hub/requests/wait?method=PUT&timeout=10').expect(404);
    assert.deepEqual(body, {
      error: 'no such request within 10 ms; seen instead: \n  GET /v1/_ping 200',
      seen: ['GET /v1/_ping 200'],
    });
  });

  it('adds, lists and clears faults, and tells which were never hit', async () => {
    const match = { path: '/v1/_ping' };
    const rule = { name: 'busy', match, times: 1, then: { status: 503, retryAfter: 2 } };
    const made = await ask(hub, 'POST /_hub/faults', rule).expect(201);
    assert.deepEqual(made.body, { ...rule, matched: 0, acted: 0 });
    const spare = { name: 'fault-2', then: { delay: 0 }, matched: 0, acted: 0 };
    await ask(hub, 'POST /_hub/faults', { then: { delay: 0 } }).expect(201, spare);
    await send(hub, 'GET /v1/_ping', { unchecked: true }).expect(503).expect('Retry-After', '2');
    const { body } = await ask(hub, 'GET /_hub/faults').expect(200);
    assert.deepEqual(body, { faults: [{ ...rule, matched: 1, acted: 1 }, spare] });
    await ask(hub, 'GET /_hub/faults/unhit').expect(200, { faults: [spare] });
    await ask(hub, 'DELETE /_hub/faults/busy').expect(204);
    await ask(hub, 'DELETE /_hub/faults/busy').expect(404);
    await ask(hub, 'DELETE /_hub/faults').expect(204);
    await ask(hub, 'GET /_hub/faults').expect(200, { faults: [] });
  });

  it('freezes, sets, advances and resets the clock, by PUT and by POST', async () => {
    const frozen = { now: '2014-06-09T12:00:00.000Z', milliseconds: Date.parse(NOON) };
    const shown = { ...frozen, frozen: true, altered: true };
    await ask(hub, 'PUT /_hub/clock', { freeze: NOON }).expect(200, shown);
    await ask(hub, 'GET /_hub/clock').expect(200, shown);
    const { body } = await ask(hub, 'POST /_hub/clock', { advance: 90_000 }).expect(200);
    assert.equal(body.now, '2014-06-09T12:01:30.000Z');
    await ask(hub, 'PUT /_hub/clock', { set: Date.parse(NOON) }).expect(200, shown);
    const reset = await ask(hub, 'POST /_hub/clock', { reset: true }).expect(200);
    assert.deepEqual([reset.body.frozen, reset.body.altered], [false, false]);
    const now = await ask(hub, 'POST /_hub/clock', { freeze: true }).expect(200);
    assert.ok(Math.abs(now.body.milliseconds - Date.now()) < 60_000);
  });

  it('makes tokens repeatable', async () => {
    const token = async () => {
      await hub.reset();
      await ask(hub, 'PUT /_hub/clock', { freeze: NOON }).expect(200);
      await ask(hub, 'POST /_hub/random', { seed: 42 }).expect(200, { seed: '42' });
      return createRepository(hub, basic('jamtur01'), 'jamtur01/web');
    };
    assert.equal(await token(), await token());
  });

  it('adds a seed, which can become what a reset goes back to', async () => {
    const tags = { latest: { files: { a: 'b' } } };
    const seed = {
      users: [{ username: 'later', password: PASSWORD, active: false }],
      repositories: [{ name: 'later/web', tags }],
    };
    const planted = { users: 1, repositories: 1, baseline: false };
    await ask(hub, 'POST /_hub/seed', seed).expect(200, planted);
    assert.equal(hub.users.get('later')?.active, false);
    await ask(hub, 'POST /_hub/reset').expect(200);
    assert.equal(hub.users.get('later'), undefined);
    await using other = await startPlainHub({ control: true });
    await ask(other, 'POST /_hub/seed?baseline=true', seed).expect(200, {
      ...planted,
      baseline: true,
    });
    await other.users.delete('later');
    await ask(other, 'POST /_hub/reset').expect(200);
    assert.notEqual(other.users.get('later'), undefined);
    assert.deepEqual(Object.keys(other.repositories.get('later/web')?.tags ?? {}), ['latest']);
  });

  it('applies nothing of a seed that is wrong somewhere', async () => {
    const users = [{ username: 'later', password: PASSWORD }];
    const wrong: [object, string][] = [
      [{ users: [...users, { username: 'x', password: PASSWORD }] }, 'users[1].username'],
      [{ users: [...users, { username: 'jamtur01', password: PASSWORD }] }, 'users[1].username'],
      [
        { users, repositories: [{ name: 'b1', tags: { c: { files: {}, from: 'd/e' } } }] },
        'repositories[0].tags.c.from',
      ],
    ];
    for (const [seed, field] of wrong) {
      const { body } = await ask(hub, 'POST /_hub/seed', seed).expect(400);
      assert.equal(body.field, field);
      assert.ok(body.error.startsWith(`${field}: `));
      assert.deepEqual([hub.users.list().length, hub.repositories.list()], [1, []]);
    }
  });

  it('makes, shows, activates, deactivates and deletes users', async () => {
    const user = { username: 'somebody', password: PASSWORD, active: false, admin: true };
    const { body: made } = await ask(hub, 'POST /_hub/users', user).expect(201);
    assert.deepEqual([made.active, made.admin, made.password], [false, true, undefined]);
    await ask(hub, 'GET /_hub/users/somebody').expect(200, made);
    const { body } = await ask(hub, 'GET /_hub/users').expect(200);
    assert.deepEqual(body.users[1], made);
    await ask(hub, 'POST /_hub/users/somebody/activate').expect(200, { ...made, active: true });
    await ask(hub, 'GET /v1/users/').set('Authorization', basic('somebody')).expect(200);
    await ask(hub, 'POST /_hub/users/somebody/deactivate').expect(200, made);
    await ask(hub, 'GET /v1/users/').set('Authorization', basic('somebody')).expect(403);
    await ask(hub, 'DELETE /_hub/users/somebody').expect(204);
    for (const line of ['GET ', 'DELETE '])
      await ask(hub, `${line}/_hub/users/somebody`).expect(404);
    await ask(hub, 'POST /_hub/users/somebody/activate').expect(404, { error: 'User not found' });
  });

  it('makes, shows and deletes repositories and images', async () => {
    const name = 'jamtur01/web';
    const made = await ask(hub, 'POST /_hub/repositories', { name, private: true }).expect(201);
    await ask(hub, `GET /_hub/repositories/${name}`).expect(200, made.body);
    await ask(hub, 'POST /_hub/repositories', { name: 'busybox' }).expect(201);
    await ask(hub, 'GET /_hub/repositories/busybox').expect(200);
    const image = { repository: name, tag: 'v1', files: { 'etc/motd': 'hello' } };
    const { body } = await ask(hub, 'POST /_hub/images', image).expect(201);
    await ask(hub, `GET /_hub/images/${body.id}`).expect(200, body);
    await ask(hub, 'GET /_hub/images').expect(200, { images: [body] });
    const { body: list } = await ask(hub, 'GET /_hub/repositories').expect(200);
    assert.deepEqual(list.repositories[0].tags, { v1: body.id });
    await ask(hub, `DELETE /_hub/images/${body.id}`).expect(204);
    await ask(hub, `DELETE /_hub/images/${body.id}`).expect(404);
    await ask(hub, `GET /_hub/images/${body.id}`).expect(404);
    for (const each of [name, 'busybox']) {
      await ask(hub, `DELETE /_hub/repositories/${each}`).expect(204);
      await ask(hub, `DELETE /_hub/repositories/${each}`).expect(404);
      await ask(hub, `GET /_hub/repositories/${each}`).expect(404);
    }
  });

  it('says at run time where the hub is, which no reset changes', async () => {
    const begin = () =>
      send(hub, 'PUT /v1/repositories/jamtur01/web/', {
        auth: basic('jamtur01'),
        body: [],
      });
    await ask(hub, 'GET /_hub/endpoints').expect(200, { endpoints: [] });
    const endpoints = ['localhost:32768', '[::1]:5000'];
    await ask(hub, 'PUT /_hub/endpoints', { endpoints }).expect(200, { endpoints });
    await ask(hub, 'POST /_hub/reset').expect(200);
    await begin().expect(200).expect('X-Docker-Endpoints', endpoints.join(', '));
    await ask(hub, 'DELETE /_hub/endpoints').expect(204);
    await begin().expect(200).expect('X-Docker-Endpoints', `127.0.0.1:${hub.port}`);
  });

  const refused: readonly (readonly [string, unknown, string | undefined])[] = [
    ['POST /_hub/reset', { part: 'files' }, 'part'],
    ['POST /_hub/reset', { parts: [] }, 'parts'],
    ['POST /_hub/reset', [], undefined],
    ['POST /_hub/reset', '{', undefined],
    ['POST /_hub/reset?part=faults', undefined, 'part'],
    ['DELETE /_hub/faults?name=busy', undefined, 'name'],
    ['DELETE /_hub/requests?path=/v1/users/', undefined, 'path'],
    ['GET /_hub/health?deep=1', undefined, 'deep'],
    ['POST /_hub/snapshots', {}, 'name'],
    ['POST /_hub/snapshots', { name: 'a b' }, 'name'],
    ['POST /_hub/snapshots', { name: 7 }, 'name'],
    ['POST /_hub/snapshots/none/restore', undefined, 'name'],
    ['GET /_hub/requests?since=noon', undefined, 'since'],
    ['GET /_hub/requests?status=many', undefined, 'status'],
    ['GET /_hub/requests?limit=0', undefined, 'limit'],
    ['GET /_hub/requests?limit=1001', undefined, 'limit'],
    ['GET /_hub/requests?after=-1', undefined, 'after'],
    ['GET /_hub/requests?pathh=/', undefined, 'pathh'],
    ['GET /_hub/requests/wait?timeout=60001', undefined, 'timeout'],
    ['GET /_hub/requests/wait?limit=3', undefined, 'limit'],
    ['POST /_hub/faults', {}, 'then'],
    ['POST /_hub/faults', { then: { status: 99 } }, 'then.status'],
    ['POST /_hub/faults', { then: { delay: 1 }, match: { url: '/' } }, 'match.url'],
    ['POST /_hub/faults', { then: { delay: 1 }, match: { path: 'v1/users/' } }, 'match.path'],
    ['POST /_hub/faults', { then: { delay: 1 }, match: { method: '' } }, 'match.method'],
    ['POST /_hub/faults', { then: { redirect: '/v1/else' } }, 'then.redirect'],
    ['POST /_hub/faults', { then: { redirect: 'ftp://x/' } }, 'then.redirect'],
    ['PUT /_hub/clock', { set: '2014-02-31T00:00:00Z' }, 'set'],
    ['PUT /_hub/clock', {}, undefined],
    ['PUT /_hub/clock', { freeze: true, set: 1 }, undefined],
    ['POST /_hub/clock', { freeze: 'noon' }, 'freeze'],
    ['POST /_hub/clock', { freeze: false }, 'freeze'],
    ['POST /_hub/clock', { set: true }, 'set'],
    ['POST /_hub/clock', { set: -1 }, 'set'],
    ['POST /_hub/clock', { advance: 1e300 }, 'advance'],
    ['POST /_hub/clock', { advance: 'a minute' }, 'advance'],
    ['POST /_hub/random', {}, 'seed'],
    ['POST /_hub/random', { seed: '' }, 'seed'],
    ['POST /_hub/random', { seed: null }, 'seed'],
    ['POST /_hub/seed', 'text', undefined],
    ['POST /_hub/seed', '"seed.yaml"', undefined],
    ['POST /_hub/seed', null, undefined],
    ['POST /_hub/seed?baseline=maybe', {}, 'baseline'],
    ['POST /_hub/seed', { users: [{}] }, 'users[0].username'],
    ['PUT /_hub/endpoints', {}, 'endpoints'],
    ['PUT /_hub/endpoints', { endpoints: ['http://x'] }, 'endpoints[0]'],
    ['POST /_hub/users', { username: 'jamtur01', password: PASSWORD }, 'username'],
    ['POST /_hub/users', { username: 'other' }, 'password'],
    ['POST /_hub/repositories', { name: 'A/B' }, 'name'],
    ['POST /_hub/repositories', { name: 'a1/b', stars: 'many' }, 'stars'],
    ['POST /_hub/images', { repository: 'a1/b', files: [] }, 'files'],
    ['POST /_hub/images', { repository: 'a1/b', files: {}, from: 'x' }, 'from'],
    ['POST /_hub/images', { repository: 'a1/b', files: { '/': '' } }, 'files./'],
    ['POST /_hub/images', { repository: 'a1/b', files: { '../x': '' } }, 'files.../x'],
    ['POST /_hub/images', { repository: 'a1/b', files: { a: '', '/a': '' } }, 'files./a'],
  ];
  for (const [line, body, field] of refused) {
    it(`refuses ${line} ${JSON.stringify(body) ?? ''}, naming ${field ?? 'nothing'}`, async () => {
      const answer = await ask(hub, line, body).expect(400);
      assert.equal(answer.body.field, field);
      assert.ok(field === undefined || answer.body.error.startsWith(`${field}: `));
      assert.deepEqual([hub.users.list().length, hub.repositories.list().length], [1, 0]);
      assert.deepEqual([hub.faults.list(), hub.clock.isAltered, hub.snapshots], [[], false, []]);
    });
  }

  it('answers 404, 405 and 413', async () => {
    await ask(hub, 'GET /_hub/nothing').expect(404, { error: 'Not found' });
    await ask(hub, 'PUT /_hub/reset', {}).expect(405).expect('Allow', 'POST');
    await ask(hub, 'GET /_hub/faults/busy').expect(405).expect('Allow', 'DELETE');
    const long = { users: 'x'.repeat(16 * 1024 * 1024) };
    await ask(hub, 'POST /_hub/seed', long).expect(413);
  });

  it('is not in the journal, and meets no fault', async () => {
    hub.faults.add({ then: { status: 503 } });
    await ask(hub, 'GET /_hub/health').expect(200);
    await ask(hub, 'GET /_hub/nothing').expect(404);
    assert.deepEqual(hub.requests.list(), []);
    assert.equal(hub.faults.list()[0]?.matched, 0);
  });

  it('takes nothing from a web page of another origin', async () => {
    const reset = (origin: string) => ask(hub, 'POST /_hub/reset').set('Origin', origin);
    await reset('https://example.com').expect(403);
    await reset('null').expect(403);
    await reset(hub.url).expect(200);
    // A name of the page's own that was made to lead here.
    const named = `evil.example:${hub.port}`;
    await reset(`http://${named}`).set('Host', named).expect(403);
  });

  const hosts: readonly (readonly [string, number])[] = [
    ['localhost', 200],
    ['LOCALHOST:5000', 200],
    ['127.0.0.1', 200],
    ['127.1.2.3:80', 200],
    ['[::1]:5000', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example:5000', 403],
    ['10.0.0.1:5000', 403],
    ['', 403],
  ];
  for (const [host, status] of hosts) {
    it(`is ${status} to everybody who calls the hub "${host}", as after DNS rebinding`, async () => {
      for (const line of ['GET /_hub/health', 'GET /_hub/requests', 'POST /_hub/reset']) {
        const answer = await ask(hub, line).set('Host', host).expect(status);
        if (status === 403) assert.match(answer.body.error, /^Without a --control-key, Host must/);
      }
    });
  }

  for (const [site, status] of [
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
    ['anything', 403],
  ] as const) {
    it(`is ${status} to what a browser calls ${site}, with an Origin or without`, async () => {
      for (const line of ['GET /_hub/requests', 'POST /_hub/reset']) {
        await ask(hub, line).set('Sec-Fetch-Site', site).expect(status);
        const page = ask(hub, line).set('Sec-Fetch-Site', site).set('Origin', hub.url);
        await page.expect(status);
      }
    });
  }
});

describe('the control that is off', () => {
  it('is not there, and says how to turn it on', async () => {
    await using hub = await startPlainHub();
    for (const { method, path } of controlRoutes.filter((route) => route.method !== 'PATCH')) {
      const line = `${method} ${path.replace(/:\w+/g, 'x').replace('{/}', '')}`;
      const { body } = await ask(hub, line, method === 'GET' ? undefined : {}).expect(404);
      assert.match(body.error, /--control/);
    }
  });
});

describe('the key of the control', () => {
  const KEY = 'open-sesame';
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub({ control: { key: KEY } });
  });
  after(() => hub.close());

  it('is asked for by every route', async () => {
    for (const { method, path } of controlRoutes) {
      const line = `${method} ${path.replace(/:\w+/g, 'x').replace('{/}', '')}`;
      const refused = await ask(hub, line, method === 'GET' ? undefined : {}).expect(401);
      assert.deepEqual(refused.body, { error: 'The header X-Hub-Key must have the key' });
    }
    for (const key of ['', 'open-sesam', 'open-sesame-', 'OPEN-SESAME']) {
      await ask(hub, 'GET /_hub/health').set('X-Hub-Key', key).expect(401);
    }
    assert.equal((await send(hub, 'GET /_hub/nothing', { unchecked: true })).status, 401);
  });

  it('opens it, from any page', async () => {
    const open = () => ask(hub, 'POST /_hub/reset').set('X-Hub-Key', KEY);
    await open().expect(200);
    await open().set('Origin', 'https://example.com').expect(200);
  });

  it('is not asked for by the Hub', async () => {
    await send(hub, 'GET /v1/_ping').expect(200);
  });

  const wrong: readonly (readonly [HubOptions, RegExp])[] = [
    [
      { host: '0.0.0.0', control: true },
      /^--control: on 0\.0\.0\.0, which others can reach, it needs/,
    ],
    [{ host: '::', control: true }, /^--control: on ::, /],
    [{ host: 'hub.example.com', control: {} }, /^--control: /],
    [
      { control: { key: 'short' } },
      /^--control-key: it must be 8 to 200 visible ASCII characters$/,
    ],
    [{ control: true, controlKey: 'has a blank' }, /^--control-key: /],
    [{ controlKey: KEY }, /^--control-key: it goes together with --control$/],
  ];
  for (const [options, message] of wrong) {
    it(`has to fit: ${JSON.stringify(options)}`, async () => {
      await assert.rejects(startPlainHub(options), { name: 'InvalidInput', message });
    });
  }

  it('makes it possible on an address that others can reach', async () => {
    await using open = await startPlainHub({ host: '0.0.0.0', control: true, controlKey: KEY });
    const here = { url: `http://127.0.0.1:${open.port}` };
    await send(here, 'GET /_hub/health', { headers: { 'X-Hub-Key': KEY } }).expect(200);
  });
});
