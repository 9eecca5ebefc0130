import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { failingPage } from '../support/damaged-image.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';
import { textOf, Visitor } from '../support/visitor.js';

/* What went wrong is a page for a browser, in its language, with a way back; for everybody else it stays as it was. */

describe('an answer that is an error', () => {
  const hub = useHub({ people: ['alice', 'bobby'], onDisk: true });

  const visitors = async (): Promise<Record<'guest' | 'bobby', Visitor>> => {
    const bobby = new Visitor(hub);
    await bobby.logIn('bobby');
    return { guest: new Visitor(hub), bobby };
  };

  const CASES = [
    [404, 'guest', () => '/u/alice/nothing/', /There is nothing here/, /这里什么也没有/],
    [404, 'guest', () => '/nowhere', /There is nothing here/, /这里什么也没有/],
    [403, 'bobby', () => '/account/admin/', /You may not do this/, /不允许这样做/],
    [
      500,
      'guest',
      () => failingPage(hub),
      /The hub could not do this.*in the log/,
      /Hub 没能完成.*Hub 的日志/,
    ],
  ] as const;

  for (const [status, person, where, english, chinese] of CASES) {
    it(`${status} is a page in both languages: ${english.source}`, async () => {
      const { [person]: visitor } = await visitors();
      const path = await where();
      for (const [language, said] of [
        ['en', english],
        ['zh-CN', chinese],
      ] as const) {
        // Not by `open`: a failure of the hub is no part of the contract.
        const headers = {
          ...{ Accept: 'text/html', 'Accept-Language': language, Cookie: visitor.cookies },
        };
        const page = await send(hub, `GET ${path}`, { headers, unchecked: true });
        const html = page.text;
        assert.equal(page.status, status);
        assert.match(page.headers['content-type'] ?? '', /^text\/html/);
        assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'/);
        assert.match(html, new RegExp(`<html lang="${language}"`));
        assert.match(textOf(html), said);
        assert.match(html, /<a class="button" href="\/">/);
        // Where it lies is for the log.
        assert.ok(!html.includes(hub.folder));
      }
    });
  }

  it('stays as it was for clients that do not ask for HTML', async () => {
    await send(hub, 'GET /v1/nowhere').expect(404);
    const { headers } = await send(hub, 'GET /nowhere', { headers: { Accept: '*/*' } }).expect(404);
    assert.match(headers['content-type'] ?? '', /^application\/json/);
  });
});

describe('a form for an account', () => {
  const hub = useHub({ people: ['alice'] });

  it('names everything that is wrong at once', async () => {
    const guest = new Visitor(hub);
    const fields = { username: 'no', email: 'nowhere', password1: 'abc', password2: 'abd' };
    const { status, html } = await guest.send('/account/signup/', fields);
    assert.equal(status, 400);
    for (const said of [
      /A user name has 4 to 30/,
      /not an e-mail address/,
      /at least 5 characters, and/,
      /two passwords are not the same/,
    ]) {
      assert.match(textOf(html), said);
    }
    const taken = { ...fields, username: 'alice', email: 'alice@example.org' };
    assert.match(
      textOf((await guest.send('/account/signup/', taken)).html),
      /already taken.*at least 5 characters, and/,
    );
    assert.doesNotMatch(html, /abc|abd/);
  });
});

describe('where nobody is asked who they are', () => {
  const hub = useHub({ anonymous: 'push' });

  it('the pages do not speak of a login for a push', async () => {
    await pushImage(hub, basic('admin'), 'library/common', makeImage('common'));
    const guest = new Visitor(hub);
    const list = textOf((await guest.open('/official/')).html);
    assert.match(list, /anybody can push one/);
    assert.doesNotMatch(list, /Only admins/);
    assert.doesNotMatch((await guest.open('/_/common/')).html, /badge official/);
    assert.match(textOf((await guest.open('/')).html), /asks nobody who they are/);
  });
});

describe('what can be typed on a page', () => {
  const hub = useHub({ people: ['alice'] });

  it('has a login where the repository is private', async () => {
    const alice = new Visitor(hub);
    await alice.logIn('alice');
    for (const [name, access, curl] of [
      ['open', 'off', `curl ${hub.url}/v1/repositories/alice/open/images`],
      ['secret', 'on', `curl -u alice ${hub.url}/v1/repositories/alice/secret/images`],
    ] as const) {
      const fields = { namespace: 'alice', name, is_private: access };
      await alice.send('/account/repositories/add/', fields);
      assert.ok(textOf((await alice.open(`/u/alice/${name}/`)).html).includes(curl), name);
    }
  });
});
