/* The deletion in two steps, with the registry's own in between (protocol.md §1.5, §1.7). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { basic, bearer, type Sent, send } from '../support/client.js';
import { filesBelow, storedImages } from '../support/files.js';
import { type OwnHub, startTestHub } from '../support/hub.js';
import { makeChain, makeImage, type TestImage } from '../support/images.js';
import {
  createRepository,
  pushImage,
  putImage,
  putJson,
  putLayer,
  readToken,
} from '../support/pushes.js';

const MISSING = 'Repository not found';
const wanted = { 'X-Docker-Token': 'true' };

let hub: OwnHub;
const alice = basic('alice');
const admin = basic('admin');

before(async () => {
  // As `hub-v1 serve` runs: with nothing kept for a reset, which would hold on to the images of a start.
  hub = await startTestHub({ people: ['alice', 'bob_1'], harness: false });
});

after(() => hub.close());

/** A repository of alice's with one image of its own, which nobody else holds. */
async function pushed(name: string): Promise<{ path: string; image: TestImage; write: string }> {
  const image = makeImage(`deletion of ${name}`);
  const write = await pushImage(hub, alice, `alice/${name}`, image);
  return { path: `/v1/repositories/alice/${name}`, image, write };
}

/** The first DELETE; resolves to the Authorization header with the delete token. */
async function begin(path: string, auth = alice): Promise<string> {
  const response = await send(hub, `DELETE ${path}/`, { auth, headers: wanted }).expect(202);
  return bearer(response);
}

async function assertGone(path: string, { id }: TestImage): Promise<void> {
  const ask = async (line: string, status: number, sent: Sent = {}) => {
    const response = await send(hub, line, sent);
    assert.equal(response.status, status, `${line}: ${response.text}`);
  };
  for (const auth of [undefined, alice, admin]) {
    const reads = ['images', 'tags', 'tags/latest', 'tags/latest/json', 'properties', 'json'];
    for (const part of reads) await ask(`GET ${path}/${part}`, 404, { auth });
    for (const part of ['json', 'layer', 'ancestry', 'files']) {
      await ask(`GET /v1/images/${id}/${part}`, 404, { auth });
    }
  }
  for (const auth of [alice, admin]) {
    await ask(`GET ${path}/layer/${id}/access`, 404, { auth });
    await ask(`PUT ${path}/images`, 404, { auth, body: [{ id }] });
    await ask(`PUT ${path}/tags/latest`, 404, { auth, body: JSON.stringify(id) });
    await ask(`PUT ${path}/properties`, 404, { auth, body: { access: 'public' } });
    await ask(`DELETE ${path}/tags/latest`, 404, { auth });
    await ask(`DELETE ${path}/images`, 404, { auth });
  }
  const name = path.replace('/v1/repositories/', '');
  const { body } = await send(hub, `GET /v1/search?q=${name}`).expect(200);
  assert.equal(body.num_results, 0);
}

async function assertEnded(path: string, image: TestImage): Promise<void> {
  await assertGone(path, image);
  assert.ok(!(await storedImages(hub.folder)).includes(image.id), 'the image is still stored');
  const response = await send(hub, `DELETE ${path}/`, { auth: alice }).expect(404);
  assert.equal(response.body, MISSING);
  const authorized = await send(hub, `PUT ${path}/auth`, { auth: alice }).expect(404);
  assert.equal(authorized.body, 'Not found');
}

