/* GET and HEAD /v1/images/(id)/layer, whole, in parts and on conditions (RFC 9110 §13 and §14). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { platform } from 'node:process';
import { describe, it } from 'node:test';
import type supertest from 'supertest';
import { asBytes, basic, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const TEXT = 'abcdefghij';
const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT';
const MANY = '9'.repeat(40);

const SMALL = makeImage('small', { layer: Buffer.from(TEXT) });
const EMPTY = makeImage('empty', { layer: Buffer.alloc(0) });
const LARGE = makeImage('large', { layer: noise('large', 12_345_678) });

const hub = useHub({ onDisk: true, people: ['jamtur01'] }, async () => {
  await pushImage(hub, OWNER, 'jamtur01/ranges', [SMALL, EMPTY, LARGE]);
  tag = (await ask(SMALL.id, {}, 'HEAD').expect(200)).headers.etag as string;
});
let tag: string;

type Headers = Readonly<Record<string, string>>;

function ask(id: string, headers: Headers, method = 'GET'): supertest.Test {
  return asBytes(send(hub, `${method} /v1/images/${id}/layer`, { headers }));
}

function bodyOf(answer: supertest.Response): Buffer {
  assert.ok(Buffer.isBuffer(answer.body));
  return answer.body;
}

describe('Range', () => {
  const parts: readonly [range: string, first: number, last: number][] = [
    ['bytes=0-3', 0, 3],
    ['bytes=3-3', 3, 3],
    ['bytes=9-9', 9, 9],
    ['bytes=0-9', 0, 9],
    ['bytes=0-', 0, 9],
    ['bytes=4-', 4, 9],
    ['bytes=9-', 9, 9],
    ['bytes=004-005', 4, 5],
    ['Bytes=0-3', 0, 3],
    // docker's resume names the size as the last byte (clients.md, Pull).
    ['bytes=4-10', 4, 9],
    ['bytes=9-10', 9, 9],
    ['bytes=0-10', 0, 9],
    ['bytes=0-9999', 0, 9],
    [`bytes=4-${MANY}`, 4, 9],
    ['bytes=-1', 9, 9],
    ['bytes=-10', 0, 9],
    ['bytes=-11', 0, 9],
    [`bytes=-${MANY}`, 0, 9],
  ];
  for (const [range, first, last] of parts) {
    it(`${range} is ${first} to ${last}`, async () => {
      const answer = await ask(SMALL.id, { Range: range }).expect(206);
      assert.equal(bodyOf(answer).toString(), TEXT.slice(first, last + 1));
      assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/10`);
      assert.equal(answer.headers['content-length'], String(last - first + 1));
      assert.equal(answer.headers['x-docker-size'], '10');
      assert.equal(answer.headers['accept-ranges'], 'bytes');
    });
  }

  const beyond = ['10-', '10-10', '10-20', `${MANY}-`, `${MANY}-${MANY}`, '-0', '-000'];
  for (const range of beyond) {
    it(`bytes=${range} can't be had`, async () => {
      const answer = await ask(SMALL.id, { Range: `bytes=${range}` }).expect(416);
      assert.equal(bodyOf(answer).length, 0);
      assert.equal(answer.headers['content-range'], 'bytes */10');
      assert.equal(answer.headers['content-length'], '0');
    });
  }

  const ignored = [
    ...['bytes=0-1,3-4', 'bytes=0-1, -2', 'bytes=0-0,0-0,0-0', 'bytes=5-2', 'bytes=', 'bytes=-'],
    ...[
      'bytes',
      'bytes=1',
      'bytes=a-b',
      'bytes=0x1-3',
      'bytes=1-3;q=1',
      'bytes=+1-3',
      'bytes=1.5-3',
    ],
    ...['bytes=--3', 'bytes=1-2-3', 'bytes=-1-', 'bytes 0-3', '0-3', '=0-3', 'items=0-3', 'none'],
    ...['bytes=٣-٤', 'xbytes=0-3', 'bytes=0-3 bytes=0-3'],
  ];
  for (const range of ignored) {
    it(`${range} is not served in parts, so the whole comes`, async () => {
      const answer = await ask(SMALL.id, { Range: Buffer.from(range).toString('latin1') }).expect(
        200,
      );
      assert.equal(bodyOf(answer).toString(), TEXT);
      assert.equal(answer.headers['content-range'], undefined);
    });
  }

  it('of an empty layer finds no byte', async () => {
    for (const range of ['bytes=0-', 'bytes=0-0', 'bytes=1-', 'bytes=-0']) {
      const answer = await ask(EMPTY.id, { Range: range }).expect(416);
      assert.equal(answer.headers['content-range'], 'bytes */0', range);
    }
    // Satisfiable by RFC 9110 §14.1.2, though Content-Range has no words for it.
    assert.equal(bodyOf(await ask(EMPTY.id, { Range: 'bytes=-5' }).expect(200)).length, 0);
  });

  it('means nothing to HEAD and to the other parts of an image', async () => {
    const head = await ask(SMALL.id, { Range: 'bytes=0-3' }, 'HEAD').expect(200);
    assert.equal(head.headers['content-length'], '10');
    const headers = { Range: 'bytes=0-3' };
    await send(hub, `GET /v1/images/${SMALL.id}/ancestry`, { headers }).expect(200, [SMALL.id]);
  });
});

