import { join } from 'node:path';
import { isThere } from './foreign-files.js';
import type { V1Source } from './found.js';
import { RescueError } from './problems.js';
import { V1Folder } from './v1-folder.js';
import { type RegistryOptions, V1Registry } from './v1-registry.js';

/** Where a docker-registry's folder may be below the one that was named; a bucket begins with `registry`. */
const V1_PLACES = ['', 'registry'];

/**
 * Opens an old registry: a folder, or `http(s)://[user:password@]host[:port]` of one that runs. Throws a
 * RescueError where there is none.
 */
export async function openSource(place: string, options: RegistryOptions = {}): Promise<V1Source> {
  if (!/^https?:\/\//i.test(place)) return openFolder(place);
  // The text may have a password in it.
  if (!URL.canParse(place)) throw new RescueError('the address is not a URL');
  return new V1Registry(new URL(place), options);
}

/** Opens a folder in which a registry kept its images. Throws a RescueError where there is none. */
async function openFolder(folder: string): Promise<V1Source> {
  if (!(await isThere(folder))) throw new RescueError(`${folder}: there is no such folder`);
  for (const place of V1_PLACES.map((name) => join(folder, name))) {
    const found = await Promise.all(
      ['images', 'repositories'].map((at) => isThere(join(place, at))),
    );
    if (found.every(Boolean)) return new V1Folder(place);
  }
  throw new RescueError(
    `${folder} is no registry's storage: it has neither images/ and repositories/ of a docker-registry ` +
      'nor docker/registry/v2/ of a distribution',
  );
}
