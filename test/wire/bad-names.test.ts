/* Names that no client could have meant, everywhere that a path takes one: 400 or 404, and nothing is made. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { filesBelow } from '../support/files.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { ask } from '../support/manners.js';
import { pushImage, putTag } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const ADMIN = basic('admin');
const IMAGE = makeImage('bad names');

const hub = useHub({ onDisk: true, people: ['jamtur01'] }, async () => {
  await pushImage(hub, OWNER, 'jamtur01/static_web', IMAGE);
  filesAtFirst = await filesBelow(hub.folder);
});
let filesAtFirst: string[];

/** Names as they stand in a path. None is right anywhere. */
const BAD_NAMES: readonly string[] = [
  ...['__proto__', '%5f%5fproto%5f%5f', '..', '.', '%2e%2e', '%2e', '.%2e', '%252e%252e'],
  ...['%2f', '%2F', 'a%2fb', '..%2f..%2fusers', '%2e%2e%2fusers%2fjamtur01.json', '%5c', '..%5c..'],
  ...['%00', 'a%00', '%00a', 'static_web%00', '%0a', '%0d%0aX-Injected:%20x', '%09', '%20', '%7f'],
  ...['%', '%z', '%zz', '%e0%a4%a', '%ff', '%c0%ae%c0%ae', '%ed%a0%80', '%u002e', '%25'],
  ...['%C3%BCn%C3%AF', '%E6%BC%A2', '%F0%9F%90%B3', '%d0%b0dmin', '%E2%80%AE', '%EF%BB%BF'],
  ...[
    'a%20b',
    'a+b',
    '~',
    '*',
    '%3f',
    '%23',
    '@',
    ':',
    ';',
    ',',
    '$',
    '!',
    "'",
    '(x)',
    '%3Cb%3E',
    '%22',
  ],
  'x'.repeat(300),
  'x'.repeat(4000),
];

/** Names that mean something to JavaScript or to a file system, and are none the worse for it. */
const ODD_NAMES: readonly string[] = [
  ...['constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'],
  ...['con', 'nul', 'aux.txt', 'hub.json', 'users', 'x.json', '-', '--', '_', '0', '1e3', '...'],
];

/** Requests with a place for a name. */
const PLACES: readonly (readonly [method: string, path: (name: string) => string])[] = [
  ...['GET', 'HEAD', 'PUT', 'DELETE'].map(
    (method) => [method, (name: string) => `/v1/repositories/jamtur01/${name}/images`] as const,
  ),
  ['PUT', (name) => `/v1/repositories/jamtur01/${name}/`],
  ['DELETE', (name) => `/v1/repositories/jamtur01/${name}/`],
  ['GET', (name) => `/v1/repositories/jamtur01/${name}/tags`],
  ['GET', (name) => `/v1/repositories/jamtur01/${name}/json`],
  ['GET', (name) => `/v1/repositories/jamtur01/${name}/properties`],
  ['PUT', (name) => `/v1/repositories/jamtur01/${name}/auth`],
  ['GET', (name) => `/v1/repositories/${name}/static_web/images`],
  ['PUT', (name) => `/v1/repositories/${name}/static_web/`],
  ['DELETE', (name) => `/v1/repositories/${name}/static_web/`],
  ['GET', (name) => `/v1/repositories/${name}/images`],
  ['PUT', (name) => `/v1/repositories/${name}/`],
  ['DELETE', (name) => `/v1/repositories/${name}/`],
  ['GET', (name) => `/v1/repositories/jamtur01/static_web/tags/${name}`],
  ['PUT', (name) => `/v1/repositories/jamtur01/static_web/tags/${name}`],
  ['DELETE', (name) => `/v1/repositories/jamtur01/static_web/tags/${name}`],
  ['GET', (name) => `/v1/repositories/jamtur01/static_web/tags/${name}/json`],
  ['GET', (name) => `/v1/repositories/jamtur01/static_web/layer/${name}/access`],
  ...['json', 'layer', 'ancestry', 'files'].map(
    (part) => ['GET', (name: string) => `/v1/images/${name}/${part}`] as const,
  ),
  ...['json', 'layer', 'checksum'].map(
    (part) => ['PUT', (name: string) => `/v1/images/${name}/${part}`] as const,
  ),
  ['PUT', (name) => `/v1/users/${name}/`],
];

function bodyFor(method: string, path: string): string | undefined {
  if (method !== 'PUT') return undefined;
  if (path.startsWith('/v1/users/')) return '{"password":"another"}';
  return path.includes('/tags/') ? `"${IMAGE.id}"` : '[]';
}

async function statusOf(auth: string, method: string, path: string): Promise<number> {
  const body = bodyFor(method, path);
  const headers = { Authorization: auth, 'Content-Type': 'application/json' };
  const request = { method, path, headers, ...(body === undefined ? {} : { body }) };
  const answer = await ask(hub, request);
  assert.equal(answer.headers['x-injected'], undefined);
  return answer.status;
}

describe('a bad name', () => {
  for (const name of BAD_NAMES) {
    it(`is 400 or 404 in every path, for an admin too: ${name.slice(0, 40)}`, async () => {
      for (const [method, pathOf] of PLACES) {
        const path = pathOf(name);
        const status = await statusOf(ADMIN, method, path);
        assert.ok([400, 404].includes(status), `${method} ${path}: ${status}`);
      }
      assert.deepEqual(await filesBelow(hub.folder), filesAtFirst);
    });
  }
});

describe('an odd name', () => {
  for (const name of ODD_NAMES) {
    it(`finds nothing where there is nothing: ${name}`, async () => {
      for (const [method, pathOf] of PLACES) {
        const path = pathOf(name);
        // A write may well make something of it; and who asks for access gets "false".
        if (method === 'PUT' || path.endsWith('/access')) continue;
        const status = await statusOf(ADMIN, method, path);
        assert.ok([400, 404].includes(status), `${method} ${path}: ${status}`);
      }
      assert.deepEqual(await filesBelow(hub.folder), filesAtFirst);
    });

    it(`accepts the name: ${name}`, async () => {
      const repository = `jamtur01/${name}`;
      const tag = /^\w/.test(name) ? name : `_${name}`;
      const token = await pushImage(hub, OWNER, repository, IMAGE, tag);
      await send(hub, `GET /v1/repositories/${repository}/tags`).expect(200, { [tag]: IMAGE.id });
      await send(hub, `GET /v1/repositories/${repository}/tags/${tag}`).expect(
        200,
        `"${IMAGE.id}"`,
      );
      await putTag(hub, token, repository, IMAGE, 'latest').expect(200);
      await hub.restart();
      await send(hub, `GET /v1/repositories/${repository}/tags/${tag}`).expect(
        200,
        `"${IMAGE.id}"`,
      );
      await send(hub, `DELETE /v1/repositories/${repository}/`, { auth: OWNER }).expect(202);
      await send(hub, `DELETE /v1/repositories/${repository}/`, { auth: OWNER }).expect(200);
      filesAtFirst = await filesBelow(hub.folder);
    });
  }

  it('is none for an account when it is not [a-z0-9_]{4,30}, or is reserved', async () => {
    const names = ODD_NAMES.filter((name) => name !== 'users');
    const more = [
      '__proto__',
      '..',
      '../x',
      'a/b',
      'x'.repeat(31),
      'abc',
      'admin\0',
      'Jamtur',
      'ünïcode',
    ];
    for (const username of [...names, ...more]) {
      const body = { username, password: 'sesame', email: 'odd@example.com' };
      await send(hub, 'POST /v1/users/', { body }).expect(400);
    }
  });
});
