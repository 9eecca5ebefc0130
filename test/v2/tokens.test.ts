/** The tokens of v2: how they are asked for, what they are for, and what ends them (v2.md §0.3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { makeModernImage } from '../support/modern-docker/images.js';
import { createRepository, deleteRepository, setAccess } from '../support/pushes.js';
import { errorIn, fails, pushModern, tokenFor } from '../support/registry-v2.js';

const ALICE = basic('alice');
const image = makeModernImage('tokens');
const hub = useHub({ people: ['alice', 'robert', 'carol'] }, () =>
  pushModern(hub, ALICE, 'alice/app', image, '1'),
);

interface Claims {
  readonly scopes: readonly { readonly repository: string; readonly actions: readonly string[] }[];
}

/** What a token says that it is for, as `name:actions`. */
function claimsOf(header: string): string[] {
  const [body = ''] = header.replace('Bearer ', '').split('.');
  const { scopes } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  return scopes.map(({ repository, actions }) => `${repository}:${actions.join(',')}`);
}

function post(fields: Readonly<Record<string, string>>, unchecked = false) {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const body = new URLSearchParams(fields).toString();
  return send(hub, 'POST /v2/token', { headers, body, unchecked });
}

describe('a token', () => {
  it('is answered under both names, with how long it lasts', async () => {
    const line = 'GET /v2/token?account=alice&client_id=docker&offline_token=true&service=hub';
    const answer = await send(hub, line, { auth: ALICE }).expect(200);
    const { token, access_token, expires_in, issued_at } = answer.body;
    assert.equal(typeof token, 'string');
    assert.equal(access_token, token);
    assert.ok(Number.isInteger(expires_in) && expires_in > 0);
    assert.ok(Math.abs(Date.parse(issued_at) - Date.now()) < 60_000);
    assert.equal(answer.headers['cache-control'], 'no-store');
    await send(hub, 'GET /v2/', { auth: `Bearer ${token}` }).expect(200, {});
  });

  it('is given without a login too, and is good for /v2/ and for what is public', async () => {
    const token = await tokenFor(hub, undefined, 'repository:alice/app:pull');
    await send(hub, 'GET /v2/', { auth: token }).expect(200);
    await send(hub, 'GET /v2/alice/app/manifests/1', { auth: token }).expect(200);
    await fails(send(hub, 'POST /v2/alice/app/blobs/uploads/', { auth: token }), 403, 'DENIED');
    // podman and skopeo without a login (v2.md §0.2).
    const empty = await tokenFor(hub, 'Basic Og==', 'repository:alice/app:pull');
    await send(hub, 'GET /v2/alice/app/manifests/1', { auth: empty }).expect(200);
    await send(hub, 'GET /v2/alice/app/manifests/1', { auth: 'Basic Og==' }).expect(200);
    await send(hub, 'GET /v2/', { auth: 'Basic Og==' }).expect(401);
  });

  it('can be asked for by a form, with several scopes in one field', async () => {
    const fields = {
      client_id: 'containerd-client',
      grant_type: 'password',
      username: 'alice',
      password: PASSWORD,
      service: 'hub',
      scope: 'repository:alice/app:pull repository:alice/new:pull,push',
    };
    const answer = await post(fields).expect(200);
    const token = `Bearer ${answer.body.token}`;
    assert.deepEqual(claimsOf(token), ['alice/app:pull', 'alice/new:pull,push']);
    await send(hub, 'POST /v2/alice/new/blobs/uploads/', { auth: token }).expect(202);
    await fails(post({ ...fields, password: 'wrong' }), 401, 'UNAUTHORIZED');
    await fails(post({ ...fields, username: 'stranger' }), 401, 'UNAUTHORIZED');
    await post({ ...fields, grant_type: 'refresh_token' }).expect(400);
    await post({ grant_type: 'password' }).expect(400);
    const { scope: _, ...none } = fields;
    assert.deepEqual(claimsOf(`Bearer ${(await post(none).expect(200)).body.token}`), []);
  });

  it('is refused for a wrong password, with our own words', async () => {
    for (const auth of [basic('alice', 'wrong'), basic('stranger', 'wrong')]) {
      const answer = await send(hub, 'GET /v2/token', { auth }).expect(401);
      assert.equal(errorIn(answer).code, 'UNAUTHORIZED');
      assert.notEqual(errorIn(answer).message, 'authentication required');
    }
  });

  const cases: readonly [who: string, auth: string | undefined, asked: string, given: string][] = [
    ['an owner', ALICE, 'alice/app:pull,push', 'alice/app:pull,push'],
    ['an owner', ALICE, 'alice/app:push,pull', 'alice/app:pull,push'],
    ['an owner', ALICE, 'alice/app:*', 'alice/app:*'],
    ['an owner', ALICE, 'alice/app:delete', 'alice/app:delete'],
    ['an owner', ALICE, 'alice/new:pull,push', 'alice/new:pull,push'],
    ['an admin', basic('admin'), 'alice/app:pull,push', 'alice/app:pull,push'],
    ['an admin', basic('admin'), 'ubuntu:pull,push', 'library/ubuntu:pull,push'],
    ['another', basic('robert'), 'alice/app:pull,push', 'alice/app:pull'],
    ['another', basic('robert'), 'alice/none:pull,push', 'alice/none:'],
    ['another', basic('robert'), 'ubuntu:push', 'library/ubuntu:'],
    ['nobody', undefined, 'alice/app:pull,push', 'alice/app:pull'],
    ['nobody', undefined, 'alice/none:pull', 'alice/none:'],
  ];
  for (const [who, auth, asked, given] of cases) {
    it(`of ${who} is for what they may do of ${asked}`, async () => {
      assert.deepEqual(claimsOf(await tokenFor(hub, auth, `repository:${asked}`)), [given]);
    });
  }

  for (const scope of [
    'registry:catalog:*',
    'repository:Alice/App:pull',
    'repository:a/b/c:pull',
    'x',
  ]) {
    it(`ignores a scope that means nothing here: ${scope}`, async () => {
      const token = await tokenFor(hub, ALICE, scope, 'repository:alice/app:pull');
      assert.deepEqual(claimsOf(token), ['alice/app:pull']);
      await send(hub, 'GET /v2/_catalog', { auth: token }).expect(200);
    });
  }

  it('allows no more than was asked for', async () => {
    const pull = await tokenFor(hub, ALICE, 'repository:alice/app:pull');
    const answer = await send(hub, 'POST /v2/alice/app/blobs/uploads/', { auth: pull });
    assert.equal(answer.status, 401);
    const challenge = answer.headers['www-authenticate'] ?? '';
    assert.match(challenge, /scope="repository:alice\/app:pull,push"/);
    assert.match(challenge, /error="insufficient_scope"/);
    const other = await tokenFor(hub, ALICE, 'repository:alice/other:pull,push');
    await send(hub, 'POST /v2/alice/app/blobs/uploads/', { auth: other }).expect(401);
    await send(hub, 'POST /v2/alice/other/blobs/uploads/', { auth: other }).expect(202);
  });

  it('cannot be used to get another one', async () => {
    const token = await tokenFor(hub, ALICE, 'repository:alice/app:pull');
    await send(hub, 'GET /v2/token', { auth: token }).expect(401);
  });

  it('is invalid in v1, as tokens of v1 are in v2', async () => {
    const token = await tokenFor(hub, ALICE, 'repository:alice/app:*');
    await send(hub, 'GET /v1/users/', { auth: token }).expect(401);
    const old = await createRepository(hub, ALICE, 'alice/older');
    await send(hub, 'GET /v2/', { auth: old }).expect(401);
  });

  for (const [what, change] of [
    ['another signature', (token: string) => `${token.slice(0, -2)}AA`],
    ['another body', (token: string) => token.replace('Bearer ey', 'Bearer ez')],
    ['more after it', (token: string) => `${token}.more`],
    ['nothing', () => 'Bearer '],
    ['a point', () => 'Bearer .'],
    ['much', () => `Bearer ${'a'.repeat(9000)}.b`],
  ] as const) {
    it(`with ${what} is refused`, async () => {
      const token = await tokenFor(hub, ALICE, 'repository:alice/app:pull');
      const answer = await send(hub, 'GET /v2/', { auth: change(token) }).expect(401);
      assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm=/);
    });
  }
});

