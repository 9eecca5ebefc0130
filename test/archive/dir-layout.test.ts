/* What skopeo's `dir:` and podman's `docker-dir` write: a manifest, and all it names beside it. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type ImportedImages, importArchive } from '../../src/archive/archive.js';
import { ownPlatform } from '../../src/archive/platforms.js';
import type { TarEntry } from '../../src/old-docker/images/tar.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  type Blobs,
  described,
  file,
  type ModernImage,
  modernImage,
  ociImage,
  ociIndex,
  tarOf,
} from '../support/archives.js';
import { sha256 } from '../support/images.js';

const IMAGE = modernImage(['dir', 'layout']);
const VERSION = file('version', 'Directory Transport Version: 1.1\n');

let hub: OpenHub;

before(async () => {
  hub = await openHub({ ephemeral: true });
});
after(() => hub.close());

/** The folder of these blobs; the last of them is `manifest.json`. */
function folderOf({ entries }: Blobs, rename: (hex: string) => string = (hex) => hex): Buffer {
  const named = entries.map((entry, index) => {
    const hex = entry.name.slice('blobs/sha256/'.length);
    const name = index === entries.length - 1 ? 'manifest.json' : rename(hex);
    return { ...entry, name: `./${name}` };
  });
  return tarOf({ name: './', type: '5' }, ...named, VERSION);
}

function take(tar: Buffer, repository?: string): Promise<ImportedImages> {
  return importArchive(hub, Readable.from([tar]), repository === undefined ? {} : { repository });
}

function idOf({ config }: ModernImage): string {
  return sha256(JSON.stringify(config));
}

describe('the folder of an image', () => {
  const ways: readonly (readonly [what: string, tar: Buffer])[] = [
    ['as it is', folderOf(ociImage(IMAGE))],
    ['with plain layers', folderOf(ociImage(IMAGE, (layer) => layer))],
    ['with the names of former versions', folderOf(ociImage(IMAGE), (hex) => `${hex}.tar`)],
    ['compressed as a whole', gzipSync(folderOf(ociImage(IMAGE)))],
  ];
  for (const [what, tar] of ways) {
    it(`comes in with the ids of the image: ${what}`, async () => {
      const { tags } = await take(tar, 'jamtur01/dir');
      const wanted = [{ repository: 'jamtur01/dir', tag: 'latest', image: idOf(IMAGE) }];
      assert.deepEqual(tags, wanted);
    });
  }

  it('for several platforms comes in for this one', async () => {
    const [os = '', architecture = ''] = ownPlatform().split('/');
    const own = modernImage(['dir', 'own'], { os, architecture });
    const other = modernImage(['dir', 'other'], { architecture: 'z80' });
    const members = [
      described(ociImage(other), { platform: { os: 'linux', architecture: 'z80' } }),
      described(ociImage(own), { platform: { os, architecture } }),
    ];
    const manifests = new Set(members.map(({ descriptor }) => String(descriptor.digest).slice(7)));
    const tar = folderOf(ociIndex(members), (hex) =>
      manifests.has(hex) ? `${hex}.manifest.json` : hex,
    );
    const { tags } = await take(tar, 'jamtur01/platforms');
    assert.equal(tags[0]?.image, idOf(own));
  });

  const { entries } = ociImage(IMAGE);
  const manifest = entries.at(-1)?.content ?? Buffer.of();
  const odd: readonly (readonly [what: string, tar: () => Buffer, message: RegExp])[] = [
    ['names no repository', () => folderOf(ociImage(IMAGE)), /^it names no repository; say which/],
    [
      'lacks a layer',
      () => tarOf(file('manifest.json', manifest)),
      /^it has no file "blobs\/sha256\/[0-9a-f]{64}"$/,
    ],
    [
      'has a config of another sum',
      () => tarOf(...withConfig('no config'), file('manifest.json', manifest)),
      /has not the digest that its name says$/,
    ],
    [
      'has a manifest of the first schema',
      () => tarOf(file('manifest.json', { schemaVersion: 1, fsLayers: [] })),
      /config must be an object$/,
    ],
    ['is no manifest', () => tarOf(file('manifest.json', {})), /^manifest\.json must be a list$/],
    ['is a number', () => tarOf(file('manifest.json', '7')), /^manifest\.json must be a list$/],
  ];
  for (const [what, tar, message] of odd) {
    it(`is refused where it ${what}`, async () => {
      const repository = what.startsWith('names') ? undefined : 'jamtur01/refused';
      await assert.rejects(take(tar(), repository), { message });
    });
  }

  /** All but the manifest, with another file in the place of the config. */
  function withConfig(content: string): TarEntry[] {
    const hex = idOf(IMAGE);
    return entries.slice(0, -1).map((entry) => {
      const name = entry.name.slice('blobs/sha256/'.length);
      return name === hex ? file(name, content) : { ...entry, name };
    });
  }
});
