/* Invalid image lists, invalid names, and other people's repositories. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { imageId } from '../support/images.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

const NOT_JSON = 'The body is not valid JSON';
const NO_LIST = 'The body must be a list of images';
const NO_ENTRY = 'The body must be a list of objects with an "id"';
const NO_ID = 'The body must be a list of objects, each "id" being 1 to 64 letters and digits';
const NO_TAG = 'The body must be a list of images in which "Tag" is a short text';
const NO_CHECKSUM = 'The body must be a list of images in which "checksum" is a short text';
const FOREIGN = 'Access Denied: Not allowed to create Repo at given location';

const hub = useHub({ people: ['alice', 'bob_1'] });
const alice = basic('alice');

/** Every repository that has a document, such as `alice/app.json`. */
async function stored(): Promise<string[]> {
  const folder = join(hub.folder, 'repositories');
  const found = await readdir(folder, { recursive: true });
  return found.filter((path) => path.endsWith('.json')).sort();
}

describe('a list is refused', () => {
  const listed = '[{"id": "a1", "checksum": ""}]';
  const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
  const broken: readonly (readonly [string | Buffer, string])[] = [
    ['[', NOT_JSON],
    ['[{"id": "b2"}', NOT_JSON],
    ['id', NOT_JSON],
    [Buffer.from('5b7b226964223a22ff227d5d', 'hex'), NOT_JSON],
    [deep, NOT_JSON],
    ['{}', NO_LIST],
    ['{"id": "b2"}', NO_LIST],
    ['null', NO_LIST],
    ['true', NO_LIST],
    ['"b2"', NO_LIST],
    ['[1]', NO_ENTRY],
    ['[null]', NO_ENTRY],
    ['["b2"]', NO_ENTRY],
    ['[[]]', NO_ID],
    ['[{}]', NO_ID],
    ['[{"ID": "b2"}]', NO_ID],
    ['[{"id": 1}]', NO_ID],
    ['[{"id": null}]', NO_ID],
    ['[{"id": ["b2"]}]', NO_ID],
    ['[{"id": ""}]', NO_ID],
    ['[{"id": "b-2"}]', NO_ID],
    ['[{"id": "b2\\n"}]', NO_ID],
    ['[{"id": "../b2"}]', NO_ID],
    ['[{"id": "__proto__"}]', NO_ID],
    [`[{"id": "${'b'.repeat(65)}"}]`, NO_ID],
    ['[{"id": "b2"}, 1]', NO_ENTRY],
    ['[{"id": "b2"}, {"id": "b2", "Tag": 1}]', NO_TAG],
    ['[{"id": "b2", "Tag": {"v1": true}}]', NO_TAG],
    [`[{"id": "b2", "Tag": "${'v'.repeat(257)}"}]`, NO_TAG],
    ['[{"id": "b2", "checksum": 1}]', NO_CHECKSUM],
    ['[{"id": "b2", "checksum": []}]', NO_CHECKSUM],
  ];

  before(async () => {
    const body = [{ id: 'a1' }];
    await send(hub, 'PUT /v1/repositories/alice/app/', { auth: alice, body }).expect(200);
  });

  for (const [body, text] of broken) {
    it(`when it is ${body.toString('latin1').slice(0, 60)}`, async () => {
      const before = await stored();
      for (const path of ['alice/app/', 'alice/app/images', 'alice/new/']) {
        const response = await send(hub, `PUT /v1/repositories/${path}`, { auth: alice, body });
        assert.deepEqual([response.status, response.body], [400, text], path);
      }
      await send(hub, 'GET /v1/repositories/alice/app/images').expect(200, listed);
      await send(hub, 'GET /v1/repositories/alice/new/images').expect(404);
      assert.deepEqual(await stored(), before);
    });
  }

  it('when it is longer than 1 MiB, with 413', async () => {
    const body = '[]'.padEnd(1024 * 1024 + 1);
    for (const path of ['alice/app/', 'alice/app/images', 'alice/new/']) {
      await send(hub, `PUT /v1/repositories/${path}`, { auth: alice, body }).expect(413);
    }
    await send(hub, 'GET /v1/repositories/alice/new/images').expect(404);
  });

  it('when the repository would grow beyond 2 MiB on the disk', async () => {
    const ids = (from: number, checksum = 'sha256:0') =>
      Array.from({ length: 2500 }, (_, index) => ({ id: imageId(`${from + index}`), checksum }));
    const push = (body: unknown) =>
      send(hub, 'PUT /v1/repositories/alice/long/', { auth: alice, body });
    for (const from of [0, 2500, 5000, 7500]) await push(ids(from)).expect(200);
    const full = '"A repository has room for 2097152 bytes of images and tags"';
    await push(ids(10_000)).expect(400, full);
    await push(ids(0, 'x'.repeat(256))).expect(400, full);
    await push(ids(0, 'sha256:1')).expect(200);
    await push(ids(10_000).slice(0, 200)).expect(200);
    const { size } = await stat(join(hub.folder, 'repositories', 'alice', 'long.json'));
    assert.ok(size < 2 * 1024 * 1024, `${size} bytes`);
  });
});