describe('If-Range', () => {
  const table: readonly [what: string, value: () => string, status: number][] = [
    ['the tag', () => tag, 206],
    ['the date', () => EPOCH, 206],
    ['another tag', () => '"another"', 200],
    ['an empty tag', () => '""', 200],
    ['the tag, but weak', () => `W/${tag}`, 200],
    ['the tag without its quotes', () => tag.slice(1, -1), 200],
    ['a later date', () => 'Mon, 03 Feb 2014 16:47:06 GMT', 200],
    ['nonsense', () => 'nonsense', 200],
  ];
  for (const [what, value, status] of table) {
    it(`${what}: ${status}`, async () => {
      const answer = await ask(SMALL.id, { Range: 'bytes=2-4', 'If-Range': value() }).expect(
        status,
      );
      assert.equal(bodyOf(answer).toString(), status === 206 ? 'cde' : TEXT);
    });
    it(`${what} without a Range: the whole`, async () => {
      const answer = await ask(SMALL.id, { 'If-Range': value() }).expect(200);
      assert.equal(bodyOf(answer).toString(), TEXT);
    });
  }

  it('another tag makes even an impossible range one for the whole', async () => {
    await ask(SMALL.id, { Range: 'bytes=99-', 'If-Range': '"another"' }).expect(200);
  });
});

