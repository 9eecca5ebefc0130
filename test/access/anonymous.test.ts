/* A registry that asks nobody who they are (`--anonymous push`): who may do what, as one table, and what never. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ACTIONS, type Target } from '../support/actions.js';
import { basic, bearer, send } from '../support/client.js';
import { type OwnHub, startPlainHub, startTestHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { createRepository, pushImage, putImage } from '../support/pushes.js';

/**
 * `common` and `root` were pushed by nobody, under `team/…` and as a root repository; `alices` and `private` are
 * an account's, `official` an admin's, `left` that of an account that was removed. `empty` is Basic with neither
 * name nor password, as dockers before 1.8 push without a login; `token` is a write token that nobody was
 * given for `team/given`.
 */
const TABLE = `
                 nobody  empty  bob_1  alice  admin  token
common
  list images       200    200    200    200    200    401
  get layer         200    200    200    200    200    404
  push              200    200    200    200    200    401
  put images        204    204    204    204    204    401
  put image json    200    200    200    200    200    400
  put layer         200    200    200    200    200    404
  put checksum      200    200    200    200    200    404
  put tag           200    200    200    200    200    401
  put properties    200    200    200    200    200    401
  delete tag        200    200    200    200    200    401
  delete images     204    204    204    204    204    401
  delete tags       200    200    200    200    200    401
  delete            200    200    202    202    202    401
root
  list images       200    200    200    200    200    401
  push              200    200    200    200    200    401
  put images        204    204    204    204    204    401
  put image json    200    200    200    200    200    400
  put layer         200    200    200    200    200    404
  put checksum      200    200    200    200    200    404
  put tag           200    200    200    200    200    401
  delete tag        200    200    200    200    200    401
  delete            200    200    202    202    202    401
official
  list images       200    200    200    200    200    401
  get layer         200    200    200    200    200    404
  push              401    401    403    403    200    401
  put images        401    401    403    403    204    401
  put image json    400    400    400    400    200    400
  put layer         404    404    404    404    200    404
  put checksum      404    404    404    404    200    404
  put tag           401    401    403    403    200    401
  put properties    401    401    403    403    200    401
  delete tag        401    401    403    403    200    401
  delete images     401    401    403    403    204    401
  delete tags       401    401    403    403    200    401
  delete            401    401    403    403    202    401
alices
  list images       200    200    200    200    200    401
  get layer         200    200    200    200    200    404
  push              401    401    403    200    200    401
  put images        401    401    403    204    204    401
  put image json    400    400    400    200    200    400
  put layer         404    404    404    200    200    404
  put checksum      404    404    404    200    200    404
  put tag           401    401    403    200    200    401
  put properties    401    401    403    200    200    401
  delete tag        401    401    403    200    200    401
  delete images     401    401    403    204    204    401
  delete tags       401    401    403    200    200    401
  delete            401    401    403    202    202    401
private
  list images       404    404    404    200    200    401
  list tags         404    404    404    200    200    401
  get image json    404    404    404    200    200    404
  get layer         404    404    404    200    200    404
  get ancestry      404    404    404    200    200    404
  get files         404    404    404    200    200    404
  push              401    401    403    200    200    401
  put image json    400    400    400    200    200    400
  put layer         404    404    404    200    200    404
  put tag           401    401    403    200    200    401
  delete tag        401    401    403    200    200    401
  delete tags       401    401    403    200    200    401
  delete            401    401    403    202    202    401
left
  list images       200    200    200    200    200    401
  push              401    401    403    403    200    401
  put tag           401    401    403    403    200    401
  put image json    400    400    400    400    200    400
  delete tag        401    401    403    403    200    401
  delete            401    401    403    403    202    401
anything
  log in            401    401    200    200    200    401
  search            200    200    200    200    200    200
  change alice      401    401    403    204    204    401
`;

const NAMESPACES: Readonly<Record<string, string>> = {
  common: 'team',
  root: 'library',
  official: 'library',
  alices: 'alice',
  private: 'alice',
  left: 'ghost',
  anything: 'team',
};
/** Whom a repository of a kind is made by. */
const COMMON = ['common', 'root', 'anything'];

const admin = basic('admin');
const alice = basic('alice');
const empty = basic('', '');
const wanted = { 'X-Docker-Token': 'true' };
const open = makeImage('open');
const secret = makeImage('secret');

let hub: OwnHub;

