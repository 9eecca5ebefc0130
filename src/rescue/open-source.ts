import { join } from 'node:path';
import { Connection } from './connection.js';
import { isThere } from './foreign-files.js';
import type { V1Source } from './found.js';
import { RescueError } from './problems.js';
import { baseOf, loginOf } from './registry-url.js';
import { V1Folder } from './v1-folder.js';
import { type RegistryOptions, V1Registry } from './v1-registry.js';
import { V2Folder } from './v2-folder.js';
import type { V2Source } from './v2-found.js';
import { V2Registry } from './v2-registry.js';

/** How long the answer to a ping may be, in bytes. */
const LONGEST_PING = 1024 * 1024;
/** Where a docker-registry's folder may be below the one that was named; a bucket begins with `registry`. */
const V1_PLACES = ['', 'registry'];
const V2_PLACES = ['docker/registry/v2', 'registry/v2', 'v2', ''];

export interface SourceOptions extends RegistryOptions {
  /** Which API a registry is asked over; without one, v2 if it speaks that. */
  readonly api?: 'v1' | 'v2' | undefined;
}

/**
 * Opens an old registry: a folder, or `http(s)://[user:password@]host[:port]` of one that runs. Throws a
 * RescueError where there is none.
 */
export async function openSource(
  place: string,
  { api, ...options }: SourceOptions = {},
): Promise<V1Source | V2Source> {
  if (!isAddress(place)) return openFolder(place);
  // The text may have a password in it.
  if (!URL.canParse(place)) throw new RescueError('the address is not a URL');
  const url = new URL(place);
  const isV2 = api === undefined ? await speaksV2(url, options) : api === 'v2';
  return isV2 ? new V2Registry(url, options) : new V1Registry(url, options);
}

/** Whether a place is the address of a registry, and not a folder. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** A server that wants a login for every path looks like v2 too, so v1 is tried then. */
async function speaksV2(url: URL, options: RegistryOptions): Promise<boolean> {
  const connection = new Connection(options);
  const headers = loginOf(url);
  const ask = (path: string) =>
    connection.ask(new URL(path, baseOf(url)), LONGEST_PING, { headers });
  try {
    const v2 = await ask('v2/');
    if (v2.headers['docker-distribution-api-version'] !== undefined) return v2.status !== 404;
    if (v2.status !== 200 && v2.status !== 401) return false;
    return (await ask('v1/_ping')).status !== 200;
  } finally {
    connection.close();
  }
}

/** Opens a folder in which a registry kept its images. Throws a RescueError where there is none. */
async function openFolder(folder: string): Promise<V1Source | V2Source> {
  if (!(await isThere(folder))) throw noFolder(folder);
  if (await isThere(join(folder, 'hub.json'))) {
    throw new RescueError(
      `${folder} is the data folder of a hub-v1: start it with hub-v1 --data ${folder}, or copy the folder; to put ` +
        'its images with those of another hub, rescue them from the address of the one that runs',
    );
  }
  const v1 = await placeWith(folder, V1_PLACES, ['images', 'repositories']);
  if (v1 !== undefined) return new V1Folder(v1);
  const v2 = await placeWith(folder, V2_PLACES, ['blobs', 'repositories']);
  if (v2 !== undefined) return new V2Folder(v2);
  throw new RescueError(
    `${folder} is no registry's storage: it has neither images/ and repositories/ of a docker-registry ` +
      'nor docker/registry/v2/ of a distribution',
  );
}

function noFolder(place: string): RescueError {
  const message = `${place}: there is no such folder`;
  if (!/^[\w.-]+:\d+(?:\/|$)/.test(place)) return new RescueError(message);
  return new RescueError(`${message}; a registry that runs is http://${place} or https://${place}`);
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
