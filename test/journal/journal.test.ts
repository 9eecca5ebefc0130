import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { makeCertificates } from '../../src/cli/certificates.js';
import { type Hub, type JournalRecord, NotSeen, type RecordFilter } from '../../src/index.js';
import type { Exchange } from '../../src/journal/exchange.js';
import { Journal, MOST_BYTES } from '../../src/journal/journal.js';
import { createLog } from '../../src/journal/log.js';
import { basic, PASSWORD, type Sent, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { memory } from '../support/fuzz/memory.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { liveThrough } from '../support/life.js';
import { createRepository, putImage } from '../support/pushes.js';
import { rawHttp } from '../support/raw.js';

/* What a hub remembers of the requests it saw. */

const AUTH = basic('jamtur01');

async function ping(hub: Hub, query = ''): Promise<void> {
  await send(hub, `GET /v1/_ping${query}`, {
    headers: { 'User-Agent': 'curl/8.0' },
    unchecked: true,
  });
}

/** The one record that fits. */
function only(hub: Hub, filter: RecordFilter): JournalRecord {
  const [record, ...more] = hub.requests.list(filter);
  assert.ok(record !== undefined && more.length === 0, JSON.stringify(filter));
  return record;
}

/** Reads an answer to the last byte that its length announces, and hangs up without a word. */
async function readAndHangUp(hub: Hub, path: string): Promise<void> {
  const socket = connectTls({ port: hub.port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let read = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    read = Buffer.concat([read, chunk]);
    const body = read.indexOf('\r\n\r\n') + 4;
    const length = Number(/^content-length: (\d+)/im.exec(read.toString('latin1'))?.[1]);
    // Leaving the loop destroys the socket.
    if (read.length >= body + length) return;
  }
}

describe('a layer that a docker reads over TLS, and hangs up', () => {
  it('is a complete answer each time', async () => {
    const { leaf } = await makeCertificates(new Date());
    await using hub = await startPlainHub({ tls: leaf });
    const files = { 'etc/motd': 'welcome' };
    const { id } = await hub.images.create({ repository: 'jamtur01/app', files });
    const path = `/v1/images/${id}/layer`;
    for (let times = 1; times <= 50; times += 1) {
      await readAndHangUp(hub, path);
      const { complete, status } = await hub.requests.waitFor(({ number }) => number === times);
      assert.deepEqual([complete, status], [true, 200]);
    }
  });
});

describe('a record', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub();
    await hub.users.create({ username: 'jamtur01', password: PASSWORD });
  });
  beforeEach(() => hub.reset('journal'));
  after(() => hub.close());

  it('has all there is to know of a request and its answer', async () => {
    const before = Date.now();
    const headersSent = { Authorization: AUTH, 'User-Agent': 'docker/1.5.0' };
    const answer = await send(hub, 'GET /v1/search?q=a%20b', { headers: headersSent });
    const { text } = answer;
    const { time, duration, headers, responseHeaders, ...record } = only(hub, {});
    assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now());
    assert.ok(duration > 0 && duration < 60_000);
    assert.equal(headers.authorization, 'Basic jamtur01:***');
    assert.equal(headers['user-agent'], 'docker/1.5.0');
    const { date, 'keep-alive': _, ...sent } = answer.headers;
    assert.ok(date);
    assert.deepEqual(responseHeaders, sent);
    assert.equal(responseHeaders['x-request-id'], record.id);
    assert.equal(answer.headers['x-request-id'], record.id);
    assert.deepEqual(record, {
      id: record.id,
      number: 1,
      address: '127.0.0.1',
      method: 'GET',
      path: '/v1/search',
      query: 'q=a%20b',
      body: { size: 0 },
      status: 200,
      responseBody: { size: text.length, text },
      complete: true,
      operation: 'search',
      who: { by: 'basic', user: 'jamtur01' },
      sentence: 'docker searches for "a b", as docker search does, as jamtur01: 0 found',
    });
  });

  it('has headers whose names mean something inside JavaScript objects', async () => {
    const lines = ['Host: hub', 'Connection: close', '__proto__: one', 'constructor: two'];
    await rawHttp(hub.url, `${['GET /v1/_ping HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`);
    const shown = new Map(Object.entries(only(hub, {}).headers));
    assert.deepEqual([shown.get('__proto__'), shown.get('constructor')], ['one', 'two']);
  });

  it('has every line of a header that has several', async () => {
    hub.endpoints.set(['one.example.com', 'two.example.com:5000']);
    await createRepository(hub, AUTH, 'jamtur01/several');
    hub.endpoints.reset();
    const { responseHeaders } = only(hub, {});
    const endpoints = responseHeaders['x-docker-endpoints'];
    assert.deepEqual(endpoints, ['one.example.com', 'two.example.com:5000']);
  });

  it('says whom the credentials named where nobody was authenticated', async () => {
    await send(hub, 'GET /v1/users/', { auth: basic('jamtur01', 'wrong') }).expect(401);
    hub.faults.add({ match: { user: 'jamtur01' }, then: { status: 503 } });
    await send(hub, 'GET /v1/users/', { auth: AUTH, unchecked: true }).expect(503);
    await hub.reset('faults');
    const claimed = hub.requests.list({ user: 'jamtur01' });
    assert.deepEqual(
      claimed.map(({ status, who }) => [status, who]),
      [401, 503].map((status) => [status, { by: 'none', claimed: 'jamtur01' }]),
    );
  });

  it('says who was authenticated, and how', async () => {
    const client = hub;
    const auth = await createRepository(client, AUTH, 'jamtur01/web');
    await send(client, 'GET /v1/repositories/jamtur01/web/tags', { auth }).expect(200);
    await send(client, 'GET /v1/users/', { auth: basic('jamtur01', 'wrong') }).expect(401);
    await send(client, 'GET /v1/users/').expect(401);
    assert.deepEqual(
      hub.requests.list().map(({ who }) => who),
      [
        { by: 'basic', user: 'jamtur01' },
        { by: 'token', repository: 'jamtur01/web', access: 'write' },
        { by: 'none', claimed: 'jamtur01' },
        { by: 'none' },
      ],
    );
  });

  it('has the start of a body, and of a layer only size and digest', async () => {
    const client = hub;
    const image = makeImage('seen');
    const auth = await createRepository(client, AUTH, 'jamtur01/seen', [image]);
    await putImage(client, auth, image);
    const layer = only(hub, { path: '*/layer' });
    assert.deepEqual(layer.body, { size: image.layer.length, digest: image.payload });
    assert.deepEqual(only(hub, { path: '*/json' }).body, {
      size: image.json.length,
      text: image.json.toString(),
    });
    const list = Array.from({ length: 100 }, (_, n) => ({ id: String(n).padStart(64, '0') }));
    const body = JSON.stringify(list);
    await send(client, 'PUT /v1/repositories/jamtur01/long/', { auth: AUTH, body }).expect(200);
    const long = only(hub, { path: '*/long/' });
    assert.deepEqual(long.body, { size: body.length, text: body.slice(0, 2048), cut: true });
  });

  it('has bytes that are not text as base64, and never half a character', async () => {
    const client = hub;
    const bytes = Buffer.from([0xff, 0x00, 0x80]);
    const put = (body: string | Buffer) =>
      send(client, 'PUT /v1/repositories/jamtur01/odd/', { auth: AUTH, body }).expect(400);
    await put(bytes);
    await put(`"${'ü'.repeat(2000)}"`);
    const [odd, umlauts] = hub.requests.list();
    assert.deepEqual(odd?.body, { size: 3, base64: bytes.toString('base64') });
    assert.deepEqual(umlauts?.body, { size: 4002, text: `"${'ü'.repeat(1023)}`, cut: true });
  });

  it('shows what the client sent, and not what the hub made of it', async () => {
    const path = '/v1/repositories/jamtur01/%77eb/';
    await rawHttp(hub.url, { method: 'PUT', path, headers: { Authorization: AUTH }, body: '[]' });
    const record = only(hub, {});
    assert.equal(record.headers['content-type'], undefined);
    assert.equal(record.body.text, '[]');
  });

  it('tells which fault acted', async () => {
    hub.faults.add({ name: 'busy', match: { path: '/v1/_ping' }, then: { status: 503 } });
    await ping(hub);
    await hub.reset('faults');
    await ping(hub);
    const faults = hub.requests.list().map(({ fault, sentence }) => [fault, sentence]);
    assert.deepEqual(faults, [
      [
        'busy',
        'curl asks whether a v1 registry is here: refused for now: "The service is unavailable, please try again later"; the fault "busy" acted on it',
      ],
      [undefined, 'curl asks whether a v1 registry is here: yes'],
    ]);
  });

  it('tells when the client was gone before the answer', async () => {
    hub.faults.add({ match: { path: '/v1/_ping' }, then: { chunkDelay: 60_000 } });
    const socket = connect(hub.port, '127.0.0.1');
    socket.write('GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n\r\n');
    await eventually('the fault acts', () => hub.faults.list()[0]?.matched === 1);
    socket.resetAndDestroy();
    const { complete, fault } = await hub.requests.waitFor({ path: '/v1/_ping' });
    await hub.reset('faults');
    assert.deepEqual([complete, fault === undefined], [false, false]);
  });
});

