/* Creating repositories and adding to their image lists (protocol.md §1.4, §1.6; clients.md, Push 1 and 7). */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeChain } from '../support/images.js';
import { createRepository, pushImage, readToken } from '../support/pushes.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

const TOKEN = /^signature=[0-9a-f]{40},repository="alice\/headers",access=(read|write|delete)$/;

const hub = useHub({ people: ['alice', 'bob_1', { username: 'dormant', active: false }] });
const alice = basic('alice');

const put = (path: string, body: unknown, auth: string | undefined = alice) =>
  send(hub, `PUT /v1/repositories/${path}`, { auth, body });

async function listOf(name: string, auth?: string): Promise<string> {
  return (await send(hub, `GET /v1/repositories/${name}/images`, { auth }).expect(200)).text;
}

describe('PUT /v1/repositories/(ns)/(repo)/', () => {
  for (const path of ['alice/bytes/', 'alice/bytes']) {
    it(`${path} answers with two quotes in one chunk`, async () => {
      const bytes = await rawHttp(hub.url, {
        method: 'PUT',
        path: `/v1/repositories/${path}`,
        headers: { Authorization: alice, 'Content-Type': 'application/json' },
        body: '[]',
      });
      assert.match(bytes.toString(), /^HTTP\/1\.1 200 OK\r\n/);
      assert.ok(bytes.toString().endsWith('\r\n\r\n2\r\n""\r\n0\r\n\r\n'), bytes.toString());
    });
  }

  it('gives a token only to those who ask for one', async () => {
    const plain = await put('alice/headers/', []).expect(200);
    assert.equal(plain.headers['x-docker-token'], undefined);
    assert.equal(plain.headers['www-authenticate'], undefined);
    assert.equal(plain.headers['x-docker-endpoints'], new URL(hub.url).host);
    const asked = await put('alice/headers/', []).set('X-Docker-Token', 'true').expect(200);
    const token: unknown = asked.headers['x-docker-token'];
    assert.match(String(token), TOKEN);
    assert.match(String(token), /access=write$/);
    assert.equal(asked.headers['www-authenticate'], `Token ${token}`);
  });

  it('may be called like a part of one', async () => {
    const auth = '/v1/repositories/tags/auth';
    assert.equal((await send(hub, `GET ${auth}`).expect(405)).headers.allow, 'PUT');
    await send(hub, `PUT ${auth}`).expect(401);
  });

  it('lists nothing when there is no list', async () => {
    await send(hub, 'PUT /v1/repositories/alice/listless/', { auth: alice }).expect(200, '""');
    assert.equal(await listOf('alice/listless'), '[]');
  });

  it('says which statuses it does not have', async () => {
    const response = await send(hub, 'GET /v1/repositories/alice/headers/').expect(405);
    assert.equal(response.headers.allow, 'DELETE, PUT');
    await send(hub, 'POST /v1/repositories/alice/headers').expect(405);
  });

  it('may have its whole name escaped, as some libraries do', async () => {
    await put('alice%2Fescaped/', []).expect(200);
    assert.equal(await listOf('alice/escaped'), '[]');
    assert.equal(await listOf('alice%2fescaped'), '[]');
    await send(hub, 'GET /v1/repositories/alice%2Fescaped/tags').expect(200, '{}');
    await send(hub, 'GET /v1/repositories/alice%252Fescaped/images').expect(400);
  });

  it('knows small letters from capitals in a repository’s name', async () => {
    await put('alice/Case/', [{ id: 'capital' }]).expect(200);
    await send(hub, 'GET /v1/repositories/alice/case/images').expect(404);
    await put('alice/case/', [{ id: 'small' }]).expect(200);
    assert.equal(await listOf('alice/Case'), '[{"id": "capital", "checksum": ""}]');
    assert.equal(await listOf('alice/case'), '[{"id": "small", "checksum": ""}]');
  });
});

