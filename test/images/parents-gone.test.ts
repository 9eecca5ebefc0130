/*
 * A push takes its time, and what an image is built on may go meanwhile, or be closed to the pusher: then the image is
 * refused, as at the beginning of its push. None is complete that is built on nothing.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { OPERATOR } from '../../src/domain/access/access.js';
import { parseRepositoryName } from '../../src/domain/repositories/names.js';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { makeModernImage } from '../support/modern-docker/images.js';
import {
  createRepository,
  deleteRepository,
  pushImage,
  putChecksum,
  putJson,
  putLayer,
  setAccess,
} from '../support/pushes.js';
import { pushModern } from '../support/registry-v2.js';

const ALICE = basic('alice');
const BOBBY = basic('bobby');
const MISSING = { error: 'Image depends on a non existing parent' };
const UNAUTHORIZED = { error: 'Image depends on an unauthorized parent' };

const hub = useHub({ onDisk: true, people: ['alice', 'bobby'], harness: false });

/** What becomes of a parent between the layer of a child and its checksum; resolves to what it is. */
interface Fate {
  readonly parent: string;
  readonly readied: () => Promise<{ readonly id: string; readonly meet: () => Promise<unknown> }>;
  readonly error: { readonly error: string };
}

const FATES: readonly Fate[] = [
  {
    parent: 'whose manifest is deleted over v2',
    readied: async () => {
      const image = makeModernImage('manifest');
      await pushModern(hub, ALICE, 'alice/manifest', image, '1');
      await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
      const line = `DELETE /v2/alice/manifest/manifests/${image.manifest.digest}`;
      return { id: image.id, meet: () => send(hub, line, { auth: ALICE }).expect(202) };
    },
    error: MISSING,
  },
  {
    parent: 'whose repository is deleted',
    readied: async () => {
      const { id } = await pushOne('deleted');
      return { id, meet: () => deleteRepository(hub, BOBBY, 'bobby/deleted') };
    },
    error: MISSING,
  },
  {
    parent: 'whose repository is made private',
    readied: async () => {
      const { id } = await pushOne('closed');
      return { id, meet: () => setAccess(hub, BOBBY, 'bobby/closed', 'private') };
    },
    error: UNAUTHORIZED,
  },
];

async function pushOne(name: string): Promise<TestImage> {
  const image = makeImage(name);
  await pushImage(hub, BOBBY, `bobby/${name}`, image);
  return image;
}

/** The first half of the push of an image: its sum is not named yet. */
async function begin(name: string, image: TestImage): Promise<void> {
  await createRepository(hub, ALICE, name, [image]);
  await putJson(hub, ALICE, image).expect(200);
  await putLayer(hub, ALICE, image).expect(200);
}

describe('an image on its way', () => {
  for (const [index, { parent, readied, error }] of FATES.entries()) {
    it(`is refused on a parent ${parent}`, async () => {
      const { id, meet } = await readied();
      const child = makeImage(`child ${index}`, { parent: { id } });
      await begin(index === 0 ? 'alice/manifest' : `alice/child-${index}`, child);
      await meet();
      await putChecksum(hub, ALICE, child).expect(400, error);
      await putJson(hub, ALICE, child).expect(400, error);
      assert.ok(!(await readdir(join(hub.folder, 'images'))).includes(child.id));
      assert.deepEqual(await readdir(join(hub.folder, 'uploads')), []);
    });
  }

  it('gets no private image of others as its parent by announcing that one too', async () => {
    const secret = await pushOne('secret');
    await setAccess(hub, BOBBY, 'bobby/secret', 'private');
    const child = makeImage('on secret', { parent: { id: secret.id } });
    await createRepository(hub, ALICE, 'alice/spy', [secret, child]);
    await putJson(hub, ALICE, secret).expect(200);
    await putJson(hub, ALICE, child).expect(200);
    await putLayer(hub, ALICE, child).expect(200);
    await putChecksum(hub, ALICE, child).expect(200);
    await send(hub, `GET /v1/images/${secret.id}/layer`, { auth: ALICE }).expect(400);
  });

  it('keeps a parent that would go at the very moment of its end', async () => {
    const { id } = await pushOne('late');
    const child = makeImage('on late', { parent: { id } });
    await begin('alice/late', child);
    await hub.restart(async ({ storage: { images }, domain: { deletions, library, uploads } }) => {
      const update = images.update.bind(images);
      images.update = async (key, change) => {
        images.update = update;
        await deletions.removeAs(OPERATOR, parseRepositoryName('bobby', 'late'));
        return update(key, change);
      };
      await uploads.putChecksum(OPERATOR, child.id, { payload: child.payload, tarsum: undefined });
      for (const each of [child.id, id]) assert.equal(library.find(OPERATOR, each).id, each);
    });
    for (const each of [child.id, id]) {
      await send(hub, `GET /v1/images/${each}/layer`, { auth: ALICE }).expect(200);
    }
  });
});
