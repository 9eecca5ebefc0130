import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PASSWORD, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { textOf, Visitor } from '../support/visitor.js';

/*
 * The names under which pages open on a hub that only this machine reaches. A name of somebody else's that leads here
 * (DNS rebinding) would have their page read these, and send their forms.
 */

const OWN = ['localhost', 'LOCALHOST:5000', '127.0.0.1:1', '127.1.2.3', '[::1]:80', 'a.localhost'];
const GIVEN = ['hub.example:8080', 'Hub.Example', 'hub.example.', 'registry-1.docker.io'];
const ADDRESSES = ['192.0.2.7:5000', '[2001:db8::7]:5000'];
const FOREIGN = [
  'evil.example',
  'evil.example:5000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
];

describe('on a hub that only this machine reaches', () => {
  const hub = useHub({ endpoints: 'hub.example', as: 'index.docker.io' });

  for (const host of [...OWN, ...GIVEN, ...ADDRESSES]) {
    it(`pages open as ${host}`, async () => {
      const guest = new Visitor(hub);
      assert.equal((await guest.open('/', { Host: host })).status, 200);
      const login = { username: 'admin', password: PASSWORD };
      const { status } = await guest.send('/account/login/', login, { Host: host });
      assert.equal(status, 303);
    });
  }

  for (const host of FOREIGN) {
    it(`no page opens as ${host}, and no form is taken, although an admin is logged in`, async () => {
      const admin = new Visitor(hub);
      await admin.logIn('admin');
      for (const path of ['/', '/sandbox/live/', '/account/profile/', '/login', '/search']) {
        const { status, html } = await admin.open(path, { Host: host });
        assert.equal(status, 403, path);
        assert.match(textOf(html), /127\.0\.0\.1.*--endpoints/);
      }
      const form = { username: 'admin', change: 'deactivate' };
      const sent = await admin.send('/account/admin/', form, { Host: host });
      assert.equal(sent.status, 403);
      const chinese = await admin.open('/?lang=zh', { Host: host });
      assert.match(chinese.html, /地址栏.*--endpoints/);
    });

    it(`the API answers as ${host}, as it does as anything`, async () => {
      const headers = { Host: host };
      await send(hub, 'GET /v1/_ping', { headers }).expect(200);
      await send(hub, 'GET /', { headers }).expect(200);
      await send(hub, 'GET /v1/search?q=x', { headers }).expect(200);
    });
  }
});

it('a hub that others reach does not know all its names, and answers to any', async () => {
  await using hub = await startTestHub({ host: '0.0.0.0' });
  const guest = new Visitor({ url: `http://127.0.0.1:${hub.port}` });
  assert.equal((await guest.open('/', { Host: 'hub.class.example' })).status, 200);
});
