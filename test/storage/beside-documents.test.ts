/** Files that become durable in the same write as the document that names them. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, it } from 'node:test';
import type { ManifestDocument } from '../../src/storage/documents/documents.js';
import type { DiskStep } from '../../src/storage/files/disk.js';
import { LOCK_FILE } from '../../src/storage/folder/lock.js';
import { openStorage, type Storage } from '../../src/storage/storage.js';
import { basic } from '../support/client.js';
import { startTestHub } from '../support/hub.js';
import { digestOf, makeModernImage } from '../support/modern-docker/images.js';
import { putBlob, putManifest } from '../support/registry-v2.js';

const place = await mkdtemp(join(tmpdir(), 'hub-v1-test-'));
after(() => rm(place, { recursive: true, force: true }));

const BYTES = Buffer.from('a manifest');
const digest = digestOf(BYTES);
const DOCUMENT: ManifestDocument = {
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: BYTES.length,
  kind: 'image',
  layers: [],
};

/** A storage in a folder of its own, of which each step on the disk may fail. */
async function withStorage(
  work: (storage: Storage, folder: string) => Promise<void>,
  onStep: (step: DiskStep, path: string) => void = () => undefined,
): Promise<void> {
  const folder = await mkdtemp(join(place, 'data-'));
  const storage = await openStorage({ folder, onStep });
  try {
    await storage.load();
    await work(storage, folder);
  } finally {
    await storage.close();
  }
}

const whole = ({ blobs }: Storage) => blobs.whole(digest, BYTES);

async function filesIn(folder: string): Promise<string[]> {
  return readdir(join(folder, 'blobs'));
}

it('a short blob costs one fsync, and a manifest two: that of its repository is the second', async () => {
  const steps: string[] = [];
  const onDiskStep = (step: DiskStep): void => {
    if (step.startsWith('fsync')) steps.push(step);
  };
  await using hub = await startTestHub({ people: ['alice'], onDiskStep });
  const counted = async (work: Promise<unknown>): Promise<number> => {
    const before = steps.length;
    await work;
    return steps.length - before;
  };
  const auth = basic('alice');
  const image = makeModernImage('beside documents');
  // The first one makes the log.
  await putBlob(hub, auth, 'alice/app', Buffer.from('first'));
  for (const { bytes } of [...image.layers, image.config]) {
    assert.equal(await counted(putBlob(hub, auth, 'alice/app', bytes)), 1);
  }
  const pushed = putManifest(hub, auth, 'alice/app', 'latest', image.manifest).expect(201);
  assert.equal(await counted(pushed), 2);
});

it('after a kill there are both', async () => {
  const left = await mkdtemp(join(place, 'killed-'));
  await withStorage(async (storage, folder) => {
    await storage.manifests.update(digest, () => DOCUMENT, [whole(storage)]);
    // What the directory holds need not be durable yet: of this change the log is all that is left.
    const isLeft = (path: string): boolean =>
      !path.includes(digest.slice('sha256:'.length)) && !basename(path).startsWith(LOCK_FILE);
    await cp(folder, left, { recursive: true, filter: isLeft });
  });
  const storage = await openStorage({ folder: left });
  await storage.load();
  assert.deepEqual(storage.manifests.get(digest), DOCUMENT);
  assert.deepEqual(storage.blobs.read(digest), BYTES);
  await storage.close();
});

it('files are stored also where the document stays as it was, or goes', async () => {
  await withStorage(async (storage) => {
    await storage.manifests.update(digest, () => DOCUMENT);
    await storage.manifests.update(digest, (same) => same, [whole(storage)]);
    assert.ok(storage.blobs.has(digest));
    await storage.blobs.remove(digest);
    // The second and the third share a write.
    await Promise.all([
      storage.manifests.update(digest, () => ({ ...DOCUMENT, size: 1 })),
      storage.manifests.update(digest, () => ({ ...DOCUMENT, size: 2 }), [whole(storage)]),
      storage.manifests.update(digest, () => undefined),
    ]);
    assert.equal(storage.manifests.get(digest), undefined);
    assert.ok(storage.blobs.has(digest));
  });
});

it('where the change is refused, nothing of the files is left', async () => {
  await withStorage(async (storage, folder) => {
    const refuse = (): never => {
      throw new Error('no');
    };
    await assert.rejects(storage.manifests.update(digest, refuse, [whole(storage)]), /no/);
    assert.deepEqual(await filesIn(folder), []);
  });
});

for (const failing of ['open', 'write', 'rename'] as const) {
  it(`where the document fails to ${failing}, it is not there, and no file is left half-made`, async () => {
    let isFull = false;
    const onStep = (step: DiskStep, path: string): void => {
      if (isFull && step === failing && path.includes('/manifests/')) throw new Error('full');
    };
    await withStorage(async (storage, folder) => {
      isFull = true;
      const update = storage.manifests.update(digest, () => DOCUMENT, [whole(storage)]);
      await assert.rejects(update, /full/);
      isFull = false;
      assert.equal(storage.manifests.get(digest), undefined);
      assert.deepEqual(
        (await filesIn(folder)).filter((name) => name.endsWith('.tmp')),
        [],
      );
      await storage.manifests.update(digest, () => DOCUMENT, [whole(storage)]);
      assert.ok(storage.blobs.has(digest));
    }, onStep);
  });
}
