/* PUT /v1/users/(name)/: another password, one more address (protocol.md §1.3). */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { canLogIn, register } from '../support/people.js';
import { rawHttp } from '../support/raw.js';

const CHALLENGE = 'Basic realm="auth required",Token';
const WRONG_LOGIN = 'Wrong login/password, please try again';
const NOTHING = 'Nothing to update: give a password or an email';
const PASSWORD_FORMAT = 'Wrong password format (it has to be 5 characters to 72 bytes long)';
const EMAIL_FORMAT = 'Wrong email format (it has to be like you@example.com)';

const hub = useHub({
  people: ['jamtur01', 'alice', 'bob_1', { username: 'dormant', active: false }],
});

const put = (path: string, auth: string | undefined, body: unknown) =>
  send(hub, `PUT ${path}`, { auth, body });

/** The addresses of an account, as its document has them. */
async function emailsOf(username: string): Promise<unknown> {
  const document: unknown = JSON.parse(
    await readFile(join(hub.folder, 'users', `${username}.json`), 'utf8'),
  );
  assert.ok(typeof document === 'object' && document !== null && 'emails' in document);
  return document.emails;
}

describe('PUT /v1/users/(name)/', () => {
  it('answers 204 with a type and no body at all', async () => {
    const body = '{"email": "other@example.org"}';
    const headers = { Authorization: basic('jamtur01'), 'Content-Type': 'application/json' };
    for (const path of ['/v1/users/jamtur01/', '/v1/users/jamtur01']) {
      const sent = { method: 'PUT', path, headers, body };
      const text = (await rawHttp(hub.url, sent)).toString();
      assert.match(text, /^HTTP\/1\.1 204 No Content\r\n/);
      assert.match(text, /\r\nContent-Type: application\/json\r\n/);
      assert.doesNotMatch(text, /Transfer-Encoding|Content-Length/i);
      assert.ok(text.endsWith('\r\n\r\n'), text);
    }
  });

  it('ends the old password at once, though its login was remembered', async () => {
    await register(hub, 'changer', { password: 'old password' });
    assert.ok(await canLogIn(hub, 'changer', 'old password'));
    const auth = basic('changer', 'old password');
    await put('/v1/users/changer/', auth, { password: 'new password' }).expect(204);
    assert.equal(await canLogIn(hub, 'changer', 'old password'), false);
    assert.ok(await canLogIn(hub, 'changer', 'new password'));
    await put('/v1/users/changer/', auth, { password: 'old password' }).expect(401);
    const current = basic('changer', 'new password');
    await put('/v1/users/changer/', current, 'password=old+password').expect(400);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await send(hub, 'PUT /v1/users/changer', {
      auth: current,
      headers: form,
      body: 'password=from+a+form',
    }).expect(204);
    assert.equal(await canLogIn(hub, 'changer', 'new password'), false);
    assert.ok(await canLogIn(hub, 'changer', 'from a form'));
    await hub.restart();
    assert.ok(await canLogIn(hub, 'changer', 'from a form'));
  });

  it('lets no login with the old password begin after the change is answered', async () => {
    await register(hub, 'hasty', { password: 'old password' });
    const auth = basic('hasty', 'old password');
    const others = Array.from({ length: 8 }, () => send(hub, 'GET /v1/users/', { auth }).then());
    await put('/v1/users/hasty/', auth, { password: 'new password' }).expect(204);
    const late = Array.from({ length: 8 }, () => send(hub, 'GET /v1/users/', { auth }).expect(401));
    await Promise.all([...others, ...late]);
  });

  it('adds an address and removes none', async () => {
    await register(hub, 'mailer');
    const auth = basic('mailer');
    for (const email of ['second@example.com', 'third@example.com', 'SECOND@example.com']) {
      await put('/v1/users/mailer/', auth, { email }).expect(204);
    }
    assert.deepEqual(await emailsOf('mailer'), [
      'mailer@example.com',
      'second@example.com',
      'third@example.com',
    ]);
    for (const email of ['mailer@example.com', 'Third@Example.com']) {
      const body = { username: 'late_comer', password: PASSWORD, email };
      await send(hub, 'POST /v1/users/', { body }).expect(400, /already exists/);
    }
  });

  it('are a hundred at most', async () => {
    await register(hub, 'hoarder');
    const auth = basic('hoarder');
    const add = (n: number) => put('/v1/users/hoarder/', auth, { email: `n${n}@example.com` });
    for (let n = 1; n < 100; n += 1) await add(n).expect(204);
    await add(100).expect(400, '"An account has at most 100 e-mail addresses"');
    await add(7).expect(204);
  });

  it('takes an address of one’s own again, several times at once', async () => {
    const email = 'Alice@Example.com';
    const asked = ['alice', 'admin', 'alice'].map((name) =>
      put('/v1/users/alice/', basic(name), { email }).expect(204),
    );
    await Promise.all(asked);
  });

  it('gives an address to one of two who ask at once', async () => {
    const email = 'contested@example.com';
    const answers = await Promise.all(
      ['alice', 'bob_1'].map((name) => put(`/v1/users/${name}/`, basic(name), { email }).then()),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 400]);
  });

  it('changes nothing but what it names, and both at once', async () => {
    await register(hub, 'steady');
    const body = { password: 'new password', email: 'steady2@example.com', admin: true, active: 0 };
    await put('/v1/users/steady/', basic('steady'), body).expect(204);
    assert.deepEqual(await emailsOf('steady'), ['steady@example.com', 'steady2@example.com']);
    const auth = basic('steady', 'new password');
    await send(hub, 'PUT /v1/repositories/steady_root/', { auth, body: [] }).expect(403);
  });

  it('lets an admin change anybody', async () => {
    await put('/v1/users/alice/', basic('admin'), { password: 'from admin' }).expect(204);
    assert.equal(await canLogIn(hub, 'alice', PASSWORD), false);
    await put('/v1/users/alice/', basic('admin'), { password: PASSWORD }).expect(204);
    assert.ok(await canLogIn(hub, 'alice', PASSWORD));
    await put('/v1/users/dormant/', basic('admin'), { email: 'd2@example.com' }).expect(204);
    assert.equal(await canLogIn(hub, 'dormant', PASSWORD), false);
  });

  const password = 'a new password';
  const notActive = 'Account is not Active';
  /** Who asks, for whose account, with what. */
  const refused: readonly (readonly [
    string,
    string | undefined,
    string,
    unknown,
    number,
    string,
  ])[] = [
    ['nobody', undefined, 'alice', { password }, 401, 'Authentication is required'],
    ['a wrong password', basic('alice', 'wrong'), 'alice', { password }, 401, WRONG_LOGIN],
    ['another', basic('bob_1'), 'alice', { password }, 403, 'You can only update your own account'],
    ['an inactive account', basic('dormant'), 'dormant', { password }, 403, notActive],
    ...['unknown', 'Alice', '__proto__', 'a'.repeat(300), '%2e%2e%2fhub', 'x%00'].flatMap((name) =>
      ['alice', 'admin'].map(
        (who) => [name, basic(who), name, { password }, 404, 'User not found'] as const,
      ),
    ),
    ...Object.entries({
      'no change': [{}, NOTHING],
      'unknown fields alone': [{ username: 'alice2' }, NOTHING],
      'a short password': [{ password: 'abcd' }, PASSWORD_FORMAT],
      'a long password': [{ password: 'a'.repeat(73) }, PASSWORD_FORMAT],
      'a number for a password': [{ password: 12345 }, 'Missing field: password'],
      'an empty password': [{ password: '' }, 'Missing field: password'],
      'a bad address': [{ email: 'alice' }, EMAIL_FORMAT],
      'a list for an address': [{ email: ['a@b.cc'] }, 'Missing field: email'],
      'a taken address': [{ email: 'BOB_1@example.com' }, 'Username or email already exists'],
      'a good password and a bad address': [{ password, email: 'alice' }, EMAIL_FORMAT],
      'broken JSON': ['{"password"', 'The body is not valid JSON'],
      'a list': [[], 'The body must be an object'],
    } as const).map(
      ([what, [body, text]]) => [what, basic('alice'), 'alice', body, 400, text] as const,
    ),
  ];
  for (const [what, auth, name, body, status, text] of refused) {
    it(`refuses ${what.slice(0, 40)} with ${status}`, async () => {
      const response = await put(`/v1/users/${name}/`, auth, body);
      assert.deepEqual([response.status, response.body], [status, text]);
      assert.equal(response.headers['www-authenticate'], status === 401 ? CHALLENGE : undefined);
      assert.ok(await canLogIn(hub, 'alice', PASSWORD));
    });
  }

  it('refuses more than 1 MiB with 413', async () => {
    const body = JSON.stringify({ password }).padEnd(1024 * 1024 + 1);
    await put('/v1/users/alice/', basic('alice'), body).expect(413);
  });
});
