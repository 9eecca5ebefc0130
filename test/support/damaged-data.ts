/*
 * A data directory for the tests of `hub-v1 check`: two accounts, a repository of each, three images
 * and a fourth on its way, and what it takes to damage them.
 */

import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { basic, Client, tokenOf } from '../../bench/torture/client.js';
import { layerOf, makeImage, sha256, type TortureImage } from '../../bench/torture/images.js';
import { type CheckCounts, checkDirectory } from '../../src/domain/check/check.js';
import type { Finding } from '../../src/domain/check/findings.js';
import { DataDirectory } from '../../src/storage/folder/data-directory.js';
import { startPlainHub } from './hub.js';

export const BASE = makeImage('base', 1000);
export const TOP = makeImage('top', 2000, BASE);
export const OTHER = makeImage('other', 3000);
/** Its push was cut off before the checksum. */
export const COMING = makeImage('coming', 4000);

export const JAMES = 'users/jamtur01.json';
export const APP = 'repositories/jamtur01/app.json';
export const NEXT = 'repositories/shykes/next.json';
export const UPLOAD = `uploads/${COMING.id}.${digest('shykes/next')}.json`;

export type Json = Record<string, unknown>;

/** A data directory, to be damaged. */
export class Data {
  readonly folder: string;
  /** `json-…` and `layer-…`, by their image's id, as they were at first. */
  readonly files: ReadonlyMap<string, { readonly json: string; readonly layer: string }>;

  private constructor(folder: string, files: Data['files']) {
    this.folder = folder;
    this.files = files;
  }

  static async open(folder: string): Promise<Data> {
    const files = new Map<string, { json: string; layer: string }>();
    const images = existsSync(join(folder, 'images', BASE.id)) ? [BASE, TOP, OTHER, COMING] : [];
    for (const { id } of images) {
      const names = await readdir(join(folder, 'images', id));
      const find = (kind: string) => names.find((name) => name.startsWith(kind)) ?? '';
      files.set(id, { json: find('json-'), layer: find('layer-') });
    }
    return new Data(folder, files);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  document({ id }: TortureImage): string {
    return `images/${id}/image.json`;
  }

  json({ id }: TortureImage): string {
    return `images/${id}/${this.files.get(id)?.json}`;
  }

  layer({ id }: TortureImage): string {
    return `images/${id}/${this.files.get(id)?.layer}`;
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeFile(this.path(name), content);
  }

  async change(name: string, change: (document: Json) => Json): Promise<void> {
    const document = JSON.parse(await readFile(this.path(name), 'utf8')) as Json;
    await this.write(name, JSON.stringify(change(document)));
  }

  remove(name: string): Promise<void> {
    return rm(this.path(name), { recursive: true });
  }

  /** What lies below `set-aside/<time>`. */
  async setAside(): Promise<string[]> {
    const [time] = await readdir(this.path('set-aside'));
    const root = join(this.path('set-aside'), time ?? '');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return files
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .sort();
  }
}

/** What a check says, a line for each problem. */
export async function check(folder: string, repair: boolean) {
  const lines: string[] = [];
  const notes: string[] = [];
  let counts: CheckCounts | undefined;
  let read = 0;
  const directory = await (repair ? DataDirectory.open(folder) : DataDirectory.openToRead(folder));
  try {
    const result = await checkDirectory(directory, repair, {
      counted: (all) => {
        counts = all;
      },
      read: (bytes) => {
        read += bytes;
      },
      found: ({ path, problems }: Finding) => {
        lines.push(...problems.map(({ what, remedy }) => `${path}: ${what}; ${remedy}`));
      },
      noted: ({ path, what }) => notes.push(`${path}: ${what}`),
    });
    return { ...result, lines: lines.sort(), notes, counts, read };
  } finally {
    await directory.close();
  }
}

/** A push without its last request; of the image `COMING`, only as far as its layer. */
export async function push(
  client: Client,
  path: string,
  auth: string,
  images: readonly TortureImage[],
) {
  const headers = { 'X-Docker-Token': 'true' };
  const body = images.map(({ id }) => ({ id }));
  const begun = await client.expect(200, `PUT ${path}/`, { auth, headers, body });
  const token = tokenOf(begun);
  for (const image of images) {
    const { id, json, payload } = image;
    await client.expect(200, `PUT /v1/images/${id}/json`, { auth: token, body: json });
    await client.expect(200, `PUT /v1/images/${id}/layer`, { auth: token, body: layerOf(image) });
    if (image === COMING) continue;
    const headers = { 'X-Docker-Checksum-Payload': payload };
    await client.expect(200, `PUT /v1/images/${id}/checksum`, { auth: token, headers });
    await client.expect(200, `PUT ${path}/tags/latest`, { auth: token, body: id });
  }
}

/** Makes the directory. */
export async function fill(folder: string): Promise<void> {
  const hub = await startPlainHub({ data: folder });
  const client = new Client(hub.port);
  for (const username of ['jamtur01', 'shykes']) {
    const body = { username, password: 'sesame', email: `${username}@example.com` };
    await client.expect(201, 'POST /v1/users/', { body });
  }
  const [james, solomon] = [basic('jamtur01', 'sesame'), basic('shykes', 'sesame')];
  await push(client, '/v1/repositories/jamtur01/app', james, [BASE, TOP]);
  await push(client, '/v1/repositories/shykes/next', solomon, [OTHER, COMING]);
  client.close();
  await hub.close();
}

function digest(repository: string): string {
  return sha256(repository).toString('hex').slice(0, 16);
}