describe('a conditional GET', () => {
  const date = 'Mon, 03 Feb 2014 16:47:06 GMT';
  const table: readonly [headers: () => Headers, status: number][] = [
    [() => ({ 'If-None-Match': tag }), 304],
    [() => ({ 'If-None-Match': `W/${tag}` }), 304],
    [() => ({ 'If-None-Match': `"another", ${tag}` }), 304],
    [() => ({ 'If-None-Match': '*' }), 304],
    [() => ({ 'If-None-Match': '"another"' }), 200],
    [() => ({ 'If-None-Match': tag.slice(1, -1) }), 200],
    [() => ({ 'If-Modified-Since': EPOCH }), 304],
    [() => ({ 'If-Modified-Since': date }), 304],
    [() => ({ 'If-None-Match': '"another"', 'If-Modified-Since': date }), 200],
    [() => ({ 'If-None-Match': tag, 'If-Modified-Since': date }), 304],
    [() => ({ 'If-None-Match': tag, Range: 'bytes=0-3' }), 304],
    [() => ({ 'If-None-Match': '"another"', Range: 'bytes=0-3' }), 206],
    // An invalid date is passed over, and so are the forms that only some parsers know.
    [() => ({ 'If-Modified-Since': 'yesterday' }), 200],
    [() => ({ 'If-Modified-Since': '' }), 200],
    [() => ({ 'If-Modified-Since': '2014-02-03T16:47:06Z' }), 200],
    [() => ({ 'If-Modified-Since': 'Mon, 03 Feb 2014 16:47:06 CET' }), 200],
    [() => ({ 'If-Modified-Since': 'Sun, 30 Feb 2014 16:47:06 GMT' }), 200],
    [() => ({ 'If-Modified-Since': 'Mon, 03 Feb 2014 25:47:06 GMT' }), 200],
    [() => ({ 'If-Modified-Since': 'Monday, 03-Feb-14 16:47:06 GMT' }), 304],
    [() => ({ 'If-Modified-Since': 'Mon Feb  3 16:47:06 2014' }), 304],
    [() => ({ 'If-Modified-Since': 'Wed, 31 Dec 1969 23:59:59 GMT' }), 200],
    [() => ({ 'If-Match': tag }), 200],
    [() => ({ 'If-Match': '*' }), 200],
    [() => ({ 'If-Match': `"another", ${tag}`, Range: 'bytes=0-3' }), 206],
    [() => ({ 'If-Match': tag, 'If-None-Match': tag }), 304],
    [() => ({ 'If-Match': tag, 'If-Unmodified-Since': 'Wed, 31 Dec 1969 23:59:59 GMT' }), 200],
    [() => ({ 'If-Unmodified-Since': date }), 200],
    [() => ({ 'If-Unmodified-Since': 'yesterday' }), 200],
  ];

  const failing: readonly (() => Headers)[] = [
    () => ({ 'If-Match': '"another"' }),
    () => ({ 'If-Match': `W/${tag}` }),
    () => ({ 'If-Match': '' }),
    () => ({ 'If-Match': '"another"', 'If-None-Match': tag }),
    () => ({ 'If-Match': '"another"', Range: 'bytes=99-' }),
    () => ({ 'If-Unmodified-Since': 'Wed, 31 Dec 1969 23:59:59 GMT' }),
    () => ({ 'If-Unmodified-Since': 'Wed Dec 31 23:59:59 1969', Range: 'bytes=0-3' }),
  ];
  for (const [index, headers] of failing.entries()) {
    it(`that wants another version, no. ${index}, is 412`, async () => {
      for (const part of ['layer', 'json', 'ancestry', 'files']) {
        const line = `/v1/images/${SMALL.id}/${part}`;
        const answer = await send(hub, `GET ${line}`, { headers: headers() }).expect(412);
        assert.deepEqual(answer.body, { error: 'Precondition failed' });
        await send(hub, `HEAD ${line}`, { headers: headers() }).expect(412);
      }
    });
  }

  for (const [index, [headers, status]] of table.entries()) {
    it(`no. ${index} is ${status}, for every part of an image and for HEAD`, async () => {
      for (const part of ['layer', 'json', 'ancestry']) {
        const line = `/v1/images/${SMALL.id}/${part}`;
        // Only layers have parts.
        const wanted = status === 206 && part !== 'layer' ? 200 : status;
        const answer = await asBytes(send(hub, `GET ${line}`, { headers: headers() })).expect(
          wanted,
        );
        assert.equal(answer.headers.etag, tag);
        assert.match(answer.headers['cache-control'] ?? '', /max-age=31536000/);
        if (wanted === 304) assert.equal(bodyOf(answer).length, 0);
        const head = send(hub, `HEAD ${line}`, { headers: headers() });
        await head.expect(status === 206 ? 200 : status);
      }
    });
  }

  it('says nothing of an image that one may not see', async () => {
    const hidden = `/v1/images/${'0'.repeat(64)}/layer`;
    await send(hub, `GET ${hidden}`, { headers: { 'If-None-Match': '*' } }).expect(404);
    await send(hub, `GET ${hidden}`, { headers: { Range: 'bytes=0-3' } }).expect(404);
  });
});

describe('a large layer', () => {
  const { id, layer } = LARGE;

  it('comes back whole, to many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(id, {}).expect(200)));
    for (const answer of answers) assert.ok(bodyOf(answer).equals(layer));
  });

  it('has its length in HEAD', async () => {
    const { headers } = await ask(id, {}, 'HEAD').expect(200);
    assert.equal(headers['content-length'], String(layer.length));
    assert.equal(headers['x-docker-size'], String(layer.length));
  });

  it('comes in parts that fit, cut anywhere', async () => {
    for (const cut of [1, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, layer.length - 1]) {
      const first = await ask(id, { Range: `bytes=0-${cut - 1}` }).expect(206);
      const second = await ask(id, { Range: `bytes=${cut}-${layer.length}` }).expect(206);
      assert.ok(Buffer.concat([bodyOf(first), bodyOf(second)]).equals(layer), `cut at ${cut}`);
    }
  });

  it('is let go when the client goes away in the middle of it', async () => {
    for (const range of ['', 'Range: bytes=100-\r\n']) {
      const socket = connect(hub.port, '127.0.0.1');
      socket.write(`GET /v1/images/${id}/layer HTTP/1.1\r\nHost: hub\r\n${range}\r\n`);
      await once(socket, 'data');
      assert.ok(platform !== 'linux' || openLayers(hub.folder) > 0, 'the layer should be open');
      socket.destroy();
      await eventually('the layer is closed', () => openLayers(hub.folder) === 0);
    }
    assert.ok(bodyOf(await ask(id, {}).expect(200)).equals(layer));
  });
});

/** How many layer files this process, and so the hub in it, has open; 0 where that can't be seen. */
function openLayers(folder: string): number {
  if (platform !== 'linux') return 0;
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // Closed since the list was made.
      return '';
    }
  });
  return targets.filter((path) => path.startsWith(folder) && path.includes('layer-')).length;
}