describe('a token ends', () => {
  it('with the password of its account', async () => {
    const carol = basic('carol');
    const token = await tokenFor(hub, carol, 'repository:carol/app:pull,push');
    await send(hub, 'GET /v2/', { auth: token }).expect(200);
    const body = { password: 'another one' };
    await send(hub, 'PUT /v1/users/carol/', { auth: carol, body }).expect(204);
    await send(hub, 'GET /v2/', { auth: token }).expect(401);
    await send(hub, 'POST /v2/carol/app/blobs/uploads/', { auth: token }).expect(401);
  });

  it('when its account is deactivated', async () => {
    const token = await tokenFor(hub, basic('robert'), 'repository:robert/app:pull,push');
    await hub.users.deactivate('robert');
    const answer = await send(hub, 'GET /v2/', { auth: token });
    assert.ok([401, 403].includes(answer.status));
    await hub.users.activate('robert');
  });

  it('after --token-ttl', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    await using timed = await startTestHub({ tokenTtl: 60, clock: { now: () => now } });
    const answer = await send(timed, 'GET /v2/token', { auth: basic('admin') }).expect(200);
    assert.equal(answer.body.expires_in, 60);
    const auth = `Bearer ${answer.body.token}`;
    now += 59_000;
    await send(timed, 'GET /v2/', { auth }).expect(200);
    now += 1_000;
    const late = await send(timed, 'GET /v2/', { auth }).expect(401);
    assert.match(late.headers['www-authenticate'] ?? '', /error="invalid_token"/);
  });

  it('with its repository, even if another of the same name follows', async () => {
    const name = 'alice/again';
    await pushModern(hub, ALICE, name, image, '1');
    const token = await tokenFor(hub, ALICE, `repository:${name}:pull,push`);
    await send(hub, `POST /v2/${name}/blobs/uploads/`, { auth: token }).expect(202);
    await deleteRepository(hub, ALICE, name);
    await pushModern(hub, ALICE, name, image, '1');
    await send(hub, `POST /v2/${name}/blobs/uploads/`, { auth: token }).expect(401);
  });

  it('when its repository becomes private, unless it is an admin who asks again', async () => {
    const name = 'alice/closing';
    await pushModern(hub, ALICE, name, image, '1');
    const nobody = await tokenFor(hub, undefined, `repository:${name}:pull`);
    const other = await tokenFor(hub, basic('admin'), `repository:${name}:pull`);
    await send(hub, `GET /v2/${name}/manifests/1`, { auth: nobody }).expect(200);
    await setAccess(hub, ALICE, name, 'private');
    await fails(send(hub, `GET /v2/${name}/manifests/1`, { auth: nobody }), 403, 'DENIED');
    // An admin may, but has to ask again.
    await send(hub, `GET /v2/${name}/manifests/1`, { auth: other }).expect(401);
    const again = await tokenFor(hub, basic('admin'), `repository:${name}:pull`);
    await send(hub, `GET /v2/${name}/manifests/1`, { auth: again }).expect(200);
  });
});
