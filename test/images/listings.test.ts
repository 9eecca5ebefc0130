/* What is listed of a layer stays beside it, and goes with it, in each order of the two. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { OPERATOR } from '../../src/domain/access/access.js';
import { parseRepositoryName } from '../../src/domain/repositories/names.js';
import type { OpenHub } from '../../src/open-hub.js';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

const ALICE = basic('alice');

const hub = useHub({ onDisk: true, people: ['alice'] });

/** Two images with one layer, each in a repository of its own; where `asked` over v2, the layer is one blob. */
async function pushTwins(seed: string, asked: boolean): Promise<TestImage> {
  const image = makeImage(seed);
  const twin = makeImage(`${seed} twin`, { layer: image.layer });
  for (const each of [image, twin]) {
    const name = `alice/${each === image ? 'one' : 'two'}-${seed}`;
    await pushImage(hub, ALICE, name, each);
    if (asked) await send(hub, `GET /v2/${name}/manifests/latest`, { auth: ALICE }).expect(200);
  }
  return image;
}

/** Lists a layer, and does something else at the moment before the list is put beside it. */
async function listAnd(
  { storage: { files }, domain }: OpenHub,
  { id }: TestImage,
  meanwhile: () => Promise<unknown>,
): Promise<unknown[]> {
  const write = files.writeListing.bind(files);
  files.writeListing = async (...args) => {
    await meanwhile();
    await write(...args);
  };
  const rows = await domain.library.listFiles(domain.library.find(OPERATOR, id), undefined);
  return JSON.parse(await text(rows)) as unknown[];
}

describe('the list of a layer', () => {
  for (const asked of [false, true]) {
    const seed = asked ? 'blob' : 'layer';
    it(`does not outlast its image, whose ${seed} another one has too`, async () => {
      const image = await pushTwins(seed, asked);
      await hub.restart(async (open) => {
        const name = parseRepositoryName('alice', `one-${seed}`);
        const rows = await listAnd(open, image, () =>
          open.domain.deletions.removeAs(OPERATOR, name),
        );
        assert.equal(rows.length, 2);
        assert.ok(!(await readdir(join(hub.folder, 'images'))).includes(image.id));
      });
    });
  }

  it('is found also where the layer became a blob since it was asked for', async () => {
    const image = await pushTwins('moved', false);
    await hub.restart(async ({ domain: { library, manifests } }) => {
      const before = library.find(OPERATOR, image.id);
      const name = parseRepositoryName('alice', 'one-moved');
      await manifests.find(OPERATOR, name, { tag: 'latest' }, undefined);
      assert.notEqual(library.find(OPERATOR, image.id).layer, before.layer);
      const rows = JSON.parse(await text(await library.listFiles(before, undefined)));
      assert.equal(rows.length, 2);
    });
  });
});