describe('the memory of a journal', () => {
  it('is bounded in bytes as well as in number', async () => {
    const hub = await startPlainHub({ maxHeaders: 1024 ** 2 });
    try {
      const headers = { 'X-Long': 'x'.repeat(1_000_000) };
      const many = MOST_BYTES / 1_000_000 + 5;
      for (let times = 0; times < many; times += 1) {
        await send(hub, 'GET /v1/_ping', { headers });
      }
      await hub.requests.waitFor({ after: Math.floor(many) });
      const { kept, dropped } = hub.requests.size;
      assert.ok(kept * 1_000_000 <= MOST_BYTES && kept > 50, `${kept} kept`);
      assert.equal(kept + dropped, Math.ceil(many));
      assert.equal(hub.requests.list().length, kept);
    } finally {
      await hub.close();
    }
  });
});

describe('no record, and no line of the log, has a secret in it', () => {
  const SECRET = 'v3ry-s3cret';
  const LOG_IN = 'GET /v1/users/';
  const REGISTER = 'POST /v1/users/';
  const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const requests: readonly (readonly [what: string, line: string, sent: Sent])[] = [
    ['a password', LOG_IN, { auth: basic('jamtur01', SECRET) }],
    ['a wrong scheme', LOG_IN, { auth: `Bearer ${SECRET}` }],
    ['a cookie', LOG_IN, { headers: { Cookie: `session=${SECRET}` } }],
    ['a key', LOG_IN, { headers: { 'X-Hub-Key': SECRET } }],
    [
      'a registration',
      REGISTER,
      { body: { username: 'newone', password: SECRET, email: 'n@x.org' } },
    ],
    ['a form', REGISTER, { headers: FORM, body: `username=formed&password=${SECRET}` }],
    ['a query', `GET /v1/users/?password=${SECRET}`, {}],
    ['a token in a query', `GET /v1/users/?access_token=${SECRET}`, {}],
    ['a header in a query', `GET /v1/users/?Authorization=Basic%20${SECRET}`, {}],
    ['a field in a query', `GET /v1/users/?user[password]=${SECRET}`, {}],
    ['a query with semicolons', `GET /v1/users/?a=b;password=${SECRET}`, {}],
    ['a path', `GET /v1/users/jamtur01:${SECRET}`, {}],
    [
      'an address',
      LOG_IN,
      { headers: { Referer: `http://jamtur01:${SECRET}@hub/?password=${SECRET}` } },
    ],
    [
      'a header of one’s own',
      LOG_IN,
      { headers: { 'X-Auth-Token': SECRET, 'X-Password': SECRET } },
    ],
    ['the configuration of docker', LOG_IN, { headers: { 'X-Registry-Config': SECRET } }],
    ['a field in a form', REGISTER, { body: `username=a&user[password]=${SECRET}` }],
    ['a form in lines', REGISTER, { body: `a=b\npassword=${SECRET}` }],
    ['a field with blanks', REGISTER, { body: `{" password ":"${SECRET}"}` }],
    ['a field with a quote', REGISTER, { body: `{"pass\\"word":"${SECRET}"}` }],
    ['a token in JSON', REGISTER, { body: `{"token":"${SECRET}","authorization":"x"}` }],
    ['a list', REGISTER, { body: `["jamtur01","${SECRET}"]` }],
    [
      'the start of invalid JSON',
      REGISTER,
      { body: `{'password':'${SECRET}',${' '.repeat(3000)}}` },
    ],
    [
      'a change',
      'PUT /v1/users/jamtur01/',
      { auth: basic('jamtur01'), body: { password: SECRET } },
    ],
  ];
  for (const [what, line, sent] of requests) {
    it(`as ${what}`, async () => {
      await using hub = await startPlainHub();
      await hub.users.create({ username: 'jamtur01', password: PASSWORD });
      await send(hub, line, sent);
      const records = JSON.stringify(hub.requests.list());
      assert.match(records, /\*\*\*/);
      assert.ok(!records.includes(SECRET) && !records.includes(PASSWORD), records);
    });
  }

  it('as a token, whose repository and access stay', async () => {
    await using hub = await startPlainHub();
    await liveThrough(hub.url);
    const records = JSON.stringify(hub.requests.list());
    assert.ok(!/[0-9a-f]{40}(?![0-9a-f])/.test(records.replaceAll(/[0-9a-f]{64}/g, '')), records);
    assert.match(
      records,
      /Token signature=\*\*\*,repository=\\"jamtur01\/static_web\\",access=write/,
    );
  });

  it('names nothing twice', async () => {
    const lines: string[] = [];
    const logTo = { write: (line: string) => void lines.push(line) };
    await using hub = await startPlainHub({ logLevel: 'debug', logTo });
    await ping(hub);
    await hub.requests.waitFor({});
    const names = [...(lines[0] ?? '').matchAll(/"(?:time|level|msg|id)":/g)].map(([name]) => name);
    assert.deepEqual(names.sort(), ['"id":', '"level":', '"msg":', '"time":']);
  });

  it('at any level and in any format', () => {
    for (const format of ['json', 'text'] as const) {
      const lines: string[] = [];
      const destination = { write: (line: string) => void lines.push(line) };
      createLog({ level: 'debug', format, destination }).log.info({ method: 'GET' }, 'said');
      assert.match(lines.join(''), /said/);
    }
  });
});