before(async () => {
  hub = await startTestHub({ people: ['alice', 'bob_1', 'ghost'], anonymous: 'push' });
  await pushImage(hub, alice, 'alice/open', open);
  await makePrivate('alice/secret');
  await pushImage(hub, alice, 'alice/secret', secret);
  await pushImage(hub, basic('ghost'), 'ghost/kept', open);
  await hub.users.delete('ghost');
});

after(() => hub.close());

async function makePrivate(name: string, on: OwnHub = hub): Promise<void> {
  await createRepository(on, admin, name);
  const sent = { auth: admin, body: { access: 'private' } };
  await send(on, `PUT /v1/repositories/${name}/properties`, sent).expect(200);
}

/** A push without a login; resolves to the write token. */
function createAnybodys(name: string, images: readonly { readonly id: string }[] = []) {
  return createRepository(hub, empty, name, images);
}

/** A repository with an image under the tag `latest`, and another image on its way. */
async function makeTarget(kind: string, name: string, action: string): Promise<Target> {
  const full = `${NAMESPACES[kind]}/${name}`;
  const auth = COMMON.includes(kind) ? undefined : admin;
  const image = kind === 'private' ? secret : open;
  const next = makeImage(name);
  if (kind === 'private') await makePrivate(full);
  await createRepository(hub, auth ?? empty, full, [image, next]);
  const tag = { auth, body: JSON.stringify(image.id) };
  await send(hub, `PUT /v1/repositories/${full}/tags/latest`, tag).expect(200);
  if (action === 'put layer' || action === 'put checksum') {
    const json = { auth, body: next.json };
    await send(hub, `PUT /v1/images/${next.id}/json`, json).expect(200);
  }
  if (action === 'put checksum') {
    const layer = { auth, body: next.layer };
    await send(hub, `PUT /v1/images/${next.id}/layer`, layer).expect(200);
  }
  return { path: `/v1/repositories/${full}`, image, next };
}

async function credentials(caller: string): Promise<string | undefined> {
  if (caller === 'nobody') return undefined;
  if (caller === 'empty') return empty;
  return caller === 'token' ? createAnybodys('team/given') : basic(caller);
}

function cells(line: string): string[] {
  return line.trim().split(/\s{2,}/);
}

describe('the table of a registry that asks nobody who they are', () => {
  const [head = '', ...lines] = TABLE.split('\n').filter((line) => line.trim() !== '');
  const callers = cells(head);
  let kind = '';
  for (const line of lines) {
    if (!line.startsWith(' ')) {
      kind = line;
      continue;
    }
    const [action = '', ...statuses] = cells(line);
    const where = kind;
    it(`${where}: ${action}`, async () => {
      const act = async (caller: string): Promise<[string, number]> => {
        const name = `${where}-${action}-${caller}`.replaceAll(' ', '_');
        const target = await makeTarget(where, name, action);
        const [request, sent] = ACTIONS[action]?.(target) ?? [''];
        const auth = await credentials(caller);
        return [caller, (await send(hub, request, { ...sent, auth })).status];
      };
      const expected = callers.map((caller, column) => [caller, Number(statuses[column])]);
      const found = await Promise.all(callers.map(act));
      assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected));
    });
  }
});

