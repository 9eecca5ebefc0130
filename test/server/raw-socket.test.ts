import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic, send } from '../support/client.js';
import { makeImage } from '../support/images.js';
import { canLogIn } from '../support/people.js';
import { createRepository, putImage, putJson } from '../support/pushes.js';
import {
  checked,
  head,
  IS_PING,
  LAST_PING,
  NAME,
  PERSON,
  PING,
  register,
  registration,
  statusOf,
  useRawHub,
} from '../support/raw-hub.js';

/* What comes over a connection when nobody minds the rules of HTTP. */

describe('several requests at once on one connection', () => {
  const at = useRawHub();

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

  it('are answered up to the first that is not a request', async () => {
    const client = await at.connect();
    client.say(`${register('piper02')}${PING}\x00\x01\x02\r\n\r\n${PING}`);
    const received = await client.untilClosed();
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ['201', '200', '400']);
  });
});

describe('a body that nobody asked for', () => {
  const at = useRawHub();

  it('is taken to its end before a connection is closed that ends with the answer', async () => {
    const client = await at.connect();
    const headers = { 'Transfer-Encoding': 'chunked', Connection: 'close' };
    client.say(`${head('PATCH /v2/', headers)}4\r\nhalf\r\n`);
    // Answered later than that was said, so that the hub has had its time to be hasty.
    const other = await at.connect();
    await other.say(LAST_PING).untilClosed();
    assert.equal(client.received, '');
    client.say('4\r\nrest\r\n0\r\n\r\n');
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 404 /);
  });
});

describe('a backslash in a whole address', () => {
  const at = useRawHub();

  it('is not a slash', async () => {
    const client = await at.connect();
    const request = `GET http://hub/v1/images/a\\b/files HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`;
    const received = await client.say(request).untilClosed();
    assert.match(received, /\r\n\r\n\{"error": "Invalid image ID"\}$/);
  });
});

describe('what comes together with the end of a request for an upgrade', () => {
  const at = useRawHub();

  it('is not answered, and nobody waits for that', async () => {
    const client = await at.connect();
    const headers = { Connection: 'Upgrade', Upgrade: 'h2c', 'Content-Length': '4' };
    client.say(`${head('POST /v2/', headers)}true${PING}`);
    const received = await client.untilClosed();
    assert.match(received, /^HTTP\/1\.1 404 .*\r\nConnection: close\r\n/s);
    assert.equal(received.match(/HTTP\/1\.1 /g)?.length, 1);
  });
});

describe('what comes after a # in a path', () => {
  const at = useRawHub();

  it('does not belong to it', async () => {
    const client = await at.connect();
    const headers = { Connection: 'close' };
    assert.match(await client.say(head('GET /v1/_ping#x', headers)).untilClosed(), IS_PING);
  });
});

