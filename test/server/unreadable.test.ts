/* Bytes that are not a request leave a trace all the same: in the journal, the log and the metrics. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { makeCertificates } from '../../src/cli/certificates.js';
import type { Hub } from '../../src/index.js';
import { send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/** What a case is, what is sent, and of the record: kind, status, method, path and query. */
type Case = readonly [string, string | Buffer, string, number, string, string, string];

const HELLO = Buffer.from('16030100c8010000c40303', 'hex');

const ON_PLAIN_HTTP: readonly Case[] = [
  [
    'Chinese letters in an address',
    'GET /v1/search?q=中文 HTTP/1.1\r\nHost: hub\r\n\r\n',
    'unescaped address',
    400,
    'GET',
    '/v1/search',
    'q=中文',
  ],
  ['a TLS hello', HELLO, 'tls on plain http', 400, '', '', ''],
  ['garbage', 'how do you do\r\n\r\n', 'not http', 400, '', '', ''],
  [
    'garbage after a request',
    'GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n\r\n\x00\x01',
    'not http',
    400,
    '',
    '',
    '',
  ],
  [
    'a header without a name',
    'GET /v1/_ping HTTP/1.1\r\n: x\r\n\r\n',
    'invalid header',
    400,
    'GET',
    '/v1/_ping',
    '',
  ],
  [
    'headers too long',
    `GET /v1/x?password=sesame HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    'long headers',
    431,
    'GET',
    '/v1/x',
    'password=***',
  ],
  ['no end of headers', 'GET /v1/_ping HTTP/1.1\r\n', 'slow headers', 408, '', '', ''],
  [
    'a proxy',
    'CONNECT index.docker.io:443 HTTP/1.1\r\nHost: x\r\n\r\n',
    'proxy',
    405,
    'CONNECT',
    'index.docker.io:443',
    '',
  ],
  [
    'two hosts',
    'GET /v1/_ping HTTP/1.1\r\nHost: one\r\nHost: two\r\n\r\n',
    'request in doubt',
    400,
    'GET',
    '/v1/_ping',
    '',
  ],
  [
    'invalid chunks',
    'PUT /v1/users/ HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    'invalid body',
    400,
    '',
    '',
    '',
  ],
];

async function sendRaw(port: number, bytes: string | Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  socket.resume();
  await closed(socket);
}

/** Unlike `once`, however it ends; one that nobody ends is an error. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the connection stays open')), 10_000);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function value(hub: Hub, kind: string): Promise<number> {
  const { text } = await send(hub, 'GET /metrics');
  const start = `hub_unreadable_requests_total{kind="${kind}"} `;
  const line = text.split('\n').find((each) => each.startsWith(start));
  return Number(line?.slice(start.length) ?? 0);
}

describe('bytes that are not a request, on a port of plain http', () => {
  const lines: string[] = [];
  let hub: Hub;
  before(async () => {
    const logTo = { write: (line: string) => void lines.push(line) };
    hub = await startPlainHub({ headersTimeout: 0.2, logLevel: 'info', logTo });
  });
  after(() => hub.close());

  for (const [what, bytes, kind, status, method, path, query] of ON_PLAIN_HTTP) {
    it(`is told of: ${what}`, async () => {
      await hub.reset('journal');
      lines.length = 0;
      const counted = await value(hub, kind);
      await sendRaw(hub.port, bytes);
      const record = await hub.requests.waitFor(({ unreadable }) => unreadable !== undefined);
      const { unreadable, address, sentence } = record;
      assert.deepEqual([unreadable, address, record.status], [kind, '127.0.0.1', status]);
      assert.deepEqual([record.method, record.path, record.query], [method, path, query]);
      assert.match(sentence, /^somebody at 127\.0\.0\.1 .{10,}/);
      const line = lines.map((each) => JSON.parse(each)).find((each) => 'unreadable' in each);
      assert.deepEqual([line.msg, line.address, line.id], [sentence, address, record.id]);
      assert.equal(await value(hub, kind), counted + 1);
    });
  }

  it('is told of once where a body that breaks the rules follows a refused request', async () => {
    await hub.reset('journal');
    const head = 'PUT /v1/users/ HTTP/1.1\r\nHost: one\r\nHost: two\r\n';
    await sendRaw(hub.port, `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`);
    await hub.requests.waitFor(({ unreadable }) => unreadable !== undefined);
    const kinds = hub.requests.list().map(({ unreadable }) => unreadable);
    assert.deepEqual(kinds, ['request in doubt']);
  });

  it('is not told of a connection on which nothing was asked', async () => {
    await hub.reset('journal');
    const socket = connect(hub.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    await sendRaw(hub.port, 'GET /v1/_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await hub.requests.waitFor({ path: '/v1/_ping' });
    assert.equal(hub.requests.list().length, 1);
  });
});

describe('bytes that are not a request, on a port of TLS', () => {
  let hub: Hub;
  before(async () => {
    const { leaf } = await makeCertificates(new Date());
    hub = await startPlainHub({ tls: leaf });
  });
  after(() => hub.close());

  it('is told of: TLS 1.0 alone', async () => {
    await hub.reset('journal');
    const old = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    } as const;
    const socket = connectTls({ host: '127.0.0.1', port: hub.port, ...old });
    socket.on('error', () => undefined);
    const { unreadable, address, status, sentence } = await hub.requests.waitFor({});
    socket.destroy();
    assert.deepEqual([unreadable, address, status], ['old tls', '127.0.0.1', 0]);
    assert.match(sentence, /--tls-legacy/);
  });

  const hasCurl = spawnSync('curl', ['--version']).status === 0;
  for (const version of ['1.2', '1.3']) {
    const skip = !hasCurl && 'needs curl';
    it(`is told of: no trust in the certificate, over TLS ${version}`, { skip }, async () => {
      await hub.reset('journal');
      const curl = spawn('curl', ['-s', `--tls-max`, version, `${hub.url}/v1/_ping`]);
      await once(curl, 'close');
      const { unreadable, sentence } = await hub.requests.waitFor({});
      assert.equal(unreadable, 'certificate not trusted');
      assert.match(sentence, /CA/);
    });
  }

  it('is told of: plain http', async () => {
    await hub.reset('journal');
    await sendRaw(hub.port, 'GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n\r\n');
    const { unreadable, sentence } = await hub.requests.waitFor({});
    assert.equal(unreadable, 'plain http on tls');
    assert.match(sentence, /https:\/\//);
  });
});

describe('a connection too many', () => {
  it('is told of', async (t) => {
    await using hub = await startPlainHub({ maxConnections: 1 });
    const first = connect(hub.port, '127.0.0.1');
    t.after(() => first.destroy());
    await once(first, 'connect');
    await sendRaw(hub.port, '');
    const { unreadable, address } = await hub.requests.waitFor({});
    assert.deepEqual([unreadable, address], ['too many connections', '127.0.0.1']);
  });
});

describe('the address of the client', () => {
  it('is in each record and each line, an IPv4 address as itself', async (t) => {
    const lines: string[] = [];
    const logTo = { write: (line: string) => void lines.push(line) };
    const hub = await startPlainHub({ host: '::', logLevel: 'info', logTo }).catch(() => undefined);
    if (hub === undefined) return t.skip('there is no IPv6 here');
    t.after(() => hub.close());
    await send({ url: `http://127.0.0.1:${hub.port}` }, 'GET /v1/_ping').expect(200);
    const { address } = await hub.requests.waitFor({});
    assert.equal(address, '127.0.0.1');
    assert.equal(JSON.parse(lines[0] ?? '').address, '127.0.0.1');
  });
});