describe('a push without a login', () => {
  it('makes any name that is free, and what it makes is public', async () => {
    for (const name of ['free', 'some-team/free', 'docker/free']) {
      const image = makeImage(name);
      await createAnybodys(name, [image]);
      // Neither token nor password with any of it, as curl does it by hand.
      await send(hub, `PUT /v1/images/${image.id}/json`, { body: image.json }).expect(200);
      await send(hub, `PUT /v1/images/${image.id}/layer`, { body: image.layer }).expect(200);
      const headers = { 'X-Docker-Checksum-Payload': image.payload };
      await send(hub, `PUT /v1/images/${image.id}/checksum`, { headers }).expect(200);
      const body = JSON.stringify(image.id);
      await send(hub, `PUT /v1/repositories/${name}/tags/latest`, { body }).expect(200);
      await send(hub, `PUT /v1/repositories/${name}/images`, { body: [] }).expect(204);
      await send(hub, `GET /v1/repositories/${name}/properties`).expect(200, { access: 'public' });
      await send(hub, `GET /v1/images/${image.id}/layer`, { auth: alice }).expect(200);
    }
  });

  it('says where the registry is, and gives a token where one is asked for', async () => {
    const path = '/v1/repositories/team/tokens/';
    const plain = await send(hub, `PUT ${path}`, { body: [] }).expect(200);
    assert.equal(plain.headers['x-docker-endpoints'], `127.0.0.1:${hub.port}`);
    assert.equal(plain.headers['x-docker-token'], undefined);
    const asked = await send(hub, `PUT ${path}`, { body: [], headers: wanted }).expect(200);
    assert.match(
      String(asked.headers['x-docker-token']),
      /^signature=[0-9a-f]{40},repository="team\/tokens",access=write$/,
    );
  });

  it('can make nothing private, which nobody could read any more', async () => {
    const token = await createAnybodys('team/hidden');
    const path = '/v1/repositories/team/hidden/properties';
    const body = { access: 'private' };
    await send(hub, `PUT ${path}`, { body }).expect(401);
    await send(hub, `PUT ${path}`, { body, auth: token }).expect(401);
    await send(hub, `PUT ${path}`, { body, auth: basic('bob_1') }).expect(403);
    await send(hub, `PUT ${path}`, { body, auth: admin }).expect(200);
    await send(hub, 'PUT /v1/repositories/team/hidden/', { body: [] }).expect(401);
    await send(hub, 'GET /v1/repositories/team/hidden/images', { auth: token }).expect(401);
  });

  it('deletes at once, and frees the name', async () => {
    const image = makeImage('deleted');
    await pushImage(hub, empty, 'team/deleted', image);
    const deleted = await send(hub, 'DELETE /v1/repositories/team/deleted/').expect(200);
    assert.equal(deleted.text, 'true');
    await send(hub, 'DELETE /v1/repositories/team/deleted/').expect(404);
    await send(hub, `GET /v1/images/${image.id}/json`).expect(404);
    await pushImage(hub, empty, 'team/deleted', image);
  });

  it('deletes with a token as well, in the steps of an index', async () => {
    await pushImage(hub, empty, 'team/stepwise', makeImage('stepwise'));
    const path = '/v1/repositories/team/stepwise';
    const given = await send(hub, `DELETE ${path}/images`, { headers: wanted }).expect(204);
    await send(hub, `DELETE ${path}/`, { auth: bearer(given) }).expect(200);
    await send(hub, `GET ${path}/tags`).expect(404);
    await send(hub, `DELETE ${path}/`).expect(200);
  });

  it('is no official repository to a search', async () => {
    await createAnybodys('search-me');
    await createRepository(hub, admin, 'search-me-official');
    const { body } = await send(hub, 'GET /v1/search?q=search-me').expect(200);
    const found = (body.results as { name: string; is_official: boolean }[]).map(
      ({ name, is_official }) => [name, is_official],
    );
    assert.deepEqual(found.sort(), [
      ['search-me', false],
      ['search-me-official', true],
    ]);
  });
});

