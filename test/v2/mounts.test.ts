/** Blobs that another repository has already: by whom they may be mounted, and what becomes of the others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { digestOf } from '../support/modern-docker/images.js';
import { createRepository, deleteRepository, setAccess } from '../support/pushes.js';
import { fails, putBlob, tokenFor } from '../support/registry-v2.js';

const OPEN = Buffer.from('in a public repository');
const SECRET = Buffer.from('in a private repository');
const HIDDEN = Buffer.from('in a private repository, and nowhere else');
const ALICE = basic('alice');
const ROBERT = basic('robert');
const ADMIN = basic('admin');

const hub: OwnHub = useHub({ people: ['alice', 'robert'] }, async () => {
  await putBlob(hub, ALICE, 'alice/open', OPEN);
  await createRepository(hub, ALICE, 'alice/secret');
  await setAccess(hub, ALICE, 'alice/secret', 'private');
  await putBlob(hub, ALICE, 'alice/secret', SECRET);
  await putBlob(hub, ALICE, 'alice/secret', HIDDEN);
  await putBlob(hub, ADMIN, 'official', Buffer.from('official'));
});

function mount(auth: string, name: string, bytes: Buffer, from?: string) {
  const source = from === undefined ? '' : `&from=${from}`;
  return send(hub, `POST /v2/${name}/blobs/uploads/?mount=${digestOf(bytes)}${source}`, { auth });
}

async function comes(auth: string, name: string, bytes: Buffer): Promise<void> {
  const got = await asBytes(send(hub, `GET /v2/${name}/blobs/${digestOf(bytes)}`, { auth }));
  assert.equal(got.status, 200);
  assert.ok(bytes.equals(got.body as Buffer));
}

describe('a mount', () => {
  const official = Buffer.from('official');
  const cases: readonly [what: string, auth: string, name: string, bytes: Buffer, from?: string][] =
    [
      ['of what is public', ROBERT, 'robert/a', OPEN, 'alice/open'],
      ['of what is public, escaped', ROBERT, 'robert/b', OPEN, 'alice%2Fopen'],
      ['of what is public, from anywhere', ROBERT, 'robert/c', OPEN],
      ['of an official one', ROBERT, 'robert/d', official, 'official'],
      ['of an official one by its long name', ROBERT, 'robert/e', official, 'library/official'],
      ["of one's own that is private", ALICE, 'alice/f', SECRET, 'alice/secret'],
      ["of one's own, from anywhere", ALICE, 'alice/g', SECRET],
      ["of somebody's, as an admin", ADMIN, 'robert/h', SECRET, 'alice/secret'],
      ['of what the repository has', ALICE, 'alice/open', OPEN, 'alice/open'],
    ];
  for (const [what, auth, name, bytes, from] of cases) {
    it(`gives the repository the blob: ${what}`, async () => {
      const { headers } = await mount(auth, name, bytes, from).expect(201, '');
      assert.equal(headers.location, `/v2/${name}/blobs/${digestOf(bytes)}`);
      await comes(auth, name, bytes);
    });
  }

  const refused: readonly [what: string, bytes: Buffer, from?: string][] = [
    ['of what is private', HIDDEN, 'alice/secret'],
    ['of what is private, from anywhere', HIDDEN],
    ['from a repository that has another', OPEN, 'official'],
    ['from a repository that is not here', OPEN, 'alice/none'],
    ['from a name that no repository can have', OPEN, 'a/b/c/d'],
    ['of what is nowhere', Buffer.from('nowhere'), 'alice/open'],
  ];
  for (const [what, bytes, from] of refused) {
    it(`is an upload that has begun: ${what}`, async () => {
      const { headers } = await mount(ROBERT, 'robert/refused', bytes, from).expect(202, '');
      const { location = '', range } = headers;
      assert.equal(range, '0-0');
      const line = `HEAD /v2/robert/refused/blobs/${digestOf(bytes)}`;
      await send(hub, line, { auth: ROBERT }).expect(404);
      await send(hub, `DELETE ${location}`, { auth: ROBERT }).expect(204);
    });
  }

  it('with a token is bound by the rights of its account', async () => {
    const token = await tokenFor(
      hub,
      ROBERT,
      'repository:robert/token:pull,push',
      'repository:alice/secret:pull',
      'repository:alice/open:pull',
    );
    await mount(token, 'robert/token', HIDDEN, 'alice/secret').expect(202);
    await mount(token, 'robert/token', OPEN, 'alice/open').expect(201);
  });

  it('with a token takes private blobs only from repositories in its scopes', async () => {
    const own = await tokenFor(hub, ALICE, 'repository:alice/narrow:pull,push');
    await mount(own, 'alice/narrow', HIDDEN, 'alice/secret').expect(202);
    await mount(own, 'alice/narrow', HIDDEN).expect(202);
    await mount(own, 'alice/narrow', OPEN).expect(201);
    await comes(own, 'alice/narrow', OPEN);
    const secret = await tokenFor(hub, ALICE, 'repository:alice/secret:pull,push');
    await mount(secret, 'alice/secret', HIDDEN, 'alice/secret').expect(201);
    const scopes = ['repository:alice/wide:pull,push', 'repository:alice/secret:pull'];
    const both = await tokenFor(hub, ALICE, ...scopes);
    await mount(both, 'alice/wide', HIDDEN, 'alice/secret').expect(201);
    await mount(both, 'alice/wide', SECRET).expect(201);
  });

  it('from a name with capitals becomes an upload', async () => {
    await mount(ROBERT, 'robert/capitals', OPEN, 'Alice/Open').expect(202);
  });

  it('of an invalid digest is refused', async () => {
    const line = 'POST /v2/robert/none/blobs/uploads/?mount=sha256:12&from=alice/open';
    await fails(send(hub, line, { auth: ROBERT }), 400, 'DIGEST_INVALID');
  });

  it('lasts when the source is deleted', async () => {
    const bytes = Buffer.from('that lasts');
    await putBlob(hub, ALICE, 'alice/going', bytes);
    await mount(ROBERT, 'robert/lasting', bytes, 'alice/going').expect(201);
    await deleteRepository(hub, ALICE, 'alice/going');
    await comes(ROBERT, 'robert/lasting', bytes);
  });
});
