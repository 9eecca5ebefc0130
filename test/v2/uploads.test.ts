/** All ways in which a blob comes (v2.md §3). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { asBytes, basic, PASSWORD, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startPlainHub, useHub } from '../support/hub.js';
import { digestOf } from '../support/modern-docker/images.js';
import { noise } from '../support/noise.js';
import { beginUpload, fails } from '../support/registry-v2.js';
import { openBody } from '../support/uploads.js';

const hub = useHub({ people: ['alice', 'robert'], maxLayer: 1024 * 1024 });
const auth = basic('alice');
const NAME = 'alice/uploads';

async function isHere(digest: string, bytes: Buffer, name = NAME): Promise<void> {
  const got = await asBytes(send(hub, `GET /v2/${name}/blobs/${digest}`)).expect(200);
  assert.ok(bytes.equals(got.body as Buffer));
}

/** A part of an upload, with the bytes it says it is. */
function patch(place: string, bytes: Buffer, range?: string) {
  const headers = range === undefined ? {} : { 'Content-Range': range };
  return send(hub, `PATCH ${place}`, { auth, headers, body: bytes });
}

function finish(place: string, digest: string, bytes?: Buffer, range?: string) {
  const headers = range === undefined ? {} : { 'Content-Range': range };
  const sign = place.includes('?') ? '&' : '?';
  return send(hub, `PUT ${place}${sign}digest=${digest}`, { auth, headers, body: bytes });
}