describe('the journal', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub();
    await liveThrough(hub.url);
    await liveThrough(hub.url, 'somebody');
  });
  after(() => hub.close());

  const filters: readonly (readonly [RecordFilter, (record: JournalRecord) => boolean])[] = [
    [{ method: 'put' }, ({ method }) => method === 'PUT'],
    [{ path: '/v1/users/' }, ({ path }) => path === '/v1/users/'],
    [{ path: '/v1/images/*/layer' }, ({ path }) => path.endsWith('/layer')],
    [{ status: 401 }, ({ status }) => status === 401],
    [{ after: 17 }, ({ number }) => number > 17],
    [
      { user: 'jamtur01' },
      ({ who }) =>
        (who.by === 'basic' && who.user === 'jamtur01') ||
        (who.by === 'token' && who.repository.startsWith('jamtur01/')) ||
        (who.by === 'none' && who.claimed === 'jamtur01'),
    ],
    [
      { method: 'PUT', user: 'somebody', path: '*/tags/*' },
      ({ path }) => path === '/v1/repositories/somebody/static_web/tags/latest',
    ],
  ];
  for (const [filter, fits] of filters) {
    it(`finds what ${JSON.stringify(filter)} wants`, () => {
      const wanted = hub.requests.list().filter(fits);
      assert.ok(wanted.length > 0);
      assert.deepEqual(hub.requests.list(filter), wanted);
    });
  }

  it('refuses a filter that it would not heed', async () => {
    const wrong = { name: 'InvalidInput' };
    const filters: unknown[] = [{ pth: '/' }, { status: '401' }, { since: 'noon' }];
    for (const filter of filters) {
      assert.throws(() => hub.requests.list(filter as RecordFilter), wrong);
      await assert.rejects(hub.requests.waitFor(filter as RecordFilter), wrong);
    }
    assert.deepEqual(hub.requests.list({ since: '2014-01-01' }), hub.requests.list());
  });

  it('finds what came since a moment', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const since = new Date();
    assert.deepEqual(hub.requests.list({ since }), []);
    await ping(hub);
    assert.equal(hub.requests.list({ since }).length, 1);
    assert.equal(hub.requests.list({ since: since.getTime() }).length, 1);
  });

  it('comes in pages', () => {
    const all = hub.requests.list();
    const found: JournalRecord[] = [];
    let after: number | undefined = 0;
    while (after !== undefined) {
      const { records, next } = hub.requests.page({ after }, 7);
      assert.ok(records.length <= 7);
      found.push(...records);
      after = next;
    }
    assert.deepEqual(found, all);
  });

  it('remembers the newest so many, and says how many it forgot', async () => {
    await using small = await startPlainHub({ journal: 3 });
    for (let n = 1; n <= 10; n += 1) {
      await ping(small, `?${n}`);
      assert.deepEqual(small.requests.size, {
        kept: Math.min(n, 3),
        dropped: Math.max(0, n - 3),
        bound: 3,
      });
    }
    assert.deepEqual(
      small.requests.list().map(({ query, number }) => [query, number]),
      [
        ['8', 8],
        ['9', 9],
        ['10', 10],
      ],
    );
    await small.reset('journal');
    assert.deepEqual(small.requests.size, { kept: 0, dropped: 0, bound: 3 });
  });

  it('says once when it is full', () => {
    const said: number[] = [];
    const journal = new Journal(2, (bound) => said.push(bound));
    const exchange = {
      ctx: { req: { rawHeaders: [] }, res: { getHeader() {} }, state: {}, originalUrl: '/' },
    };
    const counts = [1, 2, 3, 4, 5].map(() => {
      journal.add(exchange as unknown as Exchange);
      return said.length;
    });
    assert.deepEqual(counts, [0, 0, 1, 1, 1]);
    assert.deepEqual(said, [2]);
  });

  it('can be off', async () => {
    await using blind = await startPlainHub({ journal: 0 });
    await ping(blind);
    assert.deepEqual(blind.requests.list(), []);
  });

  it('does not keep a long body for the sake of its start', async () => {
    await using full = await startPlainHub({ journal: 200 });
    await full.users.create({ username: 'jamtur01', password: PASSWORD });
    const body = JSON.stringify('x'.repeat(1_000_000));
    const ask = () => send(full, 'PUT /v1/repositories/jamtur01/web/', { auth: AUTH, body });
    for (let n = 0; n < 10; n += 1) await ask();
    const before = memory().used;
    for (let n = 0; n < 150; n += 1) await ask();
    const more = memory().used - before;
    assert.ok(more < 50_000_000, `${more} bytes more`);
    assert.equal(full.requests.size.kept, 160);
  });
});

