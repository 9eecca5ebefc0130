/* Who may read an image: only who may read a repository that truly holds it (architecture.md, "The life of an image"). */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { asBytes, basic, send } from '../support/client.js';
import { storedImages } from '../support/files.js';
import { useHub } from '../support/hub.js';
import { layerOf, makeChain, makeImage, type TestImage } from '../support/images.js';
import {
  createRepository,
  deleteRepository,
  pushImage,
  putImage,
  putJson,
  putTag,
  readToken,
  setAccess,
} from '../support/pushes.js';

const ALICE = basic('alice');
const BOBBY = basic('bobby');
const CAROL = basic('carol');
const ADMIN = basic('admin');
const PARTS = ['json', 'layer', 'ancestry', 'files'];
const NOT_FOUND = { error: 'Image not found' };

const hub = useHub({
  onDisk: true,
  people: ['alice', 'bobby', 'carol'],
  // Time passes with every look at the clock, so that nothing happens in the same millisecond.
  clock: { now: () => ++now },
});
let now = Date.UTC(2014, 1, 3);

/** Pushes images into a repository that was private from the start. */
async function pushPrivately(
  auth: string,
  name: string,
  images: TestImage | readonly TestImage[],
): Promise<void> {
  await createRepository(hub, auth, name);
  await setAccess(hub, auth, name, 'private');
  await pushImage(hub, auth, name, images);
}

async function assertReadable(auth: string | undefined, { id, json, layer }: TestImage) {
  const gotJson = await asBytes(send(hub, `GET /v1/images/${id}/json`, { auth })).expect(200);
  assert.deepEqual(gotJson.body, json);
  const gotLayer = await asBytes(send(hub, `GET /v1/images/${id}/layer`, { auth })).expect(200);
  assert.deepEqual(gotLayer.body, layer);
}

async function assertHidden(auth: string | undefined, { id }: TestImage, what = ''): Promise<void> {
  for (const part of PARTS) {
    const asked = await send(hub, `GET /v1/images/${id}/${part}`, { auth }).expect(404);
    assert.deepEqual(asked.body, NOT_FOUND, `${part} ${what}`);
  }
  await send(hub, `HEAD /v1/images/${id}/layer`, { auth }).expect(404);
}

/** An image's files in the data directory, without the random ends of their names. */
async function filesOf({ id }: TestImage): Promise<string[]> {
  const names = await readdir(join(hub.folder, 'images', id));
  return names.map((name) => name.replace(/-.*/, '')).sort();
}

