/* Faults over v2: rules name its operations, and what they answer is said in its words. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import type { Hub } from '../../src/index.js';
import { asBytes, basic, PASSWORD, type Sent, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

const APP = '/v2/alice/app';
const BLOB = Buffer.from('{}');
const DIGEST = `sha256:${createHash('sha256').update(BLOB).digest('hex')}`;
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: OCI,
  config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: DIGEST, size: BLOB.length },
  layers: [],
});
const UPLOADS = `${APP}/blobs/uploads/`;
const auth = basic('alice');

/** Texts for which docker takes an error for one without words, and tries for fifty seconds. */
const BARE = new Set([
  ...['authentication required', 'requested access to the resource is denied'],
  ...['The operation is unsupported.', 'service unavailable', 'unknown error', 'too many requests'],
]);

interface Refusal {
  readonly errors: readonly [{ readonly code: string; readonly message: string }];
}

let hub: Hub;

before(async () => {
  hub = await startPlainHub();
  await hub.users.create({ username: 'alice', password: PASSWORD });
  await ask('POST', `${UPLOADS}?digest=${DIGEST}`, { auth, body: BLOB });
  const headers = { 'Content-Type': OCI };
  await ask('PUT', `${APP}/manifests/1.0`, { auth, headers, body: MANIFEST });
});
afterEach(() => hub.reset('faults'));
after(() => hub.close());

/** What a fault answers is no part of the contract. */
function ask(method: string, path: string, sent: Sent = {}): supertest.Test {
  return send(hub, `${method} ${path}`, { ...sent, unchecked: true });
}

function refusal({ headers, body }: supertest.Response): Refusal['errors'][0] {
  assert.match(headers['content-type'] ?? '', /^application\/json/);
  const [entry] = (body as Refusal).errors;
  assert.ok(entry.message.length > 3 && !BARE.has(entry.message), entry.message);
  return entry;
}

/** A request of each operation that a fault may meet. */
const OPERATIONS: readonly (readonly [id: string, method: string, path: string])[] = [
  ['probeV2', 'GET', '/v2/'],
  ['getTokenV2', 'GET', '/v2/token?service=x'],
  ['postTokenV2', 'POST', '/v2/token'],
  ['getCatalog', 'GET', '/v2/_catalog'],
  ['getManifest', 'GET', `${APP}/manifests/1.0`],
  ['putManifest', 'PUT', `${APP}/manifests/1.0`],
  ['deleteManifest', 'DELETE', `${APP}/manifests/1.0`],
  ['beginUpload', 'POST', UPLOADS],
  ['getUpload', 'GET', `${UPLOADS}x`],
  ['addToUpload', 'PATCH', `${UPLOADS}x`],
  ['endUpload', 'PUT', `${UPLOADS}x?digest=${DIGEST}`],
  ['cancelUpload', 'DELETE', `${UPLOADS}x`],
  ['getBlob', 'GET', `${APP}/blobs/${DIGEST}`],
  ['deleteBlob', 'DELETE', `${APP}/blobs/${DIGEST}`],
  ['listTagsV2', 'GET', `${APP}/tags/list`],
  ['listReferrers', 'GET', `${APP}/referrers/${DIGEST}`],
];

describe('a fault over v2', () => {
  for (const [operation, method, path] of OPERATIONS) {
    it(`acts on ${operation}, and says 503 in the words of v2`, async () => {
      hub.faults.add({ match: { operation }, then: { status: 503, retryAfter: 3 } });
      const answer = await ask(method, path, { auth });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers['retry-after'], '3');
      assert.equal(refusal(answer).code, 'UNAVAILABLE');
    });
  }

  const STATUSES: readonly (readonly [number, string])[] = [
    [400, 'UNKNOWN'],
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [404, 'NAME_UNKNOWN'],
    [418, 'UNKNOWN'],
    [429, 'TOOMANYREQUESTS'],
    [500, 'UNKNOWN'],
    [507, 'UNKNOWN'],
  ];
  for (const [status, code] of STATUSES) {
    it(`says ${status} with a code and words`, async () => {
      hub.faults.add({ match: { operation: 'getBlob' }, then: { status } });
      assert.equal(refusal(await ask('GET', `${APP}/blobs/${DIGEST}`)).code, code);
    });
  }

  it('says words of the rule', async () => {
    const message = 'the registry is being moved';
    hub.faults.add({ match: { operation: 'putManifest' }, then: { status: 403, message } });
    const said = refusal(await ask('PUT', `${APP}/manifests/2.0`, { auth }));
    assert.deepEqual(said, { code: 'DENIED', message });
  });

  const ASKING: readonly (readonly [string, string, string])[] = [
    ['GET', `${APP}/manifests/1.0`, 'alice/app:pull'],
    ['GET', '/v2/alpine/tags/list', 'library/alpine:pull'],
    ['POST', UPLOADS, 'alice/app:pull,push'],
    ['PATCH', `${UPLOADS}x`, 'alice/app:pull,push'],
    ['DELETE', `${APP}/manifests/1.0`, 'alice/app:delete'],
  ];
  for (const [method, path, scope] of ASKING) {
    it(`has the client of ${method} ${path} ask for a token again, once`, async () => {
      for (const act of [{ expiredToken: true } as const, { status: 401 }]) {
        await hub.reset('faults');
        hub.faults.add({ match: { path: '/v2/*' }, times: 1, then: act });
        const answer = await ask(method, path, { auth });
        assert.equal(answer.status, 401);
        const challenge = answer.headers['www-authenticate'] ?? '';
        assert.ok(challenge.startsWith(`Bearer realm="${hub.url}/v2/token",service="`), challenge);
        assert.ok(challenge.includes(`,scope="repository:${scope}"`), challenge);
        refusal(answer);
      }
      const token = await ask('GET', '/v2/token?scope=repository:alice/app:pull', { auth });
      assert.equal(token.status, 200);
    });
  }

  it('is for the one whose token it is', async () => {
    const answer = await ask('GET', '/v2/token', { auth });
    const { token } = answer.body as { token: string };
    hub.faults.add({ match: { user: 'alice' }, then: { status: 503 } });
    const statusWith = async (shown?: string): Promise<number> =>
      (await ask('GET', '/v2/_catalog', { auth: shown })).status;
    assert.equal(await statusWith(`Bearer ${token}`), 503);
    assert.equal(await statusWith(auth), 503);
    assert.equal(await statusWith(), 200);
    assert.equal(await statusWith('Bearer nonsense'), 401);
  });

  it('cuts and corrupts blobs', async () => {
    const match = { operation: 'getBlob' };
    hub.faults.add({ match, times: 1, then: { corruptByte: 1 } });
    const first = await asBytes(ask('GET', `${APP}/blobs/${DIGEST}`));
    assert.notDeepEqual(first.body, BLOB);
    const second = await asBytes(ask('GET', `${APP}/blobs/${DIGEST}`));
    assert.deepEqual(second.body, BLOB);
  });

  it('is counted by its operation, as every request is', async () => {
    await ask('GET', `${APP}/tags/list`);
    const { text } = await ask('GET', '/metrics');
    const row = 'route="/v2/:namespace/:repository/tags/list"';
    assert.ok(text.includes(`hub_http_requests_total{method="GET",${row},status="200"}`), text);
  });
});