describe('a name is refused', () => {
  const names = [
    'alice/__proto__',
    '__proto__/app',
    '__proto__',
    'alice/..',
    '../alice',
    '..',
    'alice/.',
    'alice/%2e%2e',
    '%2e%2e/app',
    'alice/%2e%2e%2f%2e%2e%2fhub',
    'alice/a%00b',
    'alice%00/app',
    'alice/a%20b',
    'alice/%D0%B0%D0%BF%D0%BF',
    'alice/app%0d%0aX-Evil:%20yes',
    `alice/${'a'.repeat(129)}`,
    `alice/${'a'.repeat(300)}`,
    `${'a'.repeat(300)}/app`,
    'a/app',
    'Alice/app',
    'al.ice/app',
    'alice/a:b',
    'alice/%zz',
    'alice/a%2fb',
    'alice//app',
    'alice/app/more',
    '',
  ];
  for (const name of names) {
    it(`when it is ${name.slice(0, 60)}`, async () => {
      const before = await stored();
      for (const path of [`${name}/`, name, `${name}/images`]) {
        const bytes = await rawHttp(hub.url, {
          method: 'PUT',
          path: `/v1/repositories/${path}`,
          headers: { Authorization: basic('admin'), 'Content-Type': 'application/json' },
          body: '[]',
        });
        const { status, headers } = parseRawAnswer(bytes);
        assert.ok(status === 400 || status === 404, `${path}: ${status}`);
        assert.equal(headers['x-evil'], undefined);
      }
      assert.deepEqual(await stored(), before);
    });
  }

  for (const name of ['a', 'A', '.a', 'a.b-c_d', '-', '_', '...', 'constructor', 'a'.repeat(128)]) {
    it(`but not when it is ${name.slice(0, 40)}`, async () => {
      const line = `PUT /v1/repositories/alice/${name}/`;
      await send(hub, line, { auth: alice, body: [] }).expect(200);
      await send(hub, `GET /v1/repositories/alice/${name}/images`).expect(200, '[]');
    });
  }
});

describe('somebody else’s namespace', () => {
  for (const name of ['bob_1/app', 'nobody_here/app', 'my-company/app', 'admin/app']) {
    it(`is refused: ${name}`, async () => {
      const before = await stored();
      for (const path of [`${name}/`, name, `${name}/images`]) {
        const sent = { auth: alice, body: [{ id: 'a1' }] };
        const response = await send(hub, `PUT /v1/repositories/${path}`, sent);
        assert.deepEqual([response.status, response.body], [403, FOREIGN], path);
        assert.equal(response.headers['x-docker-token'], undefined);
      }
      assert.deepEqual(await stored(), before);
    });
  }

  it('is refused before the body is even looked at', async () => {
    const sent = { auth: alice, body: '[1' };
    await send(hub, 'PUT /v1/repositories/bob_1/app/', sent).expect(403);
    await send(hub, 'PUT /v1/repositories/bob_1/app/', { body: '[1' }).expect(401);
  });

  it('is refused where there is a repository, too', async () => {
    await send(hub, 'PUT /v1/repositories/bob_1/own/', { auth: basic('bob_1'), body: [] });
    const sent = { auth: alice, body: [{ id: 'a1' }] };
    await send(hub, 'PUT /v1/repositories/bob_1/own/', sent).expect(403);
    await send(hub, 'PUT /v1/repositories/bob_1/own/images', sent).expect(403);
    await send(hub, 'GET /v1/repositories/bob_1/own/images').expect(200, '[]');
  });

  it('is open to an admin', async () => {
    const sent = { auth: basic('admin'), body: [{ id: 'a1' }] };
    await send(hub, 'PUT /v1/repositories/my-company/tool/', sent).expect(200);
    await send(hub, 'PUT /v1/repositories/my-company/tool/images', sent).expect(204);
  });

  it('asks nobody in without a login', async () => {
    for (const path of ['alice/app2/', 'alice/app2', 'alice/app2/images', 'foo/', 'foo/images']) {
      const response = await send(hub, `PUT /v1/repositories/${path}`, { body: [] }).expect(401);
      assert.equal(response.headers['www-authenticate'], 'Basic realm="auth required",Token');
      assert.equal(response.body, 'Authentication is required');
    }
  });
});
