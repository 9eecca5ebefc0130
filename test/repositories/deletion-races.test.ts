/*
 * A repository that is deleted while others push to it, tag in it, change it: in every order in which the
 * requests are carried out, nothing is left of it on the disk, and what stands is whole.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { storedImages } from '../support/files.js';
import { startPlainHub, useHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { createRepository, pushImage, putImage, putJson, putTag } from '../support/pushes.js';

const ALICE = basic('alice');
const ROUNDS = 12;

const hub = useHub({ people: ['alice'], harness: false });

/** Lets the event loop go round so often, so that each round meets the hub at another moment. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

function remove(name: string) {
  return send(hub, `DELETE /v1/repositories/${name}/`, { auth: ALICE });
}

/** Deletes a repository that may be hidden already, or gone. */
async function removeWholly(name: string): Promise<void> {
  for (let step = 0; step < 3; step += 1) if ((await remove(name)).status !== 202) return;
}

async function assertNothingIsLeft(): Promise<void> {
  assert.deepEqual(await readdir(join(hub.folder, 'uploads')), []);
  await eventually('no image is stored', async () => (await storedImages(hub.folder)).length === 0);
}

/** What happens beside the first DELETE, or beside both. */
const BESIDE: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  'it is made again': (name) => createRepository(hub, ALICE, name, []),
  'its images are pushed again': (name) =>
    pushImage(hub, ALICE, name, makeChain(`chain ${name}`, 2)).catch(() => undefined),
  'its images are announced': async (name) => {
    const body = makeChain(`chain ${name}`, 2).map(({ id }) => ({ id }));
    await send(hub, `PUT /v1/repositories/${name}/images`, { auth: ALICE, body });
  },
  'it is tagged': async (name) => {
    const [, top = makeImage('none')] = makeChain(`chain ${name}`, 2);
    await putTag(hub, ALICE, name, top, 'other');
  },
  'another image comes': async (name) => {
    const image = makeImage(`another ${name}`);
    const token = await createRepository(hub, ALICE, name, [image]);
    await putImage(hub, token, image).catch(() => undefined);
  },
  'its content is deleted too': async (name) => {
    await send(hub, `DELETE /v1/repositories/${name}/tags`, { auth: ALICE });
  },
};

describe('a repository that is being deleted, while', () => {
  for (const [what, beside] of Object.entries(BESIDE)) {
    for (const both of [false, true]) {
      it(`${what} (beside ${both ? 'both requests' : 'the first'}), leaves nothing`, async () => {
        const names = Array.from({ length: ROUNDS }, (_, round) => `alice/race-${round}`);
        await Promise.all(
          names.map(async (name, round) => {
            await pushImage(hub, ALICE, name, makeChain(`chain ${name}`, 2));
            const deleting = async (): Promise<void> => {
              await remove(name);
              if (both) await remove(name);
            };
            const meanwhile = turns(round % 10).then(() => beside(name));
            await Promise.all([deleting(), meanwhile]);
            await removeWholly(name);
          }),
        );
        await assertNothingIsLeft();
      });
    }
  }
});

describe('a tag that is put while its image is removed', () => {
  it('leads to a whole image, or is not there', async () => {
    await using watched = await startPlainHub();
    const client = watched;
    await watched.users.create({ username: 'alice', password: PASSWORD });
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `alice/tagged-${round}`;
      const images = makeChain(`tagged ${round}`, 2);
      const [base, top] = images;
      assert.ok(base && top);
      await pushImage(client, ALICE, name, images);
      const tagging = turns(round).then(() => putTag(client, ALICE, name, top, 'late'));
      const [tagged] = await Promise.all([tagging, watched.images.delete(base.id)]);
      const found = await send(client, `GET /v1/repositories/${name}/tags`).expect(200);
      assert.ok(tagged.status === 200 || tagged.status === 404, String(tagged.status));
      for (const id of Object.values<string>(found.body)) {
        const { body } = await send(client, `GET /v1/images/${id}/ancestry`).expect(200);
        for (const each of body) await send(client, `GET /v1/images/${each}/layer`).expect(200);
      }
    }
  });

  it('waits for what its image is built on', async () => {
    const name = 'alice/early';
    const [base, top] = makeChain('early', 2);
    assert.ok(base && top);
    const auth = await createRepository(hub, ALICE, name, [base, top]);
    await putJson(hub, auth, base).expect(200);
    await putImage(hub, auth, top);
    await putTag(hub, auth, name, top).expect(404, { error: 'Image not found' });
    await putImage(hub, auth, base);
    await putTag(hub, auth, name, top).expect(200);
    await removeWholly(name);
    await assertNothingIsLeft();
  });
});