describe('waiting for a request', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub();
  });
  beforeEach(() => hub.reset('journal'));
  after(() => hub.close());

  it('ends at once when it was seen already', async () => {
    await ping(hub);
    const record = await hub.requests.waitFor(({ path }) => path === '/v1/_ping', { timeout: 0 });
    assert.equal(record.number, 1);
  });

  it('ends with the next that fits', async () => {
    const waiting = hub.requests.waitFor({ path: '/v1/_ping', after: 0 });
    await send(hub, 'GET /v1/users/').expect(401);
    await ping(hub);
    assert.deepEqual([(await waiting).path, (await waiting).number], ['/v1/_ping', 2]);
  });

  it('says what was seen instead when the time is over', async () => {
    await send(hub, 'GET /v1/users/').expect(401);
    await ping(hub);
    const failed = hub.requests.waitFor({ method: 'PUT' }, { timeout: 20 });
    await assert.rejects(failed, (error: unknown) => {
      assert.ok(error instanceof NotSeen);
      assert.deepEqual(error.seen, ['GET /v1/users/ 401', 'GET /v1/_ping 200']);
      const said =
        'no such request within 20 ms; seen instead: \n  GET /v1/users/ 401\n  GET /v1/_ping 200';
      assert.equal(error.message, said);
      return true;
    });
    await hub.reset('journal');
    const nothing = { message: 'no such request within 1 ms; seen instead: nothing' };
    await assert.rejects(hub.requests.waitFor({}, { timeout: 1 }), nothing);
  });

  it('names the newest twenty at most', async () => {
    for (let n = 0; n < 25; n += 1) await ping(hub);
    await assert.rejects(hub.requests.waitFor({ status: 1 }, { timeout: 1 }), (error: NotSeen) => {
      return error.seen.length === 20;
    });
  });

  it('ends with a signal', async () => {
    const ended = new AbortController();
    const waiting = hub.requests.waitFor({}, { signal: ended.signal });
    ended.abort();
    await assert.rejects(waiting, /the wait was ended/);
    await assert.rejects(hub.requests.waitFor({}, { signal: ended.signal }), /the wait was ended/);
  });

  it('ends with what the predicate throws, and nothing else does', async () => {
    const thrown = new Error('mine');
    const waiting = hub.requests.waitFor(() => {
      throw thrown;
    });
    const other = hub.requests.waitFor({});
    await Promise.all([assert.rejects(waiting, thrown), ping(hub)]);
    assert.equal((await other).path, '/v1/_ping');
  });

  it('refuses an invalid time', async () => {
    for (const timeout of [-1, Number.NaN, 2 ** 31]) {
      await assert.rejects(hub.requests.waitFor({}, { timeout }), { name: 'InvalidInput' });
    }
  });
});
