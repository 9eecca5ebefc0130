/*
 * What has to be there before a fuzz begins, and what must still work when it is over.
 */
import { ok } from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HubOptions } from '../../../src/index.js';
import { openHub } from '../../../src/open-hub.js';
import { listingOf } from '../../../src/storage/files/image-files.js';
import { checkAnswer } from '../contract.js';
import { makeRepository, OldDocker } from '../old-docker.js';
import { FROZEN, type Keeper, PASSWORD, PEOPLE, WARDEN } from './cast.js';

/** Puts the cast into a data directory that no hub has open yet. */
export async function prepareFolder(options: HubOptions, keeper: Keeper): Promise<void> {
  const { domain, close } = await openHub(options);
  const { accounts, repositories } = domain;
  for (const username of PEOPLE) {
    const email = `${username}@example.com`;
    await accounts.register({ username, password: PASSWORD, email });
    const account = accounts.require(username);
    const name = { namespace: username, name: 'old', full: `${username}/old` };
    await repositories.push(domain.rights.requirePush({ kind: 'account', account }, name), []);
  }
  await accounts.setFlags(FROZEN, { active: false });
  await accounts.setFlags(WARDEN, { admin: true });
  await accounts.ensureAdmin(keeper.username, keeper.password);
  await close();
}

/** A whole push and pull, by dockers of two ages. */
export async function pushAndPull(url: string, keeper: Keeper): Promise<void> {
  const { host } = new URL(url);
  for (const version of ['0.7.6', '1.5.0'] as const) {
    const { images, tags } = makeRepository('after', { version, bigLayer: 2000 });
    const credentials = { ...keeper, email: `${keeper.username}@localhost` };
    const options = { version, host, credentials, onAnswer: checkAnswer };
    const name = `${keeper.username}/after-${version}`;
    await new OldDocker(options).push(name, images, { tags });
    const pulled = await new OldDocker(options).pull(name);
    for (const { id, json, layer } of images) {
      const there = pulled.images.get(id);
      ok(there?.json.equals(json) && there.layer.equals(layer), `${id} came back otherwise`);
    }
  }
}

/** The files in the data directory of a hub that is not running which nothing there names. */
export async function strayFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const named = new Set(['hub.json']);
  for (const file of files) {
    if (file.endsWith('.json')) await noteNames(folder, file, named);
  }
  return files.filter((file) => !named.has(file));
}

/**
 * A document is not a stray, and neither are the files beside an image that it names, nor what is kept of a layer once
 * somebody has asked what is in it.
 */
async function noteNames(folder: string, file: string, named: Set<string>): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8');
  for (const [, algorithm, hex] of text.matchAll(/"(sha256|sha512):([0-9a-f]+)"/g)) {
    named.add(join('blobs', `${algorithm}-${hex}`));
  }
  const document = JSON.parse(text) as {
    id?: string;
    json?: string;
    layer?: string | { file: string };
  };
  named.add(file);
  const { id, json, layer } = document;
  const layerFile = typeof layer === 'object' ? layer.file : layer;
  const listing = layerFile === undefined ? undefined : listingOf(layerFile);
  for (const name of [json, layerFile, listing]) named.add(join('images', `${id}`, `${name}`));
}
