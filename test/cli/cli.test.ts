/* `hub-v1 serve` as a process: what it prints, how it ends, and what it refuses to start with. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCertificates } from '../../src/cli/certificates.js';
import { asBytes, basic, send } from '../support/client.js';
import { run, serve } from '../support/command.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { register } from '../support/people.js';
import {
  createRepository,
  pushImage,
  putImage,
  putJson,
  putLayer,
  readToken,
} from '../support/pushes.js';

const OWNER = basic('jamtur01');
const NAME = 'jamtur01/static_web';
const LISTENING = /^hub-v1 listening on (https?:\/\/127\.0\.0\.1:\d+)\n/;
const MADE = /^hub-v1 made the account admin with the password (\S+)$/m;
const ADMIN = ['--admin', 'admin:sesame'];

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-cli-'));
});

after(() => rm(folder, { recursive: true, force: true }));

describe('serve', () => {
  it('prints one line with the real port once it listens, and nothing else', async (t) => {
    const hub = await serve(t, ['--ephemeral', ...ADMIN]);
    await send(hub, 'GET /v1/_ping').expect(200, 'true');
    const { code, output, errors } = await hub.end();
    assert.equal(code, 0);
    assert.match(output, LISTENING);
    assert.equal(output, `hub-v1 listening on http://127.0.0.1:${hub.port}\n`);
    for (const line of errors.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line);
  });

  it('is the default command, and takes the port that is named', async (t) => {
    const first = await serve(t, ['--ephemeral', ...ADMIN]);
    await first.end();
    const port = String(first.port);
    const env = { HUB_PORT: port, HUB_EPHEMERAL: 'true', HUB_ADMIN: 'admin:sesame' };
    // The last --port counts, as does a flag before a variable.
    const second = await serve(t, ['--port', port], { env: { ...env, HUB_PORT: '1' } });
    assert.equal(second.port, first.port);
    await send(second, 'GET /v1/users/', { auth: basic('admin') }).expect(200);
    await second.end();
    const ended = await run(['--port', port, '--ephemeral', '--tls-key', 'x']);
    assert.equal(ended.code, 2, 'an option of serve without its name');
  });

  it('tells its version and its help', async () => {
    const [version, help] = await Promise.all([run(['--version']), run(['serve', '--help'])]);
    assert.deepEqual([version.code, help.code], [0, 0]);
    assert.match(version.output, /^\d+\.\d+\.\d+\n$/);
    for (const flag of ['--host', '--port', '--data', '--ephemeral', '--admin', '--endpoints']) {
      assert.ok(help.output.includes(flag), flag);
    }
  });

  it('keeps its data where it is told, by a flag or a variable', async (t) => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two', 'deep')];
    const byFlag = await serve(t, ['--data', one, ...ADMIN], { env: { HUB_DATA: two } });
    await byFlag.end();
    assert.deepEqual([(await readdir(join(one, 'users'))).length, await exists(two)], [1, false]);
    const byVariable = await serve(t, ADMIN, { env: { HUB_DATA: two, HUB_EPHEMERAL: 'false' } });
    await byVariable.end();
    assert.ok(await exists(join(two, 'hub.json')));
  });

  it('does as its other options say', async (t) => {
    const args = ['--endpoints', 'one.example:5000,two.example', '--registration', 'closed'];
    const hub = await serve(t, ['--ephemeral', ...ADMIN, ...args, '--max-layer', '10']);
    const body = { username: 'jamtur01', password: 'sesame', email: 'x@example.com' };
    await send(hub, 'POST /v1/users/', { body }).expect(401);
    const image = makeImage('too long', { layer: Buffer.alloc(11) });
    const auth = await createRepository(hub, basic('admin'), 'admin/x', [image]);
    const listed = await send(hub, 'GET /v1/repositories/admin/x/images').expect(200);
    assert.equal(listed.headers['x-docker-endpoints'], 'one.example:5000, two.example');
    await putJson(hub, auth, image).expect(200);
    await putLayer(hub, auth, image).expect(413);
  });
});

async function exists(path: string): Promise<boolean> {
  return readdir(join(path, '..')).then(
    (names) => names.includes(path.split('/').at(-1) ?? ''),
    () => false,
  );
}

describe('the first admin', () => {
  it('is made up and shown once, where there is no account at all', async (t) => {
    const data = join(folder, 'first admin');
    const first = await serve(t, ['--data', data]);
    const { output } = await first.end();
    assert.match(output, LISTENING);
    const [, password = ''] = MADE.exec(output) ?? [];
    assert.equal(output.trim().split('\n').length, 2);
    const second = await serve(t, ['--data', data]);
    await send(second, 'GET /v1/users/', { auth: basic('admin', password) }).expect(200);
    await pushImage(second, basic('admin', password), 'busybox', makeImage('official'));
    assert.doesNotMatch((await second.end()).output, MADE);
  });

  it('is made up again after a start that failed, since nobody was told of the former', async (t) => {
    const data = join(folder, 'first admin, second try');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const failed = await run(['serve', '--port', String(port), '--data', data]);
    server.close();
    assert.deepEqual([failed.code, failed.output], [1, '']);
    const hub = await serve(t, ['--data', data]);
    assert.match((await hub.end()).output, MADE);
  });

  it('is another each time', async (t) => {
    const hubs = await Promise.all([0, 1].map(() => serve(t, ['--ephemeral'])));
    const outputs = await Promise.all(hubs.map(async (hub) => (await hub.end()).output));
    const [one, two] = outputs.map((output) => MADE.exec(output)?.[1]);
    assert.ok(one !== undefined && one.length >= 12);
    assert.notEqual(one, two);
  });

  it('is the one of --admin, who is made or gets this password', async (t) => {
    const data = join(folder, 'admin');
    const first = await serve(t, ['--data', data, '--admin', 'boss_1:first:with:colons']);
    await register(first, 'jamtur01');
    await send(first, 'GET /v1/users/', { auth: basic('boss_1', 'first:with:colons') }).expect(200);
    assert.doesNotMatch((await first.end()).output, MADE);
    await run(['user', 'deactivate', 'boss_1', '--data', data]);
    const second = await serve(t, ['--data', data, '--admin', 'boss_1:second']);
    const old = basic('boss_1', 'first:with:colons');
    await send(second, 'GET /v1/users/', { auth: old }).expect(401);
    await pushImage(second, basic('boss_1', 'second'), 'busybox', makeImage('official'));
    await send(second, 'PUT /v1/repositories/root/', { auth: OWNER, body: [] }).expect(403);
    await second.end();
    const third = await serve(t, ['--data', data], { env: { HUB_ADMIN: 'jamtur01:third' } });
    await pushImage(third, basic('jamtur01', 'third'), 'root', makeImage('official'));
  });
});

describe('a start that fails says so on one line, exit code 1', () => {
  async function assertFails(args: readonly string[], message: RegExp): Promise<void> {
    const { code, output, errors } = await run(['serve', ...args]);
    assert.deepEqual([code, output], [1, '']);
    assert.match(errors, message);
    assert.match(errors, /^hub-v1: [^\n]+\n$/);
  }

  it('when the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const data = join(folder, 'port in use', 'data');
    const used = join(folder, 'used before');
    await (await startPlainHub({ data: used })).close();
    const before = await readdir(used, { recursive: true });
    const empty = await mkdtemp(join(folder, 'empty-'));
    const message = new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use`);
    try {
      for (const each of [data, used, empty]) {
        await assertFails(['--port', String(port), '--data', each], message);
      }
    } finally {
      server.close();
    }
    assert.equal(existsSync(join(folder, 'port in use')), false);
    assert.deepEqual(await readdir(empty), []);
    assert.deepEqual(await readdir(used, { recursive: true }), before);
  });

  it('when the data directory is none', async () => {
    const file = join(folder, 'a file');
    await writeFile(file, '');
    const nowhere = process.platform === 'linux' ? ['/proc/self/nothing'] : [];
    for (const data of [file, join(file, 'below'), ...nowhere]) {
      await assertFails(['--port', '0', '--data', data], /cannot use the data directory/);
    }
  });

  it('when the data directory is locked', async (t) => {
    const data = join(folder, 'locked');
    await serve(t, ['--data', data]);
    await assertFails(['--port', '0', '--data', data], /is in use by process \d+/);
  });

  it('when the data directory may not be read', { skip: process.getuid?.() === 0 }, async () => {
    const data = join(folder, 'closed');
    await mkdir(data);
    await chmod(data, 0o000);
    await assertFails(['--port', '0', '--data', data], /cannot use the data directory/);
    await chmod(data, 0o700);
  });
});

describe('https', () => {
  it('is spoken with --tls-cert and --tls-key, and nothing else on that port', async (t) => {
    const { ca, leaf } = await makeCertificates(new Date());
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(cert, leaf.cert);
    await writeFile(key, leaf.key);
    const hub = await serve(t, ['--ephemeral', ...ADMIN, '--tls-cert', cert, '--tls-key', key]);
    assert.match(hub.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    const auth = basic('admin');
    await send(hub, 'GET /v1/users/', { auth }).ca(ca.cert).expect(200, '"OK"');
    const plain = { url: hub.url.replace('https', 'http') };
    await assert.rejects(Promise.resolve(send(plain, 'GET /v1/_ping')));
    assert.equal((await hub.end()).code, 0);
  });
});

describe('the log', () => {
  it('never has a password, a token or an Authorization header in it', async (t) => {
    const hub = await serve(t, [
      '--ephemeral',
      '--admin',
      'admin:secret-admin',
      '--log-level',
      'trace',
    ]);
    await register(hub, 'jamtur01', { password: 'secret-one' });
    const auth = basic('jamtur01', 'secret-one');
    const image = makeImage('logged');
    const write = await createRepository(hub, auth, NAME, [image]);
    await putImage(hub, write, image);
    const read = await readToken(hub, NAME, auth);
    await asBytes(send(hub, `GET /v1/images/${image.id}/layer`, { auth: read })).expect(200);
    const wrong = basic('jamtur01', 'secret-wrong');
    await send(hub, 'GET /v1/users/', { auth: wrong }).expect(401);
    const body = { password: 'secret-two' };
    await send(hub, 'PUT /v1/users/jamtur01/', { auth, body }).expect(204);
    for (const broken of ['{"password":"secret-three"', '{"password":["secret-four"]}']) {
      await send(hub, 'POST /v1/users/', { body: broken }).expect(400);
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const form = 'username=a&password=secret-five';
    await send(hub, 'POST /v1/users/', { headers, body: form }).expect(400);
    const { output, errors } = await hub.end();
    assert.ok(errors.includes('/v1/users/'), 'requests are logged');
    for (const text of [output, errors]) {
      assert.doesNotMatch(text, /secret-/);
      for (const value of [auth, wrong, write, read]) {
        const [, secret = ''] = /^(?:Basic |Token signature=)([^,]+)/.exec(value) ?? [];
        assert.ok(secret.length > 10 && !text.includes(secret), value);
      }
    }
  });
});
