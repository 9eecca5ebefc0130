import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import type { FaultRule, Hub } from '../../src/index.js';
import { asBytes, basic, PASSWORD, type Sent, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { createRepository, pushImage, putImage, putJson, putLayer } from '../support/pushes.js';
import { parseRawAnswer } from '../support/raw.js';

const CHALLENGE = 'Basic realm="auth required",Token';

/* Faults on demand, seen by the client that meets them. */

const AUTH = basic('jamtur01');

/** What came over a connection, and how it ended. */
interface Seen {
  readonly bytes: Buffer;
  readonly end: 'end' | 'reset';
}

/** One GET over bare TCP. */
function getRaw({ port }: Hub, path: string): Promise<Seen> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let end: Seen['end'] = 'end';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // Node may take a reset that comes with the last bytes for an end. Then nothing can be sent any more.
    socket.on('end', () => socket.write('?', (error) => finish(error)));
    socket.on('error', (error) => finish(error));
    const finish = (error?: Error | null): void => {
      if (error) end = 'reset';
      socket.destroy();
    };
    socket.on('close', () => resolve({ bytes: Buffer.concat(chunks), end }));
  });
}

/** A request that a fault may meet; what that answers is no part of the contract. */
function ask(hub: Hub, line: string, sent: Sent = {}): supertest.Test {
  return send(hub, line, { ...sent, unchecked: true });
}

async function statusOf(hub: Hub, path: string): Promise<number> {
  return (await ask(hub, `GET ${path}`)).status;
}