describe('what an account owns, beside those who push without one', () => {
  it('a layer of a private repository is not had by listing its id', async () => {
    const body = [{ id: secret.id }];
    const token = await createAnybodys('team/thief', body);
    for (const auth of [undefined, token]) {
      await send(hub, `GET /v1/images/${secret.id}/layer`, { auth }).expect(404);
      await send(hub, `GET /v1/images/${secret.id}/json`, { auth }).expect(404);
      const tag = JSON.stringify(secret.id);
      await send(hub, 'PUT /v1/repositories/team/thief/tags/x', { auth, body: tag }).expect(404);
      await send(hub, 'PUT /v1/repositories/team/thief/images', { auth, body }).expect(204);
      await send(hub, `GET /v1/images/${secret.id}/layer`, { auth }).expect(404);
    }
    const access = `GET /v1/repositories/team/thief/layer/${secret.id}/access`;
    await send(hub, access, { auth: token }).expect(200, { access: false });
  });

  it('nor by building on it, nor by pushing something else under its id', async () => {
    const child = makeImage('child of secret', { parent: secret });
    const forged = { ...makeImage('forged'), id: secret.id };
    const json = Buffer.from(`{"id": "${secret.id}"}`);
    const token = await createAnybodys('team/heir', [child, secret]);
    for (const auth of [undefined, token]) {
      const built = await send(hub, `PUT /v1/images/${child.id}/json`, { auth, body: child.json });
      assert.equal(built.status, 400);
      assert.deepEqual(built.body, { error: 'Image depends on an unauthorized parent' });
    }
    for (const auth of [undefined, token]) {
      const layer = { auth, body: forged.layer };
      await send(hub, `PUT /v1/images/${secret.id}/json`, { auth, body: json }).expect(200);
      await send(hub, `PUT /v1/images/${secret.id}/layer`, layer).expect(200);
      const sum = createHash('sha256').update(json).update('\n').update(forged.layer).digest('hex');
      const headers = { 'X-Docker-Checksum-Payload': `sha256:${sum}` };
      await send(hub, `PUT /v1/images/${secret.id}/checksum`, { auth, headers }).expect(409);
      // 400 tells a push that its own upload is under way.
      const read = await send(hub, `GET /v1/images/${secret.id}/layer`, { auth });
      assert.equal(read.status, auth === undefined ? 404 : 400);
    }
    const theirs = await send(hub, `GET /v1/images/${secret.id}/layer`, { auth: alice });
    assert.deepEqual(theirs.body, secret.layer);
  });

  it('a private official image is not open to pushes of other root names', async () => {
    const hidden = makeImage('hidden official');
    await makePrivate('library/hidden-official');
    await pushImage(hub, admin, 'library/hidden-official', hidden);
    const token = await createAnybodys('root-thief', [hidden]);
    await send(hub, `GET /v1/images/${hidden.id}/layer`, { auth: token }).expect(404);
    const body = JSON.stringify(hidden.id);
    await send(hub, 'PUT /v1/repositories/root-thief/tags/x', { auth: token, body }).expect(404);
  });

  it('what an account sends with its password goes to its own repository, though others list it too', async () => {
    const image = makeImage('meant for alice');
    await makePrivate('alice/mine');
    await createRepository(hub, alice, 'alice/mine', [image]);
    await createAnybodys('team/lurker', [image]);
    await send(hub, `PUT /v1/images/${image.id}/json`, { body: makeImage('meant for alice').json });
    await putImage(hub, alice, image);
    await send(hub, 'GET /v1/repositories/alice/mine/images', { auth: alice }).expect(200);
    await send(hub, `GET /v1/images/${image.id}/layer`).expect(404);
    await send(hub, `GET /v1/images/${image.id}/layer`, { auth: alice }).expect(200);
  });

  it('an account that registers a name takes over what nobody pushed there, and ends its tokens', async () => {
    const image = makeImage('newcomer');
    const token = await pushImage(hub, empty, 'newcomer/app', image);
    const body = { username: 'newcomer', password: 'sesame', email: 'newcomer@example.com' };
    await send(hub, 'POST /v1/users/', { body }).expect(201);
    const tag = JSON.stringify(image.id);
    const path = '/v1/repositories/newcomer/app';
    await send(hub, `PUT ${path}/tags/x`, { body: tag }).expect(401);
    await send(hub, `PUT ${path}/tags/x`, { body: tag, auth: token }).expect(401);
    await send(hub, `DELETE ${path}/`).expect(401);
    await send(hub, 'PUT /v1/repositories/newcomer/other/', { body: [] }).expect(401);
    await send(hub, `PUT ${path}/tags/x`, { body: tag, auth: basic('newcomer') }).expect(200);
  });

  it("what an account that is gone has left is nobody else's, and keeps its name", async () => {
    await send(hub, 'PUT /v1/repositories/ghost/kept/', { body: [] }).expect(401);
    const body = { username: 'ghost', password: 'sesame', email: 'ghost2@example.com' };
    await send(hub, 'POST /v1/users/', { body }).expect(400);
  });

  it("what an admin pushes to is everybody's no longer", async () => {
    await createAnybodys('taken-over');
    await createRepository(hub, admin, 'taken-over');
    await send(hub, 'PUT /v1/repositories/taken-over/', { body: [] }).expect(401);
    await send(hub, 'DELETE /v1/repositories/taken-over/').expect(401);
  });

  it('what its owner is deleting cannot be pushed over', async () => {
    await pushImage(hub, alice, 'alice/going', open);
    await send(hub, 'DELETE /v1/repositories/alice/going/', { auth: alice }).expect(202);
    await send(hub, 'PUT /v1/repositories/alice/going/', { body: [] }).expect(401);
    await createRepository(hub, admin, 'going');
    await send(hub, 'DELETE /v1/repositories/going/', { auth: admin }).expect(202);
    await send(hub, 'PUT /v1/repositories/going/', { body: [] }).expect(401);
    await send(hub, 'DELETE /v1/repositories/going/').expect(401);
  });
});

