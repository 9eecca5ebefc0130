import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import type { Hub } from '../../src/index.js';
import { EXPOSED_HEADERS } from '../../src/wire/cors.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { OpenApi } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';

/* Web pages of other origins, such as the front ends people put before old registries. */

const PAGE = 'http://localhost:8080';
const OTHER = 'https://other.example.com';

/** What a page sends; the contract has no word on OPTIONS, on Vary with --cors, nor on faults. */
function ask(hub: Hub, line: string, headers: Record<string, string> = {}): supertest.Test {
  return send(hub, line, { headers, unchecked: true });
}

/** What an answer allows a page. */
function allowed({ status, headers }: supertest.Response) {
  return {
    status,
    origin: headers['access-control-allow-origin'] ?? null,
    credentials: headers['access-control-allow-credentials'] ?? null,
  };
}

describe('a hub without --cors', () => {
  it('allows no page anything', async () => {
    await using hub = await startPlainHub();
    const answer = await ask(hub, 'GET /v1/_ping', { Origin: PAGE });
    assert.deepEqual(allowed(answer), { status: 200, origin: null, credentials: null });
    assert.equal(answer.headers.vary, undefined);
  });
});

describe('a hub with --cors', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub({ cors: `${PAGE}, https://ui.example.com`, control: true });
    await hub.users.create({ username: 'jamtur01', password: PASSWORD });
  });
  after(() => hub.close());

  it('lets pages of the origin read answers and refusals, with their browser’s login', async () => {
    for (const [path, status] of [
      ['/v1/_ping', 200],
      ['/v1/users/', 401],
      ['/v1/images/x/json', 404],
      ['/v1/nothing', 404],
    ] as const) {
      const answer = await ask(hub, `GET ${path}`, { Origin: PAGE });
      assert.deepEqual(allowed(answer), { status, origin: PAGE, credentials: 'true' }, path);
      assert.match(answer.headers.vary ?? '', /^Origin(?:, Accept)?$/);
    }
    const second = await ask(hub, 'GET /v1/_ping', { Origin: 'https://ui.example.com' });
    assert.equal(allowed(second).origin, 'https://ui.example.com');
  });

  it('answers 204 as ever', async () => {
    const headers = { Origin: PAGE, Authorization: basic('jamtur01') };
    const put = (path: string) =>
      send(hub, `PUT ${path}`, { headers, body: '[]', unchecked: true });
    assert.equal((await put('/v1/repositories/jamtur01/web/')).status, 200);
    const answer = await put('/v1/repositories/jamtur01/web/images');
    assert.deepEqual(allowed(answer), { status: 204, origin: PAGE, credentials: 'true' });
    assert.equal(answer.headers.vary, 'Origin, Accept');
    assert.equal(answer.headers['content-type'], 'application/json');
  });

  it('answers preflights, for every method and header that the API has', async () => {
    const headers = {
      Origin: PAGE,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization,x-docker-token,x-docker-checksum-payload',
    };
    const answer = await ask(hub, 'OPTIONS /v1/repositories/jamtur01/web/', headers);
    assert.deepEqual(allowed(answer), { status: 204, origin: PAGE, credentials: 'true' });
    assert.equal(
      answer.headers['access-control-allow-headers'],
      headers['Access-Control-Request-Headers'],
    );
    const methods = answer.headers['access-control-allow-methods']?.split(',');
    assert.deepEqual(methods?.sort(), ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
    assert.equal(answer.headers['access-control-max-age'], '600');
  });

  it('refuses OPTIONS other than a preflight as ever', async () => {
    await ask(hub, 'OPTIONS /v1/users/').expect(405).expect('Allow', 'GET, HEAD, POST');
  });

  it('allows pages of other origins nothing', async () => {
    const nothing = { origin: null, credentials: null };
    const read = await ask(hub, 'GET /v1/_ping', { Origin: OTHER });
    assert.deepEqual(allowed(read), { status: 200, ...nothing });
    const headers = { Origin: OTHER, 'Access-Control-Request-Method': 'PUT' };
    const asked = await ask(hub, 'OPTIONS /v1/users/', headers);
    assert.deepEqual(allowed(asked), { status: 405, ...nothing });
  });

  it('changes nothing for a client that is not a page', async () => {
    const answer = await ask(hub, 'GET /v1/users/');
    assert.equal(allowed(answer).origin, null);
    assert.equal(answer.headers['www-authenticate'], 'Basic realm="auth required",Token');
  });

  it('keeps the control to itself', async () => {
    const headers = { Origin: PAGE, 'Access-Control-Request-Method': 'POST' };
    const asked = await ask(hub, 'OPTIONS /_hub/reset', headers);
    assert.equal(allowed(asked).origin, null);
    const reset = await ask(hub, 'POST /_hub/reset', { Origin: PAGE });
    assert.deepEqual(allowed(reset), { status: 403, origin: null, credentials: null });
  });

  it('is there also when a fault acts', async () => {
    hub.faults.add({ times: 1, then: { status: 429, retryAfter: 1 } });
    const answer = await ask(hub, 'GET /v1/_ping', { Origin: PAGE });
    assert.deepEqual(allowed(answer), { status: 429, origin: PAGE, credentials: 'true' });
  });

  it('shows pages every header that the API has', () => {
    const api = new OpenApi();
    // What every page may read anyway, by the standard, and what says nothing to one.
    const needless = [
      'cache-control',
      'content-type',
      'expires',
      'pragma',
      'last-modified',
      'vary',
      // Of pages, which no script of another origin reads: CORS leaves them alone.
      'content-security-policy',
      'referrer-policy',
      'set-cookie',
      'x-accel-buffering',
      'x-content-type-options',
    ];
    const known = new Set(EXPOSED_HEADERS.map((name) => name.toLowerCase()));
    const sent = new Set<string>();
    for (const [path, item] of api.children(api.child(api.root, 'paths'))) {
      if (path.startsWith('/_hub/')) continue;
      for (const [, operation] of api.children(item)) {
        for (const [, response] of api.children(api.child(operation, 'responses'))) {
          for (const [name] of api.children(api.child(response, 'headers')))
            sent.add(name.toLowerCase());
        }
      }
    }
    assert.ok(sent.size > 10);
    const hidden = [...sent].filter((name) => !known.has(name) && !needless.includes(name));
    assert.deepEqual(hidden, []);
  });
});

describe('--cors *', () => {
  it('lets every page read, without the browser’s login', async () => {
    await using hub = await startPlainHub({ cors: ['*'] });
    for (const origin of [PAGE, OTHER]) {
      const answer = await ask(hub, 'GET /v1/_ping', { Origin: origin });
      assert.deepEqual(allowed(answer), { status: 200, origin: '*', credentials: null });
    }
  });
});

describe('an origin', () => {
  for (const cors of ['localhost:8080', 'http://localhost:8080/', 'ftp://x', 'null', '', 'a, *']) {
    it(`is not ${JSON.stringify(cors)}`, async () => {
      const wrong = { name: 'InvalidInput', message: /^--cors: ".*" is not an origin such as/ };
      await assert.rejects(startPlainHub({ cors }), wrong);
    });
  }
});
