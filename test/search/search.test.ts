/* GET /v1/search: what is found, in which order and form (protocol.md §4). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SearchPage } from '../../src/domain/search/search.js';
import { basic, type Sent, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { createRepository } from '../support/pushes.js';

const hub = useHub(
  { people: ['alice', 'bob_1', { username: 'dormant', active: false }] },
  async () => {
    for (const [name, auth, description] of repositories) {
      await createRepository(hub, auth, name);
      if (description !== '') await describeRepository(name, auth, description);
    }
  },
);
const alice = basic('alice');
const admin = basic('admin');

/** The names that there are, with their descriptions, before any test. */
const repositories: readonly (readonly [string, string, string])[] = [
  ['library/ubuntu', admin, 'Ubuntu is a Debian-based Linux'],
  ['library/debian', admin, 'Debian is free'],
  ['alice/ubuntu', alice, 'An Ubuntu with 100% more vim'],
  ['alice/ubuntu-vim', alice, 'the editor, nothing else'],
  ['alice/static_web', alice, ''],
  ['alice/Mixed.Case', alice, 'Ünïcode ☃ "quoted"'],
  ['bob_1/ubuntu', basic('bob_1'), 'mine'],
  ['bob_1/lib', basic('bob_1'), 'a library of things'],
];

async function describeRepository(name: string, auth: string, description: string): Promise<void> {
  const sent = { auth, body: { description } };
  await send(hub, `PUT /v1/repositories/${name}/properties`, sent).expect(200, 'true');
}

async function search(query: string, sent: Sent = {}): Promise<SearchPage> {
  return (await send(hub, `GET /v1/search${query}`, sent).expect(200)).body;
}

async function namesFor(query: string): Promise<string[]> {
  return (await search(query)).results.map(({ name }) => name);
}

describe('a search is answered', () => {
  it('with these fields of these types in this order', async () => {
    const { text } = await send(hub, 'GET /v1/search?q=debian&n=10').expect(200);
    assert.equal(
      text,
      '{"num_pages": 1, "num_results": 2, "results": [' +
        '{"name": "debian", "description": "Debian is free", "star_count": 0, ' +
        '"is_official": true, "is_trusted": false, "is_automated": false}, ' +
        '{"name": "ubuntu", "description": "Ubuntu is a Debian-based Linux", "star_count": 0, ' +
        '"is_official": true, "is_trusted": false, "is_automated": false}], ' +
        '"page_size": 10, "query": "debian", "page": 1}',
    );
  });

  it('in ASCII alone', async () => {
    const { text } = await send(hub, 'GET /v1/search?q=mixed').expect(200);
    assert.match(text, /"name": "alice\/Mixed\.Case", /);
    assert.match(text, /"description": "\\u00dcn\\u00efcode \\u2603 \\"quoted\\"", /);
  });

  it('at both spellings of the path, to HEAD, and to somebody who is logged in', async () => {
    assert.deepEqual(await search('?q=debian'), await search('/?q=debian'));
    assert.deepEqual(await search('?q=debian'), await search('?q=debian', { auth: alice }));
    await send(hub, 'HEAD /v1/search?q=debian').expect(200);
    const auth = await createRepository(hub, alice, 'alice/ubuntu');
    assert.deepEqual(await search('?q=debian'), await search('?q=debian', { auth }));
  });

  it('to nobody with a wrong login', async () => {
    const line = 'GET /v1/search?q=debian';
    await send(hub, line, { auth: basic('alice', 'wrong') }).expect(401);
    await send(hub, line, { auth: basic('dormant') }).expect(403, '"Account is not Active"');
    await send(hub, line, { auth: 'Bearer x' }).expect(401);
    await send(hub, 'POST /v1/search?q=debian').expect(405);
  });
});

