import assert from 'node:assert/strict';
import { type Credentials, type LocalImage, OldDockerError, type Pulled } from '../old-docker.js';

/** Somebody with a password and an address of their own. */
export function person(username: string): Credentials {
  return { username, password: `${username}-secret`, email: `${username}@example.com` };
}

/** The id of the last image: the top of a chain. */
export function topOf(images: readonly LocalImage[]): string {
  return images.at(-1)?.id ?? '';
}

/** All ids, sorted. */
export function idsOf(images: readonly { readonly id: string }[]): string[] {
  return images.map(({ id }) => id).sort();
}

/** The image `top` and what is below it, lowest first. */
export function chainOf(images: readonly LocalImage[], top: string | undefined): LocalImage[] {
  const image = images.find(({ id }) => id === top);
  return image === undefined ? [] : [...chainOf(images, image.parent), image];
}

/** What was pulled is what was pushed, to the byte. */
export function same(pulled: Pulled, images: readonly LocalImage[]): void {
  assert.deepEqual([...pulled.images.keys()].sort(), idsOf(images));
  for (const { id, json, layer } of images) {
    const image = pulled.images.get(id);
    assert.equal(image?.json.toString('utf8'), json.toString('utf8'));
    assert.ok(image?.layer.equals(layer), `the layer of ${id} is what was pushed`);
    assert.equal(image?.size, layer.length);
  }
}

/** Docker gives up, with this on its screen. */
export async function fails(action: Promise<unknown>, message: RegExp | string): Promise<void> {
  await assert.rejects(action, (error) => {
    assert.ok(error instanceof OldDockerError, String(error));
    if (typeof message === 'string') {
      assert.equal(error.message, message);
    } else {
      assert.match(error.message, message);
    }
    return true;
  });
}
