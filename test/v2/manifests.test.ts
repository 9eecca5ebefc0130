/** Manifests of v2, by tag and by digest (v2.md §3). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { sha256 } from '../support/images.js';
import {
  asManifest,
  descriptorOf,
  digestOf,
  type ModernManifest,
  makeIndex,
  makeManifest,
  makeModernImage,
  TYPES,
} from '../support/modern-docker/images.js';
import { fails, pushModern, putBlob, putManifest } from '../support/registry-v2.js';

const auth = basic('alice');
const image = makeModernImage('manifests');
const { digest } = image.manifest;
const NAME = 'alice/manifests';
const hub: OwnHub = useHub({ people: ['alice'] }, () =>
  pushModern(hub, auth, NAME, image, 'first'),
);
const NOWHERE = `sha256:${'0'.repeat(64)}`;

describe('a manifest that is here', () => {
  for (const [what, reference] of [
    ['a tag', 'first'],
    ['its digest', digest],
  ] as const) {
    for (const accept of [image.manifest.mediaType, TYPES.oci.index, '*/*', 'text/html', '']) {
      it(`is answered as it was stored, by ${what}, with Accept "${accept}"`, async () => {
        const headers = accept === '' ? {} : { Accept: accept };
        const line = `/v2/${NAME}/manifests/${reference}`;
        const got = await send(hub, `GET ${line}`, { headers }).expect(200);
        const looked = await send(hub, `HEAD ${line}`, { headers }).expect(200);
        assert.equal(got.text, image.manifest.bytes.toString());
        for (const answer of [got, looked]) {
          assert.equal(answer.headers['content-type'], image.manifest.mediaType);
          assert.equal(answer.headers['docker-content-digest'], digest);
          assert.equal(answer.headers['content-length'], String(image.manifest.bytes.length));
          assert.equal(answer.headers.etag, `"${digest}"`);
        }
      });
    }
  }

  it('is not sent again to those who have it', async () => {
    const headers = { 'If-None-Match': `"${digest}"` };
    await send(hub, `GET /v2/${NAME}/manifests/first`, { headers }).expect(304, '');
    await send(hub, `GET /v2/${NAME}/manifests/${digest}`, { headers }).expect(304, '');
    const other = { 'If-None-Match': '"sha256:other"' };
    await send(hub, `GET /v2/${NAME}/manifests/first`, { headers: other }).expect(200);
  });
});

describe('a manifest that is not here', () => {
  const cases: readonly [what: string, path: string, status: number, code: string][] = [
    ['another tag', `${NAME}/manifests/second`, 404, 'MANIFEST_UNKNOWN'],
    ['another digest', `${NAME}/manifests/${NOWHERE}`, 404, 'MANIFEST_UNKNOWN'],
    ['a digest of another length', `${NAME}/manifests/sha256:12`, 400, 'DIGEST_INVALID'],
    ['a digest with capitals', `${NAME}/manifests/${digest.toUpperCase()}`, 400, 'DIGEST_INVALID'],
    ['an unknown algorithm', `${NAME}/manifests/md5:${'0'.repeat(32)}`, 400, 'DIGEST_INVALID'],
    ['a name that is no tag', `${NAME}/manifests/-first`, 400, 'TAG_INVALID'],
    ['a tag of 129 letters', `${NAME}/manifests/${'t'.repeat(129)}`, 400, 'TAG_INVALID'],
    ['a repository that is not here', 'alice/nothing/manifests/1', 404, 'NAME_UNKNOWN'],
    ['a blob', `${NAME}/manifests/${digestOf(image.config.bytes)}`, 404, 'MANIFEST_UNKNOWN'],
  ];
  for (const [what, path, status, code] of cases) {
    it(`is not found: ${what}`, async () => {
      await fails(send(hub, `GET /v2/${path}`, { auth }), status, code);
      await send(hub, `HEAD /v2/${path}`, { auth }).expect(status);
    });
  }
});