describe('the bounds of a push without a login', () => {
  it('are those of every push', async () => {
    const small = await startTestHub({ anonymous: 'push', maxLayer: 1000, maxJson: 2000 });
    try {
      const image = makeImage('bounded');
      const token = await createRepository(small, empty, 'bounded', [image]);
      for (const auth of [undefined, token]) {
        await send(small, `PUT /v1/images/${image.id}/json`, { auth, body: image.json }).expect(
          200,
        );
        const layer = { auth, body: Buffer.alloc(1001) };
        await send(small, `PUT /v1/images/${image.id}/layer`, layer).expect(413);
      }
      const long = makeChain('too many', 60);
      await send(small, 'PUT /v1/repositories/bounded/', {
        body: long.map(({ id }) => ({ id })),
      }).expect(413);
    } finally {
      await small.close();
    }
  });
});

describe('--anonymous', () => {
  const hubs: OwnHub[] = [];
  after(() => Promise.all(hubs.map((each) => each.close())));

  it('pull, and no word of it, let nobody push', async () => {
    for (const given of [{}, { anonymous: 'pull' }] as const) {
      const strict = await startTestHub(given);
      hubs.push(strict);
      for (const auth of [undefined, empty]) {
        await send(strict, 'PUT /v1/repositories/web/', { auth, body: [] }).expect(401);
        await send(strict, `PUT /v1/images/${open.id}/json`, { auth, body: open.json }).expect(401);
        await send(strict, 'DELETE /v1/repositories/web/', { auth }).expect(401);
      }
    }
  });

  it('push ends with the option, tokens too; what was pushed stays', async () => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-anonymous-'));
    const folder = { data, ephemeral: false, bcryptRounds: 4 };
    try {
      const anybodys = await startTestHub({ ...folder, anonymous: 'push' });
      const token = await pushImage(anybodys, empty, 'web', open).finally(anybodys.close);
      const again = await startTestHub({ ...folder, anonymous: 'push' });
      const end = 'PUT /v1/repositories/web/images';
      const kept = await send(again, end, { auth: token, body: [] });
      await again.close();
      assert.equal(kept.status, 204);
      const strict = await startTestHub(folder);
      await Promise.all([
        send(strict, end, { auth: token, body: [] }).expect(401),
        send(strict, end, { body: [] }).expect(401),
        send(strict, 'GET /v1/repositories/web/tags').expect(200, { latest: open.id }),
      ]).finally(strict.close);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  it('push on an address that others reach is refused, unless that is said too', async () => {
    for (const host of ['0.0.0.0', '::', 'example.invalid', '192.0.2.1']) {
      await assert.rejects(startPlainHub({ host, anonymous: 'push' }), {
        message:
          `--anonymous: on ${host}, all who reach it could push and delete: if that is meant, ` +
          'add --anonymous-anywhere',
      });
    }
    await assert.rejects(startPlainHub({ anonymousAnywhere: true }), {
      message: '--anonymous-anywhere: it goes together with --anonymous push',
    });
  });

  const NAMES = [
    // A page of somebody's can make its own name lead here, and proxies have names of their own.
    ['127.0.0.1:5000', 200, 200],
    ['localhost', 200, 200],
    ['[::1]:5000', 200, 200],
    ['registry.example.com', 401, 200],
    ['registry.example.com:5000', 401, 200],
    // Here it is the Hub.
    ['index.docker.io', 401, 401],
    ['registry-1.docker.io', 401, 401],
  ] as const;

  it('push holds under the names of this machine; anywhere, under all but the official ones', async () => {
    const anywhere = await startTestHub({ anonymous: 'push', anonymousAnywhere: true });
    hubs.push(anywhere);
    const image = makeImage('by name');
    await createRepository(anywhere, empty, 'by-name', [image]);
    await createAnybodys('by-name', [image]);
    for (const [Host, here, there] of NAMES) {
      for (const [on, status] of [
        [hub, here],
        [anywhere, there],
      ] as const) {
        const headers = { Host };
        const body = { headers, body: [] };
        await send(on, 'PUT /v1/repositories/by-name/', body).expect(status);
        await send(on, 'PUT /v1/repositories/by-name/', { ...body, auth: empty }).expect(status);
        const json = { headers, body: image.json };
        await send(on, `PUT /v1/images/${image.id}/json`, json).expect(status);
        await send(on, 'GET /v1/repositories/by-name/images', { headers }).expect(200);
        if (status === 401) {
          await send(on, 'DELETE /v1/repositories/by-name/', { headers }).expect(401);
          await send(on, 'DELETE /v1/repositories/by-name/tags', { headers }).expect(401);
          await send(on, 'DELETE /v1/repositories/by-name/tags/x', { headers }).expect(401);
        }
      }
    }
  });
});
