/* Bytes that are under way while the account that sends them changes: what comes of them is nobody's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { digestOf } from '../support/modern-docker/images.js';
import { createRepository, putJson } from '../support/pushes.js';
import { beginUpload, fails, putBlob, tokenFor } from '../support/registry-v2.js';
import { openBody, openUpload } from '../support/uploads.js';

const hub = useHub({ people: ['alice', 'robert'] });

/** What becomes of an account, and the status of what it was sending. */
const CHANGES = {
  password: {
    status: 401,
    change: (username: string) =>
      send(hub, `PUT /v1/users/${username}`, {
        auth: basic('admin'),
        body: { password: 'another-one' },
      }).expect(204),
  },
  deactivation: { status: 403, change: (username: string) => hub.users.deactivate(username) },
  removal: { status: 401, change: (username: string) => hub.users.delete(username) },
  successor: {
    status: 401,
    change: async (username: string) => {
      await hub.users.delete(username);
      await hub.users.create({ username, password: PASSWORD });
    },
  },
} as const;

const WAYS = {
  'one POST': async (name: string, _auth: string, digest: string) =>
    `POST /v2/${name}/blobs/uploads/?digest=${digest}`,
  'a PUT': async (name: string, auth: string, digest: string) =>
    `PUT ${await beginUpload(hub, auth, name)}?digest=${digest}`,
};

let people = 0;

/** The name of a new account. */
async function somebody(): Promise<string> {
  people += 1;
  const username = `sender${people}`;
  await hub.users.create({ username, password: PASSWORD });
  return username;
}

describe('a blob that is under way', () => {
  for (const [what, { status, change }] of Object.entries(CHANGES)) {
    for (const [way, line] of Object.entries(WAYS)) {
      for (const kind of ['password', 'token'] as const) {
        it(`as ${way} with a ${kind} does not outlast the ${what} of its account`, async () => {
          const username = await somebody();
          const name = `${username}/app`;
          const login = basic(username);
          const auth =
            kind === 'password'
              ? login
              : await tokenFor(hub, login, `repository:${name}:pull,push`);
          const bytes = Buffer.from(`${what} ${way} ${kind}`);
          const digest = digestOf(bytes);
          const sending = await openBody(hub.url, auth, await line(name, auth, digest));
          await sending.write(bytes.subarray(0, 2));
          await change(username);
          assert.equal((await sending.end(bytes.subarray(2))).status, status);
          const admin = basic('admin');
          await fails(send(hub, `GET /v2/${name}/tags/list`, { auth: admin }), 404, 'NAME_UNKNOWN');
          // Nor is it anywhere, to be mounted.
          const mount = `POST /v2/admin/app/blobs/uploads/?mount=${digest}`;
          await send(hub, mount, { auth: admin }).expect(202);
        });
      }
    }
  }

  it('outlasts a change of somebody else', async () => {
    const bytes = Buffer.from('alice herself');
    const line = `POST /v2/alice/app/blobs/uploads/?digest=${digestOf(bytes)}`;
    const sending = await openBody(hub.url, basic('alice'), line);
    await hub.users.deactivate('robert');
    assert.equal((await sending.end(bytes)).status, 201);
    await putBlob(hub, basic('alice'), 'alice/app', bytes);
  });
});

describe('a layer that is under way over v1', () => {
  for (const [what, { status, change }] of Object.entries(CHANGES)) {
    it(`does not outlast the ${what} of its account`, async () => {
      const username = await somebody();
      const auth = basic(username);
      const image = makeImage(`layer ${what}`);
      await createRepository(hub, auth, `${username}/app`, [image]);
      await putJson(hub, auth, image).expect(200);
      const sending = await openUpload(hub.url, auth, image.id);
      await sending.write(image.layer.subarray(0, 2));
      await change(username);
      assert.equal((await sending.end(image.layer.subarray(2))).status, status);
    });
  }
});