describe('a repository is deleted', () => {
  it('by asking twice: 202, then 200', async () => {
    const { path, image } = await pushed('twice');
    const begun = await send(hub, `DELETE ${path}/`, { auth: alice });
    assert.deepEqual([begun.status, begun.text], [202, '""']);
    assert.equal(begun.headers['x-docker-token'], undefined);
    assert.equal(begun.headers['x-docker-endpoints'], new URL(hub.url).host);
    await assertGone(path, image);
    const sent = { auth: alice, headers: { ...wanted, 'X-Docker-Endpoints': 'http://x/v1/' } };
    const ended = await send(hub, `DELETE ${path}`, sent);
    assert.deepEqual([ended.status, ended.text], [200, '""']);
    assert.equal(ended.headers['x-docker-token'], undefined);
    await assertEnded(path, image);
  });

  it('with a token on demand, which says what it is for', async () => {
    const { path } = await pushed('token');
    const begun = await send(hub, `DELETE ${path}/`, { auth: alice, headers: wanted }).expect(202);
    const token = String(begun.headers['x-docker-token']);
    assert.match(token, /^signature=[0-9a-f]{40},repository="alice\/token",access=delete$/);
    assert.equal(begun.headers['www-authenticate'], `Token ${token}`);
  });

  for (const registryPath of ['/', '', '/tags']) {
    it(`with the registry asked in between at …${registryPath}`, async () => {
      const { path, image } = await pushed(`between${registryPath.replace('/', '_')}`);
      const auth = await begin(path);
      const response = await send(hub, `DELETE ${path}${registryPath}`, { auth });
      assert.deepEqual([response.status, response.text], [200, 'true']);
      assert.equal(response.headers['cache-control'], 'no-cache');
      assert.ok(!(await storedImages(hub.folder)).includes(image.id));
      await assertGone(path, image);
      const again = await send(hub, `DELETE ${path}${registryPath}`, { auth });
      assert.deepEqual([again.status, again.body], [401, { error: 'Requires authorization' }]);
      assert.equal(again.headers['www-authenticate'], 'Basic realm="auth required",Token');
      await send(hub, `PUT ${path}/auth`, { auth }).expect(403, '"Permission denied"');
      await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200, '""');
      await assertEnded(path, image);
    });
  }

  it('with a registry elsewhere, which looks at the token and spends it', async () => {
    const { path, image } = await pushed('elsewhere');
    const auth = await begin(path);
    const list = `[{"id": "${image.id}", "checksum": ""}]`;
    await send(hub, `GET ${path}/images`, { auth }).expect(200, list);
    await send(hub, `GET ${path}/images`, { auth }).expect(200, list);
    await send(hub, `PUT ${path}/auth`, { auth }).expect(200, '"OK"');
    await send(hub, `PUT ${path}/auth`, { auth }).expect(403, '"Permission denied"');
    await send(hub, `GET ${path}/images`, { auth }).expect(401);
    await send(hub, `DELETE ${path}/`, { auth }).expect(401);
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200, '""');
    await assertEnded(path, image);
  });

  it('with the token of DELETE …/images, which by itself deletes nothing', async () => {
    const { path, image } = await pushed('viaimages');
    const plain = await send(hub, `DELETE ${path}/images`, { auth: alice }).expect(204);
    assert.equal(plain.headers['x-docker-token'], undefined);
    const asked = await send(hub, `DELETE ${path}/images`, { auth: alice, headers: wanted });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers['content-type'], 'application/json');
    await send(hub, `GET ${path}/tags`).expect(200, { latest: image.id });
    await send(hub, `DELETE ${path}/`, { auth: bearer(asked) }).expect(200, 'true');
    await assertGone(path, image);
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200, '""');
    await assertEnded(path, image);
  });

  it('by an admin, and not with a password at the registry’s path', async () => {
    const { path, image } = await pushed('admins');
    await send(hub, `DELETE ${path}/`, { auth: admin }).expect(202);
    await send(hub, `DELETE ${path}/tags`, { auth: alice }).expect(404, { error: MISSING });
    await send(hub, `DELETE ${path}/`, { auth: admin }).expect(200);
    await assertEnded(path, image);
  });

  it('by two who ask at once', async () => {
    const { path, image } = await pushed('race');
    const answers = await Promise.all(
      [alice, admin].map((auth) => send(hub, `DELETE ${path}/`, { auth }).then()),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 202]);
    await assertEnded(path, image);
  });

  it('across a restart', async () => {
    const { path, image } = await pushed('restart');
    const spent = await begin(path);
    await send(hub, `PUT ${path}/auth`, { auth: spent }).expect(200);
    await hub.restart();
    await assertGone(path, image);
    await send(hub, `PUT ${path}/auth`, { auth: spent }).expect(403);
    await send(hub, `DELETE ${path}/`, { auth: spent }).expect(401);
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200);
    await assertEnded(path, image);
    await hub.restart();
    await assertEnded(path, image);
  });
});

