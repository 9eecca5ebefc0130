/* Bodies and Authorization headers that no client could have meant: 400, 413 or 401. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { basic } from '../support/client.js';
import { filesBelow } from '../support/files.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { ask } from '../support/manners.js';
import { createRepository, pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const IMAGE = makeImage('bad input');
const COMPLETE = makeImage('complete');
const REPOSITORY = '/v1/repositories/jamtur01/static_web';
const MEBIBYTE = 1024 * 1024;

const hub = useHub({ onDisk: true, people: ['jamtur01', 'rivendel'] }, async () => {
  await pushImage(hub, OWNER, 'jamtur01/static_web', COMPLETE);
  await createRepository(hub, OWNER, 'jamtur01/static_web', [IMAGE]);
  filesAtFirst = await filesBelow(hub.folder);
});
let filesAtFirst: string[];

async function assertNothingChanged(): Promise<void> {
  assert.deepEqual(await filesBelow(hub.folder), filesAtFirst);
}

/** Every request that takes JSON. */
const TAKERS: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/v1/users/'],
  ['PUT', '/v1/users/jamtur01/'],
  ['PUT', '/v1/repositories/jamtur01/new_one/'],
  ['PUT', `${REPOSITORY}/`],
  ['PUT', `${REPOSITORY}/images`],
  ['PUT', `${REPOSITORY}/tags/latest`],
  ['PUT', `${REPOSITORY}/properties`],
  ['PUT', `/v1/images/${IMAGE.id}/json`],
];

describe('a body that is not JSON', () => {
  const nest = (open: string, close: string, depth: number) =>
    `${open.repeat(depth)}${close.repeat(depth)}`;
  const bodies: Readonly<Record<string, string | Buffer>> = {
    'an open brace': '{',
    'an open bracket': '[',
    'no value': '{"username":}',
    'single quotes': "{'username':'x'}",
    'a comma at the end': '[{"id":"x"},]',
    'a word': 'nonsense',
    'a comment': '{} // nothing',
    'two values': '{}{}',
    'a brace too many': '{"id":"x"}}',
    'an open string': '"abc',
    'a line in a string': '"a\nb"',
    'a bad escape': '"\\x41"',
    'a number with a zero first': '[01]',
    'not a number': '[NaN]',
    infinity: '[Infinity]',
    undefined: 'undefined',
    'a NUL byte': '\0',
    'a NUL byte after JSON': '{}\0',
    'bytes that are not UTF-8': Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    'UTF-8 that is cut': Buffer.from([0x22, 0xe2, 0x98, 0x22]),
    'an overlong slash': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
    'half a surrogate as bytes': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
    'UTF-16': Buffer.from('{"username":"x"}', 'utf16le'),
    'latin1 letters': Buffer.from('{"username":"Jürgen"}', 'latin1'),
    'lists in 100,000 lists': nest('[', ']', 100_000),
    'objects in 50,000 objects': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
    'half of 500,000 lists': '['.repeat(500_000),
    'an open list in objects': nest('{"a":[', '', 1000),
    'a gzip that calls itself JSON': gzipSync('{}'),
  };
  for (const [what, body] of Object.entries(bodies)) {
    it(`is 400 everywhere: ${what}`, async () => {
      for (const [method, path] of TAKERS) {
        const headers = { Authorization: OWNER, 'Content-Type': 'application/json' };
        const { status } = await ask(hub, { method, path, headers, body });
        assert.equal(status, 400, `${method} ${path}`);
      }
      await assertNothingChanged();
    });
  }

  it('is 400 where there is none, but where images are listed', async () => {
    const isList = (path: string) => /^\/v1\/repositories\/.*\/(?:images)?$/.test(path);
    for (const [method, path] of TAKERS.filter(([, each]) => !isList(each))) {
      const { status } = await ask(hub, { method, path, headers: { Authorization: OWNER } });
      assert.equal(status, 400, `${method} ${path}`);
    }
    // Some clients end a push without a body (protocol.md §1.6).
    const end = { method: 'PUT', path: `${REPOSITORY}/images`, headers: { Authorization: OWNER } };
    assert.equal((await ask(hub, end)).status, 204);
  });

  it('is 400 when its Content-Encoding is not what it says, or unknown', async () => {
    for (const encoding of ['gzip', 'deflate', 'br', 'unknown']) {
      for (const [method, path] of TAKERS) {
        const headers = { Authorization: OWNER, 'Content-Encoding': encoding };
        const { status } = await ask(hub, { method, path, headers, body: 'not compressed' });
        assert.equal(status, 400, `${encoding} at ${path}`);
      }
    }
  });
});