describe('faults', () => {
  let hub: Hub;
  let image: TestImage;
  let layer: string;
  before(async () => {
    hub = await startPlainHub();
    await hub.users.create({ username: 'jamtur01', password: PASSWORD });
    image = makeImage('faults');
    await pushImage(hub, AUTH, 'jamtur01/web', image);
    layer = `/v1/images/${image.id}/layer`;
  });
  afterEach(() => hub.reset('faults'));
  after(() => hub.close());

  describe('a status', () => {
    const own: readonly (readonly [number, string, string])[] = [
      [401, 'Authentication is required', '/v1/users/'],
      [403, "Access denied, you don't have access to this repo", '/v1/users/'],
      [429, 'Too many requests, please try again later', '/v1/search'],
      [503, 'The service is unavailable, please try again later', '/v1/search'],
      [418, 'Status 418', '/v1/search'],
    ];
    for (const [status, words, path] of own) {
      it(`${status} is said as the index says it`, async () => {
        hub.faults.add({ match: { path }, then: { status } });
        const { text, headers } = await ask(hub, `GET ${path}`).expect(status);
        assert.equal(text, JSON.stringify(words));
        assert.equal(headers.vary, 'Accept');
        const challenge = status === 401 ? 'Basic realm="auth required",Token' : undefined;
        assert.equal(headers['www-authenticate'], challenge);
      });
    }

    for (const path of ['/v1/_ping', '/v1/images/x/json', '/v1/repositories/a1/b/tags']) {
      it(`is said as the registry says it on ${path}`, async () => {
        hub.faults.add({ then: { status: 503, retryAfter: 7, message: 'Come back' } });
        const { text } = await ask(hub, `GET ${path}`).expect(503).expect('Retry-After', '7');
        assert.equal(text, '{"error": "Come back"}');
      });
    }

    it('401 that is documented is the very answer of the hub', async () => {
      hub.faults.add({ then: { status: 401 } });
      for (const path of ['/v1/users/', `/v1/images/${image.id}/json`]) {
        await send(hub, `GET ${path}`, { auth: AUTH }).expect(401);
      }
    });
  });

  it('delay before the request is looked at', async () => {
    hub.faults.add({ match: { path: '/v1/_ping' }, then: { delay: 60 } });
    const started = performance.now();
    assert.equal(await statusOf(hub, '/v1/_ping'), 200);
    assert.ok(performance.now() - started >= 59);
  });

  it('delay each chunk of a body, and change nothing about it', async () => {
    hub.faults.add({ match: { path: layer }, then: { chunkDelay: 10, chunkSize: 16 } });
    const started = performance.now();
    const { body, headers } = await asBytes(ask(hub, `GET ${layer}`));
    assert.deepEqual(body, image.layer);
    assert.equal(headers['content-length'], String(image.layer.length));
    const chunks = Math.ceil(image.layer.length / 16);
    assert.ok(chunks > 5 && performance.now() - started >= chunks * 9);
  });

  it('reset the connection before the answer', async () => {
    hub.faults.add({ match: { path: layer }, then: { reset: 'before' } });
    assert.deepEqual(await getRaw(hub, layer), { bytes: Buffer.alloc(0), end: 'reset' });
    const [record] = hub.requests.list({ path: layer }).slice(-1);
    assert.deepEqual([record?.status, record?.complete, record?.fault], [0, false, 'fault-1']);
  });

  it('reset the connection in the middle of a body with a length', async () => {
    hub.faults.add({ match: { path: layer }, then: { reset: 'middle' } });
    const { bytes, end } = await getRaw(hub, layer);
    const { status, headers, body } = parseRawAnswer(bytes);
    assert.deepEqual([status, end], [200, 'reset']);
    assert.deepEqual(headers['content-length'], [String(image.layer.length)]);
    assert.deepEqual(body, image.layer.subarray(0, Math.floor(image.layer.length / 2)));
  });

  it('reset the connection in the middle of a body in chunks, without the last one', async () => {
    hub.faults.add({ match: { path: '/v1/search' }, then: { reset: 'middle' } });
    const { bytes, end } = await getRaw(hub, '/v1/search');
    assert.equal(end, 'reset');
    assert.match(bytes.toString(), /Transfer-Encoding: chunked\r\n/);
    assert.ok(!bytes.toString().includes('\r\n0\r\n'));
  });

  for (const cutAfter of [0, 1, 20]) {
    it(`cut a body after ${cutAfter} bytes, short of its Content-Length`, async () => {
      hub.faults.add({ match: { path: layer }, then: { cutAfter } });
      const { bytes, end } = await getRaw(hub, layer);
      const { status, headers, body } = parseRawAnswer(bytes);
      assert.deepEqual([status, end], [200, 'end']);
      assert.deepEqual(headers['content-length'], [String(image.layer.length)]);
      assert.deepEqual(body, image.layer.subarray(0, cutAfter));
    });

    it(`cut a body in chunks after ${cutAfter} bytes, without a last chunk`, async () => {
      hub.faults.add({ match: { path: '/v1/search' }, then: { cutAfter } });
      const { bytes, end } = await getRaw(hub, '/v1/search');
      const { status, body } = parseRawAnswer(bytes);
      assert.deepEqual([status, end, body.length], [200, 'end', cutAfter]);
      assert.ok(!bytes.toString().endsWith('0\r\n\r\n'));
      await assert.rejects(Promise.resolve(ask(hub, 'GET /v1/search')), { code: 'ECONNRESET' });
    });
  }

  it('change a refusal as any other answer', async () => {
    hub.faults.add({ match: { path: '/v1/images/none/json' }, then: { cutAfter: 5 } });
    const { bytes, end } = await getRaw(hub, '/v1/images/none/json');
    const { status, body } = parseRawAnswer(bytes);
    assert.deepEqual([status, end, body.toString()], [404, 'end', '{"err']);
    assert.equal(hub.faults.list()[0]?.acted, 1);
  });

  const nothingToDo: readonly (readonly [string, FaultRule['then'], string, Sent])[] = [
    ['a cut behind the end', { cutAfter: 4 }, 'GET /v1/_ping', {}],
    ['a byte behind the end', { corruptByte: 4 }, 'GET /v1/_ping', {}],
    ['an answer to HEAD', { reset: 'middle' }, 'HEAD /v1/_ping', {}],
    [
      'an answer without a body',
      { cutAfter: 0 },
      'PUT /v1/repositories/jamtur01/web/images',
      { body: '[]', auth: AUTH },
    ],
  ];
  for (const [what, then, line, sent] of nothingToDo) {
    it(`are not taken for done at ${what}, and stay due`, async () => {
      const [, path = ''] = line.split(' ');
      hub.faults.add({ match: { path }, times: 1, then });
      assert.ok((await send(hub, line, sent)).ok);
      const [fault] = hub.faults.list();
      assert.deepEqual([fault?.matched, fault?.acted], [1, 0]);
      assert.equal(hub.faults.unhit().length, 1);
      const [record] = hub.requests.list({ path }).slice(-1);
      assert.deepEqual([record?.fault, record?.complete], [undefined, true]);
    });
  }

  it('speak with the voice of the registry to who deletes with a token, as a refusal does', async () => {
    const auth = 'Token signature=x,repository="jamtur01/web",access=delete';
    const path = '/v1/repositories/jamtur01/web/';
    hub.faults.add({ match: { path }, then: { expiredToken: true } });
    const { body } = await ask(hub, `DELETE ${path}`, { auth })
      .expect(401)
      .expect('WWW-Authenticate', CHALLENGE);
    assert.ok('error' in body);
  });

  it('leave in the journal what the answer was before', async () => {
    hub.faults.add({ match: { path: '/v1/search' }, then: { cutAfter: 3 } });
    await getRaw(hub, '/v1/search');
    const [record] = hub.requests.list({ path: '/v1/search' }).slice(-1);
    assert.match(record?.responseBody.text ?? '', /^\{"num_pages": 1, .*\}$/);
    assert.equal(record?.fault, 'fault-1');
  });

  it('cut a body that is longer than any buffer where they should', async () => {
    const long = makeImage('long', { layer: noise('long', 3_000_000) });
    await pushImage(hub, AUTH, 'jamtur01/long', long);
    const path = `/v1/images/${long.id}/layer`;
    hub.faults.add({ match: { path }, times: 1, then: { cutAfter: 2_000_001 } });
    hub.faults.add({ match: { path }, then: { reset: 'middle' } });
    const cut = await getRaw(hub, path);
    const { body } = parseRawAnswer(cut.bytes);
    assert.deepEqual([cut.end, body.length], ['end', 2_000_001]);
    assert.ok(body.equals(long.layer.subarray(0, 2_000_001)));
    const reset = await getRaw(hub, path);
    assert.equal(reset.end, 'reset');
    assert.ok(parseRawAnswer(reset.bytes).body.length <= 1_500_000);
  });

  it('corrupt one byte of a layer, which its checksum then tells', async () => {
    hub.faults.add({ match: { path: layer }, times: 1, then: { corruptByte: 30 } });
    const read = async () => (await asBytes(ask(hub, `GET ${layer}`))).body as Buffer;
    const wrong = await read();
    const differing = [...wrong.keys()].filter((at) => wrong[at] !== image.layer[at]);
    assert.deepEqual([wrong.length, differing], [image.layer.length, [30]]);
    assert.deepEqual(await read(), image.layer);
  });

  it('say that a token has expired, in the middle of a push, which then goes on with a new one', async () => {
    const client = hub;
    const pushed = makeImage('interrupted');
    const path = '/v1/images/*/layer';
    hub.faults.add({ match: { method: 'PUT', path }, times: 1, then: { expiredToken: true } });
    const auth = await createRepository(client, AUTH, 'jamtur01/again', [pushed]);
    await putJson(client, auth, pushed).expect(200);
    await putLayer(client, auth, pushed).expect(401).expect('WWW-Authenticate', CHALLENGE);
    const again = await createRepository(client, AUTH, 'jamtur01/again', [pushed]);
    await putImage(client, again, pushed);
    assert.deepEqual(hub.faults.unhit(), []);
    assert.deepEqual(
      hub.requests.list({ path: `/v1/images/${pushed.id}/layer` }).map(({ status }) => status),
      [401, 200],
    );
  });

  it('say that the disk is full', async () => {
    const client = hub;
    const pushed = makeImage('too much');
    const auth = await createRepository(client, AUTH, 'jamtur01/full', [pushed]);
    hub.faults.add({ match: { path: '/v1/images/*/layer' }, then: { diskFull: true } });
    await putJson(client, auth, pushed).expect(200);
    const { layer: body } = pushed;
    const refused = await send(client, `PUT /v1/images/${pushed.id}/layer`, { auth, body });
    assert.deepEqual([refused.status, refused.body], [507, { error: 'The disk is full' }]);
  });

  describe('a redirect', () => {
    it('leads a push to another hub, path, query, login and body', async () => {
      await using other = await startPlainHub();
      await other.users.create({ username: 'jamtur01', password: PASSWORD });
      const redirect = `127.0.0.1:${other.port}`;
      hub.faults.add({ match: { method: 'PUT' }, times: 1, then: { redirect } });
      const headers = { 'X-Docker-Token': 'true' };
      const begin = { auth: AUTH, headers, body: [{ id: image.id }] };
      const path = '/v1/repositories/jamtur01/moved/?a=b';
      const location = `http://${redirect}${path}`;
      await ask(hub, `PUT ${path}`, begin).expect(307).expect('Location', location);
      // As docker does: it follows by itself, with the same login (protocol.md §1.4).
      await send(other, `PUT ${path}`, begin)
        .expect(200)
        .expect('X-Docker-Token', /access=write$/);
      const { images, name } = other.repositories.get('jamtur01/moved') ?? {};
      assert.deepEqual([name, images], ['jamtur01/moved', []]);
      const [record] = other.requests.list();
      assert.deepEqual([record?.method, record?.query], ['PUT', 'a=b']);
    });

    it('leads nowhere else, however the path begins', async () => {
      hub.faults.add({ then: { redirect: 'mirror.example:5000' } });
      const location = 'http://mirror.example:5000//evil.example/x?y';
      await ask(hub, 'GET //evil.example/x?y').expect('Location', location);
    });

    it('leads to an address where one is given', async () => {
      hub.faults.add({ then: { redirect: 'https://example.com/elsewhere?x=ü' } });
      const location = 'https://example.com/elsewhere?x=%C3%BC';
      await ask(hub, 'GET /v1/_ping').expect('Location', location);
    });
  });

  describe('are chosen', () => {
    it('after so many requests, so many times, counted', async () => {
      hub.faults.add({ name: 'third', after: 2, times: 2, then: { status: 503 } });
      const statuses: number[] = [];
      for (let n = 0; n < 6; n += 1) statuses.push(await statusOf(hub, '/v1/_ping'));
      assert.deepEqual(statuses, [200, 200, 503, 503, 200, 200]);
      const [fault] = hub.faults.list();
      assert.deepEqual([fault?.name, fault?.matched, fault?.acted], ['third', 6, 2]);
    });

    it('in their order: the first that is due acts, and no other', async () => {
      hub.faults.add({ name: 'once', times: 1, then: { status: 503 } });
      hub.faults.add({ name: 'always', then: { status: 429 } });
      hub.faults.add({ name: 'never', then: { status: 418 } });
      const ask = () => statusOf(hub, '/v1/_ping');
      assert.deepEqual([await ask(), await ask(), await ask()], [503, 429, 429]);
      assert.deepEqual(
        hub.faults.list().map(({ name, matched, acted }) => [name, matched, acted]),
        [
          ['once', 3, 1],
          ['always', 2, 2],
          ['never', 0, 0],
        ],
      );
      assert.deepEqual(
        hub.faults.unhit().map(({ name }) => name),
        ['never'],
      );
    });

    const ping = '/v1/_ping';
    const matches: readonly (readonly [FaultRule['match'], string, Sent, boolean])[] = [
      [{}, ping, {}, true],
      [{ method: 'get' }, ping, {}, true],
      [{ method: 'PUT' }, ping, {}, false],
      [{ path: ping }, ping, {}, true],
      [{ path: ping }, `${ping}?a=b`, {}, true],
      [{ path: '/v1/_pin' }, ping, {}, false],
      [{ path: '*' }, ping, {}, true],
      [{ path: '/v1/*' }, ping, {}, true],
      [{ path: '/*/_ping' }, ping, {}, true],
      [{ path: '*_*' }, ping, {}, true],
      [{ path: '/v1/_ping*ping' }, ping, {}, false],
      [{ path: '/v1.*' }, ping, {}, false],
      [{ user: 'jamtur01' }, ping, { headers: { Authorization: AUTH } }, true],
      [{ user: 'jamtur01' }, ping, { headers: { Authorization: basic('jamtur01', 'x') } }, true],
      [{ user: 'jamtur01' }, ping, { headers: { Authorization: basic('other') } }, false],
      [{ user: 'jamtur01' }, ping, { headers: { Authorization: 'Odd' } }, false],
      [{ user: 'jamtur01' }, ping, {}, false],
      [
        { user: 'jamtur01' },
        ping,
        { headers: { Authorization: 'Token signature=x,repository="jamtur01/web",access=read' } },
        true,
      ],
      [{ userAgent: 'docker/1.5' }, ping, { headers: { 'User-Agent': 'docker/1.5.0 go' } }, true],
      [{ userAgent: 'docker/1.5' }, ping, { headers: { 'User-Agent': 'curl' } }, false],
      [{ method: 'GET', path: ping, user: 'other' }, ping, {}, false],
    ];
    for (const [match = {}, path, sent, acts] of matches) {
      it(`${acts ? '' : 'not '}by ${JSON.stringify(match)} for ${path}`, async () => {
        hub.faults.add({ match, then: { status: 418 } });
        assert.equal((await ask(hub, `GET ${path}`, sent)).status === 418, acts);
      });
    }

    it('by a pattern with many stars as fast as by any other', async () => {
      hub.faults.add({ match: { path: `${'*a'.repeat(400)}!` }, then: { status: 418 } });
      const started = performance.now();
      assert.equal(await statusOf(hub, `/v1/${'a'.repeat(8000)}`), 404);
      assert.ok(performance.now() - started < 2000);
    });
  });

  it('are cleared by name, or all', () => {
    for (const name of ['a', 'b', 'c']) hub.faults.add({ name, then: { status: 418 } });
    assert.deepEqual([hub.faults.clear('b'), hub.faults.clear('b')], [true, false]);
    const { name } = hub.faults.add({ then: { status: 418 } });
    const names = () => hub.faults.list().map((fault) => fault.name);
    assert.deepEqual(names(), ['a', 'c', name]);
    hub.faults.clear();
    assert.deepEqual(names(), []);
  });

  const broken: readonly (readonly [unknown, string])[] = [
    [7, 'expected object, received number'],
    [{}, 'then: expected object, but it is missing'],
    [
      { then: {} },
      'then: expected one of status, chunkDelay, reset, cutAfter, corruptByte, redirect, expiredToken, diskFull, stallAfter, or delay or headers, which also go with one of them',
    ],
    [
      { then: { status: 503, cutAfter: 1 } },
      'then: expected one of status, chunkDelay, reset, cutAfter, corruptByte, redirect, expiredToken, diskFull, stallAfter, or delay or headers, which also go with one of them',
    ],
    [{ then: { status: '503' } }, 'then.status: expected number, received string'],
    [{ then: { status: 199 } }, 'then.status: expected 200 to 599: what is lower ends no request'],
    [{ then: { status: 600 } }, 'then.status: expected 200 to 599'],
    [{ then: { status: 204, message: 'x' } }, 'then: 204 has no body'],
    [
      { then: { status: 200, message: 'x', body: 'y' } },
      'then: expected message or body, not both',
    ],
    [
      { then: { status: 200, body: { base64: '?' } } },
      'then.body.base64: Invalid base64-encoded string',
    ],
    [{ then: { headers: { 'a b': 'c' } } }, 'then.headers.a b: expected the name of a header'],
    [
      { then: { headers: { a: 'b\r\nc: d' } } },
      'then.headers.a: expected one line of Latin letters, digits and signs',
    ],
    [
      { then: { headers: { 'Content-Length': null } } },
      'then.headers.Content-Length: it says where the answer ends, and is left alone',
    ],
    [
      { then: { reset: 'before', headers: { a: 'b' } } },
      'then: there is no answer that could have headers',
    ],
    [
      { then: { stallAfter: 2 ** 30 } },
      'then.stallAfter: Too big: expected number to be <=16777216',
    ],
    [
      { then: { status: 503 }, match: { path: '/v1/search?q=x' } },
      'match.path: expected a path without a query, which is matched by `query`',
    ],
    [
      { then: { status: 503 }, match: { query: { q: 7 } } },
      'match.query.q: expected string, received number',
    ],
    [{ then: { delay: -1 } }, 'then.delay: Too small: expected number to be >=0'],
    [{ then: { delay: 1, retryAfter: 3 } }, 'then: retryAfter, message and body go with status'],
    [{ then: { delay: 1, chunkSize: 3 } }, 'then: chunkSize goes with chunkDelay'],
    [{ then: { redirect: 'a b' } }, 'then.redirect: expected host[:port] or an http address'],
    [{ then: { reset: 'end' } }, 'then.reset: Invalid option: expected one of "before"|"middle"'],
    [{ then: { explode: true } }, 'then.explode: there is no such field'],
    [{ then: { status: 503 }, times: 0 }, 'times: Too small: expected number to be >=1'],
    [{ then: { status: 503 }, after: 0.5 }, 'after: expected int, received number'],
    [{ then: { status: 503 }, match: { host: 'x' } }, 'match.host: there is no such field'],
    [
      { then: { status: 503 }, name: 'a b' },
      'name: expected 1 to 100 letters, digits, dots or dashes',
    ],
    [{ then: { status: 503 }, name: 'taken' }, 'name: there is a fault "taken" already'],
  ];
  for (const [rule, message] of broken) {
    it(`are refused, and nothing added: ${JSON.stringify(rule)}`, () => {
      hub.faults.add({ name: 'taken', then: { status: 418 } });
      assert.throws(() => hub.faults.add(rule as FaultRule), { name: 'InvalidInput', message });
      assert.equal(hub.faults.list().length, 1);
    });
  }

  it('are refused at the start, by their place', async () => {
    const faults = [{ then: { delay: 1 } }, { then: { status: 7 } }];
    await assert.rejects(startPlainHub({ faults }), /^InvalidInput: faults\[1\]\.then\.status: /);
  });

  it('are bounded', async () => {
    await using other = await startPlainHub();
    for (let n = 0; n < 1000; n += 1) other.faults.add({ then: { status: 418 } });
    assert.throws(
      () => other.faults.add({ then: { status: 418 } }),
      /there are 1000 faults already/,
    );
  });
});
