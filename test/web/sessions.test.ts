import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { textOf, Visitor } from '../support/visitor.js';

/* Who is logged in: cookies, what ends them, and what they open. */

describe('a session', () => {
  const hub = useHub({ people: ['alice', 'bobby', 'carol', 'doris'] });

  /** Whether somebody sees pages of their own. */
  const isIn = async (visitor: Visitor): Promise<boolean> =>
    (await visitor.open('/account/profile/')).status === 200;

  const loggedIn = async (username: string): Promise<Visitor> => {
    const visitor = new Visitor(hub);
    assert.equal((await visitor.logIn(username)).location, '/account/welcome/');
    return visitor;
  };

  it('begins with a login by name or by address, in upper or lower case', async () => {
    for (const name of ['alice', 'alice@example.com', 'ALICE@Example.com']) {
      const visitor = new Visitor(hub);
      assert.equal((await visitor.logIn(name)).status, 303, name);
      assert.ok(await isIn(visitor), name);
    }
  });

  it('has a cookie that scripts and other sites do not see, and that is signed', async () => {
    const visitor = new Visitor(hub);
    const { headers } = await visitor.logIn('alice');
    const lines = headers['set-cookie'] as unknown as string[];
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /; path=\/; samesite=lax; httponly$/);
    assert.match(visitor.cookies, /^hub_session=[\w-]{43}; hub_session\.sig=[\w-]{27}$/);
  });

  it('does not begin with a wrong password, a missing account, or a cookie that was changed', async () => {
    for (const [name, password] of [
      ['alice', 'wrong'],
      ['nobody', PASSWORD],
      ['nobody@example.com', PASSWORD],
      ['', ''],
    ] as const) {
      const visitor = new Visitor(hub);
      const { status, html } = await visitor.logIn(name, password);
      assert.equal(status, 200);
      assert.match(html, /alert-error/);
      assert.ok(!(await isIn(visitor)), name);
    }
    const cookies = (await loggedIn('alice')).cookies;
    for (const changed of [
      cookies.replace(/sig=./, 'sig=_'),
      cookies.replace(/session=./, 'session=_'),
      cookies.replace(/;.*/, ''),
    ]) {
      const { status } = await new Visitor(hub).open('/account/profile/', { Cookie: changed });
      assert.equal(status, 303);
    }
  });

  it('ends with a log out, which is a form', async () => {
    const visitor = await loggedIn('alice');
    const { cookies } = visitor;
    assert.equal((await visitor.open('/account/logout/')).status, 200);
    assert.ok(await isIn(visitor));
    assert.equal((await visitor.send('/account/logout/', {})).location, '/');
    const again = await new Visitor(hub).open('/account/profile/', { Cookie: cookies });
    assert.equal(again.status, 303);
  });

  it('ends when the password changes, except the one that changed it', async () => {
    const other = await loggedIn('bobby');
    const visitor = await loggedIn('bobby');
    const fields = { old_password: PASSWORD, new_password1: 'a better one' };
    const wrong = await visitor.send('/account/change-password/', {
      ...fields,
      new_password2: 'another',
    });
    assert.equal(wrong.status, 400);
    assert.ok(await isIn(other));
    const done = await visitor.send('/account/change-password/', {
      ...fields,
      new_password2: 'a better one',
    });
    assert.equal(done.location, '/account/change-password-done/');
    assert.ok(await isIn(visitor));
    assert.ok(!(await isIn(other)));
    await send(hub, 'GET /v1/users/', { auth: basic('bobby', 'a better one') }).expect(200);
  });

  it('ends with a password that is changed over the API', async () => {
    const visitor = await loggedIn('carol');
    const body = { password: 'a better one' };
    await send(hub, 'PUT /v1/users/carol/', { auth: basic('carol'), body }).expect(204);
    assert.ok(!(await isIn(visitor)));
  });

  it('ends when the account is not active, and does not come back', async () => {
    const visitor = await loggedIn('doris');
    await hub.users.deactivate('doris');
    assert.ok(!(await isIn(visitor)));
    const refused = await new Visitor(hub).logIn('doris');
    assert.equal(refused.status, 403);
    assert.match(textOf(refused.html), /not active/);
    await hub.users.activate('doris');
    assert.ok(!(await isIn(visitor)));
  });

  it('opens nothing but pages', async () => {
    const { cookies } = await loggedIn('alice');
    const headers = { Cookie: cookies };
    await send(hub, 'GET /v1/users/', { headers }).expect(401);
    await send(hub, 'PUT /v1/repositories/alice/web/', { headers, body: [] }).expect(401);
    await send(hub, 'GET /v2/', { headers }).expect(401);
    await send(hub, 'GET /_hub/users', { headers }).expect(404);
  });

  it('leads back to the page that asked for it, and to none of another site', async () => {
    const visitor = new Visitor(hub);
    const asked = await visitor.open('/account/emails/?x=1');
    const login = '/account/login/?next=%2Faccount%2Femails%2F%3Fx%3D1';
    assert.deepEqual([asked.status, asked.location], [303, login]);
    assert.match((await visitor.open(login)).html, /name="next" value="\/account\/emails\/\?x=1"/);
    for (const [next, location] of [
      ['/account/emails/?x=1', '/account/emails/?x=1'],
      ['//example.com/', '/account/welcome/'],
      ['/\\example.com/', '/account/welcome/'],
      ['https://example.com/', '/account/welcome/'],
      ['javascript:alert(1)', '/account/welcome/'],
      ['/a\r\nX-Evil: 1', '/account/welcome/'],
    ] as const) {
      const fields = { username: 'alice', password: PASSWORD, next };
      const sent = await new Visitor(hub).send('/account/login/', fields);
      assert.equal(sent.location, location, next);
    }
  });

  it('belongs to one start of the hub: the next one does not know its cookie', async () => {
    const visitor = await loggedIn('alice');
    await hub.restart();
    assert.ok(!(await isIn(visitor)));
  });
});

