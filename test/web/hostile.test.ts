import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';
import { textOf, Visitor } from '../support/visitor.js';

/* What people type and push is shown as the text that it is, and nothing of it runs. */

const HOSTILE: Readonly<Record<string, string>> = {
  script: '<script>alert(1)</script>',
  attribute: '" onmouseover="alert(1)" x="',
  picture: '<img src=x onerror=alert(1)>',
  svg: '<svg onload=alert(1)><script>alert(1)</script></svg>',
  style: '<style>*{display:none}</style><link rel=stylesheet href=//example.com/x.css>',
  frame:
    '<iframe src="javascript:alert(1)"></iframe><object data=x></object><base href=//example.com/>',
  form: '</textarea></form><form action="//example.com/"><input name=password>',
  comment: '--><!-- ]]> </title><script>alert(1)</script>',
  markdown: '[x](javascript:alert(1)) [y](data:text/html,x) [z](vbscript:x) <javascript:alert(1)>',
  pictures:
    '![x](https://example.com/spy.png) ![y](javascript:alert(1)) [![z](//example.com/z.png)](/u)',
  reference: '[x][1]\n\n[1]: javascript:alert(1) "onclick=alert(1)"',
  entities: '&lt;script&gt;alert(1)&lt;/script&gt; &#106;avascript:alert(1)',
  rightToLeft: '\u202eexe.gpj \u200f\u05d0\u05d1\u05d2 \u0627\u0644\u0639\u0631\u0628\u064a\u0629',
  controls: '\u0000\u0007\u001b[31mred\u0085\u2028',
  long: 'w'.repeat(10_000),
  deep: `${'>'.repeat(5_000)} ${'['.repeat(5_000)} ${'*'.repeat(5_000)} ${'- '.repeat(2_000)}`,
};

/** Tags that run or load something, but for the page's own style and script. */
const TAGS =
  /<(?:script(?! type="module" src="\/static\/)|iframe|object|embed|base|img|style|link(?! rel="(?:icon|stylesheet)" href="\/static\/))/i;

/** Addresses that run something, or are another host's where that is asked without a click. */
const ADDRESSES =
  /\s(?:href|src|action)="(?:javascript|vbscript|data):|\s(?:src|action)="(?:https?:)?\/\//i;

/** Fails for markup in which something would run. */
function assertHarmless(html: string, path: string): void {
  assert.doesNotMatch(html, TAGS, path);
  assert.doesNotMatch(html, ADDRESSES, path);
  // In what is left once quoted values are gone, an attribute is one.
  assert.doesNotMatch(html.replaceAll(/="[^"]*"/g, '=""'), /<[^>]*\son\w+=/i, path);
}

describe('hostile texts', () => {
  const hub = useHub({ people: ['alice', 'bobby'], class: 1 }, async () => {
    const auth = basic('alice');
    for (const [name, text] of Object.entries(HOSTILE)) {
      const image = makeImage(`hostile ${name}`);
      await pushImage(hub, auth, `alice/${name}`, image);
      const description = text.slice(0, 1000);
      await send(hub, `PUT /v1/repositories/alice/${name}/properties`, {
        auth,
        body: { description },
      }).expect(200);
    }
  });

  for (const [name, text] of Object.entries(HOSTILE)) {
    it(`of a repository are harmless on every page: ${name}`, async () => {
      const alice = new Visitor(hub);
      await alice.logIn('alice');
      const full = { description: text.slice(0, 1000), full_description: text };
      const saved = await alice.send(`/u/alice/${name}/settings/`, full);
      assert.equal(saved.status, 303);
      const paths = ['', 'tags/manage/', 'layers/', 'settings/', 'delete/'];
      const pages = [
        ...paths.map((path) => `/u/alice/${name}/${path}`),
        '/u/alice/',
        '/',
        '/search',
      ];
      for (const path of pages) {
        for (const lang of ['en', 'zh']) {
          const { status, html } = await alice.open(`${path}?lang=${lang}`);
          assert.equal(status, 200, path);
          assertHarmless(html, path);
        }
      }
    });

    it(`in a query, a form or a path are harmless: ${name}`, async () => {
      const bobby = new Visitor(hub);
      await bobby.logIn('bobby');
      const asked = encodeURIComponent(text.slice(0, 2_000));
      for (const path of [
        `/search?q=${asked}`,
        `/repos/alice/?filter=${asked}`,
        `/account/welcome/?deleted=${asked}`,
        `/account/login/?next=${asked}`,
        `/u/alice/long/layers/?tag=${asked}`,
        `/u/${asked}/`,
        `/u/alice/${asked}/`,
        `/_/${asked}/tags/manage/`,
        `/nothing/${asked}`,
      ]) {
        const { status, html } = await bobby.open(path);
        assert.ok(status < 500, `${path}: ${status}`);
        assertHarmless(html, path);
      }
      const profile = { full_name: text, location: text, company: text, profile_url: text };
      for (const [path, fields] of [
        ['/account/profile/', profile],
        ['/account/emails/', { email: text }],
        ['/account/signup/', { username: text, email: text, password1: text, password2: text }],
        ['/account/login/', { username: text, password: text, next: text }],
        ['/account/repositories/add/', { namespace: text, name: text, description: text }],
        ['/u/alice/long/delete/', { name: text }],
        ['/account/admin/', { username: text, action: text }],
      ] as const) {
        const { status, html } = await bobby.send(path, fields);
        assert.ok(status < 500, `${path}: ${status}`);
        assertHarmless(html, path);
      }
    });
  }

  it('of a student are harmless on the pages of their class', async () => {
    const teacher = new Visitor(hub);
    await teacher.logIn('admin');
    const card = '/sandbox/class/students/student01/';
    const [, password = ''] = /Password on the card: <code>(\w+)</.exec(
      (await teacher.open(card)).html,
    ) ?? [''];
    const student = new Visitor(hub);
    await student.logIn('student01', password);
    for (const [name, text] of Object.entries(HOSTILE)) {
      const asked = encodeURIComponent(text.slice(0, 2_000));
      await student.send('/account/profile/', { full_name: text.slice(0, 200) });
      await send(hub, `GET /v1/search?q=${asked}`, { auth: basic('student01', password) });
      for (const path of [
        '/sandbox/class/',
        '/sandbox/class/projector/?names=1',
        '/sandbox/class/projector/?follow=student01',
        `/sandbox/class/projector/?follow=${asked}`,
        `/sandbox/class/cards/?address=${asked}`,
        `/sandbox/class/cards/?only=${asked}`,
        `/sandbox/class/students/${asked}/`,
        card,
      ]) {
        const { status, html } = await teacher.open(path);
        assert.ok(status < 500, `${name}: ${path}: ${status}`);
        assertHarmless(html, path);
      }
      const fields = { act: text, step: text, sure: text };
      for (const path of ['/sandbox/class/', card]) {
        const { status, html } = await teacher.send(path, fields);
        assert.ok(status < 500, `${name}: ${path}: ${status}`);
        assertHarmless(html, path);
      }
    }
  });

  it('are still there to be read', async () => {
    const visitor = new Visitor(hub);
    const { html } = await visitor.open('/u/alice/script/');
    assert.ok(textOf(html).includes('<script>alert(1)</script>'));
    assert.match((await visitor.open('/u/alice/pictures/')).html, />x<\/a>/);
  });

  it('are stopped by the page’s policy as well', async () => {
    const { headers } = await new Visitor(hub).open('/u/alice/script/');
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  });
});
