import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import type { FaultAction, FaultMatch, FaultRule, Hub } from '../../src/index.js';
import { basic, PASSWORD, type Sent, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { createRepository, putJson } from '../support/pushes.js';

/* What a rule can say: two things at once, answers of one's own, and which requests it is about. */

const AUTH = basic('jamtur01');
const PING = '/v1/_ping';

describe('a rule', () => {
  let hub: Hub;
  before(async () => {
    const seed = { users: [{ username: 'jamtur01', password: PASSWORD }] };
    hub = await startPlainHub({ control: true, seed });
  });
  afterEach(() => hub.reset('faults'));
  after(() => hub.close());

  /** What a fault answers is no part of the contract. */
  function ask(line: string, sent: Sent = {}): supertest.Test {
    return send(hub, line.startsWith('/') ? `GET ${line}` : line, { ...sent, unchecked: true });
  }

  it('delays and answers', async () => {
    hub.faults.add({ then: { status: 503, delay: 60, retryAfter: 2 } });
    const started = performance.now();
    const answer = await ask(PING);
    assert.deepEqual([answer.status, answer.headers['retry-after']], [503, '2']);
    assert.ok(performance.now() - started >= 59);
  });

  const answers: readonly (readonly [FaultAction, string, number, string, string | null])[] = [
    [{ status: 200 }, '/v1/search', 200, '"OK"', 'application/json'],
    [{ status: 200 }, PING, 200, 'true', 'application/json'],
    [{ status: 202, message: 'Later' }, PING, 202, '"Later"', 'application/json'],
    [{ status: 204 }, PING, 204, '', null],
    [{ status: 304 }, '/v1/search', 304, '', null],
    [{ status: 299, body: 'odd' }, PING, 299, 'odd', 'text/plain; charset=utf-8'],
    [{ status: 500, body: '' }, '/v1/search', 500, '', 'text/plain; charset=utf-8'],
    [
      { status: 502, body: '<h1>Bad</h1>', headers: { 'content-type': 'text/html' } },
      '/v1/search',
      502,
      '<h1>Bad</h1>',
      'text/html',
    ],
    [{ status: 200, body: { base64: 'w7w=' } }, PING, 200, 'ü', 'text/plain; charset=utf-8'],
  ];
  for (const [then, path, status, body, type] of answers) {
    it(`answers ${path} as it says: ${JSON.stringify(then)}`, async () => {
      hub.faults.add({ then });
      const answer = await ask(path);
      assert.deepEqual([answer.status, answer.text ?? ''], [status, body]);
      assert.equal(answer.headers['content-type'] ?? null, type);
    });
  }

  it('changes, adds and drops headers of any answer', async () => {
    const headers = {
      'x-docker-endpoints': null,
      'X-Docker-Token': 'other',
      Date: null,
      'X-New': '1',
    };
    hub.faults.add({ match: { path: '/v1/repositories/*' }, then: { headers } });
    const sent = { auth: AUTH, headers: { 'X-Docker-Token': 'true' }, body: '[]' };
    const begun = await ask('PUT /v1/repositories/jamtur01/web/', sent).expect(200);
    const seen = ['x-docker-endpoints', 'x-docker-token', 'date', 'x-new'].map(
      (name) => begun.headers[name],
    );
    assert.deepEqual(seen, [undefined, 'other', undefined, '1']);
    await ask('PUT /v1/repositories/jamtur01/web/images', sent).expect(204).expect('X-New', '1');
    await ask('/v1/repositories/jamtur01/web/images/x/y/z').expect(404).expect('X-New', '1');
    assert.deepEqual(hub.requests.list().at(-1)?.fault, 'fault-1');
  });

  it('is not taken for done where the header to drop was not there', async () => {
    hub.faults.add({ times: 1, then: { headers: { 'X-None': null } } });
    assert.equal((await ask(PING)).status, 200);
    const [fault] = hub.faults.list();
    assert.deepEqual([fault?.matched, fault?.acted], [1, 0]);
    assert.equal(hub.requests.list({ path: PING }).at(-1)?.fault, undefined);
  });

  it('stalls an upload: some bytes are taken, then none, and nothing is said', async () => {
    const image = makeImage('stalled');
    const client = hub;
    const auth = await createRepository(client, AUTH, 'jamtur01/web', [image]);
    await putJson(client, auth, image).expect(200);
    const path = `/v1/images/${image.id}/layer`;
    hub.faults.add({
      name: 'stuck',
      match: { method: 'PUT', path },
      times: 1,
      then: { stallAfter: 1000 },
    });
    const socket = connect(hub.port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', () => undefined);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    const length = 64 * 1024 * 1024;
    socket.write(
      `PUT ${path} HTTP/1.1\r\nHost: hub\r\nAuthorization: ${auth}\r\nContent-Length: ${length}\r\n\r\n`,
    );
    socket.write(noise('stalled', length));
    // Acted on once the bytes are there; what is behind them stays with the client.
    while (hub.faults.list()[0]?.acted !== 1) await new Promise(setImmediate);
    await hub.reset();
    await gone;
    assert.equal(said, '');
    assert.ok(socket.bytesWritten > 1000);
  });

  const short: readonly (readonly [string, Record<string, string>])[] = [
    ['with a length', { 'Content-Length': '2' }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ];
  for (const [how, framing] of short) {
    it(`lets a shorter body ${how} pass whole, and stays due`, async () => {
      hub.faults.add({ times: 1, then: { stallAfter: 2 } });
      const lines = Object.entries(framing).map(([name, value]) => `${name}: ${value}`);
      const body = how === 'in chunks' ? '1\r\n[\r\n1\r\n]\r\n0\r\n\r\n' : '[]';
      const head = [
        'PUT /v1/repositories/jamtur01/short/ HTTP/1.1',
        'Host: hub',
        'Connection: close',
      ];
      const socket = connect(hub.port, '127.0.0.1');
      socket.write(`${[...head, `Authorization: ${AUTH}`, ...lines].join('\r\n')}\r\n\r\n${body}`);
      let said = '';
      for await (const chunk of socket) said += chunk;
      assert.match(said, /^HTTP\/1\.1 200 /);
      assert.equal(hub.faults.list()[0]?.acted, 0);
    });
  }

  const user = { username: 'somebody', password: 'hunter2secret', email: 's@example.com' };
  const post = { body: JSON.stringify(user) };
  const docker = { headers: { 'User-Agent': 'docker/1.5.0', 'X-Docker-Token': 'true' } };
  const matches: readonly (readonly [FaultMatch, string, Sent, boolean])[] = [
    [{ query: { q: 'ubuntu' } }, '/v1/search?q=ubuntu&page=2', {}, true],
    [{ query: { q: 'ubu*' } }, '/v1/search?page=2&q=%75buntu', {}, true],
    [{ query: { q: 'ubuntu', page: '1' } }, '/v1/search?q=ubuntu&page=2', {}, false],
    [{ query: { q: '*' } }, '/v1/search', {}, false],
    [{ query: { q: null } }, '/v1/search', {}, true],
    [{ query: { q: null } }, '/v1/search?q=', {}, false],
    [{ query: { q: 'b' } }, '/v1/search?q=a&q=b', {}, true],
    [{ headers: { 'x-docker-token': 'true' } }, PING, docker, true],
    [{ headers: { 'X-DOCKER-TOKEN': '*' } }, PING, docker, true],
    [{ headers: { 'X-Docker-Token': 'false' } }, PING, docker, false],
    [{ headers: { 'X-Docker-Token': null } }, PING, docker, false],
    [{ headers: { 'X-Docker-Token': null } }, PING, {}, true],
    [{ headers: { constructor: '*' } }, PING, {}, false],
    [{ body: 'hunter2' }, 'POST /v1/users/', post, true],
    [
      { method: 'POST', path: '/v1/users*', body: '"username":"somebody"' },
      'POST /v1/users/',
      post,
      true,
    ],
    [{ body: 'nobody' }, 'POST /v1/users/', { body: '{}' }, false],
    [{ body: 'x' }, PING, {}, false],
    [{}, '/_status', {}, false],
    [{}, '/metrics', {}, false],
    [{}, '/openapi.yaml', {}, false],
    [{ method: 'GET' }, '/metrics/', {}, false],
    [{ path: '/metrics' }, '/metrics', {}, true],
    [{ path: '*' }, '/_status', {}, true],
    [{}, '/_hub/health', {}, false],
    [{ path: '/_hub/health' }, '/_hub/health', {}, false],
  ];
  for (const [match, line, sent, acts] of matches) {
    it(`acts ${acts ? '' : 'not '}by ${JSON.stringify(match)} on ${line}`, async () => {
      hub.faults.add({ match, then: { status: 418 } });
      assert.equal((await ask(line, sent)).status === 418, acts);
    });
  }

  for (const bytes of [10, 20_000, 300_000]) {
    it(`that looks into a body of ${bytes} bytes leaves it as it is`, async () => {
      const description = 'x'.repeat(bytes);
      hub.faults.add({ match: { body: 'never there' }, then: { status: 418 } });
      const body = JSON.stringify({ username: 'jamtur01', password: PASSWORD, email: description });
      await ask('POST /v1/users/', { body }).expect(400);
      assert.equal(hub.requests.list().at(-1)?.body.size, body.length);
    });
  }

  it('is about an operation, the short path of library too', async () => {
    hub.faults.add({ match: { operation: 'listTags' }, then: { status: 503 } });
    const paths = ['jamtur01/web/tags', 'web/tags/', 'web/images', 'jamtur01/web/tags/latest'];
    const answers = await Promise.all(paths.map((path) => ask(`/v1/repositories/${path}`)));
    assert.deepEqual(
      answers.map(({ status }) => status === 503),
      [true, true, false, false],
    );
    const { operation } = await hub.requests.waitFor({ path: '/v1/repositories/web/tags/' });
    assert.equal(operation, 'listLibraryTags');
  });

  it('is about several operations, and counts them together', async () => {
    const operation = ['listTags', 'search'];
    hub.faults.add({ match: { operation }, times: 2, then: { status: 503 } });
    const statuses: number[] = [];
    for (const path of ['search?q=x', '_ping', 'repositories/web/tags', 'search?q=x']) {
      statuses.push((await ask(`/v1/${path}`)).status);
    }
    assert.deepEqual(statuses, [503, 200, 503, 200]);
  });

  it('names only operations of the contract, and none of the control', () => {
    for (const operation of ['listtags', 'getFaults', '', [], ['ping', 'listtags']]) {
      const add = () => hub.faults.add({ match: { operation }, then: { status: 503 } });
      assert.throws(add, { name: 'InvalidInput', field: 'match.operation' });
    }
  });

  it('shows no secret that it looks for or says, over HTTP nor in the process', async () => {
    const rule: FaultRule = {
      name: 'secrets',
      match: {
        query: { q: 'x', password: 'hunter2secret' },
        headers: { Authorization: basic('jamtur01', 'hunter2secret'), Cookie: '*', 'X-Other': 'a' },
        body: 'hunter2secret',
      },
      then: {
        status: 503,
        headers: { 'X-Docker-Token': 'signature=hunter2secret', 'X-Other': 'b' },
      },
    };
    const made = await send(hub, 'POST /_hub/faults', { body: rule }).expect(201);
    const listed = await send(hub, 'GET /_hub/faults').expect(200);
    for (const shown of [
      made.body,
      listed.body.faults[0],
      hub.faults.list()[0],
      hub.faults.unhit()[0],
    ]) {
      assert.deepEqual(shown.match, {
        query: { q: 'x', password: '***' },
        headers: { Authorization: 'Basic jamtur01:***', Cookie: '*', 'X-Other': 'a' },
        body: '***',
      });
      assert.deepEqual(shown.then.headers, { 'X-Docker-Token': 'signature=***', 'X-Other': 'b' });
    }
  });

  it('gets a name that none had before, so that the journal says which one it was', async () => {
    hub.faults.add({ times: 1, then: { status: 418 } });
    await ask(PING);
    hub.faults.clear();
    hub.faults.add({ times: 1, then: { status: 429 } });
    await ask(PING);
    const acted = hub.requests.list({ path: PING }).slice(-2);
    assert.deepEqual(
      acted.map(({ fault, status }) => [fault, status]),
      [
        ['fault-1', 418],
        ['fault-2', 429],
      ],
    );
  });
});

it('a rule that makes no sense does not compile', () => {
  const sound: FaultAction[] = [
    { status: 503, delay: 1 },
    { status: 200, body: 'x', headers: { a: null } },
    { headers: { a: 'b' } },
    { reset: 'middle', headers: { a: 'b' } },
  ];
  const senseless: FaultAction[] = [
    // @ts-expect-error Two things at once.
    { status: 503, cutAfter: 1 },
    // @ts-expect-error Two bodies.
    { status: 503, message: 'x', body: 'y' },
    // @ts-expect-error Words without a status.
    { delay: 1, message: 'x' },
    // @ts-expect-error Headers of no answer.
    { reset: 'before', headers: { a: 'b' } },
    // @ts-expect-error Nothing.
    {},
  ];
  assert.deepEqual([sound.length, senseless.length], [4, 5]);
});
