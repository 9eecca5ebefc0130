/* POST /v1/users/: who may register (protocol.md §1.2); registration-refused.test.ts has the rest. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { canLogIn, person, register } from '../support/people.js';
import { rawHttp } from '../support/raw.js';

const TAKEN = 'Username or email already exists';

const hub = useHub();

/** A registration that is right, but for the fields that are given. */
async function answerTo(body: unknown): Promise<[number, unknown]> {
  const response = await send(hub, 'POST /v1/users/', { body });
  return [response.status, response.body];
}

describe('a registration', () => {
  for (const [path, username] of [
    ['/v1/users/', 'jamtur01'],
    ['/v1/users', 'jamtur02'],
  ] as const) {
    it(`to ${path} is answered in one chunk, and one can log in`, async () => {
      const bytes = await rawHttp(hub.url, {
        method: 'POST',
        path,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(person(username)),
      });
      const text = bytes.toString();
      assert.match(text, /^HTTP\/1\.1 201 Created\r\n/);
      assert.match(text, /\r\nContent-Type: application\/json\r\n/);
      assert.match(text, /\r\nVary: Accept\r\n/);
      assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
      assert.doesNotMatch(text, /Content-Length/i);
      assert.ok(text.endsWith('\r\n\r\ne\r\n"User created"\r\n0\r\n\r\n'), text);
      assert.ok(await canLogIn(hub, username));
    });
  }

  const form = 'application/x-www-form-urlencoded';
  const bodies: readonly (readonly [string, string, string | undefined, string])[] = [
    ['docker', 'era1', 'application/json; charset=utf-8', JSON.stringify(person('era1'))],
    ['curl -d', 'curl', form, JSON.stringify(person('curl'))],
    ['a client without a type', 'bare', undefined, JSON.stringify(person('bare'))],
    ['a careless one', 'text', 'text/plain', `\n ${JSON.stringify(person('text'))}\n`],
    ['a form', 'form', form, 'username=form&password=s%C3%A9same&email=form%2B1%40example.com'],
  ];
  for (const [who, username, type, body] of bodies) {
    it(`may come from ${who}`, async () => {
      const headers = type === undefined ? {} : { 'Content-Type': type };
      const sent = { method: 'POST', path: '/v1/users/', headers, body };
      assert.match((await rawHttp(hub.url, sent)).toString(), /^HTTP\/1\.1 201 /);
      assert.ok(await canLogIn(hub, username, who === 'a form' ? 'sésame' : PASSWORD));
    });
  }

  it('may have fields that nobody knows', async () => {
    // As text: in an object literal `__proto__` is not a field.
    const more = ',"auth":"","admin":true,"active":false,"__proto__":{"admin":true},"tel":[1]}';
    const body = JSON.stringify(person('extra')).replace(/}$/, more);
    assert.deepEqual(await answerTo(body), [201, 'User created']);
    // They meant nothing: no admin came of it.
    await send(hub, 'PUT /v1/repositories/extra_root/', { auth: basic('extra'), body: [] }).expect(
      403,
    );
  });

  it('may be chunked, as Go sends it', async () => {
    const json = JSON.stringify(person('chunky'));
    const bytes = await rawHttp(hub.url, {
      method: 'POST',
      path: '/v1/users/',
      headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
      body: `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`,
    });
    assert.match(bytes.toString(), /^HTTP\/1\.1 201 /);
  });
});

describe('what is just allowed', () => {
  const allowed: readonly (readonly [string, string, string, string])[] = [
    ['a name of 4', 'a__1', PASSWORD, 'n4@example.com'],
    ['a name of 30', 'a'.repeat(30), PASSWORD, 'n30@example.com'],
    ['a name of digits', '0000', PASSWORD, 'digits@example.com'],
    ['a password of 5', 'five', 'abcde', 'five@example.com'],
    ['a password of 5 whales', 'whales', '🐳🐳🐳🐳🐳', 'whales@example.com'],
    ['a password of 72 bytes', 'pass72', 'a'.repeat(72), 'pass72@example.com'],
    ['a password of 24 characters in 72 bytes', 'euro24', '€'.repeat(24), 'euro24@example.com'],
    ['a password with colons', 'colons', 'a:b:c:', 'colons@example.com'],
    ['a password of blanks', 'blanks', '     ', 'blanks@example.com'],
    ['an address with a tag', 'mail1', PASSWORD, 'first.last+tag@sub.example.co.uk'],
    ['an address in capitals', 'mail2', PASSWORD, 'MAIL2@EXAMPLE.COM'],
    ['an address in another script', 'mail3', PASSWORD, 'иван@пример.рф'],
  ];
  for (const [title, username, password, email] of allowed) {
    it(title, async () => {
      assert.deepEqual(await answerTo({ username, password, email }), [201, 'User created']);
      assert.ok(await canLogIn(hub, username, password));
    });
  }

  it('but the 73rd byte still counts at the login', async () => {
    await register(hub, 'cutoff', { password: 'b'.repeat(72) });
    assert.equal(await canLogIn(hub, 'cutoff', 'b'.repeat(73)), false);
    assert.equal(await canLogIn(hub, 'cutoff', 'b'.repeat(71)), false);
  });
});

describe('many at once', () => {
  const many = Array.from({ length: 12 }, (_, index) => index);

  async function statusesOf(bodies: readonly unknown[]): Promise<Record<string, number>> {
    const answers = await Promise.all(bodies.map((body) => answerTo(body)));
    const counts: Record<string, number> = {};
    for (const [status, text] of answers) {
      const key = `${status} ${text}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  it('with one name: one gets it', async () => {
    const bodies = many.map((index) => person('racer', { email: `racer${index}@example.com` }));
    assert.deepEqual(await statusesOf(bodies), { '201 User created': 1, [`400 ${TAKEN}`]: 11 });
  });

  it('with one address: one gets it', async () => {
    const bodies = many.map((index) =>
      person(`mailer${index}`, {
        email: index % 2 === 0 ? 'race@example.com' : 'RACE@example.com',
      }),
    );
    assert.deepEqual(await statusesOf(bodies), { '201 User created': 1, [`400 ${TAKEN}`]: 11 });
  });

  it('with nothing in common: all get theirs', async () => {
    const bodies = many.map((index) => person(`crowd${index}`));
    assert.deepEqual(await statusesOf(bodies), { '201 User created': 12 });
  });
});

describe('where registration is closed', () => {
  const closed = useHub({ registration: 'closed', people: ['member'] });

  it('a stranger is told so', async () => {
    const response = await send(closed, 'POST /v1/users/', { body: person('nobody') }).expect(401);
    assert.equal(response.headers['www-authenticate'], 'Basic realm="auth required",Token');
    assert.equal(response.text, '"Registration is closed, please log in"');
    await send(closed, 'GET /v1/users/', { auth: basic('nobody') }).expect(401);
  });

  it('who has an account is answered as elsewhere, which makes every docker log in', async () => {
    const taken = '"Username or email already exists"';
    await send(closed, 'POST /v1/users/', { body: person('member') }).expect(400, taken);
  });

  it('who has an account logs in', async () => {
    await send(closed, 'GET /v1/users/', { auth: basic('member') }).expect(200, '"OK"');
  });
});
