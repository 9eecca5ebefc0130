/* Tokens as clients spell them, as registries check them, and how they end (protocol.md §0.6, §1.7, §2). */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { basic, bearer, type Sent, send, tokenIn } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { createRepository, pushImage, readToken } from '../support/pushes.js';

const wanted = { 'X-Docker-Token': 'true' };
const app = '/v1/repositories/alice/app';

const hub = useHub({ people: ['alice', 'bob_1'], tokenTtl: 60, clock: { now: () => now } });
let now = Date.UTC(2014, 5, 9, 12);
const alice = basic('alice');

async function statusOf(line: string, sent: Sent): Promise<number> {
  return (await send(hub, line, sent)).status;
}

async function deleteToken(name: string): Promise<string> {
  const line = `DELETE /v1/repositories/${name}/images`;
  return bearer(await send(hub, line, { auth: alice, headers: wanted }).expect(204));
}

describe('a token may be spelt', () => {
  const image = makeImage('spelling');
  let signature = '';

  before(async () => {
    await pushImage(hub, alice, 'alice/app', image);
    const response = await send(hub, `GET ${app}/images`, { headers: wanted });
    signature = /signature=([0-9a-f]{40})/.exec(tokenIn(response))?.[1] ?? '';
  });

  const spellings = [
    'Token signature=HEX,repository="alice/app",access=read',
    'Token Token signature=HEX,repository="alice/app",access=read',
    'token Token signature=HEX,repository="alice/app",access=read',
    'token signature=HEX,repository="alice/app",access=read',
    'TOKEN signature=HEX,repository="alice/app",access=read',
    'Token signature=HEX, repository="alice/app", access=read',
    'Token  signature=HEX ,  repository="alice/app" ,access=read ',
    'Token signature = HEX, repository = "alice/app", access = read',
    'Token access=read,repository="alice/app",signature=HEX',
    'Token signature=HEX,repository=alice/app,access=read',
    'Token signature="HEX",repository="alice/app",access="read"',
    'Token signature:HEX,repository:"alice/app",access:read',
    'Token signature: HEX, repository: "alice/app", access: read',
    'Token Signature=HEX,Repository="alice/app",Access=read',
    'Token signature=HEX,repository="alice/app",access=read,',
    'Token signature=HEX,repository="alice/app",access=read,realm="x"',
  ];
  for (const spelling of spellings) {
    it(spelling, async () => {
      const auth = spelling.replace('HEX', signature);
      for (const line of [
        `GET ${app}/images`,
        `GET ${app}/tags`,
        `GET /v1/images/${image.id}/json`,
      ]) {
        assert.equal(await statusOf(line, { auth }), 200);
      }
      assert.equal(await statusOf(`PUT ${app}/auth`, { auth }), 200);
    });
  }

  for (const spelling of [
    'HEX',
    'signature=HEX,repository="alice/app",access=read',
    'Tokensignature=HEX',
  ]) {
    it(`but not as ${spelling}`, async () => {
      const auth = spelling.replace('HEX', signature);
      assert.equal(await statusOf(`GET ${app}/images`, { auth }), 401);
      assert.equal(await statusOf(`GET ${app}/tags`, { auth }), 401);
    });
  }
});

describe('a token expires', () => {
  it('after its time, at the index and at the registry', async () => {
    const image = makeImage('expiry');
    const write = await pushImage(hub, alice, 'alice/short', image);
    const path = '/v1/repositories/alice/short';
    const read = await readToken(hub, 'alice/short');
    const remove = await deleteToken('alice/short');
    now += 59_999;
    for (const auth of [read, write]) {
      await send(hub, `GET ${path}/images`, { auth }).expect(200);
      await send(hub, `GET ${path}/tags`, { auth }).expect(200);
      await send(hub, `PUT ${path}/auth`, { auth }).expect(200);
    }
    now += 1;
    for (const auth of [read, write, remove]) {
      await send(hub, `GET ${path}/images`, { auth }).expect(401);
      await send(hub, `GET ${path}/tags`, { auth }).expect(401);
      await send(hub, `GET /v1/images/${image.id}/layer`, { auth }).expect(401);
      await send(hub, `PUT ${path}/images`, { auth, body: [] }).expect(401);
      await send(hub, `PUT ${path}/auth`, { auth }).expect(403, '"Permission denied"');
      await send(hub, `DELETE ${path}/`, { auth }).expect(401);
    }
    const fresh = await readToken(hub, 'alice/short');
    await send(hub, `GET ${path}/tags`, { auth: fresh }).expect(200, { latest: image.id });
  });
});

