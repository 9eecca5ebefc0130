/* POST /v1/users/: who may not register, and what each is told (protocol.md §1.2, §1.14). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { canLogIn, person, register } from '../support/people.js';
import { rawHttp } from '../support/raw.js';

const TAKEN = 'Username or email already exists';
const NAME_FORMAT = 'Wrong username format (it has to match "^[a-z0-9]{4,30}$")';
const PASSWORD_FORMAT = 'Wrong password format (it has to be 5 characters to 72 bytes long)';
const EMAIL_FORMAT = 'Wrong email format (it has to be like you@example.com)';
const NOT_JSON = 'The body is not valid JSON';
const NO_OBJECT = 'The body must be an object';

const hub = useHub({}, async () => {
  await register(hub, 'taken', { email: 'Taken@Example.com' });
});

/** A registration that is right, but for the fields that are given. */
async function answerTo(body: unknown): Promise<[number, unknown]> {
  const response = await send(hub, 'POST /v1/users/', { body });
  return [response.status, response.body];
}

describe('a registration is refused', () => {
  const taken: readonly (readonly [string, unknown])[] = [
    ['for a taken name', person('taken')],
    ['for a taken name in other letters', person('Taken')],
    ['for a taken name, even with a short password', person('taken', { password: 'x' })],
    ['for a taken name, even with nothing else', { username: 'taken' }],
    ['for a taken name, even with a bad address', person('taken', { email: 'nowhere' })],
    ['for a taken address', person('other1', { email: 'Taken@Example.com' })],
    ['for a taken address in other letters', person('other1', { email: 'tAKEN@eXAMPLE.COM' })],
  ];
  for (const [title, body] of taken) {
    it(title, async () => assert.deepEqual(await answerTo(body), [400, TAKEN]));
  }

  it('for a taken name with the very bytes that docker compares', async () => {
    const body = JSON.stringify(person('taken'));
    const bytes = await rawHttp(hub.url, { method: 'POST', path: '/v1/users/', body });
    assert.match(bytes.toString(), /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.ok(bytes.toString().endsWith(`\r\n\r\n22\r\n"${TAKEN}"\r\n0\r\n\r\n`));
  });

  it('does not take the other address of a refused one', async () => {
    assert.deepEqual(await answerTo(person('taken', { email: 'spare@example.com' })), [400, TAKEN]);
    const spare = person('spare', { email: 'spare@example.com' });
    assert.deepEqual(await answerTo(spare), [201, 'User created']);
  });

  const badNames = {
    short: 'abc',
    long: 'a'.repeat(31),
    capital: 'Abcd',
    hyphen: 'ab-cd',
    dot: 'ab.cd',
    slash: 'ab/cd',
    blank: 'ab cd',
    'new line': 'abcd\n',
    NUL: 'abcd\0',
    'other script': 'иван1',
    'letter with an accent': 'andré',
    'long one of 300 letters': 'a'.repeat(300),
  };
  for (const [what, username] of Object.entries(badNames)) {
    it(`for a name that is or has a ${what}`, async () => {
      const body = person(username, { email: 'names@example.com' });
      assert.deepEqual(await answerTo(body), [400, NAME_FORMAT]);
    });
  }

  for (const username of ['library', 'docker', 'constructor', 'prototype', '__proto__']) {
    it(`for the reserved name ${username}`, async () => {
      const reserved = `The username ${username} is reserved, please choose another`;
      // As text: in an object literal `__proto__` is not a field.
      const body = JSON.stringify(person('names')).replace('"names"', `"${username}"`);
      assert.deepEqual(await answerTo(body), [400, reserved]);
    });
  }

  const badPasswords = {
    'of 4 characters': 'abcd',
    'of 4 characters of 4 bytes': '🐳🐳🐳🐳',
    'of 73 bytes': 'a'.repeat(73),
    'of 25 characters in 75 bytes': '€'.repeat(25),
    'with a NUL': 'abcde\0f',
  };
  for (const [what, password] of Object.entries(badPasswords)) {
    it(`for a password ${what}`, async () => {
      assert.deepEqual(await answerTo(person('nobody', { password })), [400, PASSWORD_FORMAT]);
    });
  }

  const badEmails = [
    'nobody',
    '@example.com',
    'nobody@',
    'nobody@example',
    'nobody@example.',
    'no body@example.com',
    'nobody@exam ple.com',
    'nobody@@example.com',
    'a@b@example.com',
    '<nobody@example.com>',
    'nobody@example.com\n',
    'nobody@example.com, other@example.com',
    `${'a'.repeat(65)}@example.com`,
    `nobody@${'a'.repeat(250)}.com`,
  ];
  for (const email of badEmails) {
    it(`for the address ${JSON.stringify(email).slice(0, 50)}`, async () => {
      assert.deepEqual(await answerTo(person('nobody', { email })), [400, EMAIL_FORMAT]);
    });
  }

  for (const field of ['username', 'password', 'email'] as const) {
    for (const value of [undefined, null, '', 1, true, ['text'], { text: 'x' }]) {
      it(`for the ${field} ${JSON.stringify(value)}`, async () => {
        const answer = await answerTo(person('nobody', { [field]: value }));
        assert.deepEqual(answer, [400, `Missing field: ${field}`]);
      });
    }
  }

  const deep = '['.repeat(10_000);
  const broken: readonly (readonly [string, string | Buffer, string])[] = [
    ['half an object', '{"username": "nobody"', NOT_JSON],
    ['nothing', '', NOT_JSON],
    ['words', 'hello', NOT_JSON],
    ['single quotes', "{'username': 'nobody'}", NOT_JSON],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), NOT_JSON],
    ['a deep list', `${deep}${']'.repeat(10_000)}`, NOT_JSON],
    ['a deep object', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, NOT_JSON],
    ['a list', '[]', NO_OBJECT],
    ['a text', '"username"', NO_OBJECT],
    ['a number', '1', NO_OBJECT],
    ['null', 'null', NO_OBJECT],
  ];
  for (const [what, body, text] of broken) {
    it(`for a body that is ${what}`, async () => {
      assert.deepEqual(await answerTo(body), [400, text]);
    });
  }

  it('for a body of more than 1 MiB, with 413', async () => {
    const limit = 1024 * 1024;
    const padded = (length: number) => JSON.stringify(person('large')).padEnd(length);
    const [status] = await answerTo(padded(limit + 1));
    assert.equal(status, 413);
    assert.deepEqual(await answerTo(padded(limit)), [201, 'User created']);
  });

  it('for nobody else: after all of these, nothing was made', async () => {
    for (const username of ['nobody', 'other1', 'names', 'abcde']) {
      assert.equal(await canLogIn(hub, username), false, username);
    }
  });
});
