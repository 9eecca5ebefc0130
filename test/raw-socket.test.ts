import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRawAnswer } from './support/checked-agent.js';
import { checkAnswer } from './support/contract.js';
import {
  basic,
  createRepository,
  makeImage,
  putImage,
  send,
  startTestHub,
  type TestHub,
  type TestHubOptions,
} from './support/hub.js';
import { RawClient } from './support/raw-client.js';

/* What comes over a connection when nobody minds the rules of HTTP, or takes all the time there is. */

const PERSON = 'jamtur01';
const NAME = `${PERSON}/static_web`;
const PING = 'GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n\r\n';
const LAST_PING = PING.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
/** An answer to be cut off with "Connection: close", whose last bytes say that it is whole. */
const IS_PING = /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\ntrue$/s;

/** A hub for each `describe`, and the connections of each test, which all go at its end. */
function useHub(options: TestHubOptions = {}): {
  readonly hub: TestHub;
  connect(paused?: boolean): Promise<RawClient>;
} {
  let hub: TestHub | undefined;
  let clients: RawClient[] = [];
  before(async () => {
    hub = await startTestHub({ people: [PERSON], ...options });
  });
  after(() => hub?.close());
  afterEach(() => {
    for (const client of clients) client.destroy();
    clients = [];
  });
  const started = (): TestHub => {
    if (hub === undefined) throw new Error('the hub has not been started');
    return hub;
  };
  return {
    get hub() {
      return started();
    },
    connect: async (paused = false) => {
      const client = await RawClient.to(started(), { paused });
      clients.push(client);
      return client;
    },
  };
}