describe('a body whose end is in doubt', () => {
  const at = useRawHub({ onDisk: true });
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
    ['an invalid length', 'doubt004', head('POST /v1/users/', { 'Content-Length': '1e2' })],
    ['a length below zero', 'doubt005', head('POST /v1/users/', { 'Content-Length': '-1' })],
    ['no coding', 'doubt008', head('POST /v1/users/', { 'Transfer-Encoding': '' })],
    [
      'no coding and a length',
      'doubt009',
      head('POST /v1/users/', { 'Transfer-Encoding': '', 'Content-Length': '4' }),
    ],
    [
      'a coding without a name',
      'doubt010',
      head('POST /v1/users/', { 'Transfer-Encoding': ',chunked' }),
    ],
    [
      'chunks twice',
      'doubt011',
      head('POST /v1/users/', { 'Transfer-Encoding': 'chunked, chunked' }),
    ],
    ['a folded line', 'doubt012', head('POST /v1/users/', { 'Transfer-Encoding': '\r\n chunked' })],
    [
      'chunks in HTTP/1.0',
      'doubt013',
      head('POST /v1/users/', { ...chunked, Connection: 'keep-alive' }).replace(
        'HTTP/1.1',
        'HTTP/1.0',
      ),
    ],
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
      assert.equal(await canLogIn(at.hub, username), false);
    });
  }

  for (const codings of ['gzip, chunked', 'identity, chunked', 'deflate,  gzip,chunked']) {
    it(`is 501, since nobody here knows the coding: ${codings}`, async () => {
      const body = registration('doubt020');
      const client = await at.connect();
      client.say(head('POST /v1/users/', { 'Transfer-Encoding': codings }));
      client.say(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n${PING}`);
      const received = await client.untilClosed();
      assert.match(received, /^HTTP\/1\.1 501 Not Implemented\r\n.*\r\n\r\n"Not Implemented"$/s);
      assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
      assert.equal(await canLogIn(at.hub, 'doubt020'), false);
    });
  }

  const badChunks: readonly (readonly [string, string])[] = [
    ['an invalid size', 'zz\r\nhello\r\n0\r\n\r\n'],
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
      const client = await at.connect();
      const headers = { Authorization: token, ...chunked };
      client.say(`${head(`PUT /v1/images/${image.id}/layer`, headers)}3\r\nabc\r\n${chunks}`);
      assert.equal(statusOf(await client.untilClosed()), 400);
      await untilNoLayer(join(at.hub.folder, 'images', image.id));
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
  const at = useRawHub({ maxHeaders: 4096 });

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

describe('an answer that is known before the body is read', () => {
  const at = useRawHub({ maxLayer: 1000, maxJson: 1000 });
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
  const at = useRawHub();

  it('100-continue is answered before the body comes', async () => {
    const client = await at.connect();
    const body = registration('expects1');
    const headers = { 'Content-Length': String(body.length), Expect: '100-continue' };
    client.say(head('POST /v1/users/', { ...headers, Connection: 'close' }));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.say(body);
    assert.equal(statusOf(await client.untilClosed()), 201);
  });

  it('of anything else is passed over', async () => {
    const client = await at.connect();
    client.say(head('GET /v1/_ping', { Expect: 'wonders', Connection: 'close' }));
    assert.equal(statusOf(await client.untilClosed()), 200);
  });

  const refused: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
    ['a repository from nobody', { line: `PUT /v1/repositories/${NAME}/` }, 401],
    ['a layer from nobody', { line: `PUT /v1/images/${makeImage('early').id}/layer` }, 401],
    ['a json from nobody', { line: `PUT /v1/images/${makeImage('early').id}/json` }, 401],
    ['a password from nobody', { line: `PUT /v1/users/${PERSON}/` }, 401],
    [
      'properties with a wrong password',
      { line: `PUT /v1/repositories/${NAME}/properties`, auth: 'x' },
      401,
    ],
    [
      'a repository of somebody else',
      { line: 'PUT /v1/repositories/other/foo/', auth: 'sesame' },
      403,
    ],
    ['what has no path', { line: 'PUT /v1/nothing' }, 404],
  ];
  for (const [what, { line = '', auth }, status] of refused) {
    it(`100-continue is refused before the body: ${what}`, async () => {
      const client = await at.connect();
      const login = auth === undefined ? {} : { Authorization: basic(PERSON, auth) };
      client.say(head(line, { 'Content-Length': '5000000', Expect: '100-continue', ...login }));
      const received = await client.until(/^HTTP\/1\.1 4\d\d .*\r\n\r\n.*["}]$/s);
      const [method = '', path = ''] = line.split(' ');
      const answer = checked(method, path, received);
      assert.deepEqual([answer.status, answer.headers.connection], [status, ['close']]);
      assert.doesNotMatch(received, /100 Continue/);
    });
  }

  it('100-continue is answered before a layer comes', async () => {
    const image = makeImage('expected');
    const token = await createRepository(at.hub, basic(PERSON), NAME, [image]);
    await putJson(at.hub, token, image);
    const client = await at.connect();
    const headers = { Authorization: token, Expect: '100-Continue', Connection: 'close' };
    const length = { 'Content-Length': String(image.layer.length) };
    client.say(head(`PUT /v1/images/${image.id}/layer`, { ...headers, ...length }));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.say(image.layer);
    assert.equal(statusOf(await client.untilClosed()), 200);
  });

  it('100-continue means nothing in HTTP/1.0', async () => {
    const client = await at.connect();
    const body = registration('expects2');
    const headers = { 'Content-Length': String(body.length), Expect: '100-continue' };
    client.say(head('POST /v1/users/', headers).replace('HTTP/1.1', 'HTTP/1.0') + body);
    const received = await client.untilClosed();
    assert.match(received, /^HTTP\/1\.1 201 /);
  });

  it('and of another protocol does not keep the next request waiting', async () => {
    const client = await at.connect();
    const wishes = { Expect: 'wonders', Connection: 'Upgrade', Upgrade: 'websocket' };
    const body = 'x'.repeat(500_000);
    client.say(head('PUT /v1/users/nobody/', { ...wishes, 'Transfer-Encoding': 'chunked' }));
    client.say(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    // It ends with the answer, so that the next one comes on another.
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 4\d\d .*\r\nConnection: close\r\n/s);
    const next = await at.connect();
    assert.match(await next.say(LAST_PING).untilClosed(), IS_PING);
  });
});

describe('HTTP before 1.1', () => {
  const at = useRawHub();

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

describe('bytes that are not HTTP', () => {
  const at = useRawHub();

  it('is answered in HTTP and cut off when it is TLS, so that every docker goes on to plain HTTP', async () => {
    const client = await at.connect();
    client.say(Buffer.from('160301020001000001fc0303', 'hex'));
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 400 Bad Request\r\n/);
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

  const hosts: readonly (readonly [string, string, number])[] = [
    ['two of them', 'Host: hub\r\nHost: other', 400],
    ['twice the same', 'Host: hub\r\nhost: hub', 400],
    ['a blank in it', 'Host: a b', 400],
    ['a path in it', 'Host: a/b', 400],
    ['a name before it', 'Host: me@hub', 400],
    ['a list', 'Host: hub, other', 400],
    ['an invalid port', 'Host: hub:http', 400],
    ['none, though it is named', 'Host:', 200],
    ['an address of IPv6', 'Host: [::1]:5000', 200],
    ['a port', 'Host: hub:5000', 200],
  ];
  for (const [what, line, status] of hosts) {
    it(`is ${status} with a Host of ${what}`, async () => {
      const client = await at.connect();
      const text = `GET /v1/_ping HTTP/1.1\r\n${line}\r\nConnection: close\r\n\r\n`;
      assert.equal(statusOf(await client.say(text).untilClosed()), status);
    });
  }

  it('is refused in its turn', async () => {
    const client = await at.connect();
    client.say(
      `${register('inturn01')}GET /v1/_ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${PING}`,
    );
    const statuses = [...(await client.untilClosed()).matchAll(/HTTP\/1\.1 (\d+)/g)];
    assert.deepEqual(
      statuses.map(([, each]) => each),
      ['201', '400'],
    );
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

/** Waits until a folder has no file of a layer any more, whole or half. */
async function untilNoLayer(folder: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const names = await readdir(folder);
    if (!names.some((name) => name.startsWith('layer-'))) return;
    await sleep(10);
  }
  assert.fail('a part of the layer stays');
}
