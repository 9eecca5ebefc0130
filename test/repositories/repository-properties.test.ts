/* Public and private, and the description (protocol.md §1.11): who sees what of a repository. */
import assert from 'node:assert/strict';
import { before, beforeEach, describe, it } from 'node:test';
import { basic, type Sent, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { createRepository, pushImage, readToken } from '../support/pushes.js';

const hub = useHub({ people: ['alice', 'bob_1'] });
const alice = basic('alice');
const bob = basic('bob_1');
const admin = basic('admin');

function setAccess(name: string, access: 'public' | 'private', auth = alice) {
  const sent = { auth, body: { access } };
  return send(hub, `PUT /v1/repositories/${name}/properties`, sent).expect(200, 'true');
}

async function statusOf(line: string, sent: Sent): Promise<number> {
  return (await send(hub, line, sent)).status;
}

describe('PUT …/properties', () => {
  const path = '/v1/repositories/alice/app';
  const put = (body: unknown, auth: string | undefined = alice) =>
    send(hub, `PUT ${path}/properties`, { auth, body });

  before(() => createRepository(hub, alice, 'alice/app'));

  it('says public until it is told otherwise, and keeps each word', async () => {
    await send(hub, `GET ${path}/properties`).expect(200, '{"access": "public"}');
    await put({ access: 'private' }).expect(200, 'true');
    await send(hub, `GET ${path}/properties`, { auth: alice }).expect(200, '{"access": "private"}');
    await put({ description: 'Über alles', Access: 'public' }).expect(200, 'true');
    await send(hub, `GET ${path}/properties`, { auth: alice }).expect(200, '{"access": "private"}');
    await hub.restart();
    await send(hub, `GET ${path}/properties`, { auth: alice }).expect(200, '{"access": "private"}');
    await put({ access: 'public' }).expect(200, 'true');
    await send(hub, `GET ${path}/properties`).expect(200, '{"access": "public"}');
  });

  it('may come from a write token', async () => {
    const auth = await createRepository(hub, alice, 'alice/app');
    await put({ access: 'public' }, auth).expect(200, 'true');
    await put({ access: 'public' }, await readToken(hub, 'alice/app')).expect(401);
  });

  const broken: readonly (readonly [unknown, string, string?])[] = [
    ['{"access"', 'Invalid data'],
    ['', 'Invalid data'],
    [[], 'Invalid data'],
    [null, 'Invalid data'],
    ['"private"', 'Invalid data'],
    [{}, 'Invalid data'],
    [{ acces: 'private' }, 'Invalid data'],
    [{ access: 'secret' }, 'Invalid data', 'access'],
    [{ access: 'Private' }, 'Invalid data', 'access'],
    [{ access: true }, 'Invalid data', 'access'],
    [{ access: null }, 'Invalid data', 'access'],
    [{ access: ['private'] }, 'Invalid data', 'access'],
    [{ description: 1 }, 'Invalid data', 'description'],
    [{ description: 'a'.repeat(1001) }, 'Invalid data', 'description'],
    [{ access: 'private', description: {} }, 'Invalid data', 'description'],
  ];
  for (const [body, error, field] of broken) {
    it(`is refused when it is ${JSON.stringify(body).slice(0, 50)}`, async () => {
      const response = await put(body);
      const wanted = field === undefined ? { error } : { error, field };
      assert.deepEqual([response.status, response.body], [400, wanted]);
      await send(hub, `GET ${path}/properties`).expect(200, { access: 'public' });
    });
  }

  it('is refused to everybody else', async () => {
    const body = { access: 'private' };
    const nobody = await send(hub, `PUT ${path}/properties`, { body }).expect(401);
    assert.deepEqual(nobody.body, { error: 'Requires authorization' });
    assert.equal(nobody.headers['www-authenticate'], 'Basic realm="auth required",Token');
    await put(body, bob).expect(403);
    await put(body, basic('alice', 'wrong')).expect(401);
    const missing = '/v1/repositories/alice/none/properties';
    const response = await send(hub, `PUT ${missing}`, { auth: alice, body }).expect(404);
    assert.deepEqual(response.body, { error: 'Repository not found' });
    await send(hub, `GET ${missing}`).expect(404, { error: 'Repository not found' });
    await put(JSON.stringify(body).padEnd(1024 * 1024 + 1)).expect(413);
    await send(hub, `GET ${path}/properties`).expect(200, { access: 'public' });
  });
});

describe('a private repository', () => {
  const path = '/v1/repositories/alice/secret';
  const chain = makeChain('secret', 2);
  const [base, top] = chain;
  assert.ok(base && top);

  const reads = [
    `GET ${path}/images`,
    `GET ${path}/tags`,
    `GET ${path}/tags/latest`,
    `GET ${path}/tags/latest/json`,
    `GET ${path}/json`,
    `GET ${path}/properties`,
    `GET /v1/images/${top.id}/json`,
    `GET /v1/images/${top.id}/layer`,
    `HEAD /v1/images/${top.id}/layer`,
    `GET /v1/images/${top.id}/ancestry`,
    `GET /v1/images/${base.id}/files`,
    `GET /v1/images/${base.id}/json`,
  ];

  beforeEach(async () => {
    await pushImage(hub, alice, 'alice/secret', chain);
    await setAccess('alice/secret', 'private');
  });

  for (const line of reads) {
    it(`is as if it were not there: ${line.slice(0, 60)}`, async () => {
      assert.equal(await statusOf(line, {}), 404);
      assert.equal(await statusOf(line, { auth: bob }), 404);
      assert.equal(await statusOf(line, { auth: basic('alice', 'wrong') }), 401);
      assert.equal(await statusOf(line, { auth: alice }), 200);
      assert.equal(await statusOf(line, { auth: admin }), 200);
      const auth = await readToken(hub, 'alice/secret', alice);
      assert.equal(await statusOf(line, { auth }), 200);
      await setAccess('alice/secret', 'public');
      assert.equal(await statusOf(line, {}), 200);
    });
  }

  it('tells strangers no more than a repository that is not there', async () => {
    for (const part of ['images', 'tags', 'tags/latest', 'properties', 'json']) {
      const real = await send(hub, `GET ${path}/${part}`, { auth: bob });
      const none = await send(hub, `GET /v1/repositories/alice/none/${part}`, { auth: bob });
      assert.deepEqual([real.status, real.text], [none.status, none.text]);
      const names = (headers: Readonly<Record<string, unknown>>) => Object.keys(headers).sort();
      assert.deepEqual(names(real.headers), names(none.headers));
    }
  });

  it('ends the tokens that others got while it was public', async () => {
    await setAccess('alice/secret', 'public');
    const auth = await readToken(hub, 'alice/secret');
    assert.equal(await statusOf(`GET ${path}/tags`, { auth }), 200);
    await setAccess('alice/secret', 'private');
    assert.equal(await statusOf(`GET ${path}/tags`, { auth }), 401);
    assert.equal(await statusOf(`GET ${path}/images`, { auth }), 401);
    assert.notEqual(await statusOf(`GET /v1/images/${top.id}/layer`, { auth }), 200);
    await setAccess('alice/secret', 'public');
    assert.equal(await statusOf(`GET ${path}/tags`, { auth }), 401);
  });

  it('stays private, and described, when it is pushed to again', async () => {
    const body = { description: 'for a few' };
    await send(hub, `PUT ${path}/properties`, { auth: alice, body }).expect(200);
    await pushImage(hub, alice, 'alice/secret', makeImage('secret, continued'), 'v2');
    await send(hub, `GET ${path}/properties`, { auth: alice }).expect(200, { access: 'private' });
    assert.equal(await statusOf(`GET ${path}/tags/v2`, {}), 404);
  });

  it('lets caches of others keep nothing', async () => {
    const line = `GET /v1/images/${top.id}/json`;
    const hidden = await send(hub, line, { auth: alice }).expect(200);
    assert.equal(hidden.headers['cache-control'], 'private, max-age=31536000');
    await setAccess('alice/secret', 'public');
    const open = await send(hub, line).expect(200);
    assert.equal(open.headers['cache-control'], 'public, max-age=31536000');
  });

  it('hides no image that a public one holds, too', async () => {
    await pushImage(hub, alice, 'alice/open', base);
    assert.equal(await statusOf(`GET /v1/images/${base.id}/layer`, {}), 200);
    assert.equal(await statusOf(`GET /v1/images/${top.id}/layer`, {}), 404);
    const auth = await readToken(hub, 'alice/open');
    assert.equal(await statusOf(`GET /v1/images/${base.id}/layer`, { auth }), 200);
    assert.equal(await statusOf(`GET /v1/images/${top.id}/layer`, { auth }), 404);
    await setAccess('alice/open', 'private');
    assert.equal(await statusOf(`GET /v1/images/${base.id}/layer`, {}), 404);
  });

  it('may be an official one, then an admin’s alone', async () => {
    await pushImage(hub, admin, 'hidden', makeImage('hidden'));
    await setAccess('library/hidden', 'private', admin);
    for (const name of ['hidden', 'library/hidden']) {
      assert.equal(await statusOf(`GET /v1/repositories/${name}/tags`, { auth: alice }), 404);
      assert.equal(await statusOf(`GET /v1/repositories/${name}/tags`, { auth: admin }), 200);
    }
  });
});
