import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { makeImage } from '../support/images.js';
import { createRepository, putImage, putJson } from '../support/pushes.js';
import {
  checked,
  head,
  IS_PING,
  NAME,
  PERSON,
  PING,
  statusOf,
  useRawHub,
} from '../support/raw-hub.js';

/* Clients that take all the time there is: a slow line is served, an idle one is not. */

describe('a client that takes its time', () => {
  // Small limits, but none that a busy machine could make an ordinary request of these tests miss.
  const headers = useRawHub({ headersTimeout: 0.4 });
  const bodies = useRawHub({ bodyTimeout: 0.4 });
  const at = useRawHub({
    headersTimeout: 2,
    bodyTimeout: 1,
    idleTimeout: 1,
    keepAliveTimeout: 0.4,
  });

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
    await putJson(at.hub, auth, image).expect(200);
    await send(at.hub, `PUT /v1/images/${image.id}/layer`, { auth, body: layer }).expect(200);
    const sum = payloadSum(image.json, layer);
    const named = { 'X-Docker-Checksum-Payload': sum };
    await send(at.hub, `PUT /v1/images/${image.id}/checksum`, { auth, headers: named }).expect(200);
    const client = await at.connect(true);
    client.say(head(`GET /v1/images/${image.id}/layer`));
    await eventually('it is cut off', async () => {
      const { text } = await send(at.hub, 'GET /metrics').expect(200);
      return text.includes('\nhub_open_connections 1\n');
    });
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

function payloadSum(json: Uint8Array, layer: Uint8Array): string {
  return `sha256:${createHash('sha256').update(json).update('\n').update(layer).digest('hex')}`;
}
