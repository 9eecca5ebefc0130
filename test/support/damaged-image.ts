import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { basic } from './client.js';
import type { TestHub } from './hub.js';
import { makeImage } from './images.js';
import { pushImage } from './pushes.js';

/**
 * Pushes an image as alice to a hub on the disk, and takes its json away behind the hub's back.
 * @returns a page that then fails
 */
export async function failingPage(hub: TestHub): Promise<string> {
  const image = makeImage('damaged');
  await pushImage(hub, basic('alice'), 'alice/damaged', image);
  const folder = join(hub.folder, 'images', image.id);
  for (const name of await readdir(folder)) {
    if (name.startsWith('json')) await rm(join(folder, name));
  }
  return '/u/alice/damaged/layers/';
}
