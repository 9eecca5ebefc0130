import { join } from 'node:path';
import { isThere } from './foreign-files.js';
import type { V1Source } from './found.js';
import { RescueError } from './problems.js';
import { V1Folder } from './v1-folder.js';
import { type RegistryOptions, V1Registry } from './v1-registry.js';
import { V2Folder } from './v2-folder.js';
import type { V2Source } from './v2-found.js';

/** Where a docker-registry's folder may be below the one that was named; a bucket begins with `registry`. */
const V1_PLACES = ['', 'registry'];
const V2_PLACES = ['docker/registry/v2', 'registry/v2', 'v2', ''];

/**
 * Opens an old registry: a folder, or `http(s)://[user:password@]host[:port]` of one that runs. Throws a
 * RescueError where there is none.
 */
export async function openSource(
  place: string,
  options: RegistryOptions = {},
): Promise<V1Source | V2Source> {
  if (!/^https?:\/\//i.test(place)) return openFolder(place);
  // The text may have a password in it.
  if (!URL.canParse(place)) throw new RescueError('the address is not a URL');
  return new V1Registry(new URL(place), options);
}

/** Opens a folder in which a registry kept its images. Throws a RescueError where there is none. */
async function openFolder(folder: string): Promise<V1Source | V2Source> {
  if (!(await isThere(folder))) throw new RescueError(`${folder}: there is no such folder`);
  const v1 = await placeWith(folder, V1_PLACES, ['images', 'repositories']);
  if (v1 !== undefined) return new V1Folder(v1);
  const v2 = await placeWith(folder, V2_PLACES, ['blobs', 'repositories']);
  if (v2 !== undefined) return new V2Folder(v2);
  throw new RescueError(
    `${folder} is no registry's storage: it has neither images/ and repositories/ of a docker-registry ` +
      'nor docker/registry/v2/ of a distribution',
  );
}

/** The first of some places below a folder that has all of these. */
async function placeWith(
  folder: string,
  places: readonly string[],
  content: readonly string[],
): Promise<string | undefined> {
  for (const place of places.map((name) => join(folder, name))) {
    const found = await Promise.all(content.map((name) => isThere(join(place, name))));
    if (found.every(Boolean)) return place;
  }
  return undefined;
}