function head(line: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'hub', ...headers }).map(
    ([n, value]) => `${n}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function registration(username: string): string {
  return JSON.stringify({ username, password: 'sesame', email: `${username}@example.com` });
}

/** A whole request to register somebody, with the length of its body in the header. */
function register(username: string, headers: Readonly<Record<string, string>> = {}): string {
  const body = registration(username);
  return head('POST /v1/users/', { 'Content-Length': String(body.length), ...headers }) + body;
}

function statusOf(received: string): number {
  return parseRawAnswer(Buffer.from(received, 'latin1')).status;
}

/** The first answer, after it was held against openapi.yaml. */
function checked(method: string, path: string, received: string) {
  const answer = parseRawAnswer(Buffer.from(received, 'latin1'));
  checkAnswer({ method, path, ...answer });
  return { ...answer, text: answer.body.toString('utf8') };
}

async function isRegistered(hub: TestHub, username: string): Promise<boolean> {
  const { status } = await send(hub, 'GET /v1/users/', { auth: basic(username) });
  return status === 200;
}

describe('a client that takes its time', () => {
  // Small limits, but none that a busy machine could make an ordinary request of these tests miss.
  const headers = useHub({ headersTimeout: 0.4 });
  const bodies = useHub({ bodyTimeout: 0.4 });
  const at = useHub({ headersTimeout: 2, bodyTimeout: 1, idleTimeout: 1, keepAliveTimeout: 0.4 });

  it('is told when its headers take too long, though it never stops', async () => {
    const client = await headers.connect();
    const [received] = await Promise.all([
      client.untilClosed(),
      client.dribble(`GET /v1/_ping HTTP/1.1\r\nX-Slow: ${'x'.repeat(400)}`, 20),
    ]);
    assert.match(received, /^HTTP\/1\.1 408 Request Timeout\r\n.*\r\n\r\n"Request Timeout"$/s);
  });

  it('is cut off when it says nothing at all', async () => {
    const client = await headers.connect();
    await client.untilClosed();
  });

  for (const [voice, line, wanted] of [
    ['index', 'POST /v1/users/', '"The body took longer than 0.4 seconds"'],
    [
      'registry',
      `PUT /v1/repositories/${NAME}/properties`,
      '{"error": "The body took longer than 0.4 seconds"}',
    ],
  ] as const) {
    it(`is told by the ${voice} when its body takes too long, though it never stops`, async () => {
      const client = await bodies.connect();
      const [method = '', path = ''] = line.split(' ');
      client.say(head(line, { 'Content-Length': '1000', Authorization: basic(PERSON) }));
      const [received] = await Promise.all([
        client.untilClosed(),
        client.dribble(' '.repeat(400), 20),
      ]);
      const answer = checked(method, path, received);
      assert.deepEqual([answer.status, answer.text], [408, wanted]);
      assert.deepEqual(answer.headers.connection, ['close']);
    });
  }

  it('may push a layer over a line as slow as it likes', async () => {
    const image = makeImage('slow');
    const token = await createRepository(at.hub, basic(PERSON), NAME, [image]);
    const put = (part: string) =>
      send(at.hub, `PUT /v1/images/${image.id}/${part}`, { auth: token });
    await put('json').send(image.json).expect(200);
    const client = await at.connect();
    const headers = { Authorization: token, 'Content-Length': String(image.layer.length) };
    client.say(head(`PUT /v1/images/${image.id}/layer`, headers));
    const began = performance.now();
    await client.dribble(image.layer.subarray(0, 60), 50);
    client.say(image.layer.subarray(60));
    assert.equal(statusOf(await client.until(/true$/)), 200);
    assert.ok(performance.now() - began > 2500, 'longer than any of the limits');
    await put('checksum').set('X-Docker-Checksum-Payload', image.payload).expect(200);
  });

  it('is cut off when a layer stops coming, and can push it again', async () => {
    const image = makeImage('stalled');
    const token = await createRepository(at.hub, basic(PERSON), NAME, [image]);
    const auth = { auth: token };
    await send(at.hub, `PUT /v1/images/${image.id}/json`, { ...auth, body: image.json }).expect(
      200,
    );
    const client = await at.connect();
    const headers = { Authorization: token, 'Transfer-Encoding': 'chunked' };
    client.say(`${head(`PUT /v1/images/${image.id}/layer`, headers)}5\r\nhello\r\n`);
    assert.equal(await client.untilClosed(), '');
    await putImage(at.hub, token, image);
  });

  it('is cut off when it stops reading a layer', async () => {
    const image = makeImage('large');
    // More than the buffers of both ends hold.
    const layer = randomBytes(32 * 1024 * 1024);
    const auth = await createRepository(at.hub, basic(PERSON), NAME, [image]);
    await send(at.hub, `PUT /v1/images/${image.id}/json`, { auth, body: image.json }).expect(200);
    await send(at.hub, `PUT /v1/images/${image.id}/layer`, { auth, body: layer }).expect(200);
    const sum = await payloadSum(image.json, layer);
    const named = { 'X-Docker-Checksum-Payload': sum };
    await send(at.hub, `PUT /v1/images/${image.id}/checksum`, { auth, headers: named }).expect(200);
    const client = await at.connect(true);
    client.say(head(`GET /v1/images/${image.id}/layer`));
    await sleep(2500);
    client.resume();
    const received = await client.untilClosed();
    assert.match(received, /^HTTP\/1\.1 200 OK/);
    assert.ok(received.length < layer.length, `${received.length} of ${layer.length} bytes`);
  });

  it('finds its connection closed after a while without requests', async () => {
    const client = await at.connect();
    client.say(PING);
    assert.match(await client.untilClosed(), IS_PING);
  });
});

async function payloadSum(json: Uint8Array, layer: Uint8Array): Promise<string> {
  const { createHash } = await import('node:crypto');
  return `sha256:${createHash('sha256').update(json).update('\n').update(layer).digest('hex')}`;
}

describe('several requests at once on one connection', () => {
  const at = useHub();

  it('are answered in their order', async () => {
    const client = await at.connect();
    client.say(register('piper01') + PING + register('piper01') + LAST_PING);
    const received = await client.untilClosed();
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ['201', '200', '400', '200']);
  });

  it('are answered all, a thousand of them too', async () => {
    const client = await at.connect();
    client.say(PING.repeat(999) + LAST_PING);
    const received = await client.untilClosed();
    assert.equal(received.match(/HTTP\/1\.1 200 OK/g)?.length, 1000);
  });

  it('are answered up to the one that is none', async () => {
    const client = await at.connect();
    client.say(`${register('piper02')}${PING}\x00\x01\x02\r\n\r\n${PING}`);
    const received = await client.untilClosed();
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ['201', '200', '400']);
  });
});

describe('a body whose end is in doubt', () => {
  const at = useHub({ onDisk: true });
  const chunked = { 'Transfer-Encoding': 'chunked' };

  const doubtful: readonly (readonly [string, string, string])[] = [
    [
      'a length and chunks',
      'doubt001',
      head('POST /v1/users/', { 'Content-Length': '4', ...chunked }),
    ],
    [
      'chunks and a length',
      'doubt002',
      head('POST /v1/users/', { ...chunked, 'Content-Length': '4' }),
    ],
    [
      'two lengths',
      'doubt003',
      head('POST /v1/users/', { 'Content-Length': '4', 'content-length': '300' }),
    ],
    ['a length that is none', 'doubt004', head('POST /v1/users/', { 'Content-Length': '1e2' })],
    ['a length below zero', 'doubt005', head('POST /v1/users/', { 'Content-Length': '-1' })],
    [
      'a coding of chunks',
      'doubt006',
      head('POST /v1/users/', { 'Transfer-Encoding': 'chunked, x' }),
    ],
    ['an unknown coding', 'doubt007', head('POST /v1/users/', { 'Transfer-Encoding': 'xchunked' })],
  ];
  for (const [what, username, start] of doubtful) {
    it(`is refused and not carried out: ${what}`, async () => {
      const body = registration(username);
      const client = await at.connect();
      client.say(`${start}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n${PING}`);
      const received = await client.untilClosed();
      assert.equal(statusOf(received), 400);
      assert.match(received, /\r\n\r\n"Bad Request"$/);
      assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
      assert.equal(await isRegistered(at.hub, username), false);
    });
  }

  const badChunks: readonly (readonly [string, string])[] = [
    ['a size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['no size', '\r\nhello\r\n0\r\n\r\n'],
    ['more than the size', '2\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond all bounds', `${'f'.repeat(17)}\r\nhello\r\n0\r\n\r\n`],
    ['a size below zero', '-5\r\nhello\r\n0\r\n\r\n'],
  ];
  for (const [what, chunks] of badChunks) {
    it(`is refused and leaves nothing of a layer: chunks with ${what}`, async () => {
      const image = makeImage(what);
      const token = await createRepository(at.hub, basic(PERSON), NAME, [image]);
      const auth = { auth: token };
      await send(at.hub, `PUT /v1/images/${image.id}/json`, { ...auth, body: image.json });
      const before = await at.hub.agent.get('/_status');
      assert.equal(before.status, 200);
      const client = await at.connect();
      const headers = { Authorization: token, ...chunked };
      client.say(`${head(`PUT /v1/images/${image.id}/layer`, headers)}3\r\nabc\r\n${chunks}`);
      assert.equal(statusOf(await client.untilClosed()), 400);
      await putImage(at.hub, token, image);
    });
  }

  it('is read with what is allowed around chunks: extensions and trailers', async () => {
    const body = registration('trailer1');
    const client = await at.connect();
    const size = body.length.toString(16);
    client.say(
      `${head('POST /v1/users/', { ...chunked, Connection: 'close' })}${size};a=b\r\n${body}\r\n0\r\nX-End: yes\r\n\r\n`,
    );
    assert.equal(statusOf(await client.untilClosed()), 201);
  });
});

describe('headers', () => {
  const at = useHub({ maxHeaders: 4096 });

  it('may be as long as the limit', async () => {
    const client = await at.connect();
    client.say(head('GET /v1/_ping', { 'X-Long': 'x'.repeat(3500), Connection: 'close' }));
    assert.match(await client.untilClosed(), IS_PING);
  });

  const huge: readonly (readonly [string, string])[] = [
    ['one that is too long', head('GET /v1/_ping', { 'X-Long': 'x'.repeat(8000) })],
    [
      'too many of them',
      `GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n${'X-Many: yes\r\n'.repeat(800)}\r\n`,
    ],
    ['a path that is too long', head(`GET /${'x'.repeat(8000)}`)],
    ['one without an end', `GET /v1/_ping HTTP/1.1\r\nX-Endless: ${'x'.repeat(100_000)}`],
  ];
  for (const [what, request] of huge) {
    it(`are refused: ${what}`, async () => {
      const client = await at.connect();
      client.say(request);
      const received = await client.untilClosed();
      assert.match(received, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
      assert.match(received, /\r\n\r\n"Request Header Fields Too Large"$/);
    });
  }
});

describe('a connection that is closed on one side', () => {
  const at = useHub();

  it('still gets its answer', async () => {
    const client = await at.connect();
    assert.match(await client.say(PING).endSaying().untilClosed(), IS_PING);
  });

  it('still gets the answer to a request that takes a while', async () => {
    const client = await at.connect();
    const received = await client.say(register('halfway1')).endSaying().untilClosed();
    assert.equal(statusOf(received), 201);
    assert.ok(await isRegistered(at.hub, 'halfway1'));
  });

  it('gets an answer to half a body, which is not carried out', async () => {
    const client = await at.connect();
    const request = register('halfway2');
    const received = await client.say(request.slice(0, -5)).endSaying().untilClosed();
    assert.equal(statusOf(received), 400);
    assert.equal(await isRegistered(at.hub, 'halfway2'), false);
  });

  it('gets an answer to half a header', async () => {
    const client = await at.connect();
    const received = await client.say('GET /v1/_ping HTTP/1.1\r\nHos').endSaying().untilClosed();
    assert.equal(statusOf(received), 400);
  });
});

describe('many connections', () => {
  const at = useHub({ maxConnections: 2100 });

  it('may be idle while others are served, and do not hold up the end', async () => {
    const idle: RawClient[] = [];
    // In rows, since the system's queue of those who want to connect is shorter.
    while (idle.length < 2000) {
      idle.push(...(await Promise.all(Array.from({ length: 100 }, () => at.connect()))));
    }
    const client = await at.connect();
    const began = performance.now();
    client.say(PING.repeat(99) + LAST_PING);
    await client.untilClosed();
    assert.equal(client.received.match(/HTTP\/1\.1 200 OK/g)?.length, 100);
    assert.ok(performance.now() - began < 5000);
    assert.equal(idle.filter((each) => each.isClosed).length, 0);
    const closing = performance.now();
    await at.hub.restart();
    assert.ok(performance.now() - closing < 5000);
  });
});

describe('more connections than there may be', () => {
  const at = useHub({ maxConnections: 3 });

  it('are closed at once, until others go', async () => {
    const first = await at.connect();
    await at.connect();
    await at.connect();
    const fourth = await at.connect();
    assert.equal(await fourth.untilClosed(), '');
    first.say(LAST_PING);
    assert.match(await first.untilClosed(), IS_PING);
    const fifth = await at.connect();
    assert.match(await fifth.say(LAST_PING).untilClosed(), IS_PING);
  });
});

describe('an answer that is known before the body is read', () => {
  const at = useHub({ maxLayer: 1000, maxJson: 1000 });
  const id = makeImage('early').id;

  it('arrives after the body, and the connection goes on', async () => {
    const client = await at.connect();
    client.say(head(`PUT /v1/images/${id}/layer`, { 'Content-Length': '8000000' }));
    await client.pour(8_000_000);
    client.say(LAST_PING);
    const received = await client.untilClosed();
    assert.equal(checked('PUT', `/v1/images/${id}/layer`, received).status, 401);
    assert.match(received, /HTTP\/1\.1 200 OK/);
  });

  it('arrives although the body is more than anybody takes, and ends the connection', async () => {
    const client = await at.connect();
    const length = 500_000_000;
    client.say(head(`PUT /v1/images/${id}/layer`, { 'Content-Length': String(length) }));
    const poured = client.pour(length);
    await client.until(/\r\n\r\n\{.*\}$/s);
    const { status, headers } = checked('PUT', `/v1/images/${id}/layer`, client.received);
    assert.deepEqual([status, headers.connection], [401, ['close']]);
    await client.untilClosed();
    await poured;
  });

  it('arrives when a layer turns out too long', async () => {
    const image = makeImage('too long');
    const token = await createRepository(at.hub, basic(PERSON), NAME, [image]);
    const auth = { auth: token };
    await send(at.hub, `PUT /v1/images/${image.id}/json`, { ...auth, body: image.json }).expect(
      200,
    );
    const client = await at.connect();
    const headers = { Authorization: token, 'Content-Length': '3000000', Connection: 'close' };
    client.say(head(`PUT /v1/images/${image.id}/layer`, headers));
    await client.pour(3_000_000);
    const received = await client.untilClosed();
    assert.equal(checked('PUT', `/v1/images/${image.id}/layer`, received).status, 413);
  });

  it('arrives when a JSON body turns out too long', async () => {
    const client = await at.connect();
    client.say(head('POST /v1/users/', { 'Content-Length': '3000000', Connection: 'close' }));
    await client.pour(3_000_000);
    assert.equal(checked('POST', '/v1/users/', await client.untilClosed()).status, 413);
  });
});

describe('Expect', () => {
  const at = useHub();

  it('100-continue is answered before the body comes', async () => {
    const client = await at.connect();
    const body = registration('expects1');
    const headers = { 'Content-Length': String(body.length), Expect: '100-continue' };
    client.say(head('POST /v1/users/', { ...headers, Connection: 'close' }));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.say(body);
    assert.equal(statusOf(await client.untilClosed()), 201);
  });

  it('of anything else is refused', async () => {
    const client = await at.connect();
    client.say(head('GET /v1/_ping', { Expect: 'wonders', Connection: 'close' }));
    assert.equal(statusOf(await client.untilClosed()), 417);
  });
});

describe('HTTP before 1.1', () => {
  const at = useHub();

  it('is answered without chunks, by the index too, and the connection ends', async () => {
    const client = await at.connect();
    client.say(`GET /v1/users/ HTTP/1.0\r\nAuthorization: ${basic(PERSON)}\r\n\r\n`);
    const received = await client.untilClosed();
    assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
    assert.doesNotMatch(received, /transfer-encoding/i);
    assert.match(received, /\r\n\r\n"OK"$/);
  });

  it('is answered without chunks when it names no version at all', async () => {
    const client = await at.connect();
    const received = await client.say('GET /\r\n\r\n').untilClosed();
    assert.doesNotMatch(received, /transfer-encoding/i);
    assert.match(received, /\r\n\r\n"hub-v1, .*"$/);
  });

  it('is refused without chunks', async () => {
    const client = await at.connect();
    client.say('GET /v1/users/ HTTP/1.0\r\n\r\n');
    const received = await client.untilClosed();
    assert.match(received, /^HTTP\/1\.1 401 /);
    assert.doesNotMatch(received, /transfer-encoding/i);
    assert.match(received, /\r\n\r\n"Authentication is required"$/);
  });

  it('is told without a Host where the registry is', async () => {
    const client = await at.connect();
    const body = '[]';
    const headers = `Authorization: ${basic(PERSON)}\r\nContent-Length: ${body.length}\r\n`;
    client.say(`PUT /v1/repositories/${NAME}/ HTTP/1.0\r\n${headers}\r\n${body}`);
    assert.match(await client.untilClosed(), /\r\nX-Docker-Endpoints: 127\.0\.0\.1:\d+\r\n/);
  });
});

describe('what is no HTTP', () => {
  const at = useHub();

  it('is cut off without a word when it is TLS, so that docker goes on to plain HTTP', async () => {
    const client = await at.connect();
    client.say(Buffer.from('160301020001000001fc0303', 'hex'));
    assert.equal(await client.untilClosed(), '');
  });

  const garbage: readonly (readonly [string, string | Uint8Array])[] = [
    ['random bytes', Buffer.concat([Buffer.from([0xff]), randomBytes(2000)])],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version that never was', 'GET / HTTP/7.3\r\nHost: hub\r\n\r\n'],
    ['a method that never was', 'HUG / HTTP/1.1\r\nHost: hub\r\n\r\n'],
    ['no path', 'GET HTTP/1.1\r\nHost: hub\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: hub\r\n: x\r\n\r\n'],
    ['a blank in a name', 'GET / HTTP/1.1\r\nHost: hub\r\nX Y: x\r\n\r\n'],
    ['a zero in a value', 'GET / HTTP/1.1\r\nHost: hub\r\nX: \0\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_6.6\r\n'],
    ['mail', 'EHLO example.com\r\n'],
  ];
  for (const [what, bytes] of garbage) {
    it(`is refused: ${what}`, async () => {
      const client = await at.connect();
      client.say(bytes);
      const received = await client.untilClosed();
      assert.match(received, /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\n"Bad Request"$/s);
    });
  }

  it('is refused without a Host, as HTTP/1.1 wants it', async () => {
    const client = await at.connect();
    client.say('GET /v1/_ping HTTP/1.1\r\n\r\n');
    assert.equal(statusOf(await client.untilClosed()), 400);
  });

  it('does no harm when the connection is to become another', async () => {
    const tunnel = await at.connect();
    tunnel.say('CONNECT example.com:443 HTTP/1.1\r\nHost: hub\r\n\r\n');
    await tunnel.untilClosed();
    const upgrade = await at.connect();
    const headers = { Connection: 'Upgrade, close', Upgrade: 'h2c' };
    upgrade.say(head('GET /v1/_ping', headers));
    assert.match(await upgrade.until(/true$/), IS_PING);
  });

  it('leaves the hub as it was', async () => {
    const client = await at.connect();
    assert.match(await client.say(LAST_PING).untilClosed(), IS_PING);
  });
});

describe('the end of a hub', () => {
  it('waits for running requests, and for nobody else', async () => {
    const hub = await startTestHub({ people: [PERSON] });
    const silent = await RawClient.to(hub);
    const stuck = await RawClient.to(hub);
    stuck.say('GET /v1/_ping HTTP/1.1\r\nHost:');
    const kept = await RawClient.to(hub);
    await kept.say(PING).until(/true$/);
    const running = await RawClient.to(hub);
    const body = registration('running1');
    running.say(head('POST /v1/users/', { 'Content-Length': String(body.length) }));
    await sleep(100);
    const began = performance.now();
    const closed = hub.close();
    await Promise.all([silent.untilClosed(), stuck.untilClosed(), kept.untilClosed()]);
    running.say(body);
    assert.equal(statusOf(await running.untilClosed()), 201);
    await closed;
    assert.ok(performance.now() - began < 5000);
  });
});