describe('a token ends before its time, though the clock stands still,', () => {
  it('when its repository is deleted and made again', async () => {
    const path = '/v1/repositories/alice/again';
    const old: string[] = [];
    for (const round of [1, 2, 3]) {
      const write = await createRepository(hub, alice, 'alice/again', [{ id: `round${round}` }]);
      const read = await readToken(hub, 'alice/again');
      for (const auth of [write, read]) await send(hub, `GET ${path}/tags`, { auth }).expect(200);
      for (const auth of old) {
        await send(hub, `GET ${path}/images`, { auth }).expect(401);
        await send(hub, `PUT ${path}/images`, { auth, body: [] }).expect(401);
        await send(hub, `DELETE ${path}/`, { auth }).expect(401);
      }
      old.push(write, read, await deleteToken('alice/again'));
      await send(hub, `DELETE ${path}/`, { auth: alice }).expect(202);
      // Once in each way: from the first DELETE on the name is free.
      if (round !== 2) await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200);
    }
  });

  it('when its repository is made private', async () => {
    const path = '/v1/repositories/alice/hidden';
    await createRepository(hub, alice, 'alice/hidden');
    const stranger = await readToken(hub, 'alice/hidden');
    const body = { access: 'private' };
    await send(hub, `PUT ${path}/properties`, { auth: alice, body }).expect(200);
    await send(hub, `GET ${path}/images`, { auth: stranger }).expect(401);
    const owner = await readToken(hub, 'alice/hidden', alice);
    await send(hub, `GET ${path}/images`, { auth: owner }).expect(200);
  });

  it('when the clock is set back in between, too', async () => {
    const path = '/v1/repositories/alice/past';
    const write = await createRepository(hub, alice, 'alice/past');
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(202);
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200);
    now -= 30_000;
    const current = await createRepository(hub, alice, 'alice/past');
    await send(hub, `PUT ${path}/images`, { auth: write, body: [] }).expect(401);
    await send(hub, `PUT ${path}/images`, { auth: current, body: [] }).expect(204);
  });
});

