/* `foo` and `library/foo` are one repository, an admin's (protocol.md §1.4, §5; clients.md, Root names). */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { basic, bearer, send, tokenIn } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { createRepository, pushImage, readToken } from '../support/pushes.js';

const hub = useHub({ people: ['jamtur01', 'images', 'libr', 'auth'] });
const admin = basic('admin');

async function storedNames(namespace: string): Promise<string[]> {
  const folder = join(hub.folder, 'repositories', namespace);
  return (await readdir(folder).catch(() => [])).sort();
}

async function foundBySearch(text: string): Promise<number> {
  const { body } = await send(hub, `GET /v1/search?q=${text}`).expect(200);
  return Number(body.num_results);
}

describe('a root push by somebody who is not an admin', () => {
  const refusal = (name: string) =>
    'Impossible to push a "root" repository. ' +
    `Please rename your repository in <user>/<repo> (ex: jamtur01/${name})`;

  for (const name of ['static_web', 'library', 'a', 'Static.Web-2']) {
    it(`of ${name} is refused in the client’s own words, and makes nothing`, async () => {
      const spelt = [name, `library/${name}`];
      for (const path of spelt.flatMap((one) => [`${one}/`, one, `${one}/images`])) {
        // foo/images/ and foo/images are two things; the others are one.
        for (const body of [[{ id: 'a1' }], [], '[1', undefined]) {
          const sent = { auth: basic('jamtur01'), headers: { 'X-Docker-Token': 'true' }, body };
          const response = await send(hub, `PUT /v1/repositories/${path}`, sent);
          assert.deepEqual([response.status, response.body], [403, refusal(name)], path);
          assert.equal(response.headers['x-docker-token'], undefined);
        }
      }
      assert.deepEqual(await storedNames('library'), []);
      assert.equal(await foundBySearch(name), 0);
      for (const one of spelt) {
        for (const part of ['images', 'tags', 'properties', 'json', 'tags/latest']) {
          await send(hub, `GET /v1/repositories/${one}/${part}`, { auth: admin }).expect(404);
        }
      }
    });
  }

  it('is refused with the bytes that docker shows', async () => {
    const sent = { auth: basic('jamtur01'), body: [] };
    const { text } = await send(hub, 'PUT /v1/repositories/static_web/', sent).expect(403);
    assert.equal(
      text,
      '"Impossible to push a \\"root\\" repository. Please rename your repository in ' +
        '<user>/<repo> (ex: jamtur01/static_web)"',
    );
  });

  it('is asked to log in first', async () => {
    await send(hub, 'PUT /v1/repositories/static_web/', { body: [] }).expect(401);
    const wrong = basic('jamtur01', 'wrong');
    await send(hub, 'PUT /v1/repositories/static_web/', { auth: wrong, body: [] }).expect(401);
  });

  it('is refused where an admin has pushed, and changes nothing', async () => {
    const image = makeImage('official');
    await pushImage(hub, admin, 'official', image);
    const auth = basic('jamtur01');
    for (const name of ['official', 'library/official']) {
      const repository = `/v1/repositories/${name}`;
      const body = [{ id: 'a1' }];
      await send(hub, `PUT ${repository}/`, { auth, body }).expect(403);
      await send(hub, `PUT ${repository}/images`, { auth, body }).expect(403);
      await send(hub, `PUT ${repository}/tags/evil`, { auth, body: `"${image.id}"` }).expect(403);
      const properties = { access: 'private' };
      await send(hub, `PUT ${repository}/properties`, { auth, body: properties }).expect(403);
      await send(hub, `DELETE ${repository}/tags/latest`, { auth }).expect(403);
      await send(hub, `DELETE ${repository}/tags`, { auth }).expect(403);
      await send(hub, `DELETE ${repository}/images`, { auth }).expect(403);
      await send(hub, `DELETE ${repository}/`, { auth }).expect(403);
      await send(hub, `GET ${repository}/tags`).expect(200, { latest: image.id });
      await send(hub, `GET ${repository}/images`).expect(
        200,
        `[{"id": "${image.id}", "checksum": ""}]`,
      );
      await send(hub, `GET ${repository}/properties`).expect(200, { access: 'public' });
    }
  });
});

