/* Whom `hub-v1 rescue` shows a name and a password, or anything at all, when a registry leads elsewhere. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { reachFrom } from '../../src/rescue/addresses.js';
import { Connection } from '../../src/rescue/connection.js';
import { refusedPush, V2Connection } from '../../src/rescue/v2-connection.js';
import { V2Registry } from '../../src/rescue/v2-registry.js';

const QUICK = { patience: 2000, firstPause: 1 };
const BASIC = `Basic ${Buffer.from('joe:s3cret').toString('base64')}`;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const NO_LOGIN = '-';

interface Server {
  readonly port: number;
  readonly url: string;
  /** `path authorization` of each request. */
  readonly requests: string[];
}

/** A server on a free port. */
async function start(
  test: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, own: Server) => void,
): Promise<Server> {
  const server = createServer((request, response) => {
    own.requests.push(`${request.url} ${request.headers.authorization ?? NO_LOGIN}`);
    answer(request, response, own);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const own: Server = { port, url: `http://127.0.0.1:${port}`, requests: [] };
  return own;
}

function refuse(response: ServerResponse, challenge: string): void {
  response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
}

function sendOn(response: ServerResponse, location: string): void {
  response.writeHead(307, { Location: location }).end();
}

function withLogin(url: string): URL {
  return new URL(url.replace('//', '//joe:s3cret@'));
}

describe('a registry that sends blobs on to another place', () => {
  for (const scheme of ['Basic', 'Bearer'] as const) {
    it(`shows it no password, though it asks for one: ${scheme}`, async (test) => {
      const storage = await start(test, (_, response, { url }) =>
        refuse(response, `${scheme} realm="${url}/token",service="storage"`),
      );
      const registry = await start(test, ({ url, headers }, response) =>
        headers.authorization === BASIC
          ? sendOn(response, `${storage.url}${url}`)
          : refuse(response, 'Basic realm="registry"'),
      );
      const source = new V2Registry(withLogin(registry.url), QUICK);
      test.after(() => source.close());
      const asked = `/v2/team/app/blobs/${DIGEST} ${NO_LOGIN}`;
      // The second one begins with the login that the registry itself wanted.
      for (const times of [1, 2]) {
        await assert.rejects(source.openBlob('team/app', DIGEST), /the answer is 401$/);
        assert.deepEqual(storage.requests, Array(times).fill(asked));
      }
    });
  }

  it('gets no login of a request that comes back from there', async (test) => {
    const storage = await start(test, (_, response) => sendOn(response, `${registry.url}/back`));
    const registry = await start(test, ({ url }, response) =>
      url === '/back' ? response.end() : sendOn(response, storage.url),
    );
    const connection = new Connection(QUICK);
    test.after(() => connection.close());
    const headers = { authorization: BASIC };
    await connection.ask(new URL(`${registry.url}/blob`), 10, { headers });
    assert.deepEqual(registry.requests, [`/blob ${BASIC}`, `/back ${NO_LOGIN}`]);
    assert.deepEqual(storage.requests, [`/ ${NO_LOGIN}`]);
  });
});

/** A registry at another address than the one that the test can give it. */
class Elsewhere extends Connection {
  override async ask(...question: Parameters<Connection['ask']>) {
    return { ...(await super.ask(...question)), address: '203.0.113.7' };
  }
}

/** What a registry answers that names a token service, and what that was asked. */
async function askFor(
  test: TestContext,
  realm: (port: number) => string,
  { isPublic = false, login = BASIC }: { isPublic?: boolean; login?: string } = {},
) {
  const service = await start(test, (_, response) => response.end('{"token":"fine"}'));
  const registry = await start(test, ({ headers }, response) =>
    headers.authorization === 'Bearer fine'
      ? response.end('it')
      : refuse(response, `Bearer realm="${realm(service.port)}",service="s"`),
  );
  const inner = isPublic ? new Elsewhere(QUICK) : new Connection(QUICK);
  const connection = new V2Connection(inner, login === '' ? {} : { authorization: login });
  test.after(() => connection.close());
  const answer = connection.ask('a:b:pull', new URL(`${registry.url}/v2/`), 100);
  return { answer, service };
}

describe('a token service', () => {
  it('on the host of the registry gets the password', async (test) => {
    const { answer, service } = await askFor(test, (port) => `http://127.0.0.1:${port}/token`);
    assert.equal((await answer).bytes.toString(), 'it');
    assert.deepEqual(service.requests, [`/token?service=s&scope=a%3Ab%3Apull ${BASIC}`]);
  });

  it('on another host gets no password over http', async (test) => {
    const { answer, service } = await askFor(test, (port) => `http://localhost:${port}/token`);
    await assert.rejects(answer, {
      name: 'RescueError',
      message:
        /names a token service at http:\/\/localhost:\d+, which would get the password unencrypted/,
    });
    assert.deepEqual(service.requests, []);
  });

  it('on another host gives a token to who has no password', async (test) => {
    const realm = (port: number): string => `http://localhost:${port}/token`;
    const { answer, service } = await askFor(test, realm, { login: '' });
    assert.equal((await answer).bytes.toString(), 'it');
    assert.deepEqual(service.requests, [`/token?service=s&scope=a%3Ab%3Apull ${NO_LOGIN}`]);
  });

  for (const [host, login] of [
    ['127.0.0.1', BASIC],
    ['127.0.0.1', ''],
    ['localhost', ''],
    ['0x7f.1', ''],
    ['[::ffff:127.0.0.1]', ''],
    ['10.1.2.3', ''],
    ['169.254.169.254', ''],
  ] as const) {
    it(`of a public registry is not ${host}, ${login === '' ? 'also' : 'not'} without a login`, async (test) => {
      const realm = (port: number): string => `http://${host}:${port}/latest/token`;
      const { answer, service } = await askFor(test, realm, { isPublic: true, login });
      await assert.rejects(answer, {
        name: 'RescueError',
        message: /is an internal address, and the registry has none/,
      });
      assert.deepEqual(service.requests, []);
    });
  }
});

describe('what a registry says that refuses a push', () => {
  it('is cut, and shown without what a terminal obeys', () => {
    const message = `no\u001b[2J\n${'x'.repeat(10_000)}`;
    const bytes = Buffer.from(JSON.stringify({ errors: [{ code: 'DENIED', message }] }));
    const answer = { status: 403, bytes, headers: {}, url: new URL('http://a/'), address: '' };
    const said = refusedPush(answer, 'its manifest').message;
    assert.ok(said.startsWith('the answer to its manifest is 403 ("DENIED: no\\u001b[2J\\nxxx'));
    assert.ok(said.length < 400);
  });
});

describe('a place that a registry leads to', () => {
  const PUBLIC = ['203.0.113.7', '2001:db8::7', '172.32.0.1', '64:ff9b::cb00:7107'];
  const NETWORK = ['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1'];
  const MACHINE = ['127.0.0.2', '0.0.0.0', '169.254.169.254', '::1', '::', 'fe80::1'];
  const disguised = ['::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'];
  for (const [registry, reached, out] of [
    [undefined, PUBLIC, [...NETWORK, ...MACHINE, ...disguised]],
    ['203.0.113.7', PUBLIC, [...NETWORK, ...MACHINE, ...disguised]],
    ['192.168.1.1', [...PUBLIC, ...NETWORK], [...MACHINE, ...disguised]],
    ['::ffff:127.0.0.1', [...PUBLIC, ...NETWORK, ...MACHINE, ...disguised], []],
  ] as const) {
    it(`is no nearer than a registry at ${registry ?? 'an unknown address'}`, () => {
      const mayReach = reachFrom(registry);
      assert.deepEqual([...reached, ...out].filter(mayReach), reached);
    });
  }
});
