/** What says something about a manifest: artifacts with a subject, and their lists (v2.md §3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pageOfReferrers } from '../../src/domain/bridge/referrers.js';
import type { ManifestDocument } from '../../src/storage/documents/documents.js';
import { basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import {
  type Content,
  descriptorOf,
  type ModernManifest,
  makeIndex,
  makeManifest,
  makeModernImage,
  TYPES,
} from '../support/modern-docker/images.js';
import { fails, pushModern, putBlob, putManifest } from '../support/registry-v2.js';

const auth = basic('alice');
const NAME = 'alice/subject';
const NOTHING = 'application/vnd.oci.empty.v1+json';
const empty: Content = { bytes: Buffer.from('{}'), mediaType: NOTHING };
const image = makeModernImage('subject', { form: 'oci' });
const subject = descriptorOf(image.manifest);

const hub: OwnHub = useHub({ people: ['alice', 'robert'] }, async () => {
  await pushModern(hub, auth, NAME, image, '1');
  await putBlob(hub, auth, NAME, empty.bytes);
  await putBlob(hub, auth, NAME, image.config.bytes);
});

const signature = makeManifest('oci', empty, [empty], {
  artifactType: 'application/vnd.example.signature',
  subject,
  annotations: { 'org.example.by': 'alice', 'org.example.when': 'today' },
});
const byConfig = makeManifest(
  'oci',
  { ...empty, mediaType: 'application/vnd.example.sbom' },
  [empty],
  { subject },
);
const index = makeIndex([], 'oci', { subject, annotations: { an: 'index' } });

const REFERRERS = `/v2/${NAME}/referrers/${subject.digest}`;

async function listed(query = ''): Promise<Record<string, unknown>[]> {
  const answer = await send(hub, `GET ${REFERRERS}${query}`).expect(200);
  assert.equal(answer.headers['content-type'], TYPES.oci.index);
  const list = JSON.parse(answer.text) as {
    schemaVersion: number;
    mediaType: string;
    manifests: Record<string, unknown>[];
  };
  assert.equal(list.schemaVersion, 2);
  assert.equal(list.mediaType, TYPES.oci.index);
  assert.equal(answer.headers['oci-filters-applied'], query === '' ? undefined : 'artifactType');
  return list.manifests;
}

function line({ mediaType, bytes, digest }: ModernManifest, more: Record<string, unknown>) {
  return { mediaType, digest, size: bytes.length, ...more };
}

function indexOf(digest: string): ManifestDocument {
  return { digest, mediaType: TYPES.oci.index, size: 2, kind: 'index', layers: [] };
}

describe('referrers', () => {
  it('are an empty list at first, for any digest', async () => {
    assert.deepEqual(await listed(), []);
    const other = await send(hub, `GET /v2/${NAME}/referrers/sha256:${'0'.repeat(64)}`).expect(200);
    assert.deepEqual((JSON.parse(other.text) as { manifests: [] }).manifests, []);
  });

  it('are the manifests that name a subject, with their types and annotations', async () => {
    for (const each of [signature, byConfig, index]) {
      const put = await putManifest(hub, auth, NAME, each.digest, each).expect(201);
      assert.equal(put.headers['oci-subject'], subject.digest);
    }
    const expected = [
      line(signature, {
        artifactType: 'application/vnd.example.signature',
        annotations: { 'org.example.by': 'alice', 'org.example.when': 'today' },
      }),
      line(byConfig, { artifactType: 'application/vnd.example.sbom' }),
      line(index, { annotations: { an: 'index' } }),
    ];
    const sorted = expected.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    assert.deepEqual(await listed(), sorted);
  });

  it('can be limited to one type', async () => {
    const type = 'application/vnd.example.signature';
    assert.deepEqual(
      (await listed(`?artifactType=${encodeURIComponent(type)}`)).map(({ digest }) => digest),
      [signature.digest],
    );
    assert.deepEqual(await listed('?artifactType=none'), []);
  });

  it('go with the manifest that names the subject, and outlast the subject', async () => {
    await send(hub, `DELETE /v2/${NAME}/manifests/${index.digest}`, { auth }).expect(202);
    assert.equal((await listed()).length, 2);
    await send(hub, `DELETE /v2/${NAME}/manifests/${subject.digest}`, { auth }).expect(202);
    assert.equal((await listed()).length, 2);
  });

  it('are listed for one repository, and for those who may read it', async () => {
    const other = `/v2/robert/subject/referrers/${subject.digest}`;
    await fails(send(hub, `GET ${other}`, { auth }), 403, 'DENIED');
    await fails(send(hub, `GET ${other}`), 401, 'UNAUTHORIZED');
    // To its owner a repository that is still to come has none.
    const own = await send(hub, `GET ${other}`, { auth: basic('robert') }).expect(200);
    assert.deepEqual((JSON.parse(own.text) as { manifests: [] }).manifests, []);
    await pushModern(hub, basic('robert'), 'robert/subject', image, '1');
    const there = await send(hub, `GET ${other}`).expect(200);
    assert.deepEqual((JSON.parse(there.text) as { manifests: [] }).manifests, []);
  });

  it('are refused for an invalid digest', async () => {
    for (const each of ['1', 'sha256:12', 'sha256:']) {
      await fails(send(hub, `GET /v2/${NAME}/referrers/${each}`), 400, 'DIGEST_INVALID');
    }
  });

  it('are not listed in v1, nor are indexes without images', async () => {
    await putManifest(hub, auth, NAME, 'signature', signature).expect(201);
    await putManifest(hub, auth, NAME, 'index', index).expect(201);
    const old = await send(hub, `GET /v1/repositories/${NAME}/tags`).expect(200);
    assert.deepEqual(old.body, {});
    const now = await send(hub, `GET /v2/${NAME}/tags/list`).expect(200);
    assert.deepEqual(now.body, { name: NAME, tags: ['index', 'signature'] });
  });
});

describe('many referrers', () => {
  const KIND = 'application/vnd.example.long';
  const ofLong = descriptorOf(makeModernImage('with long ones', { form: 'oci' }).manifest);

  /** The digests of each page, to the last. */
  async function pages(query = ''): Promise<string[][]> {
    const found: string[][] = [];
    for (let path = `/v2/${NAME}/referrers/${ofLong.digest}${query}`; path !== ''; ) {
      const answer = await send(hub, `GET ${path}`).expect(200);
      assert.ok(Buffer.byteLength(answer.text) <= 1024 * 1024, `${answer.text.length}`);
      assert.equal(
        answer.headers['oci-filters-applied'],
        query === '' ? undefined : 'artifactType',
      );
      const { manifests } = JSON.parse(answer.text) as { manifests: { digest: string }[] };
      found.push(manifests.map((each) => each.digest));
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1] ?? '';
      if (path !== '') assert.equal(path.includes('artifactType'), query !== '');
      assert.ok(found.length < 20, 'the pages have no end');
    }
    return found;
  }

  it('come in pages of at most 1 MiB', async () => {
    const long = Array.from({ length: 12 }, (_, at) =>
      makeManifest('oci', empty, [empty], {
        artifactType: KIND,
        subject: ofLong,
        annotations: { long: `${at} ${'长'.repeat(60_000)}` },
      }),
    );
    const short = makeIndex([], 'oci', { subject: ofLong });
    for (const each of [...long, short]) {
      await putManifest(hub, auth, NAME, each.digest, each).expect(201);
    }
    const digests = long.map(({ digest }) => digest).sort();
    const all = await pages();
    assert.equal(all.length, 3);
    assert.deepEqual(all.flat(), [...digests, short.digest].sort());
    const kind = `?artifactType=${encodeURIComponent(KIND)}`;
    assert.deepEqual((await pages(kind)).flat(), digests);
    assert.deepEqual(await pages('?artifactType=none'), [[]]);
  });

  it('come in pages of at most 1,000', () => {
    const digests = Array.from({ length: 2500 }, (_, at) => `sha256:${at + 1000}`);
    const found: number[] = [];
    for (let after: string | undefined, isMore = true; isMore; ) {
      const page = pageOfReferrers(digests.toReversed(), indexOf, { after });
      found.push(page.referrers.length);
      after = page.referrers.at(-1)?.digest;
      isMore = page.isMore;
    }
    assert.deepEqual(found, [1000, 1000, 500]);
  });

  it('refuse to go on after an invalid digest', async () => {
    for (const last of ['1', 'sha256:12', '']) {
      const line = `GET /v2/${NAME}/referrers/${ofLong.digest}?last=${last}`;
      await fails(send(hub, line), 400, 'DIGEST_INVALID');
    }
  });
});