describe("naming another's image in one's own list", () => {
  const secret = makeImage('secret');
  const unfinished = makeImage('unfinished');
  const name = 'bobby/curious';
  let write: string;
  let read: string;

  before(async () => {
    await pushPrivately(ALICE, 'alice/secret', secret);
    const token = await createRepository(hub, ALICE, 'alice/unfinished', [unfinished]);
    const { id, json, layer } = unfinished;
    await send(hub, `PUT /v1/images/${id}/json`, { auth: token, body: json }).expect(200);
    await send(hub, `PUT /v1/images/${id}/layer`, { auth: token, body: layer }).expect(200);
    write = await createRepository(hub, BOBBY, name, [secret, unfinished]);
    const body = [{ id: secret.id, checksum: secret.payload }, { id: unfinished.id }];
    await send(hub, `PUT /v1/repositories/${name}/images`, { auth: BOBBY, body }).expect(204);
    read = await readToken(hub, name, BOBBY);
  });

  for (const [what, image] of Object.entries({
    'a private one': secret,
    'one on its way': unfinished,
  })) {
    it(`opens no part of ${what}`, async () => {
      await assertHidden(write, image, 'write token');
      await assertHidden(read, image, 'read token');
      await assertHidden(BOBBY, image, 'owner of the list');
      await assertHidden(CAROL, image, 'somebody else');
      await assertHidden(undefined, image, 'nobody');
    });

    it(`makes no tag of ${what}`, async () => {
      for (const auth of [write, BOBBY]) {
        await putTag(hub, auth, name, image).expect(404, NOT_FOUND);
      }
      await send(hub, `GET /v1/repositories/${name}/tags`).expect(200, {});
    });

    it(`gives no access to ${what}`, async () => {
      const line = `GET /v1/repositories/${name}/layer/${image.id}/access`;
      for (const auth of [write, read, BOBBY]) {
        await send(hub, line, { auth }).expect(200, { access: false });
      }
    });

    it(`builds nothing on ${what}`, async () => {
      const child = makeImage(`on ${what}`, { parent: image });
      const auth = await createRepository(hub, BOBBY, name, [image, child]);
      for (const each of [auth, BOBBY]) {
        const asked = putJson(hub, each, child);
        await asked.expect(400, { error: 'Image depends on an unauthorized parent' });
      }
    });
  }

  it('leaves it with its owner and the admin', async () => {
    await assertReadable(ALICE, secret);
    await assertReadable(ADMIN, secret);
    await assertReadable(await readToken(hub, 'alice/secret', ALICE), secret);
  });

  it('shows it once it is complete and public, and a push takes it over', async () => {
    const headers = { 'X-Docker-Checksum-Payload': unfinished.payload };
    const line = `PUT /v1/images/${unfinished.id}/checksum`;
    await send(hub, line, { auth: ALICE, headers }).expect(200);
    await assertReadable(undefined, unfinished);
    await assertHidden(write, unfinished, 'which the repository does not hold yet');
    const again = putJson(hub, write, unfinished);
    await again.expect(409, { error: 'Image already exists' });
    await assertReadable(write, unfinished);
    await putTag(hub, write, name, unfinished).expect(200, 'true');
  });
});

describe('a token', () => {
  it('opens what its own repository holds, and nothing else', async () => {
    const [one, two] = [makeImage('of one'), makeImage('of two')];
    const write = await pushImage(hub, ALICE, 'alice/one', one);
    await pushImage(hub, ALICE, 'alice/two', two);
    const read = await readToken(hub, 'alice/one');
    for (const auth of [write, read]) {
      await assertReadable(auth, one);
      await assertHidden(auth, two);
    }
    await assertReadable(ALICE, two);
  });
});

describe('a public base image', () => {
  it('is taken over without an upload, and outlives its first repository', async () => {
    const [base, child] = makeChain('base', 2) as [TestImage, TestImage];
    await pushImage(hub, ALICE, 'alice/base', base);
    const auth = await createRepository(hub, BOBBY, 'bobby/child', [base, child]);
    await assertReadable(auth, base);
    const again = putJson(hub, auth, base);
    await again.expect(409, { error: 'Image already exists' });
    await putImage(hub, auth, child);
    await putTag(hub, auth, 'bobby/child', child).expect(200);
    await deleteRepository(hub, ALICE, 'alice/base');
    await assertReadable(auth, base);
    await assertReadable(undefined, base);
    await send(hub, `GET /v1/images/${child.id}/ancestry`).expect(200, [child.id, base.id]);
    await deleteRepository(hub, BOBBY, 'bobby/child');
    await assertHidden(ADMIN, base);
    const stored = await storedImages(hub.folder);
    assert.ok(!stored.includes(base.id) && !stored.includes(child.id));
  });

  it('need not be listed to be built on, and comes with the child', async () => {
    const [base, child] = makeChain('not listed', 2) as [TestImage, TestImage];
    await pushImage(hub, ADMIN, 'library/busybox', base);
    const auth = await createRepository(hub, BOBBY, 'bobby/on-busybox', [child]);
    await putImage(hub, auth, child);
    await putTag(hub, auth, 'bobby/on-busybox', child).expect(200);
    await deleteRepository(hub, ADMIN, 'busybox');
    await assertReadable(auth, base);
  });
});

