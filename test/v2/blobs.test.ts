/** Blobs of v2, whole and in part (v2.md §3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { digestOf } from '../support/modern-docker/images.js';
import { noise } from '../support/noise.js';
import { createRepository, setAccess } from '../support/pushes.js';
import { fails, putBlob } from '../support/registry-v2.js';

const auth = basic('alice');
const bytes = noise('blobs', 300_000);
const digest = digestOf(bytes);
const hub: OwnHub = useHub({ people: ['alice', 'robert'] }, () =>
  putBlob(hub, auth, 'alice/blobs', bytes),
);
const PATH = `/v2/alice/blobs/blobs/${digest}`;

describe('a blob', () => {
  it('is sent back as it came, and HEAD describes it', async () => {
    const got = await asBytes(send(hub, `GET ${PATH}`)).expect(200);
    assert.ok(bytes.equals(got.body as Buffer));
    const looked = await send(hub, `HEAD ${PATH}`).expect(200);
    for (const { headers } of [got, looked]) {
      assert.equal(headers['content-length'], '300000');
      assert.equal(headers['docker-content-digest'], digest);
      assert.equal(headers['accept-ranges'], 'bytes');
    }
    await send(hub, `GET ${PATH}`, { headers: { 'If-None-Match': `"${digest}"` } }).expect(304);
  });

  it('may be empty', async () => {
    const empty = await putBlob(hub, auth, 'alice/blobs', Buffer.alloc(0));
    const got = await asBytes(send(hub, `GET /v2/alice/blobs/blobs/${empty}`)).expect(200);
    assert.equal((got.body as Buffer).length, 0);
    assert.equal(got.headers['content-length'], '0');
  });

  const ranges: readonly [range: string, first: number, end: number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=100-199', 100, 200],
    ['bytes=299999-', 299_999, 300_000],
    ['bytes=200000-', 200_000, 300_000],
    ['bytes=-1', 299_999, 300_000],
    ['bytes=-100', 299_900, 300_000],
    ['bytes=-400000', 0, 300_000],
    ['bytes=299990-900000', 299_990, 300_000],
  ];
  for (const [range, first, end] of ranges) {
    it(`comes in part: ${range}`, async () => {
      const got = await asBytes(send(hub, `GET ${PATH}`, { headers: { Range: range } })).expect(
        206,
      );
      assert.equal(got.headers['content-range'], `bytes ${first}-${end - 1}/300000`);
      assert.equal(got.headers['content-length'], String(end - first));
      assert.ok(bytes.subarray(first, end).equals(got.body as Buffer));
    });
  }

  // The one that ends before it begins: the OCI suite counts a whole blob as ranges not supported.
  for (const range of ['bytes=300000-', 'bytes=400000-500000', 'bytes=-0', 'bytes=500-0']) {
    it(`refuses a part that it does not have: ${range}`, async () => {
      const got = await send(hub, `GET ${PATH}`, { headers: { Range: range } }).expect(416);
      assert.equal(got.headers['content-range'], 'bytes */300000');
    });
  }

  for (const range of ['lines=1-2', 'bytes=a-b', 'bytes=0-1,5-6']) {
    it(`comes whole for an invalid range: ${range}`, async () => {
      const got = await asBytes(send(hub, `GET ${PATH}`, { headers: { Range: range } }));
      assert.equal(got.status, 200);
      assert.ok(bytes.equals(got.body as Buffer));
    });
  }
});

describe('a blob that is not there', () => {
  const cases: readonly [what: string, path: string, status: number, code: string][] = [
    ['an unknown digest', `alice/blobs/blobs/sha256:${'0'.repeat(64)}`, 404, 'BLOB_UNKNOWN'],
    ['a digest too short', 'alice/blobs/blobs/sha256:00', 400, 'DIGEST_INVALID'],
    ['no digest', 'alice/blobs/blobs/latest', 400, 'DIGEST_INVALID'],
    ['an unknown algorithm', `alice/blobs/blobs/sha1:${'0'.repeat(40)}`, 400, 'DIGEST_INVALID'],
    ['a repository that is not here', `alice/none/blobs/${digest}`, 404, 'NAME_UNKNOWN'],
  ];
  for (const [what, path, status, code] of cases) {
    it(`is not found: ${what}`, async () => {
      await fails(send(hub, `GET /v2/${path}`, { auth }), status, code);
      await send(hub, `HEAD /v2/${path}`, { auth }).expect(status);
    });
  }

  it('may be there in another repository', async () => {
    await putBlob(hub, auth, 'alice/other', Buffer.from('another'));
    await fails(send(hub, `GET /v2/alice/other/blobs/${digest}`, { auth }), 404, 'BLOB_UNKNOWN');
    await createRepository(hub, auth, 'alice/secret');
    await setAccess(hub, auth, 'alice/secret', 'private');
    const secret = await putBlob(hub, auth, 'alice/secret', Buffer.from('a secret'));
    await send(hub, `GET /v2/alice/secret/blobs/${secret}`, { auth }).expect(200);
    const line = `GET /v2/alice/secret/blobs/${secret}`;
    await fails(send(hub, line), 401, 'UNAUTHORIZED');
    await fails(send(hub, line, { auth: basic('robert') }), 404, 'BLOB_UNKNOWN');
  });
});
