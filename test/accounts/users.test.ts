/* GET /v1/users/: logging in (protocol.md §1.1). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { createRepository } from '../support/pushes.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

const CHALLENGE = 'Basic realm="auth required",Token';
const WRONG = '"Wrong login/password, please try again"';

const hub = useHub({
  people: ['jamtur01', { username: 'dormant', active: false }],
});

function raw(method: string, path: string, auth: string, version = '1.1'): Promise<Buffer> {
  const host = new URL(hub.url).host;
  const lines = [`${method} ${path} HTTP/${version}`, `Host: ${host}`, `Authorization: ${auth}`];
  return rawHttp(hub.url, `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
}

describe('GET /v1/users/', () => {
  for (const path of ['/v1/users/', '/v1/users', '/v1/users/?a=b']) {
    it(`${path} says "OK" in one chunk`, async () => {
      const text = (await raw('GET', path, basic('jamtur01'))).toString();
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(text, /\r\nContent-Type: application\/json\r\n/);
      assert.match(text, /\r\nVary: Accept\r\n/);
      assert.ok(text.endsWith('\r\n\r\n4\r\n"OK"\r\n0\r\n\r\n'), text);
    });
  }

  it('says it whole to HTTP/1.0, which knows no chunks', async () => {
    const answer = parseRawAnswer(await raw('GET', '/v1/users/', basic('jamtur01'), '1.0'));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['transfer-encoding'], undefined);
    assert.equal(answer.body.toString(), '"OK"');
  });

  it('says nothing to HEAD', async () => {
    const text = (await raw('HEAD', '/v1/users/', basic('jamtur01'))).toString();
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.ok(text.endsWith('\r\n\r\n') && text.indexOf('\r\n\r\n') === text.length - 4, text);
  });

  for (const auth of [
    basic('jamtur01').replace('Basic', 'basic'),
    basic('jamtur01').replace('Basic', 'BASIC'),
    basic('jamtur01').replace(/=+$/, ''),
  ]) {
    it(`takes ${auth}`, async () => {
      await send(hub, 'GET /v1/users/', { auth }).expect(200, '"OK"');
    });
  }

  const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const refused: readonly (readonly [string, string | undefined, string])[] = [
    ['nobody', undefined, '"Authentication is required"'],
    ['a wrong password', basic('jamtur01', 'wrong password'), WRONG],
    ['no password', basic('jamtur01', ''), WRONG],
    ['a password and more', basic('jamtur01', `${PASSWORD} `), WRONG],
    ['a name in other letters', basic('Jamtur01'), WRONG],
    ['an unknown name', basic('unknown'), WRONG],
    ['no name', encode(`:${PASSWORD}`), WRONG],
    ['a name out of JavaScript', basic('constructor'), WRONG],
    ['another name out of JavaScript', basic('__proto__'), WRONG],
    ['a path for a name', basic('../users/jamtur01'), WRONG],
    ['somebody inactive with a wrong password', basic('dormant', 'wrong password'), WRONG],
  ];
  for (const [who, auth, text] of refused) {
    it(`refuses ${who}`, async () => {
      const response = await send(hub, 'GET /v1/users/', { auth }).expect(401, text);
      assert.equal(response.headers['www-authenticate'], CHALLENGE);
    });
  }

  const odd = [
    'Basic',
    'Basic ',
    'Basic !!!!',
    encode('no colon'),
    `${encode('jamtur01:sesame')} more`,
    `Basic${encode('jamtur01:sesame').slice(6)}`,
    'Bearer abc',
    'Digest username="jamtur01"',
    'Negotiate',
    'jamtur01:sesame',
    '=',
    'x'.repeat(4000),
  ];
  for (const auth of odd) {
    it(`refuses the odd ${auth.slice(0, 40)}`, async () => {
      const response = await send(hub, 'GET /v1/users/', { auth }).expect(401);
      assert.equal(response.headers['www-authenticate'], CHALLENGE);
      assert.match(response.text, /^"The Authorization header is /);
    });
  }

  it('refuses a token: it is nobody’s password', async () => {
    const auth = await createRepository(hub, basic('jamtur01'), 'jamtur01/app');
    await send(hub, 'GET /v1/users/', { auth }).expect(401);
    await send(hub, 'GET /v1/users/', { auth: 'Token' }).expect(401);
  });

  it('tells an account that is not active', async () => {
    const response = await send(hub, 'GET /v1/users/', { auth: basic('dormant') });
    assert.deepEqual([response.status, response.text], [403, '"Account is not Active"']);
  });

  it('lets somebody in once the operator activates the account', async () => {
    const setActive = (active: boolean) =>
      hub.restart(({ domain }) => domain.accounts.setFlags('dormant', { active }));
    await setActive(true);
    await send(hub, 'GET /v1/users/', { auth: basic('dormant') }).expect(200);
    await setActive(false);
    await send(hub, 'GET /v1/users/', { auth: basic('dormant') }).expect(403);
  });

  it('has no other methods', async () => {
    for (const line of ['PUT /v1/users/', 'DELETE /v1/users']) {
      const response = await send(hub, line).expect(405);
      assert.equal(response.headers.allow, 'GET, HEAD, POST');
    }
    const response = await send(hub, 'GET /v1/users/jamtur01/').expect(405);
    assert.equal(response.headers.allow, 'PUT');
  });
});