describe('a private image that somebody else pushes too', () => {
  it('with the very same bytes belongs to both, until the last lets go', async () => {
    const image = makeImage('same bytes');
    await pushPrivately(ALICE, 'alice/same', image);
    await pushPrivately(BOBBY, 'bobby/same', image);
    for (const auth of [ALICE, BOBBY]) await assertReadable(auth, image);
    for (const auth of [CAROL, undefined]) await assertHidden(auth, image);
    assert.deepEqual(await filesOf(image), ['image.json', 'json', 'layer']);
    await deleteRepository(hub, ALICE, 'alice/same');
    await assertReadable(BOBBY, image);
    await assertHidden(ALICE, image);
    await deleteRepository(hub, BOBBY, 'bobby/same');
    assert.ok(!(await storedImages(hub.folder)).includes(image.id));
  });

  const files = [{ name: 'etc/motd', content: Buffer.from('welcome') }];
  const packed = (level: number) => gzipSync(gunzipSync(layerOf(files)), { level });
  const base = makeImage('a common base', { layer: packed(9) });
  const rewritten = `{"Size":0,"container_config":{"Cmd":null},${base.json.toString().slice(1)}\n`;
  const again: readonly [what: string, image: TestImage][] = [
    ['a layer that is packed otherwise', makeImage('a common base', { layer: packed(1) })],
    [
      'a json that docker rewrote',
      makeImage('a common base', { json: rewritten, layer: packed(9) }),
    ],
    ['both', makeImage('a common base', { json: rewritten, layer: packed(1) })],
  ];
  for (const [what, theirs] of again) {
    it(`with ${what} belongs to both, as the first brought it`, async () => {
      assert.notEqual(theirs.payload, base.payload);
      await pushPrivately(ALICE, 'alice/base', base);
      await pushPrivately(BOBBY, 'bobby/base', theirs);
      for (const auth of [ALICE, BOBBY]) await assertReadable(auth, base);
      await assertHidden(CAROL, base);
      assert.deepEqual(await filesOf(base), ['image.json', 'json', 'layer']);
      await deleteRepository(hub, ALICE, 'alice/base');
      await assertReadable(BOBBY, base);
      await deleteRepository(hub, BOBBY, 'bobby/base');
    });
  }

  it('with whiteouts of another time belongs to both, as docker up to 1.7 makes them again', async () => {
    const removing = (mtime: number) =>
      makeImage('a removal', { layer: layerOf([...files, { name: 'bin/.wh.bash', mtime }]) });
    const [first, second] = [removing(1_400_000_000), removing(1_400_000_099)];
    assert.notEqual(first.payload, second.payload);
    await pushPrivately(ALICE, 'alice/removal', first);
    await pushPrivately(BOBBY, 'bobby/removal', second);
    for (const auth of [ALICE, BOBBY]) await assertReadable(auth, first);
    await deleteRepository(hub, ALICE, 'alice/removal');
    await deleteRepository(hub, BOBBY, 'bobby/removal');
  });

  const mine = makeImage('other bytes');
  const others: readonly [what: string, image: TestImage][] = [
    ['another json', makeImage('other bytes', { json: `{"id":"${mine.id}"}` })],
    ['another layer', makeImage('other bytes', { layer: Buffer.from('another layer') })],
    [
      'a file of another time',
      makeImage('other bytes', {
        layer: layerOf([{ name: 'seed', content: Buffer.from('other bytes'), mtime: 1 }]),
      }),
    ],
    [
      'both',
      makeImage('other bytes', { json: ` {"id":"${mine.id}"}`, layer: Buffer.from('both') }),
    ],
  ];
  for (const [what, theirs] of others) {
    it(`with ${what} is refused, and the first stays as it is`, async () => {
      await pushPrivately(ALICE, 'alice/mine', mine);
      const auth = await createRepository(hub, BOBBY, 'bobby/theirs', [theirs]);
      const { id, json, layer, payload } = theirs;
      await send(hub, `PUT /v1/images/${id}/json`, { auth, body: json }).expect(200);
      await send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }).expect(200);
      const headers = { 'X-Docker-Checksum-Payload': payload };
      await send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers }).expect(409);
      assert.notEqual((await putTag(hub, auth, 'bobby/theirs', theirs)).status, 200);
      for (const part of PARTS) {
        assert.notEqual((await send(hub, `GET /v1/images/${id}/${part}`, { auth })).status, 200);
      }
      await assertReadable(ALICE, mine);
      await deleteRepository(hub, BOBBY, 'bobby/theirs');
      assert.deepEqual(await filesOf(mine), ['image.json', 'json', 'layer']);
      await deleteRepository(hub, ALICE, 'alice/mine');
      assert.ok(!(await storedImages(hub.folder)).includes(mine.id));
    });
  }
});

