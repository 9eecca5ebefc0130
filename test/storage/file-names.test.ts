import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fileName } from '../../src/storage/documents/file-names.js';
import { basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { register } from '../support/people.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

/*
 * Names and the files that stand for them: two names never meet in one file, on file systems that tell
 * no case or no Unicode forms apart, or that keep some names for themselves.
 */

/** Every file and folder below a folder, as paths within it. */
async function pathsBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
}

/** What file systems make of a name before they look for it. */
function folded(path: string): string {
  return path.normalize('NFD').toLowerCase().normalize('NFC');
}

/** Why some system can't have a file of this name; undefined when all can. */
function nuisance(segment: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(segment)) return 'it is not plain ASCII';
  if (/["*/:<>?\\|]/.test(segment)) return 'it has a character that Windows refuses';
  if (/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(segment)) return 'it is a device';
  if (/^\./.test(segment) || /[. ]$/.test(segment)) return 'it begins or ends with a dot';
  // The temporary file beside it has 17 characters more.
  return segment.length > 255 - 17 ? 'it is too long' : undefined;
}

const REPOSITORIES: readonly (readonly [string, readonly string[]])[] = [
  ['case', ['static_web', 'Static_web', 'STATIC_WEB', 'static_Web', 'sTATIC_wEB']],
  ['devices', ['con', 'CON', 'Con', 'nul', 'aux.json', 'AUX.json', 'com1', 'lpt9.tar', 'prn.']],
  ['dots', ['...', '.hidden', 'hidden.', '.hidden.', 'a.b', 'a..b', '.json', 'x.json', 'x']],
  ['escapes', ['_', '__', '-', '--', '_41', 'A', 'a', '2e', '41tmp', 'x.0123456789ab.tmp']],
  ['length', ['a'.repeat(128), 'a'.repeat(127), `${'a'.repeat(127)}b`, 'A'.repeat(128)]],
  ['long case', [`${'A'.repeat(127)}b`, `b${'A'.repeat(127)}`, `${'aA'.repeat(64)}`]],
  ['JavaScript', ['constructor', 'toString', 'hasOwnProperty', 'prototype', '__proto__x']],
];
/** Only an admin may push there; nobody's accounts have such names. */
const NAMESPACES = ['aux', 'nul', 'con', 'a-', '-a', '__', 'n'.repeat(255), `${'n'.repeat(254)}m`];
const ACCOUNTS = ['com1', 'lpt1', 'com1_', '____', 'toto', 'a'.repeat(30), `${'a'.repeat(29)}b`];

describe('names in a data directory', () => {
  const hub = useHub({ people: ['jamtur01'], onDisk: true });
  const auth = basic('admin');
  const names = [
    ...REPOSITORIES.flatMap(([, all]) => all.map((name) => `jamtur01/${name}`)),
    ...NAMESPACES.map((namespace) => `${namespace}/nul`),
  ];

  const put = (name: string, description: string) =>
    send(hub, `PUT /v1/repositories/${name}/properties`, { auth, body: { description } });

  it('make documents of their own, however alike they are', async () => {
    for (const name of names) {
      await send(hub, `PUT /v1/repositories/${name}/`, { auth, body: '[]' }).expect(200);
      await put(name, `the description of ${name}`).expect(200);
    }
    for (const username of ACCOUNTS) await register(hub, username);
    await assertAllThere();
    await hub.restart();
    await assertAllThere();
  });

  it('lie in files whose names are good on every file system, and differ on each', async () => {
    const paths = await pathsBelow(hub.folder);
    for (const path of paths) {
      for (const segment of path.split('/')) assert.equal(nuisance(segment), undefined, path);
    }
    assert.equal(new Set(paths.map(folded)).size, paths.length);
    const isDocument = (path: string, folder: string): boolean =>
      path.startsWith(`${folder}/`) && path.endsWith('.json');
    assert.equal(paths.filter((path) => isDocument(path, 'repositories')).length, names.length);
    // The admin and jamtur01 were there before.
    const accounts = paths.filter((path) => isDocument(path, 'users'));
    assert.equal(accounts.length, ACCOUNTS.length + 2);
  });

  const impossible: readonly string[] = [
    'caf%C3%A9',
    'cafe%CC%81',
    '%C5%BFtatic',
    '%E2%84%AAelvin',
    '%EF%BC%AElarge',
    'a%2Fb',
    'a%5Cb',
    'a%00b',
    'a%20',
    'a:b',
    '%2e%2e',
    '..',
    '__proto__',
    'a'.repeat(129),
  ];
  for (const name of impossible) {
    it(`are none: ${name.slice(0, 20)}`, async () => {
      const before = await pathsBelow(hub.folder);
      // supertest would resolve dots itself; this goes out as it stands.
      const asked = await fetchRaw(hub, `/v1/repositories/jamtur01/${name}/`, auth);
      assert.ok([400, 404, 405].includes(asked), `${asked}`);
      assert.deepEqual(await pathsBelow(hub.folder), before);
    });
  }

  it('of accounts are lower-case, so that none differs from another in case alone', async () => {
    for (const username of ['Jamtur01', 'JAMTUR01', 'jamtur01\u0301', 'ſtatic01']) {
      const body = { username, password: 'sesame', email: 'other@example.com' };
      await send(hub, 'POST /v1/users/', { body }).expect(400);
      await send(hub, 'GET /v1/users/', { auth: basic(username) }).expect(401);
    }
  });

  async function assertAllThere(): Promise<void> {
    const { body } = await send(hub, 'GET /v1/search?n=100');
    const results = (body as { results: { name: string; description: string }[] }).results;
    const described = new Map(results.map(({ name, description }) => [name, description]));
    assert.equal(described.size, names.length);
    for (const name of names) assert.equal(described.get(name), `the description of ${name}`);
    for (const username of ACCOUNTS) {
      await send(hub, 'GET /v1/users/', { auth: basic(username) }).expect(200);
    }
  }
});

async function fetchRaw(hub: OwnHub, path: string, authorization: string): Promise<number> {
  const headers = { Authorization: authorization };
  const received = await rawHttp(hub.url, { method: 'PUT', path, headers, body: '[]' });
  return parseRawAnswer(received).status;
}

/** Half of a surrogate pair is not text, and can't be sent. */
function isText(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

/** Any text at all, with those that are hard preferred: alike but for case, form, dots or escapes. */
const anyName = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).filter(isText),
  fc.string({ unit: fc.constantFrom(...'aAbB%~._-2e41 éÉ'), minLength: 1, maxLength: 12 }),
  fc.constantFrom('con', 'CON', 'aux.json', 'nul.', '%63on', 'com1', '...', '.', '..', 'ß', 'ẞ'),
  fc.string({ unit: fc.constantFrom('a', 'A', 'e\u0301', 'é'), minLength: 60, maxLength: 300 }),
);
/** A name and one that is hard to tell from it. */
const alike = fc.tuple(
  anyName,
  fc.constantFrom<(text: string) => string>(
    (text) => text.toLowerCase(),
    (text) => text.toUpperCase(),
    (text) => text.normalize('NFC'),
    (text) => text.normalize('NFD'),
    (text) => text.normalize('NFKC'),
    (text) => fileName(text),
    (text) => `${text}.`,
    (text) => `.${text}`,
    (text) => encodeURIComponent(text),
    (text) => `${text.slice(0, -1)}b`,
  ),
);

