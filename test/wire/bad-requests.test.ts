/* Invalid paths, methods that a path does not have, and bytes that are not a request at all. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { routes } from '../../routes/index.js';
import { basic } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { ask } from '../support/manners.js';
import { pushImage } from '../support/pushes.js';
import { rawHttp } from '../support/raw.js';

const OWNER = basic('jamtur01');
const IMAGE = makeImage('bad requests');
const REPOSITORY = '/v1/repositories/jamtur01/static_web';

const hub = useHub({ people: ['jamtur01'] }, async () => {
  await pushImage(hub, OWNER, 'jamtur01/static_web', IMAGE);
  await pushImage(hub, basic('admin'), 'static_web', IMAGE);
});

describe('an unknown path is 404', () => {
  const paths = [
    ...['/v3/', '/v1/v1/users/', '/favicon.ico', '/index.html', '/robots.txt', '/x'],
    ...[
      '/V1/users/',
      '/v1/Users/',
      '/v1/users/jamtur01/x',
      '/v1/users/jamtur01/x/y',
      '/v1/users//',
    ],
    ...['//', '///', '//v1/users/', '/v1//users/', '/v1/users.json'],
    ...['/v1/images', '/v1/images/', `/v1/images/${IMAGE.id}`, `/v1/images/${IMAGE.id}/`],
    ...[`/v1/images/${IMAGE.id}/diff`, `/v1/images/${IMAGE.id}/json/x`, '/v1/images//json'],
    ...['/v1/repositories', '/v1/repositories/', '/v1/repositories//', `${REPOSITORY}/nothing`],
    ...[`${REPOSITORY}/tags/latest/x`, `${REPOSITORY}/layer/x`, '/v1/repositories/a/b/c/d/e/f'],
    ...[
      '/v1/search/x',
      '/v1/_ping/x',
      '/_status/x',
      '/openapi.yaml/x',
      '/openapi.json',
      '/data/hub.json',
    ],
    ...['/../etc/passwd', '/..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '/v1/../v1/users/'],
    ...['/v1/users/%00/x', '/%', '/%zz', '/%ff%fe', '/%F0%9F%90%B3', '/~', `/${'x'.repeat(8000)}`],
    ...['/v1/users;x=y', '/v1%2fusers', '/v1/users%2f', '/v1/users%20'],
  ];
  for (const path of paths) {
    it(`GET, POST, PUT and DELETE ${path.slice(0, 60)}`, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const { status } = await ask(hub, { method, path, headers: { Authorization: OWNER } });
        // What can't be decoded may be called a bad name as well; and some paths do take a PUT.
        const others = [...(path.includes('%') ? [400] : []), ...(method === 'GET' ? [] : [405])];
        assert.ok([404, ...others].includes(status), `${method} ${path}: ${status}`);
      }
    });
  }
});

/** Every path, with and without the slash where both mean the same, and what may be asked there. */
const ALLOWED: Readonly<Record<string, string>> = {
  '/': 'GET, HEAD',
  '/_status': 'GET, HEAD',
  '/openapi.yaml': 'GET, HEAD',
  '/v1': 'GET, HEAD',
  '/v1/': 'GET, HEAD',
  '/v1/_ping': 'GET, HEAD',
  '/v1/_ping/': 'GET, HEAD',
  '/_ping': 'GET, HEAD',
  '/v1/users': 'GET, HEAD, POST',
  '/v1/users/': 'GET, HEAD, POST',
  '/v1/users/jamtur01': 'PUT',
  '/v1/users/jamtur01/': 'PUT',
  '/v1/search': 'GET, HEAD',
  '/v1/search/': 'GET, HEAD',
  [`/v1/images/${IMAGE.id}/json`]: 'GET, HEAD, PUT',
  [`/v1/images/${IMAGE.id}/layer`]: 'GET, HEAD, PUT',
  [`/v1/images/${IMAGE.id}/checksum`]: 'PUT',
  [`/v1/images/${IMAGE.id}/ancestry`]: 'GET, HEAD',
  [`/v1/images/${IMAGE.id}/files`]: 'GET, HEAD',
  ...Object.fromEntries(
    [REPOSITORY, '/v1/repositories/library/static_web', '/v1/repositories/static_web'].flatMap(
      (name) => [
        [name, 'DELETE, PUT'],
        [`${name}/`, 'DELETE, PUT'],
        [`${name}/images`, 'DELETE, GET, HEAD, PUT'],
        [`${name}/auth`, 'PUT'],
        [`${name}/tags`, 'DELETE, GET, HEAD'],
        [`${name}/json`, 'GET, HEAD'],
        [`${name}/properties`, 'GET, HEAD, PUT'],
        [`${name}/tags/latest`, 'DELETE, GET, HEAD, PUT'],
        [`${name}/tags/latest/`, 'DELETE, GET, HEAD, PUT'],
        [`${name}/tags/latest/json`, 'GET, HEAD'],
        [`${name}/layer/${IMAGE.id}/access`, 'GET, HEAD'],
      ],
    ),
  ),
};
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'LINK',
];