describe('GET …/images', () => {
  before(() => put('alice/headers/', []).expect(200));

  it('is open to everybody, with the endpoints, and a token on demand', async () => {
    const plain = await send(hub, 'GET /v1/repositories/alice/headers/images').expect(200, '[]');
    assert.equal(plain.headers['x-docker-endpoints'], new URL(hub.url).host);
    assert.equal(plain.headers['x-docker-token'], undefined);
    const headers = { 'X-Docker-Token': 'true' };
    const asked = await send(hub, 'GET /v1/repositories/alice/headers/images', { headers });
    assert.match(String(asked.headers['x-docker-token']), TOKEN);
    assert.match(String(asked.headers['x-docker-token']), /access=read$/);
  });

  const refused: readonly (readonly [string, string, number, string])[] = [
    ['a wrong password', basic('alice', 'wrong'), 401, 'Wrong login/password, please try again'],
    ['an inactive account', basic('dormant'), 403, 'Account is not Active'],
    ['a strange header', 'Bearer x', 401, 'The Authorization header is neither Basic nor Token'],
  ];
  for (const [what, auth, status, text] of refused) {
    it(`refuses ${what}, though the repository is public`, async () => {
      const response = await send(hub, 'GET /v1/repositories/alice/headers/images', { auth });
      assert.deepEqual([response.status, response.body], [status, text]);
    });
  }

  it('knows no other repository', async () => {
    for (const auth of [undefined, alice, basic('admin')]) {
      const response = await send(hub, 'GET /v1/repositories/alice/none/images', { auth });
      assert.deepEqual([response.status, response.body], [404, 'Repository not found']);
      assert.equal(response.headers['x-docker-endpoints'], undefined);
    }
  });
});

describe('X-Docker-Endpoints', () => {
  const endpoints = ['registry-1.example.com', 'registry-2.example.com:5001'];
  const split = useHub({ endpoints });

  async function endpointLines(of: OwnHub, method: string, path: string, host?: string) {
    const bytes = await rawHttp(of.url, {
      method,
      path,
      headers: { Authorization: basic('admin'), ...(host === undefined ? {} : { Host: host }) },
      ...(method === 'PUT' ? { body: '[]' } : {}),
    });
    return parseRawAnswer(bytes).headers['x-docker-endpoints'];
  }

  it('has a line for each endpoint, as docker before 0.11 wants it', async () => {
    const of = (method: string, path: string) => endpointLines(split, method, path);
    assert.deepEqual(await of('PUT', '/v1/repositories/admin/app/'), endpoints);
    assert.deepEqual(await of('GET', '/v1/repositories/admin/app/images'), endpoints);
    assert.deepEqual(await of('DELETE', '/v1/repositories/admin/app/images'), endpoints);
    assert.deepEqual(await of('DELETE', '/v1/repositories/admin/app/'), endpoints);
  });

  it('names the host that was asked, if there are none', async () => {
    const path = '/v1/repositories/admin/app/';
    assert.deepEqual(await endpointLines(hub, 'PUT', path), [new URL(hub.url).host]);
    const host = 'hub.example.com:8080';
    assert.deepEqual(await endpointLines(hub, 'PUT', path, host), [host]);
  });

  it('may be sent along by the client, unheeded', async () => {
    await put('alice/headers/', []).set('X-Docker-Endpoints', 'http://elsewhere/v1/').expect(200);
    const ended = put('alice/headers/images', []).set('X-Docker-Endpoints', 'http://elsewhere/v1/');
    await ended.expect(204);
  });
});

