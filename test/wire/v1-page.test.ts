import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { send } from '../support/client.js';
import { useHub } from '../support/hub.js';

/* Where docker sends people: "see the documentation of the registry http://HOST/v1/ for instructions". */

describe('/v1/', () => {
  const hub = useHub();

  const table: readonly (readonly [string, string | undefined, string])[] = [
    ['a script', undefined, 'text/plain'],
    ['curl', '*/*', 'text/plain'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['a client that prefers text', 'text/plain, text/html;q=0.5', 'text/plain'],
    ['a client that takes neither', 'application/json', 'text/plain'],
  ];
  for (const [who, accept, type] of table) {
    it(`tells ${who} what is here, as ${type}`, async () => {
      for (const path of ['/v1/', '/v1']) {
        const headers = accept === undefined ? {} : { Accept: accept };
        const answer = await send(hub, `GET ${path}`, { headers }).expect(200);
        assert.equal(answer.headers['content-type'], `${type}; charset=utf-8`);
        assert.equal(answer.headers.vary, 'Accept');
        assert.match(answer.text, /Docker Registry API/);
        assert.match(answer.text, /openapi\.yaml/);
      }
    });
  }

  it('has nothing else', async () => {
    await send(hub, 'HEAD /v1/').expect(200);
    await send(hub, 'PUT /v1/').expect(405).expect('Allow', 'GET, HEAD');
  });
});