describe('a method that a path does not have', () => {
  for (const [path, allowed] of Object.entries(ALLOWED)) {
    it(`is 405 and told of ${allowed} at ${path}`, async () => {
      const others = METHODS.filter((method) => !allowed.split(', ').includes(method));
      for (const method of others) {
        for (const Authorization of [OWNER, 'nonsense']) {
          const answer = await ask(hub, { method, path, headers: { Authorization } });
          assert.equal(answer.status, 405, method);
          assert.deepEqual(answer.headers.allow, [allowed], method);
        }
      }
    });
  }

  it('is tried at every path of the route table', () => {
    const shape = (path: string): string =>
      path
        .replace(/\{\/\}$/, '')
        .replace(/:(\w+)/g, '*')
        .replace(/(?<=.)\/$/, '');
    const tried = new Set(
      Object.keys(ALLOWED).flatMap((path) => {
        const bare = path.replace(IMAGE.id, '*').replace(/(?<=.)\/$/, '');
        const tags = bare.replace('/latest', '/*').replace('users/jamtur01', 'users/*');
        return [tags.replace('jamtur01/static_web', '*/*').replace('/static_web', '/*')];
      }),
    );
    const paths = routes.map(({ path }) => shape(path)).filter((path) => path.startsWith('/v1/'));
    assert.deepEqual(
      paths.filter((path) => !tried.has(path)),
      [],
    );
  });

  it('is refused by HTTP itself when nobody knows it', async () => {
    for (const method of ['FOO', 'get', 'GETS', '{}', '']) {
      const answer = await ask(
        hub,
        `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        {
          check: false,
        },
      );
      assert.equal(answer.status, 400, method);
    }
  });

  it('is not a way through: CONNECT', async () => {
    const text = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n';
    const received = await rawHttp(hub.url, text, { check: false });
    assert.doesNotMatch(received.toString(), /^HTTP\/1\.1 [25]/);
  });
});

describe('HEAD', () => {
  for (const [path, allowed] of Object.entries(ALLOWED)) {
    if (!allowed.includes('GET')) continue;
    it(`says of ${path} what GET does, without a body`, async () => {
      const headers = { Authorization: OWNER };
      const got = await ask(hub, { method: 'GET', path, headers });
      const head = await ask(hub, { method: 'HEAD', path, headers });
      assert.equal(head.status, got.status);
      assert.equal(head.status, 200);
      assert.equal(head.body.length, 0);
      assert.deepEqual(head.headers['content-type'], got.headers['content-type']);
      if (head.headers['content-length'] !== undefined) {
        assert.equal(Number(head.headers['content-length']), got.body.length);
      }
    });
  }

  it('is 404 where GET is', async () => {
    for (const path of ['/x', '/v1/repositories/jamtur01/nothing/images', '/v1/images/x/layer']) {
      const { status, body } = await ask(hub, { method: 'HEAD', path });
      assert.deepEqual([status, body.length], [404, 0]);
    }
  });
});

describe('bytes that are not HTTP', () => {
  const close = 'Host: x\r\nConnection: close\r\n';
  const garbage: readonly (string | Buffer)[] = [
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTPS/1.1\r\n\r\n',
    `GET /a b HTTP/1.1\r\n${close}\r\n`,
    `GET / HTTP/1.1\r\nno colon\r\n${close}\r\n`,
    `GET / HTTP/1.1\r\nBad Name: x\r\n${close}\r\n`,
    `GET / HTTP/1.1\r\nX: a\0b\r\n${close}\r\n`,
    `PUT / HTTP/1.1\r\nContent-Length: abc\r\n${close}\r\n`,
    `PUT / HTTP/1.1\r\nContent-Length: -1\r\n${close}\r\n`,
    `PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}\r\nx`,
    `PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${close}\r\n0\r\n\r\n`,
    'SSH-2.0-OpenSSH_6.6\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(Array.from({ length: 256 }, (_, n) => 255 - n)),
  ];
  for (const bytes of garbage) {
    it(`is 400 and the end of the connection: ${JSON.stringify(bytes.slice(0, 40).toString())}`, async () => {
      const answer = await ask(hub, bytes, { check: false });
      assert.equal(answer.status, 400);
      assert.deepEqual(answer.headers.connection, ['close']);
    });
  }

  it('is 431 when the headers have no end', async () => {
    const many = Array.from({ length: 3000 }, (_, n) => `X-${n}: ${n}\r\n`).join('');
    for (const head of [
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n${close}\r\n`,
      `GET /${'x'.repeat(70_000)} HTTP/1.1\r\n${close}\r\n`,
      `GET / HTTP/1.1\r\n${many}${close}\r\n`,
      `GET /v1/users/ HTTP/1.1\r\nAuthorization: Basic ${'a'.repeat(70_000)}\r\n${close}\r\n`,
    ]) {
      assert.equal((await ask(hub, head, { check: false })).status, 431);
    }
  });

  it('is answered in HTTP and closed at once when it is TLS', async () => {
    // The beginning of what every docker sends first (clients.md, Probing a host).
    const hello = Buffer.from('16030100a5010000a1030354', 'hex');
    const answer = await rawHttp(hub.url, hello, { check: false });
    assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
    const socket = connectTls({ port: hub.port, host: '127.0.0.1', rejectUnauthorized: false });
    const [error] = (await once(socket, 'error')) as [Error];
    assert.ok(error instanceof Error);
    assert.equal((await ask(hub, { method: 'GET', path: '/v1/_ping' })).status, 200);
  });
});