describe('wrong passwords', () => {
  it('count together, by the form and over the API, and by name and by address', async () => {
    await using hub = await startTestHub({ people: ['alice'], loginLimit: 3 });
    const visitor = new Visitor(hub);
    await visitor.logIn('alice', 'wrong');
    await visitor.logIn('alice@example.com', 'wrong');
    await send(hub, 'GET /v1/users/', { auth: basic('alice', 'wrong') }).expect(401);
    const { status, headers, html } = await visitor.logIn('alice', 'wrong');
    assert.equal(status, 429);
    assert.match(textOf(html), /Too many wrong passwords/);
    await send(hub, 'GET /v1/users/', { auth: basic('alice') }).expect(429);
    assert.equal(headers['set-cookie'], undefined);
  });
});

describe('a form of another site', () => {
  const hub = useHub({ people: ['alice'] });

  const foreign: readonly Readonly<Record<string, string>>[] = [
    { Origin: 'http://example.com' },
    { Origin: 'null' },
    { Origin: 'http://127.0.0.1:1' },
    { Referer: 'http://example.com/page' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ];
  for (const headers of foreign) {
    it(`is refused by ${JSON.stringify(headers)}`, async () => {
      const visitor = new Visitor(hub);
      await visitor.logIn('alice');
      const fields = { namespace: 'alice', name: 'made' };
      const { status, html } = await visitor.send('/account/repositories/add/', fields, headers);
      assert.equal(status, 403);
      assert.match(textOf(html), /another site/);
      assert.equal((await visitor.open('/u/alice/made/')).status, 404);
    });
  }

  it('is told from our own by its host and port', async () => {
    const visitor = new Visitor(hub);
    const own = { Origin: hub.url, Referer: `${hub.url}/`, 'Sec-Fetch-Site': 'same-origin' };
    const fields = { username: 'alice', password: PASSWORD };
    assert.equal((await visitor.send('/account/login/', fields, own)).status, 303);
  });

  it('is refused as another content type, too', async () => {
    const visitor = new Visitor(hub);
    const headers = { 'Content-Type': 'text/plain' };
    const { status } = await visitor.send('/account/login/', { username: 'alice' }, headers);
    assert.equal(status, 400);
  });
});
