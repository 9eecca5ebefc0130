/** Errors of v2: in words of our own, or docker would try five times, for 50 seconds (v2.md §0.6). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CATALOGUE, type ErrorEntry } from '../../src/errors/catalogue.js';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { errorIn, tokenFor } from '../support/registry-v2.js';

/** What distribution says for each code, which docker takes for no more than the code. */
const BARE = [
  'authentication required',
  'blob unknown to registry',
  'blob upload invalid',
  'blob upload unknown to registry',
  'invalid number of results requested',
  'invalid repository name',
  'manifest blob unknown to registry',
  'manifest failed verification',
  'manifest invalid',
  'manifest tag did not match URI',
  'manifest unknown',
  'provided digest did not match uploaded content',
  'provided length did not match content length',
  'repository name not known to registry',
  'requested access to the resource is denied',
  'service unavailable',
  'The operation is unsupported.',
  'too many requests',
  'unknown error',
];

const hub = useHub({ people: ['alice', 'robert'] });
const ALICE = basic('alice');
const DIGEST = `sha256:${'0'.repeat(64)}`;

function isBare(text: string): boolean {
  return BARE.some((each) => each.toLowerCase() === text.trim().toLowerCase());
}

describe('an error of v2', () => {
  it('is never in the words of distribution, in the whole catalogue', () => {
    for (const [name, entry] of Object.entries(CATALOGUE) as [string, ErrorEntry][]) {
      const { text } = entry;
      if (typeof text === 'string') assert.ok(!isBare(text), name);
    }
  });

  const cases: readonly [line: string, auth: string | undefined, status: number, code: string][] = [
    ['GET /v2/', undefined, 401, 'UNAUTHORIZED'],
    ['GET /v2/', basic('alice', 'wrong'), 401, 'UNAUTHORIZED'],
    ['GET /v2/', 'Bearer wrong', 401, 'UNAUTHORIZED'],
    ['GET /v2/token', basic('alice', 'wrong'), 401, 'UNAUTHORIZED'],
    ['POST /v2/token', undefined, 400, 'UNKNOWN'],
    ['GET /v2/nothing', ALICE, 404, 'NAME_UNKNOWN'],
    ['GET /v2/a/b/c/manifests/1', ALICE, 404, 'NAME_UNKNOWN'],
    ['GET /v2/a/b/c/d/e/tags/list', ALICE, 404, 'NAME_UNKNOWN'],
    ['GET /v2/a/b/manifests/1', ALICE, 404, 'NAME_UNKNOWN'],
    ['PUT /v2/a/b/manifests/1', ALICE, 404, 'NAME_UNKNOWN'],
    ['POST /v2/my.team/app/blobs/uploads/', ALICE, 404, 'NAME_UNKNOWN'],
    [`GET /v2/my.team/app/blobs/${DIGEST}`, ALICE, 404, 'NAME_UNKNOWN'],
    [`GET /v2/alice/${'a'.repeat(129)}/tags/list`, ALICE, 404, 'NAME_UNKNOWN'],
    ['GET /v2/alice/none/manifests/1', ALICE, 404, 'NAME_UNKNOWN'],
    ['GET /v2/alice/Capital/manifests/1', ALICE, 400, 'NAME_INVALID'],
    ['GET /v2/alice/a__b--c.d/manifests/1', ALICE, 404, 'NAME_UNKNOWN'],
    ['GET /v2/alice/a..b/manifests/1', ALICE, 400, 'NAME_INVALID'],
    ['GET /v2/alice/-a/manifests/1', ALICE, 400, 'NAME_INVALID'],
    ['GET /v2/alice/a_/tags/list', ALICE, 400, 'NAME_INVALID'],
    ['POST /v2/alice/A/blobs/uploads/', ALICE, 400, 'NAME_INVALID'],
    ['GET /v2/robert/none/manifests/1', ALICE, 403, 'DENIED'],
    ['GET /v2/robert/none/manifests/1', undefined, 401, 'UNAUTHORIZED'],
    ['POST /v2/robert/none/blobs/uploads/', ALICE, 403, 'DENIED'],
    ['POST /v2/root-name/blobs/uploads/', ALICE, 403, 'DENIED'],
    ['POST /v2/robert/none/blobs/uploads/', undefined, 401, 'UNAUTHORIZED'],
    [`GET /v2/alice/none/blobs/${DIGEST}`, ALICE, 404, 'NAME_UNKNOWN'],
    ['DELETE /v2/alice/none/blobs/uploads/x', ALICE, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['PUT /v2/alice/none/blobs/uploads/x', ALICE, 400, 'DIGEST_INVALID'],
    ['GET /v2/_catalog?n=x', ALICE, 400, 'PAGINATION_NUMBER_INVALID'],
    ['GET /v2/alice/none/referrers/x', ALICE, 400, 'DIGEST_INVALID'],
    ['PUT /v2/_catalog', ALICE, 404, 'NAME_UNKNOWN'],
  ];
  for (const [line, auth, status, code] of cases) {
    it(`is JSON with its code: ${line} ${status}`, async () => {
      const answer = await send(hub, line, { auth });
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.headers['content-type'], 'application/json');
      const error = errorIn(answer);
      assert.equal(error.code, code);
      assert.ok(!isBare(error.message), error.message);
      const challenge = answer.headers['www-authenticate'];
      assert.equal(challenge?.startsWith('Bearer realm="') ?? false, status === 401);
    });
  }

  it('tells those without a login that one may be needed', async () => {
    const auth = await tokenFor(hub, undefined, 'repository:alice/none:pull');
    const answer = await send(hub, 'GET /v2/alice/none/manifests/1', { auth }).expect(403);
    assert.equal(
      errorIn(answer).message,
      'There is no repository alice/none, or you must log in to read it',
    );
  });

  it('tells those who push schema 1 what is taken', async () => {
    const headers = { 'Content-Type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' };
    const body = JSON.stringify({ schemaVersion: 1, fsLayers: [], history: [] });
    const pushed = send(hub, 'PUT /v2/alice/app/manifests/1', { auth: ALICE, headers, body });
    assert.match(errorIn(await pushed.expect(400)).message, /push schema 2 or OCI/);
  });

  it('tells those who push a root name which name they may use', async () => {
    const answer = await send(hub, 'POST /v2/root-name/blobs/uploads/', { auth: ALICE }).expect(
      403,
    );
    assert.equal(
      errorIn(answer).message,
      'Impossible to push a "root" repository. Please rename your repository in <user>/<repo> (ex: alice/root-name)',
    );
  });
});