describe('a Python docker-registry that has this hub for its index', () => {
  const path = '/v1/repositories/alice/far';
  const ids = ['a'.repeat(64), 'b'.repeat(64)];
  const list = `[{"id": "${ids[0]}", "checksum": ""}, {"id": "${ids[1]}", "checksum": ""}]`;
  const tokens: { read: string; write: string } = { read: '', write: '' };

  before(async () => {
    // Its images never come here; the index only hears of them.
    tokens.write = await createRepository(
      hub,
      alice,
      'alice/far',
      ids.map((id) => ({ id })),
    );
    const body = { access: 'private' };
    await send(hub, `PUT ${path}/properties`, { auth: alice, body }).expect(200);
    tokens.write = await createRepository(hub, alice, 'alice/far');
    tokens.read = await readToken(hub, 'alice/far', alice);
  });

  it('finds any token good by GET images, as often as it asks', async () => {
    for (const auth of [tokens.read, tokens.write, await deleteToken('alice/far')]) {
      for (const _ of [1, 2]) await send(hub, `GET ${path}/images`, { auth }).expect(200, list);
    }
  });

  it('hears of a layer whether the bearer may have it', async () => {
    const [id] = ids;
    const access = (layer: string | undefined, auth?: string) =>
      send(hub, `GET ${path}/layer/${layer}/access`, { auth });
    for (const auth of [tokens.read, tokens.write, alice, basic('admin')]) {
      await access('c'.repeat(64), auth).expect(200, '{"access": false}');
    }
    for (const auth of [tokens.write, alice, basic('admin')]) {
      await access(id, auth).expect(200, '{"access": true}');
    }
    await access(id).expect(401);
    await access(id, basic('bob_1')).expect(404, '"Repository not found"');
    await access('no-id', alice).expect(404, '"Invalid image ID"');
  });

  it('hears so of a pull, too', async () => {
    const auth = tokens.read;
    for (const id of ids) {
      await send(hub, `GET ${path}/layer/${id}/access`, { auth }).expect(200, '{"access": true}');
    }
  });

  it('hears so of a base that others list, unless somebody hides it', async () => {
    const base = '5'.repeat(64);
    const bobs = await createRepository(hub, basic('bob_1'), 'bob_1/listing', [{ id: base }]);
    tokens.write = await createRepository(hub, alice, 'alice/listing', [{ id: base }]);
    const hears = async (name: string, auth: string) =>
      (await send(hub, `GET /v1/repositories/${name}/layer/${base}/access`, { auth })).body.access;
    assert.equal(await hears('alice/listing', tokens.write), true);
    assert.equal(await hears('bob_1/listing', bobs), true);
    await send(hub, 'PUT /v1/repositories/bob_1/listing/properties', {
      auth: basic('bob_1'),
      body: { access: 'private' },
    }).expect(200);
    assert.equal(await hears('alice/listing', tokens.write), false);
    assert.equal(await hears('bob_1/listing', basic('bob_1')), true);
    tokens.write = await createRepository(hub, alice, 'alice/far');
  });

  it('hears of a parent whether a push may build on it', async () => {
    const [open, hidden] = [makeChain('open base', 2), makeChain('hidden base', 2)];
    await pushImage(hub, basic('bob_1'), 'bob_1/open', open);
    await pushImage(hub, basic('bob_1'), 'bob_1/hidden', hidden);
    await send(hub, 'PUT /v1/repositories/bob_1/hidden/properties', {
      auth: basic('bob_1'),
      body: { access: 'private' },
    }).expect(200);
    const hears = async (id: string | undefined, auth: string) =>
      (await send(hub, `GET ${path}/layer/${id}/access`, { auth }).expect(200)).body.access;
    assert.equal(await hears(open[0]?.id, tokens.write), true);
    assert.equal(await hears(hidden[0]?.id, tokens.write), false);
    assert.equal(await hears(open[0]?.id, tokens.read), false);
    // Naming an image in one's list opens nothing.
    await createRepository(hub, alice, 'alice/far', [...open, ...hidden]);
    assert.equal(await hears(hidden[1]?.id, tokens.write), false);
    assert.equal(await hears(hidden[1]?.id, alice), false);
  });

  it('asks by PUT …/auth, and spends only what deletes', async () => {
    for (const auth of [tokens.read, tokens.write, tokens.read, alice, basic('admin')]) {
      await send(hub, `PUT ${path}/auth`, { auth }).expect(200, '"OK"');
    }
    const [first, second] = [await deleteToken('alice/far'), await deleteToken('alice/far')];
    await send(hub, `PUT ${path}/auth`, { auth: first }).expect(200, '"OK"');
    await send(hub, `PUT ${path}/auth`, { auth: first }).expect(403, '"Permission denied"');
    await send(hub, `GET ${path}/images`, { auth: first }).expect(401);
    await send(hub, `PUT ${path}/auth`, { auth: second }).expect(200, '"OK"');
    // A question deletes nothing.
    await send(hub, `GET ${path}/images`, { auth: tokens.read }).expect(200);
    await hub.restart();
    await send(hub, `PUT ${path}/auth`, { auth: first }).expect(403);
  });

  it('spends a token once, however many ask at once', async () => {
    const auth = await deleteToken('alice/far');
    const asked = Array.from({ length: 8 }, () => statusOf(`PUT ${path}/auth`, { auth }));
    const expected = [200, ...Array.from({ length: 7 }, () => 403)];
    assert.deepEqual((await Promise.all(asked)).sort(), expected);
  });

  it('is refused without a token, and where there is nothing', async () => {
    const nobody = await send(hub, `PUT ${path}/auth`).expect(401);
    assert.equal(nobody.headers['www-authenticate'], 'Basic realm="auth required",Token');
    await send(hub, `PUT ${path}/auth`, { auth: basic('alice', 'wrong') }).expect(401);
    // A private repository of somebody else's is to an account as if it were not there.
    await send(hub, `PUT ${path}/auth`, { auth: basic('bob_1') }).expect(404, '"Not found"');
    const none = '/v1/repositories/alice/none';
    await send(hub, `PUT ${none}/auth`, { auth: alice }).expect(404, '"Not found"');
    await createRepository(hub, alice, 'alice/none');
    const auth = await readToken(hub, 'alice/none');
    await send(hub, `DELETE ${none}/`, { auth: alice }).expect(202);
    await send(hub, `PUT ${none}/auth`, { auth }).expect(404, '"Not found"');
    await send(hub, `DELETE ${none}/`, { auth: alice }).expect(200);
    // Nothing is left that could tell a good token from a bad one.
    await send(hub, `PUT ${none}/auth`, { auth }).expect(403, '"Permission denied"');
  });
});
