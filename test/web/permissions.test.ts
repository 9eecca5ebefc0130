import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage, setAccess } from '../support/pushes.js';
import { type Fields, textOf, Visitor } from '../support/visitor.js';

/* Who may open which page, and send which form. */

const PEOPLE = ['guest', 'stranger', 'alice', 'admin'] as const;
type Person = (typeof PEOPLE)[number];

const LOGIN = 'login';
type Row = readonly [path: string, ...answers: (number | typeof LOGIN)[]];

/** A page, and what guest, stranger, owner and admin are answered. */
const PAGES: readonly Row[] = [
  ['/u/alice/open/', 200, 200, 200, 200],
  ['/u/alice/open/tags/manage/', 200, 200, 200, 200],
  ['/u/alice/open/layers/', 200, 200, 200, 200],
  ['/u/alice/open/settings/', LOGIN, 403, 200, 200],
  ['/u/alice/open/delete/', LOGIN, 403, 200, 200],
  ['/u/alice/secret/', 404, 404, 200, 200],
  ['/u/alice/secret/tags/manage/', 404, 404, 200, 200],
  ['/u/alice/secret/layers/', 404, 404, 200, 200],
  ['/u/alice/secret/settings/', LOGIN, 404, 200, 200],
  ['/u/alice/nothing/', 404, 404, 404, 404],
  ['/_/busybox/', 200, 200, 200, 200],
  ['/_/busybox/settings/', LOGIN, 403, 403, 200],
  ['/account/welcome/', LOGIN, 200, 200, 200],
  ['/account/profile/', LOGIN, 200, 200, 200],
  ['/account/emails/', LOGIN, 200, 200, 200],
  ['/account/change-password/', LOGIN, 200, 200, 200],
  ['/account/repositories/add/', LOGIN, 200, 200, 200],
  ['/account/admin/', LOGIN, 403, 403, 200],
  ['/sandbox/class/', LOGIN, 403, 403, 200],
  ['/sandbox/class/cards/', LOGIN, 403, 403, 200],
  ['/sandbox/class/projector/', LOGIN, 403, 403, 200],
  ['/sandbox/class/students/student01/', LOGIN, 403, 403, 200],
  ['/sandbox/class/students/alice/', LOGIN, 403, 403, 404],
  ['/repos/alice/', 200, 200, 200, 200],
  ['/repos/nobody/', 404, 404, 404, 404],
  ['/u/nobody/', 404, 404, 404, 404],
];

/** Forms that must not change anything: sent by those who may not. */
const FORMS: readonly (readonly [
  path: string,
  fields: Fields,
  ...answers: (number | 'login')[],
])[] = [
  ['/u/alice/open/settings/', { description: 'mine' }, LOGIN, 403],
  ['/u/alice/open/delete/', { name: 'alice/open' }, LOGIN, 403],
  ['/u/alice/open/tags/manage/', { tag: 'latest' }, LOGIN, 403],
  ['/u/alice/secret/delete/', { name: 'alice/secret' }, LOGIN, 404],
  ['/_/busybox/delete/', { name: 'busybox' }, LOGIN, 403, 403],
  ['/account/repositories/add/', { namespace: 'alice', name: 'theirs' }, LOGIN, 403],
  ['/account/repositories/add/', { namespace: 'library', name: 'theirs' }, LOGIN, 403, 403],
  ['/account/admin/', { username: 'alice', action: 'promote' }, LOGIN, 403, 403],
  ['/account/admin/', { username: 'admin', action: 'deactivate' }, LOGIN, 403, 403, 403],
  ['/sandbox/class/', { act: 'freeze' }, LOGIN, 403, 403],
  ['/sandbox/class/students/student01/', { act: 'card' }, LOGIN, 403, 403],
  ['/sandbox/class/students/student01/', { act: 'restore', step: '0' }, LOGIN, 403, 403],
  ['/sandbox/class/students/alice/', { act: 'reset', sure: 'yes' }, LOGIN, 403, 403, 404],
];