describe('all tags are deleted', () => {
  it('with a password, which leaves the repository and its images', async () => {
    const { path, image, write } = await pushed('untagged');
    const body = JSON.stringify(image.id);
    await send(hub, `PUT ${path}/tags/other`, { auth: write, body }).expect(200);
    for (const auth of [alice, admin]) {
      await send(hub, `DELETE ${path}/tags`, { auth }).expect(200, 'true');
      await send(hub, `GET ${path}/tags`).expect(200, {});
    }
    await send(hub, `GET ${path}/images`).expect(200, [{ id: image.id, checksum: '' }]);
    await send(hub, `GET /v1/images/${image.id}/layer`).expect(200);
    await send(hub, `PUT ${path}/tags/latest`, { auth: write, body }).expect(200);
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(202);
    await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200);
    await assertEnded(path, image);
  });
});

describe('a deletion is refused', () => {
  it('to everybody but the owner and admins, and changes nothing', async () => {
    const { path, image, write } = await pushed('kept');
    const other = (await pushed('other')).path;
    const asked = await send(hub, `DELETE ${other}/images`, { auth: alice, headers: wanted });
    const read = await readToken(hub, 'alice/kept');
    const forged = bearer(asked).replace('alice/other', 'alice/kept');
    const before = await filesBelow(hub.folder);
    await send(hub, `DELETE ${path}/`).expect(401, '"Authentication is required"');
    await send(hub, `DELETE ${path}/`, { auth: basic('alice', 'wrong') }).expect(401);
    const foreign = await send(hub, `DELETE ${path}/`, { auth: basic('bob_1') }).expect(403);
    assert.equal(foreign.body, "Access denied, you don't have access to this repo");
    for (const auth of [write, read, forged, bearer(asked), 'Token', 'Token access=delete']) {
      for (const part of ['/', '', '/tags']) {
        const response = await send(hub, `DELETE ${path}${part}`, { auth });
        assert.deepEqual([response.status, response.body.error], [401, 'Requires authorization']);
      }
    }
    assert.deepEqual(await filesBelow(hub.folder), before);
    await send(hub, `GET ${path}/tags`).expect(200, { latest: image.id });
  });

  it('where there is nothing', async () => {
    const response = await send(hub, 'DELETE /v1/repositories/alice/never/', { auth: alice });
    assert.deepEqual([response.status, response.body], [404, MISSING]);
    await send(hub, 'DELETE /v1/repositories/never/', { auth: admin }).expect(404);
    await send(hub, 'DELETE /v1/repositories/alice/never/tags', { auth: alice }).expect(404);
    await send(hub, 'DELETE /v1/repositories/alice/never/images', { auth: alice }).expect(404);
  });
});