describe('a repository that is made private later', () => {
  it('closes its images to others and ends the tokens they have', async () => {
    const image = makeImage('private later');
    const name = 'alice/later';
    await pushImage(hub, ALICE, name, image);
    const token = await readToken(hub, name, CAROL);
    await assertReadable(token, image);
    await setAccess(hub, ALICE, name, 'private');
    for (const auth of [undefined, CAROL]) {
      await assertHidden(auth, image);
      await send(hub, `GET /v1/repositories/${name}/tags/latest`, { auth }).expect(404);
    }
    await send(hub, `GET /v1/repositories/${name}/tags`, { auth: token }).expect(401);
    assert.notEqual(
      (await send(hub, `GET /v1/images/${image.id}/json`, { auth: token })).status,
      200,
    );
    await assertReadable(ALICE, image);
    await assertReadable(await readToken(hub, name, ALICE), image);
    await setAccess(hub, ALICE, name, 'public');
    await assertReadable(undefined, image);
    await assertReadable(await readToken(hub, name), image);
  });

  it('leaves those an image who took it over while it was public', async () => {
    const image = makeImage('taken over before');
    await pushImage(hub, ALICE, 'alice/was-public', image);
    await pushPrivately(BOBBY, 'bobby/took', []);
    await createRepository(hub, BOBBY, 'bobby/took', [image]);
    await setAccess(hub, ALICE, 'alice/was-public', 'private');
    await assertReadable(BOBBY, image);
    await assertReadable(ALICE, image);
    await assertHidden(CAROL, image);
    await createRepository(hub, CAROL, 'carol/late', [image]);
    await assertHidden(CAROL, image);
  });
});

describe('deleting the last holder', () => {
  it('removes the images from the disk, the unfinished too, and none that others hold', async () => {
    const [base, middle, top] = makeChain('goes', 3) as [TestImage, TestImage, TestImage];
    const unfinished = makeImage('goes unfinished');
    const before = await storedImages(hub.folder);
    await pushImage(hub, ALICE, 'alice/goes', [base, middle, top]);
    await pushImage(hub, ALICE, 'alice/stays', [base, middle]);
    const auth = await createRepository(hub, ALICE, 'alice/goes', [unfinished]);
    const { id, json, layer } = unfinished;
    await send(hub, `PUT /v1/images/${id}/json`, { auth, body: json }).expect(200);
    await send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }).expect(200);
    await deleteRepository(hub, ALICE, 'alice/goes');
    assert.deepEqual(await storedImages(hub.folder), [...before, base.id, middle.id].sort());
    await assertReadable(undefined, middle);
    await deleteRepository(hub, ALICE, 'alice/stays');
    assert.deepEqual(await storedImages(hub.folder), before);
  });

  it('by its delete token does so as well', async () => {
    const image = makeImage('goes by token');
    await pushImage(hub, ALICE, 'alice/token', image);
    const headers = { 'X-Docker-Token': 'true' };
    const begun = await send(hub, 'DELETE /v1/repositories/alice/token/', { auth: ALICE, headers });
    assert.equal(begun.status, 202);
    await assertHidden(undefined, image);
    const auth = `Token ${begun.headers['x-docker-token']}`;
    await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(401);
    await send(hub, 'DELETE /v1/repositories/alice/token/', { auth }).expect(200, 'true');
    assert.ok(!(await storedImages(hub.folder)).includes(image.id));
    await send(hub, 'DELETE /v1/repositories/alice/token/', { auth: ALICE }).expect(200);
  });
});