describe('an image list', () => {
  it('is added to, and nothing is ever removed', async () => {
    await put('alice/merge/', [{ id: 'a1' }, { id: 'b2' }]).expect(200);
    await put('alice/merge/', []).expect(200);
    await put('alice/merge/images', []).expect(204);
    await put('alice/merge/images', [{ id: 'a1', checksum: 'sha256:1' }]).expect(204);
    await put('alice/merge/', [{ id: 'c3' }, { id: 'a1' }, { id: 'b2', checksum: '' }]).expect(200);
    assert.equal(
      await listOf('alice/merge'),
      '[{"id": "a1", "checksum": "sha256:1"}, ' +
        '{"id": "b2", "checksum": ""}, ' +
        '{"id": "c3", "checksum": ""}]',
    );
  });

  it('has an image once, and keeps no tags: dockers would pull what they once named', async () => {
    const push = (...tags: string[]) => tags.map((Tag) => ({ id: 'a1', Tag }));
    await put('alice/tags2/', [{ id: 'a1' }, ...push('v1', 'latest')]).expect(200);
    await put('alice/tags2/', push('latest', 'v1')).expect(200);
    await put('alice/tags2/images', [{ id: 'a1', checksum: 'sha256:1' }]).expect(204);
    assert.equal(await listOf('alice/tags2'), '[{"id": "a1", "checksum": "sha256:1"}]');
  });

  it('may have ids of 1 to 64 letters and digits, and fields that nobody knows', async () => {
    const ids = ['0', 'Z', 'f'.repeat(64), 'notHex1'];
    await put(
      'alice/ids/',
      ids.map((id) => ({ id, parent: '', Size: 5 })),
    ).expect(200);
    const listed = ids.map((id) => `{"id": "${id}", "checksum": ""}`);
    assert.equal(await listOf('alice/ids'), `[${listed.join(', ')}]`);
  });

  it('is added to by a write token too', async () => {
    const auth = await createRepository(hub, alice, 'alice/bytoken');
    await put('alice/bytoken/images', [{ id: 'a1' }], auth).expect(204);
    await put('alice/bytoken/', [{ id: 'b2' }], auth).expect(200);
    const expected = '[{"id": "a1", "checksum": ""}, {"id": "b2", "checksum": ""}]';
    assert.equal(await listOf('alice/bytoken', auth), expected);
  });

  it('ends a push without any body', async () => {
    await put('alice/nobody/', []).expect(200);
    await put('alice/nobody/images', undefined).expect(204);
  });

  it('needs a repository', async () => {
    const response = await put('alice/never/images', [{ id: 'a1' }]);
    assert.deepEqual([response.status, response.body], [404, 'Repository not found']);
    await send(hub, 'GET /v1/repositories/alice/never/images').expect(404);
  });

  it('survives a restart', async () => {
    await put('alice/lasting/', [{ id: 'a1', checksum: 'sha256:1' }]).expect(200);
    await hub.restart();
    assert.equal(await listOf('alice/lasting'), '[{"id": "a1", "checksum": "sha256:1"}]');
  });

  it('keeps what 32 first pushes at once bring', async () => {
    const ids = Array.from({ length: 32 }, (_, index) => `image${index}`);
    await Promise.all(ids.map((id) => put('alice/crowd/', [{ id }]).expect(200)));
    const list: unknown = JSON.parse(await listOf('alice/crowd'));
    assert.ok(Array.isArray(list));
    assert.deepEqual(list.map(({ id }) => String(id)).sort(), ids.sort());
  });

  it('does not get an image by naming it, be it private or not here', async () => {
    const [base, top] = makeChain('private list', 2);
    assert.ok(base && top);
    await pushImage(hub, alice, 'alice/secret', [base, top]);
    await send(hub, 'PUT /v1/repositories/alice/secret/properties', {
      auth: alice,
      body: { access: 'private' },
    }).expect(200);
    await createRepository(hub, basic('bob_1'), 'bob_1/thief', [base, top, { id: 'f'.repeat(64) }]);
    const token = await readToken(hub, 'bob_1/thief');
    for (const auth of [basic('bob_1'), token, undefined]) {
      for (const { id } of [base, top]) {
        await send(hub, `GET /v1/images/${id}/json`, { auth }).expect(404);
        await send(hub, `GET /v1/images/${id}/layer`, { auth }).expect(404);
      }
    }
  });
});