describe('a repository that is made again', () => {
  for (const step of ['after the first DELETE', 'after the last DELETE'] as const) {
    it(`${step} has nothing of the old one`, async () => {
      const name = step.includes('first') ? 'anew1' : 'anew2';
      const { path, image, write } = await pushed(name);
      const properties = { access: 'private', description: 'the old one' };
      await send(hub, `PUT ${path}/properties`, { auth: alice, body: properties }).expect(200);
      const old = [write, await readToken(hub, `alice/${name}`, alice), await begin(path)];
      if (step.includes('last')) await send(hub, `DELETE ${path}/`, { auth: alice }).expect(200);
      await createRepository(hub, alice, `alice/${name}`, [{ id: 'a1' }]);

      await send(hub, `GET ${path}/images`).expect(200, '[{"id": "a1", "checksum": ""}]');
      await send(hub, `GET ${path}/tags`).expect(200, {});
      await send(hub, `GET ${path}/properties`).expect(200, { access: 'public' });
      const { body } = await send(hub, `GET /v1/search?q=alice/${name}`).expect(200);
      assert.equal(body.results[0].description, '');
      assert.ok(!(await storedImages(hub.folder)).includes(image.id));
      await send(hub, `GET /v1/images/${image.id}/json`, { auth: alice }).expect(404);
      for (const auth of old) {
        await send(hub, `GET ${path}/images`, { auth }).expect(401);
        await send(hub, `GET ${path}/tags`, { auth }).expect(401);
        await send(hub, `PUT ${path}/images`, { auth, body: [] }).expect(401);
        await send(hub, `PUT ${path}/auth`, { auth }).expect(403, '"Permission denied"');
        await send(hub, `DELETE ${path}/`, { auth }).expect(401);
        await send(hub, `DELETE ${path}/images`, { auth }).expect(401);
        const put = { auth, body: image.json };
        await send(hub, `PUT /v1/images/${image.id}/json`, put).expect(401);
      }
      await send(hub, `DELETE ${path}/`, { auth: alice }).expect(202);
    });
  }
});

describe('the images of a deleted repository', () => {
  async function remove(name: string, auth = alice): Promise<void> {
    await send(hub, `DELETE /v1/repositories/${name}/`, { auth }).expect(202);
    await send(hub, `DELETE /v1/repositories/${name}/`, { auth }).expect(200);
  }

  it('stay as long as anybody else holds them', async () => {
    const [base, middle, top] = makeChain('shared', 3);
    assert.ok(base && middle && top);
    await pushImage(hub, alice, 'alice/whole', [base, middle, top]);
    await pushImage(hub, alice, 'alice/half', [base, middle]);
    // bob takes over what is public, without sending it again.
    await pushImage(hub, basic('bob_1'), 'bob_1/part', base);
    const stored = async () => {
      const ids = await storedImages(hub.folder);
      return [base, middle, top].map(({ id }) => ids.includes(id));
    };
    await remove('alice/whole');
    assert.deepEqual(await stored(), [true, true, false]);
    await send(hub, `GET /v1/images/${middle.id}/layer`).expect(200);
    await send(hub, `GET /v1/images/${top.id}/json`, { auth: alice }).expect(404);
    await remove('alice/half');
    assert.deepEqual(await stored(), [true, false, false]);
    await send(hub, `GET /v1/images/${base.id}/json`).expect(200);
    await remove('bob_1/part', basic('bob_1'));
    assert.deepEqual(await stored(), [false, false, false]);
    await pushImage(hub, alice, 'alice/again', [base, middle, top]);
    assert.deepEqual(await stored(), [true, true, true]);
  });

  it('go when they were on their way, too', async () => {
    const [base, top] = makeChain('unfinished', 2);
    assert.ok(base && top);
    const write = await createRepository(hub, alice, 'alice/unfinished', [base, top]);
    await putImage(hub, write, base);
    await putJson(hub, write, top).expect(200);
    await putLayer(hub, write, top).expect(200);
    await send(hub, 'DELETE /v1/repositories/alice/unfinished/', { auth: alice }).expect(202);
    const headers = { 'X-Docker-Checksum-Payload': top.payload };
    const late = await send(hub, `PUT /v1/images/${top.id}/checksum`, { auth: write, headers });
    assert.deepEqual([late.status, late.body], [404, { error: MISSING }]);
    await send(hub, 'DELETE /v1/repositories/alice/unfinished/', { auth: alice }).expect(200);
    const left = (await filesBelow(hub.folder)).filter((line) =>
      [base, top].some(({ id }) => line.includes(id)),
    );
    assert.deepEqual(left, []);
  });
});