describe('a search finds', () => {
  const all = [
    'debian',
    'ubuntu',
    'alice/Mixed.Case',
    'alice/static_web',
    'alice/ubuntu',
    'alice/ubuntu-vim',
    'bob_1/lib',
    'bob_1/ubuntu',
  ];
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'the exact name first, then official ones, then by name',
      '?q=ubuntu',
      ['ubuntu', 'alice/ubuntu', 'alice/ubuntu-vim', 'bob_1/ubuntu'],
    ],
    ['the exact name before official ones', '?q=bob_1/ubuntu', ['bob_1/ubuntu']],
    ['an exact name that is in a description of official ones', '?q=debian', ['debian', 'ubuntu']],
    [
      'all of a namespace',
      '?q=alice',
      ['alice/Mixed.Case', 'alice/static_web', 'alice/ubuntu', 'alice/ubuntu-vim'],
    ],
    ['parts of a name', '?q=tic_we', ['alice/static_web']],
    ['in upper or lower case, of the question', '?q=UBUNTU-EDITOR', ['alice/ubuntu-vim']],
    ['in upper or lower case, of the name', '?q=mixed.case', ['alice/Mixed.Case']],
    ['in descriptions', '?q=editor', ['alice/ubuntu-vim']],
    ['letters with dots', '?q=%C3%BCN%C3%8FCODE', ['alice/Mixed.Case']],
    ['several words', '?q=debian-based%20linux', ['ubuntu']],
    ['the same with a plus', '?q=debian-based+linux', ['ubuntu']],
    ['several words in any order', '?q=linux%20debian', ['ubuntu']],
    ['words of the name and of the description', '?q=vim%20%0Anothing', ['alice/ubuntu-vim']],
    ['words parted by a slash', '?q=ubuntu/vim', ['alice/ubuntu', 'alice/ubuntu-vim']],
    ['words parted by a colon, as a tag is', '?q=ubuntu-vim:editor', ['alice/ubuntu-vim']],
    ['words parted by a dash', '?q=vim-ubuntu', ['alice/ubuntu', 'alice/ubuntu-vim']],
    ['words parted by an underscore', '?q=web_static', ['alice/static_web']],
    ['one word twice', '?q=editor/editor', ['alice/ubuntu-vim']],
    ['nothing where one of the words is missing', '?q=ubuntu%20editor%20cuda', []],
    ['a mere slash as it stands', '?q=/', all.slice(2)],
    ['nothing in many words', `?q=${'a+b+c+d+e+f+g+h+'.repeat(20)}ubuntu`, []],
    ['by the first ten words', '?q=a+l+i+c+e+u+b+n+t+v+zzz', ['alice/ubuntu', 'alice/ubuntu-vim']],
    ['without blanks around', '?q=%20editor%20', ['alice/ubuntu-vim']],
    ['a per cent sign', '?q=%25', ['alice/ubuntu']],
    ['a per cent sign, even a naked one', '?q=100%', ['alice/ubuntu']],
    ['an underscore, and no wild card', '?q=_web', ['alice/static_web']],
    ['a dot, and no wild card', '?q=d.c', ['alice/Mixed.Case']],
    ['a star, and no wild card', '?q=*', []],
    ['brackets', '?q=%5Ba-z%5D%28', []],
    ['a backslash', '?q=%5C', []],
    ['nothing', '?q=no-such-thing', []],
    ['nothing beyond a NUL', '?q=ubuntu%00', []],
    ['nothing in 5000 letters', `?q=${'a'.repeat(5000)}`, []],
    [
      'official ones as library, and what says library',
      '?q=library',
      ['debian', 'ubuntu', 'bob_1/lib'],
    ],
    ['an official one as library/ubuntu', '?q=library/ubuntu', ['ubuntu']],
    ['its name first', '?q=library/debian', ['debian', 'ubuntu']],
    ['all for an empty question', '?q=', all],
    ['all for a blank', '?q=%20', all],
    ['all for no question', '', all],
    ['by the first of two questions', '?q=editor&q=ubuntu', ['alice/ubuntu-vim']],
  ];
  for (const [title, query, expected] of cases) {
    it(title, async () => {
      assert.deepEqual(await namesFor(query), expected);
      const { num_results } = await search(query);
      assert.equal(num_results, expected.length);
    });
  }

  it('and says again what was asked', async () => {
    for (const q of ['Ubuntu', ' x ', '', '100%', '☃', '"']) {
      assert.equal((await search(`?q=${encodeURIComponent(q)}`)).query, q);
    }
    assert.equal((await search('')).query, '');
  });
});

describe('docker before 0.6.6, which reads every result as texts,', () => {
  const agent = (version: string) => `${version} go/go1.1.2 git-commit/abc kernel/3.8.0`;
  const asText = [
    ['docker/0.4.0', true],
    ['docker/0.4.8', true],
    ['docker/0.5.3', true],
    ['docker/0.6.0', true],
    ['docker/0.6.4', true],
    ['docker/0.6.5', true],
    ['docker/0.6.5-dev', true],
    ['docker/0.6.6', false],
    ['docker/0.6.7', false],
    ['docker/0.7.6', false],
    ['docker/0.10.0', false],
    ['docker/1.5.0', false],
    ['docker/1.12.6', false],
    ['docker/10.6.0', false],
    ['Go 1.1 package http docker/0.6.0', false],
    ['curl/7.35.0', false],
  ] as const;
  for (const [version, isText] of asText) {
    it(`${isText ? 'gets them' : 'is not'} ${version}`, async () => {
      const { text } = await send(hub, 'GET /v1/search?q=debian', {
        headers: { 'User-Agent': agent(version) },
      }).expect(200);
      const result = isText
        ? '{"name": "debian", "description": "Debian is free", "star_count": "0", ' +
          '"is_official": "true", "is_trusted": "false", "is_automated": "false"}'
        : '{"name": "debian", "description": "Debian is free", "star_count": 0, ' +
          '"is_official": true, "is_trusted": false, "is_automated": false}';
      assert.ok(text.includes(result), text);
      assert.match(text, /^\{"num_pages": 1, "num_results": 2, "results": \[/);
    });
  }
});