describe('an admin’s root push', () => {
  const chain = makeChain('ubuntu', 2);
  const [base, top] = chain;
  assert.ok(base && top);

  for (const [short, long] of [
    ['ubuntu', 'library/ubuntu'],
    ['library/debian', 'debian'],
  ] as const) {
    it(`to ${short} is one to ${long} in every part`, async () => {
      const write = await pushImage(hub, admin, short, chain);
      assert.match(write, new RegExp(`repository="library/${short.replace('library/', '')}"`));
      const { id } = top;
      const [one, other] = await Promise.all(
        [short, long].map((name) =>
          Promise.all(
            ['images', 'tags', 'tags/latest', 'properties', 'json', 'tags/latest/json'].map(
              async (part) =>
                (await send(hub, `GET /v1/repositories/${name}/${part}`).expect(200)).text,
            ),
          ),
        ),
      );
      assert.deepEqual(one, other);
      assert.match(String(one), new RegExp(id));

      const body = JSON.stringify(base.id);
      await send(hub, `PUT /v1/repositories/${long}/tags/base`, { auth: write, body }).expect(200);
      await send(hub, `PUT /v1/repositories/${long}/images`, {
        auth: write,
        body: [{ id: 'extra' }],
      }).expect(204);
      const tags = { base: base.id, latest: id };
      await send(hub, `GET /v1/repositories/${short}/tags`).expect(200, tags);
      await send(hub, `GET /v1/repositories/${short}/images`).expect(200, /"extra"/);
      await send(hub, `PUT /v1/repositories/${long}/auth`, { auth: write }).expect(200, '"OK"');

      const read = await readToken(hub, long);
      await send(hub, `GET /v1/repositories/${short}/tags`, { auth: read }).expect(200);
      await send(hub, `GET /v1/images/${id}/json`, { auth: read }).expect(200);
      await send(hub, `GET /v1/repositories/${short}/layer/${id}/access`, { auth: read }).expect(
        200,
        '{"access": true}',
      );
    });
  }

  it('is deleted under either name', async () => {
    await createRepository(hub, admin, 'gone');
    const headers = { 'X-Docker-Token': 'true' };
    const begun = await send(hub, 'DELETE /v1/repositories/library/gone/', {
      auth: admin,
      headers,
    });
    assert.equal(begun.status, 202);
    assert.match(tokenIn(begun), /repository="library\/gone",access=delete/);
    await send(hub, 'GET /v1/repositories/gone/images').expect(404);
    await send(hub, 'DELETE /v1/repositories/gone/', { auth: bearer(begun) }).expect(200, 'true');
    await send(hub, 'DELETE /v1/repositories/gone', { auth: admin }).expect(200, '""');
    await send(hub, 'DELETE /v1/repositories/library/gone/', { auth: admin }).expect(404);
  });
});

describe('the slash at the end', () => {
  // Accounts whose names are words of the API.
  it('makes PUT foo/images/ a repository, and PUT foo/images a part of library/foo', async () => {
    const auth = basic('jamtur01');
    const body = [{ id: 'a1' }];
    await send(hub, 'PUT /v1/repositories/jamtur01/images/', { auth, body }).expect(200);
    const expected = '[{"id": "a1", "checksum": ""}]';
    await send(hub, 'GET /v1/repositories/jamtur01/images/images').expect(200, expected);
    assert.deepEqual(await storedNames('jamtur01'), ['images.json']);

    const refused = await send(hub, 'PUT /v1/repositories/jamtur01/images', { auth, body });
    assert.equal(refused.status, 403);
    assert.match(String(refused.body), /\(ex: jamtur01\/jamtur01\)$/);
    await send(hub, 'GET /v1/repositories/jamtur01/images').expect(404);
    const missing = await send(hub, 'PUT /v1/repositories/jamtur01/images', { auth: admin, body });
    assert.deepEqual([missing.status, missing.body], [404, 'Repository not found']);

    await createRepository(hub, admin, 'jamtur01');
    await send(hub, 'PUT /v1/repositories/jamtur01/images', { auth: admin, body: [] }).expect(204);
    await send(hub, 'GET /v1/repositories/jamtur01/images').expect(200, '[]');
  });

  it('makes DELETE foo/images/ a deletion, and DELETE foo/images a part of library/foo', async () => {
    const auth = basic('jamtur01');
    await send(hub, 'DELETE /v1/repositories/jamtur01/images', { auth }).expect(403);
    await send(hub, 'DELETE /v1/repositories/jamtur01/images', { auth: admin }).expect(204);
    await send(hub, 'DELETE /v1/repositories/jamtur01/images/', { auth }).expect(202);
    await send(hub, 'DELETE /v1/repositories/jamtur01/images/', { auth }).expect(200);
    await send(hub, 'GET /v1/repositories/jamtur01/images/images').expect(404);
    await send(hub, 'GET /v1/repositories/jamtur01/images').expect(200, '[]');
  });

  for (const [word, status] of [
    ['auth', 404],
    ['tags', 405],
    ['json', 405],
    ['properties', 403],
  ] as const) {
    it(`makes PUT libr/${word}/ a repository, and PUT libr/${word} none`, async () => {
      const sent = { auth: basic('libr'), body: [] };
      await send(hub, `PUT /v1/repositories/libr/${word}`, sent).expect(status);
      await send(hub, `PUT /v1/repositories/libr/${word}/`, sent).expect(200, '""');
      await send(hub, `GET /v1/repositories/libr/${word}/images`).expect(200, '[]');
    });
  }

  for (const word of ['images', 'auth', 'tags', 'json', 'properties', 'layer']) {
    it(`lets somebody have a repository named ${word}`, async () => {
      const image = makeImage(`word ${word}`);
      const name = `libr/${word}`;
      await pushImage(hub, basic('libr'), name, image);
      await send(hub, `GET /v1/repositories/${name}/tags`).expect(200, { latest: image.id });
      await send(hub, `GET /v1/repositories/${name}/tags/latest`).expect(200, `"${image.id}"`);
      await send(hub, `DELETE /v1/repositories/${name}/`, { auth: basic('libr') }).expect(202);
    });
  }

  for (const user of ['images', 'auth']) {
    it(`lets somebody be named ${user}`, async () => {
      const image = makeImage(`user ${user}`);
      await pushImage(hub, basic(user), `${user}/app`, image);
      await send(hub, `GET /v1/repositories/${user}/app/tags`).expect(200, { latest: image.id });
      await pushImage(hub, basic(user), `${user}/${user}`, image);
      await send(hub, `GET /v1/repositories/${user}/${user}/images`).expect(200);
    });
  }
});