describe('an upload', () => {
  it('is one POST', async () => {
    const bytes = noise('one POST', 5_000);
    const digest = digestOf(bytes);
    const line = `POST /v2/${NAME}/blobs/uploads/?digest=${digest}`;
    const { headers } = await send(hub, line, { auth, body: bytes }).expect(201, '');
    assert.equal(headers.location, `/v2/${NAME}/blobs/${digest}`);
    assert.equal(headers['docker-content-digest'], digest);
    await isHere(digest, bytes);
    // Once more, though it is here.
    await send(hub, line, { auth, body: bytes }).expect(201);
  });

  it('is a POST, and a PUT with all bytes', async () => {
    const bytes = noise('POST and PUT', 5_000);
    const digest = digestOf(bytes);
    const begun = await send(hub, `POST /v2/${NAME}/blobs/uploads/`, { auth }).expect(202, '');
    const { location = '', range } = begun.headers;
    assert.equal(range, '0-0');
    assert.ok(location.endsWith(`/${begun.headers['docker-upload-uuid']}`));
    const { headers } = await finish(location, digest, bytes).expect(201, '');
    assert.equal(headers.location, `/v2/${NAME}/blobs/${digest}`);
    await isHere(digest, bytes);
    await fails(send(hub, `GET ${location}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('is a streamed PATCH, and an empty PUT', async () => {
    const bytes = noise('streamed', 200_000);
    const place = await beginUpload(hub, auth, NAME);
    const { headers } = await patch(place, bytes).expect(202, '');
    assert.equal(headers.range, '0-199999');
    await finish(headers.location ?? '', digestOf(bytes)).expect(201);
    await isHere(digestOf(bytes), bytes);
  });

  for (const form of ['', 'bytes ', 'bytes='] as const) {
    it(`is in chunks that say where they belong, as "${form}0-99"`, async () => {
      const bytes = noise(`chunks ${form}`, 300);
      let place = await beginUpload(hub, auth, NAME);
      for (const first of [0, 100]) {
        const chunk = bytes.subarray(first, first + 100);
        const { headers } = await patch(place, chunk, `${form}${first}-${first + 99}`).expect(202);
        assert.equal(headers.range, `0-${first + 99}`);
        place = headers.location ?? '';
        const status = await send(hub, `GET ${place}`, { auth }).expect(204, '');
        assert.equal(status.headers.range, `0-${first + 99}`);
        assert.equal(status.headers.location, place);
      }
      await finish(place, digestOf(bytes), bytes.subarray(200), `${form}200-299`).expect(201);
      await isHere(digestOf(bytes), bytes);
    });
  }

  it('goes on after a chunk that was out of order', async () => {
    const bytes = noise('out of order', 300);
    const place = await beginUpload(hub, auth, NAME);
    await patch(place, bytes.subarray(0, 100), '0-99').expect(202);
    for (const range of ['200-299', '0-99', '50-149']) {
      const test = patch(place, bytes.subarray(0, 100), range);
      const answer = await test.expect(416);
      assert.equal(answer.headers.range, '0-99');
      assert.equal(answer.headers.location, place);
    }
    await fails(
      finish(place, digestOf(bytes), bytes.subarray(200), '200-299'),
      416,
      'BLOB_UPLOAD_INVALID',
    );
    await patch(place, bytes.subarray(100), '100-299').expect(202);
    await finish(place, digestOf(bytes)).expect(201);
    await isHere(digestOf(bytes), bytes);
  });

  it('may be given up', async () => {
    const place = await beginUpload(hub, auth, NAME);
    await patch(place, Buffer.from('never mind')).expect(202);
    await send(hub, `DELETE ${place}`, { auth }).expect(204, '');
    await fails(send(hub, `DELETE ${place}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
    await fails(patch(place, Buffer.from('more')), 404, 'BLOB_UPLOAD_UNKNOWN');
    await fails(finish(place, digestOf(Buffer.from('x'))), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('may be empty', async () => {
    const digest = digestOf(Buffer.alloc(0));
    await finish(await beginUpload(hub, auth, NAME), digest).expect(201);
    await isHere(digest, Buffer.alloc(0));
  });

  it('may be named by sha512', async () => {
    const bytes = noise('sha512', 3_000);
    const digest = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
    const place = await beginUpload(hub, auth, NAME);
    await patch(place, bytes.subarray(0, 1_000)).expect(202);
    const { headers } = await finish(place, digest, bytes.subarray(1_000)).expect(201);
    assert.equal(headers['docker-content-digest'], digest);
    await isHere(digest, bytes);
    const line = `POST /v2/${NAME}/blobs/uploads/?digest=${digest}`;
    await send(hub, line, { auth, body: bytes }).expect(201);
  });

  it('begins with a POST whose body is ignored', async () => {
    const bytes = noise('null', 1_000);
    const line = `POST /v2/${NAME}/blobs/uploads/`;
    const begun = await send(hub, line, { auth, body: null }).expect(202);
    await finish(begun.headers.location ?? '', digestOf(bytes), bytes).expect(201);
    await isHere(digestOf(bytes), bytes);
  });

  it('takes an escaped digest', async () => {
    const bytes = noise('escaped', 1_000);
    const place = await beginUpload(hub, auth, NAME);
    await finish(place, encodeURIComponent(digestOf(bytes)), bytes).expect(201);
    await isHere(digestOf(bytes), bytes);
  });
});

describe('an upload that is wrong', () => {
  const bytes = Buffer.from('what was sent');
  const other = digestOf(Buffer.from('what was meant'));

  for (const [algorithm, digest] of [
    ['sha256', other],
    ['sha512', `sha512:${'0'.repeat(128)}`],
  ] as const) {
    it(`is refused if its digest differs, and leaves nothing: ${algorithm}`, async () => {
      const place = await beginUpload(hub, auth, NAME);
      await patch(place, bytes).expect(202);
      await fails(finish(place, digest), 400, 'DIGEST_INVALID');
      await fails(send(hub, `GET ${place}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
      const line = `POST /v2/${NAME}/blobs/uploads/?digest=${digest}`;
      await fails(send(hub, line, { auth, body: bytes }), 400, 'DIGEST_INVALID');
      for (const each of [digest, digestOf(bytes)]) {
        await send(hub, `HEAD /v2/${NAME}/blobs/${each}`, { auth }).expect(404);
      }
    });
  }

  for (const digest of [
    '',
    'sha256:12',
    'md5:d41d8cd98f00b204e9800998ecf8427e',
    other.toUpperCase(),
  ]) {
    it(`goes on after an invalid digest: "${digest}"`, async () => {
      const place = await beginUpload(hub, auth, NAME);
      await fails(finish(place, digest, bytes), 400, 'DIGEST_INVALID');
      await send(hub, `GET ${place}`, { auth }).expect(204);
      await fails(send(hub, `PUT ${place}`, { auth, body: bytes }), 400, 'DIGEST_INVALID');
      const line = `POST /v2/${NAME}/blobs/uploads/?digest=${digest}`;
      await fails(send(hub, line, { auth, body: bytes }), 400, 'DIGEST_INVALID');
    });
  }

  for (const [what, range] of [
    ['fewer bytes than it said', '0-99'],
    ['more bytes than it said', '0-3'],
    ['a range that ends before it begins', '5-0'],
    ['an invalid range', 'from here'],
  ] as const) {
    it(`is refused: ${what}`, async () => {
      const place = await beginUpload(hub, auth, NAME);
      const answer = await patch(place, bytes, range);
      assert.ok([400, 416].includes(answer.status), String(answer.status));
    });
  }

  it('is refused if it is longer than a layer may be', async () => {
    const place = await beginUpload(hub, auth, NAME);
    const long = Buffer.alloc(700 * 1024, 'x');
    await patch(place, long).expect(202);
    await patch(place, long).expect(413);
    await fails(send(hub, `GET ${place}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('belongs to one client and one repository', async () => {
    const place = await beginUpload(hub, auth, NAME);
    const elsewhere = place.replace(NAME, 'alice/elsewhere');
    await fails(send(hub, `GET ${elsewhere}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
    await fails(send(hub, `GET ${place}`, { auth: basic('robert') }), 403, 'DENIED');
    await fails(send(hub, `GET ${place}`), 401, 'UNAUTHORIZED');
    await send(hub, `GET ${place}`, { auth }).expect(204);
    await fails(
      send(hub, `GET /v2/${NAME}/blobs/uploads/none`, { auth }),
      404,
      'BLOB_UPLOAD_UNKNOWN',
    );
  });
});

describe('uploads under way', () => {
  const MINUTE = 60_000;
  /** How many of one account, or of one address without a login. */
  const MOST = 300;

  /** A hub whose clock stands, where everybody may push to what is nobody's. */
  async function open(): Promise<Hub> {
    const started = await startPlainHub({ anonymous: 'push' });
    await started.users.create({ username: 'alice', password: PASSWORD });
    started.clock.freeze();
    return started;
  }

  /** Begins them, each in a repository of its own. */
  async function begin(at: Hub, count: number, who?: string): Promise<string[]> {
    const namespace = who === auth ? 'alice' : 'nobody';
    const places: string[] = [];
    while (places.length < count) {
      places.push(await beginUpload(at, who, `${namespace}/many-${places.length}`));
    }
    return places;
  }

  for (const [whose, namespace, who] of [
    ['an account', 'alice', auth],
    ['an address without a login', 'nobody', undefined],
  ] as const) {
    it(`are bounded for ${whose}, in however many repositories; empty ones give way`, async () => {
      await using own = await open();
      const [written = '', asked = '', ...others] = await begin(own, MOST, who);
      await send(own, `PATCH ${written}`, { auth: who, body: Buffer.from('some') }).expect(202);
      const more = `POST /v2/${namespace}/more/blobs/uploads/`;
      await fails(send(own, more, { auth: who }), 429, 'TOOMANYREQUESTS');
      // What others have is not counted.
      await begin(own, 1, who === undefined ? auth : undefined);
      own.clock.advance(MINUTE - 1);
      // To ask for its state does not keep it young.
      await send(own, `GET ${asked}`, { auth: who }).expect(204);
      await fails(send(own, more, { auth: who }), 429, 'TOOMANYREQUESTS');
      own.clock.advance(1);
      await send(own, more, { auth: who }).expect(202);
      await fails(send(own, `GET ${asked}`, { auth: who }), 404, 'BLOB_UPLOAD_UNKNOWN');
      for (const each of [written, ...others]) {
        await send(own, `GET ${each}`, { auth: who }).expect(204);
      }
    });
  }

  it('give way after an hour where something of them came', async () => {
    await using own = await open();
    const places = await begin(own, MOST, auth);
    for (const each of places) {
      await send(own, `PATCH ${each}`, { auth, body: Buffer.from('some') }).expect(202);
    }
    const more = 'POST /v2/alice/more/blobs/uploads/';
    own.clock.advance(60 * MINUTE - 1);
    await fails(send(own, more, { auth }), 429, 'TOOMANYREQUESTS');
    own.clock.advance(1);
    await send(own, more, { auth }).expect(202);
    await fails(send(own, `GET ${places[0]}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('do not give way while somebody writes to them', async () => {
    await using own = await open();
    const [first = '', second = ''] = await begin(own, MOST, auth);
    const writing = await openBody(own.url, auth, `PATCH ${first}`);
    own.clock.advance(MINUTE);
    await beginUpload(own, auth, 'alice/more');
    await fails(send(own, `GET ${second}`, { auth }), 404, 'BLOB_UPLOAD_UNKNOWN');
    assert.equal((await writing.end(Buffer.from('slow'))).status, 202);
    await send(own, `GET ${first}`, { auth }).expect(204);
  });

  it('end after a day of silence, though somebody asks for their state', async () => {
    await using own = await open();
    const place = await beginUpload(own, auth, NAME);
    own.clock.advance(20 * 60 * MINUTE);
    await send(own, `GET ${place}`, { auth }).expect(204);
    own.clock.advance(5 * 60 * MINUTE);
    await eventually('it is gone', async () => {
      return (await send(own, `GET ${place}`, { auth })).status === 404;
    });
  });
});