describe('a manifest that is put', () => {
  it('is answered with its place, and can be read at once by tag and by digest', async () => {
    const other = makeModernImage('put', { form: 'oci' });
    for (const { bytes } of [...other.layers, other.config]) await putBlob(hub, auth, NAME, bytes);
    const put = await putManifest(hub, auth, NAME, 'put', other.manifest).expect(201, '');
    assert.equal(put.headers['docker-content-digest'], other.manifest.digest);
    assert.equal(put.headers.location, `/v2/${NAME}/manifests/${other.manifest.digest}`);
    for (const path of [`/v2/${NAME}/manifests/put`, put.headers.location]) {
      const got = await send(hub, `GET ${path}`).expect(200);
      assert.equal(got.headers['content-type'], TYPES.oci.manifest);
      assert.equal(got.text, other.manifest.bytes.toString());
    }
  });

  it('takes a tag from another, which stays by its digest', async () => {
    const other = makeModernImage('moved');
    await pushModern(hub, auth, NAME, image, 'moving');
    await pushModern(hub, auth, NAME, other, 'moving');
    const moved = await send(hub, `HEAD /v2/${NAME}/manifests/moving`).expect(200);
    assert.equal(moved.headers['docker-content-digest'], other.manifest.digest);
    await send(hub, `HEAD /v2/${NAME}/manifests/${digest}`).expect(200);
  });

  it('gets all tags that the query names, if it is put by its digest', async () => {
    const line = `${digest}?tag=one&tag=two&tag=three`;
    const put = await putManifest(hub, auth, NAME, line, image.manifest).expect(201);
    assert.equal(put.headers['oci-tag'], 'one, two, three');
    for (const tag of ['one', 'two', 'three']) {
      const got = await send(hub, `HEAD /v2/${NAME}/manifests/${tag}`).expect(200);
      assert.equal(got.headers['docker-content-digest'], digest);
    }
    const wrong = putManifest(hub, auth, NAME, `${digest}?tag=fine&tag=-wrong`, image.manifest);
    await fails(wrong, 400, 'TAG_INVALID');
    await send(hub, `HEAD /v2/${NAME}/manifests/fine`).expect(404);
  });

  it('may be named by sha512', async () => {
    const sum = createHash('sha512').update(image.manifest.bytes).digest('hex');
    const long = `sha512:${sum}`;
    const put = await putManifest(hub, auth, NAME, long, image.manifest).expect(201);
    assert.equal(put.headers['docker-content-digest'], long);
    const got = await send(hub, `GET /v2/${NAME}/manifests/${long}`).expect(200);
    assert.equal(got.headers['docker-content-digest'], long);
    assert.equal(got.text, image.manifest.bytes.toString());
    const wrong = `sha512:${sha256('a')}${sha256('b')}`;
    await fails(putManifest(hub, auth, NAME, wrong, image.manifest), 400, 'DIGEST_INVALID');
  });

  it('may have 4 MiB, and is refused if it is too long', async () => {
    const long = (bytes: number): ModernManifest => {
      const bare = makeManifest('oci', image.config, image.layers, {
        annotations: { filling: '' },
      });
      const filling = 'x'.repeat(bytes - bare.bytes.length);
      return makeManifest('oci', image.config, image.layers, { annotations: { filling } });
    };
    const largest = long(4 * 1024 * 1024);
    assert.equal(largest.bytes.length, 4 * 1024 * 1024);
    await putManifest(hub, auth, NAME, 'largest', largest).expect(201);
    const got = await send(hub, `GET /v2/${NAME}/manifests/largest`).expect(200);
    assert.equal(got.text.length, 4 * 1024 * 1024);
    await putManifest(hub, auth, NAME, 'larger', long(20 * 1024 * 1024)).expect(413);
  });

  it('may say its type itself, or by a Content-Type with parameters', async () => {
    const headers = { 'Content-Type': `${image.manifest.mediaType}; charset=utf-8` };
    const body = image.manifest.bytes.toString();
    await send(hub, `PUT /v2/${NAME}/manifests/a`, { auth, headers, body }).expect(201);
    const bytes = image.manifest.bytes;
    await send(hub, `PUT /v2/${NAME}/manifests/b`, { auth, body: bytes }).expect(201);
    for (const tag of ['a', 'b']) {
      const got = await send(hub, `HEAD /v2/${NAME}/manifests/${tag}`).expect(200);
      assert.equal(got.headers['content-type'], image.manifest.mediaType);
    }
  });

  it('may name layers that lie elsewhere, and a subject that is still to come', async () => {
    const bytes = Buffer.from('not here');
    const types = [
      'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    ];
    const elsewhere = types.map((mediaType) => ({ bytes, mediaType }));
    const subject = { mediaType: TYPES.oci.manifest, size: 3, digest: NOWHERE };
    const manifest = makeManifest('oci', image.config, elsewhere, { subject });
    const put = await putManifest(hub, auth, NAME, 'elsewhere', manifest).expect(201);
    assert.equal(put.headers['oci-subject'], NOWHERE);
  });
});

describe('a manifest that is refused', () => {
  const absent = { bytes: Buffer.from('absent'), mediaType: TYPES.docker.layer };
  const { manifest } = image;
  const of = (change: Readonly<Record<string, unknown>>): ModernManifest =>
    makeManifest('docker', image.config, image.layers, change);
  const raw = (text: string, mediaType: string = TYPES.docker.manifest): ModernManifest => {
    const bytes = Buffer.from(text);
    return { bytes, mediaType, digest: digestOf(bytes) };
  };
  const schema1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  const cases: readonly [what: string, manifest: ModernManifest, code: string, by?: string][] = [
    ['no JSON', raw('no JSON'), 'MANIFEST_INVALID'],
    ['nothing', raw(''), 'MANIFEST_INVALID'],
    ['a list', raw('[]'), 'MANIFEST_INVALID'],
    ['null', raw('null'), 'MANIFEST_INVALID'],
    ['schema 1', raw('{"schemaVersion": 1}', schema1), 'MANIFEST_INVALID'],
    ['another version', of({ schemaVersion: 3 }), 'MANIFEST_INVALID'],
    ['another type than is said', of({ mediaType: TYPES.oci.manifest }), 'MANIFEST_INVALID'],
    ['no config', of({ config: undefined }), 'MANIFEST_INVALID'],
    ['a config of no digest', of({ config: { digest: 'x', size: 1 } }), 'MANIFEST_INVALID'],
    ['a negative size', of({ config: { digest: NOWHERE, size: -1 } }), 'MANIFEST_INVALID'],
    ['layers that are no list', of({ layers: {} }), 'MANIFEST_INVALID'],
    [
      'another size than the blob has',
      of({ config: { ...descriptorOf(image.config), size: 1 } }),
      'MANIFEST_INVALID',
    ],
    ['an absent layer', makeManifest('docker', image.config, [absent]), 'MANIFEST_BLOB_UNKNOWN'],
    ['an absent config', makeManifest('docker', absent, image.layers), 'MANIFEST_BLOB_UNKNOWN'],
    [
      'an index of what is not here',
      makeIndex([{ manifest: raw('{"not": "here"}') }]),
      'MANIFEST_BLOB_UNKNOWN',
    ],
    ['an unknown type', asManifest('application/json', { schemaVersion: 2 }), 'MANIFEST_INVALID'],
    ['another digest than it is put by', manifest, 'DIGEST_INVALID', NOWHERE],
    ['an invalid digest', manifest, 'DIGEST_INVALID', 'sha256:12'],
    ['an invalid tag', manifest, 'TAG_INVALID', '.tag'],
  ];
  for (const [what, refused, code, by = 'refused'] of cases) {
    it(`changes nothing: ${what}`, async () => {
      await fails(putManifest(hub, auth, NAME, by, refused), 400, code);
      await send(hub, `HEAD /v2/${NAME}/manifests/refused`).expect(404);
    });
  }
});