describe('fileName', () => {
  const RUNS = { numRuns: 5000 };

  it('never gives two names one file, on any file system', () => {
    const isApart = (one: string, other: string): void => {
      if (one !== other) assert.notEqual(folded(fileName(one)), folded(fileName(other)));
    };
    fc.assert(fc.property(anyName, anyName, isApart), RUNS);
    fc.assert(
      fc.property(alike, ([name, change]) => isApart(name, change(name))),
      RUNS,
    );
  });

  it('gives names that are good on every file system', () => {
    const isGood = (name: string): void => {
      assert.equal(nuisance(`${fileName(name)}.json`), undefined);
    };
    fc.assert(fc.property(anyName, isGood), RUNS);
  });

  it('gives names that can really be written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hub-v1-names-'));
    const check = async (names: readonly string[]): Promise<void> => {
      const place = await mkdtemp(join(folder, 'x'));
      await mkdir(place, { recursive: true });
      for (const name of names) {
        await writeFile(join(place, `${fileName(name)}.json`), name, { flag: 'wx' });
      }
    };
    await fc.assert(fc.asyncProperty(fc.uniqueArray(anyName, { maxLength: 20 }), check), {
      numRuns: 20,
    });
    await rm(folder, { recursive: true });
  });

  it('leaves ordinary names as they are', () => {
    const ordinary = fc.stringMatching(/^[a-z0-9_-][a-z0-9_.-]{0,98}[a-z0-9_-]$/);
    fc.assert(
      fc.property(ordinary, (name) => {
        fc.pre(nuisance(name) === undefined);
        assert.equal(fileName(name), name);
      }),
    );
  });
});