describe('a body of the wrong kind', () => {
  const any = ['null', 'true', '5', '"text"', '[]', '[[]]', '[null]', '[5]', '["x"]', '{}'];
  const person = (fields: object): string =>
    JSON.stringify({
      username: 'newperson',
      password: 'sesame',
      email: 'new@example.com',
      ...fields,
    });
  const odd: readonly unknown[] = [null, 5, true, [], {}, ['newperson'], { toString: 'x' }, ''];
  const id = (value: unknown): string => JSON.stringify([{ id: value }]);
  const table: Readonly<Record<string, readonly string[]>> = {
    'POST /v1/users/': [
      ...any,
      ...odd.flatMap((value) =>
        ['username', 'password', 'email'].map((field) => person({ [field]: value })),
      ),
      '{"__proto__":{"username":"newperson","password":"sesame","email":"new@example.com"}}',
    ],
    'PUT /v1/users/jamtur01/': [
      ...any,
      ...odd.flatMap((value) => [
        JSON.stringify({ password: value }),
        JSON.stringify({ email: value }),
      ]),
      '{"__proto__":{"password":"sesame2"}}',
    ],
    [`PUT ${REPOSITORY}/`]: [
      ...any.filter((body) => body !== '[]'),
      ...[null, 5, true, [], {}, '', ' ', 'a b', '../x', 'é', 'x'.repeat(65), 'x\0'].map(id),
      '{"0":{"id":"x"},"length":1}',
      '[{"id":"x"},{"id":5}]',
      '[{"ID":"x"}]',
      '[{"__proto__":{"id":"x"}}]',
      '[{"id":"x","checksum":5}]',
      '[{"id":"x","checksum":{}}]',
      '[{"id":"x","Tag":["latest"]}]',
      JSON.stringify([{ id: 'x', Tag: 'x'.repeat(257) }]),
      JSON.stringify(Array.from({ length: 20_001 }, (_, n) => ({ id: `x${n}` }))),
    ],
    [`PUT ${REPOSITORY}/tags/latest`]: [...any.filter((body) => body !== '"text"'), '""'],
    [`PUT ${REPOSITORY}/properties`]: [
      ...any,
      '{"access":"secret"}',
      '{"access":5}',
      '{"access":null}',
      '{"access":["private"]}',
      '{"access":"Private"}',
      '{"description":5}',
      '{"description":null}',
      JSON.stringify({ description: 'x'.repeat(1001) }),
      '{"__proto__":{"access":"private"}}',
    ],
    [`PUT /v1/images/${IMAGE.id}/json`]: [...any, '{"id":{}}', '{"id":[]}'],
  };
  const lists = table[`PUT ${REPOSITORY}/`] ?? [];
  for (const [line, bodies] of Object.entries({ ...table, [`PUT ${REPOSITORY}/images`]: lists })) {
    it(`is 400: ${bodies.length} of them for ${line}`, async () => {
      const [method = '', path = ''] = line.split(' ');
      for (const body of bodies) {
        const headers = { Authorization: OWNER, 'Content-Type': 'application/json' };
        const { status } = await ask(hub, { method, path, headers, body });
        assert.equal(status, 400, body.slice(0, 200));
      }
      await assertNothingChanged();
    });
  }
});

describe('a body of more than 1 MiB', () => {
  const frames: Readonly<
    Record<string, (body: Buffer) => { headers: Record<string, string>; body: Buffer }>
  > = {
    'with its length': (body) => ({ headers: {}, body }),
    'in one chunk': (body) => ({
      headers: { 'Transfer-Encoding': 'chunked' },
      body: Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ]),
    }),
    compressed: (body) => ({ headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(body) }),
  };
  for (const [how, frame] of Object.entries(frames)) {
    it(`is 413 everywhere, ${how}`, async () => {
      for (const [method, path] of TAKERS) {
        const { headers, body } = frame(Buffer.from(`"${'x'.repeat(MEBIBYTE)}"`));
        const request = { method, path, headers: { Authorization: OWNER, ...headers }, body };
        const { status } = await ask(hub, request);
        assert.equal(status, 413, `${method} ${path}`);
      }
      await assertNothingChanged();
    });
  }

  it('is one of exactly 1 MiB no more', async () => {
    const email = 'x'.repeat(MEBIBYTE - '{"email":""}'.length);
    const headers = { Authorization: OWNER };
    const request = { method: 'PUT', path: '/v1/users/jamtur01/', headers };
    const fits = await ask(hub, { ...request, body: JSON.stringify({ email }) });
    assert.equal(fits.status, 400);
    const tooLong = await ask(hub, { ...request, body: JSON.stringify({ email: `${email}x` }) });
    assert.equal(tooLong.status, 413);
  });

  it('is refused before it is looked at to nobody', async () => {
    const body = Buffer.alloc(2 * MEBIBYTE, '[');
    const { status } = await ask(hub, { method: 'PUT', path: `${REPOSITORY}/`, body });
    assert.equal(status, 401);
  });
});