describe('a page', () => {
  const visitors = new Map<Person, Visitor>();
  const hub = useHub({ people: ['alice', 'stranger'], class: 1 }, async () => {
    const auth = basic('alice');
    await pushImage(hub, auth, 'alice/open', makeImage('open'));
    await pushImage(hub, auth, 'alice/secret', makeImage('secret'));
    await setAccess(hub, auth, 'alice/secret', 'private');
    await pushImage(hub, basic('admin'), 'busybox', makeImage('busybox'));
    for (const person of PEOPLE) {
      const visitor = new Visitor(hub);
      if (person !== 'guest') await visitor.logIn(person);
      visitors.set(person, visitor);
    }
  });
  const as = (person: Person): Visitor => visitors.get(person) ?? new Visitor(hub);

  for (const [path, ...answers] of PAGES) {
    it(`${path} is for ${answers.join(', ')}`, async () => {
      for (const [index, person] of PEOPLE.entries()) {
        const { status, location } = await as(person).open(path);
        const answer = location?.startsWith('/account/login/') ? LOGIN : status;
        assert.equal(answer, answers[index], person);
      }
    });
  }

  for (const [path, fields, ...answers] of FORMS) {
    it(`${path} changes nothing for those who may not: ${JSON.stringify(fields)}`, async () => {
      for (const [index, wanted] of answers.entries()) {
        const person = PEOPLE[index] ?? 'guest';
        const { status, location } = await as(person).send(path, fields);
        const answer = location?.startsWith('/account/login/') ? LOGIN : status;
        assert.equal(answer, wanted, person);
      }
      for (const still of ['/u/alice/open/', '/_/busybox/']) {
        assert.equal((await as('guest').open(still)).status, 200);
      }
      const tags = `GET /v1/repositories/alice/open/tags`;
      await send(hub, tags, { auth: basic('alice') }).expect(/latest/);
      assert.equal((await as('alice').open('/account/admin/')).status, 403);
    });
  }

  it('names nothing that is private to others: lists, search, layers', async () => {
    const shared = makeImage('shared');
    await pushImage(hub, basic('alice'), 'alice/secret', shared, 'shared');
    await pushImage(hub, basic('alice'), 'alice/open', shared, 'shared');
    for (const person of ['guest', 'stranger'] as const) {
      for (const path of [
        '/',
        '/u/alice/',
        '/repos/alice/',
        '/search?q=secret',
        '/u/alice/open/layers/?tag=shared',
      ]) {
        assert.doesNotMatch(textOf((await as(person).open(path)).html), /alice ?\/ ?secret/, path);
      }
    }
    const own = await as('alice').open('/u/alice/open/layers/?tag=shared');
    assert.match(textOf(own.html), /alice\/secret/);
  });

  it('with an impossible name is not found', async () => {
    for (const path of ['/u/A/', '/u/alice/a%2Fb/', '/u/x/y/', '/_/%00/', '/u/__proto__/x/']) {
      assert.equal((await as('guest').open(path)).status, 404, path);
    }
  });

  it('is not there with the web off, and the API stays the same', async () => {
    const { startTestHub } = await import('../support/hub.js');
    await using plain = await startTestHub({ web: false });
    const headers = { Accept: 'text/html' };
    const root = await send(plain, 'GET /', { headers }).expect(200);
    assert.match(root.text, /^"hub-v1/);
    await send(plain, 'GET /nothing', { headers }).expect(404, '"Not found"');
  });

  it('is what browsers get at /; other clients get what they always got', async () => {
    assert.match((await as('guest').open('/')).html, /^<!doctype html>/);
    for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.5']) {
      const { text } = await send(hub, 'GET /', { headers: { Accept: accept } }).expect(200);
      assert.match(text, /^"hub-v1/, accept);
    }
  });
});