describe('an odd Authorization', () => {
  const encode = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const forged = `signature=${'0'.repeat(40)},repository="jamtur01/static_web",access=`;
  const headers = [
    ...['Basic', 'Basic =', 'Basic ====', 'Basic !!!!', 'Basic jamtur01:sesame', 'jamtur01:sesame'],
    ...[
      'Bearer abc',
      'Bearer',
      'Digest username="jamtur01"',
      'Negotiate abc',
      'AWS4-HMAC-SHA256 x',
    ],
    ...['null', 'undefined', '{}', '"', ',', ';', ':', '=', '0', '%00', 'Basic %00', "'; --"],
    ...['Token', 'Token Token', 'Token x', 'Token =', 'Token "', 'Token signature', 'Token {}'],
    ...['Token signature=,repository=,access=', 'Tokens x', 'TokenBasic x', 'BasicToken'],
    ...['read', 'write', 'delete', 'admin', ''].map((access) => `Token ${forged}${access}`),
    `Token signature=${'g'.repeat(40)},repository="jamtur01/static_web",access=write`,
    `Token signature=${'0'.repeat(4000)},repository="jamtur01/static_web",access=write`,
    `Token signature=${'0'.repeat(40)},repository="../../etc/passwd",access=write`,
    `Token __proto__=x,constructor=y,repository="jamtur01/static_web",access=write`,
    `Token ${'x'.repeat(10_000)}`,
    `Token ${'x='.repeat(5000)}`,
    `Token ${'"'.repeat(10_000)}`,
    `${OWNER} ${OWNER}`,
    `${OWNER},`,
    `${OWNER} extra`,
    `Basic ${OWNER}`,
    encode('jamtur01'),
    encode(''),
    encode(':'),
    encode(':sesame'),
    encode('jamtur01:'),
    encode('nobody:sesame'),
    encode('__proto__:sesame'),
    encode('constructor:sesame'),
    encode('../users/jamtur01:sesame'),
    encode('jamtur01\0:sesame'),
    encode('rivendel:sesame\0'),
    encode(' jamtur01:sesame'),
    encode('JAMTUR01:sesame'),
    encode(`${'x'.repeat(300)}:sesame`),
    encode(`nobody:${'x'.repeat(8000)}`),
    encode(Buffer.from([0xff, 0xfe, 0x3a, 0xff])),
    encode('漢字:sesame'),
  ];
  const asked: readonly (readonly [method: string, path: string])[] = [
    ['GET', '/v1/users/'],
    ['PUT', `${REPOSITORY}/`],
    ['GET', `${REPOSITORY}/images`],
    ['GET', `${REPOSITORY}/tags`],
    ['GET', `/v1/images/${COMPLETE.id}/layer`],
    ['PUT', `/v1/images/${IMAGE.id}/json`],
    ['DELETE', `${REPOSITORY}/`],
    ['GET', '/v1/search?q=static'],
  ];
  for (const header of headers) {
    it(`is 401, also where none is needed: ${header.slice(0, 60)}`, async () => {
      for (const [method, path] of asked) {
        const answer = await ask(hub, { method, path, headers: { Authorization: header } });
        assert.equal(answer.status, 401, `${method} ${path}`);
        assert.ok(answer.headers['www-authenticate'], `${method} ${path}`);
      }
      await assertNothingChanged();
    });
  }

  it('is that of bytes beyond ASCII, too', async () => {
    const bytes = Buffer.concat([
      Buffer.from('GET /v1/users/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: '),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from('\r\n\r\n'),
    ]);
    assert.equal((await ask(hub, bytes)).status, 401);
  });
});
