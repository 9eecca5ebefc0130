/*
 * An image keeps what it is on its way: `docker save` of today, in here, out again, in elsewhere, with
 * its layers compressed in every way.
 */
import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exportImage, importArchive } from '../../src/archive/archive.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  described,
  digestOf,
  dockerLayout,
  dockerLoad,
  file,
  modernImage,
  ociImage,
  ociLayout,
  tarOf,
} from '../support/archives.js';
import { sha256 } from '../support/images.js';

const NAME = 'jamtur01/today:1.0';
const IMAGE = modernImage(['base', 'middle', 'base', 'top'], { author: 'Somebody' });

/** As docker 25 and later save it: an OCI layout, and `manifest.json` that names the same blobs. */
function savedToday(packed: (layer: Buffer) => Buffer): Buffer {
  const annotations = {
    'io.containerd.image.name': `docker.io/${NAME}`,
    'org.opencontainers.image.ref.name': '1.0',
  };
  const config = Buffer.from(JSON.stringify(IMAGE.config));
  const item = {
    Config: `blobs/sha256/${sha256(config)}`,
    RepoTags: [NAME],
    Layers: IMAGE.layers.map((layer) => `blobs/sha256/${sha256(packed(layer))}`),
  };
  const entries = ociLayout([described(ociImage(IMAGE, packed), { annotations })]);
  return tarOf(...entries, file('manifest.json', [item]));
}

async function inHub<R>(work: (hub: OpenHub) => Promise<R>): Promise<R> {
  const hub = await openHub({ ephemeral: true });
  try {
    return await work(hub);
  } finally {
    await hub.close();
  }
}

/** Takes an archive in, and gives the ids of its images and what an export makes of them. */
function roundTrip(archive: Buffer): Promise<{ ids: readonly string[]; exported: Buffer }> {
  return inHub(async (hub) => {
    const { stored } = await importArchive(hub, Readable.from([archive]));
    const chunks: Buffer[] = [];
    const write = (chunk: Buffer, _: unknown, done: () => void): void => {
      chunks.push(chunk);
      done();
    };
    await exportImage(hub, NAME, new Writable({ write }));
    return { ids: stored, exported: Buffer.concat(chunks) };
  });
}

describe('what docker saves today', () => {
  const ways: readonly (readonly [what: string, archive: () => Buffer])[] = [
    ['as docker 25 and later save it', () => savedToday((layer) => layer)],
    ['with gzipped blobs', () => savedToday(gzipSync)],
    ['as docker 1.10 named its files', () => tarOf(...dockerLayout([{ ...IMAGE, names: [NAME] }]))],
    ['gzipped as a whole', () => gzipSync(savedToday((layer) => layer))],
  ];
  for (const [what, make] of ways) {
    it(`comes out as it went in, and once more: ${what}`, async () => {
      const first = await roundTrip(make());
      const [loaded] = dockerLoad(first.exported);
      assert.ok(loaded);
      assert.deepEqual(loaded.diffIds, IMAGE.layers.map(digestOf));
      assert.deepEqual(loaded.names, [NAME]);
      assert.equal(loaded.config.author, 'Somebody');
      const { Cmd, Env } = loaded.config.config as Record<string, unknown>;
      assert.deepEqual({ Cmd, Env }, IMAGE.config.config);
      const second = await roundTrip(first.exported);
      assert.deepEqual(second.ids, first.ids);
      assert.deepEqual(second.exported, first.exported);
    });
  }

  it('has the same ids on every way', async () => {
    const all = await Promise.all(ways.map(async ([, make]) => (await roundTrip(make())).ids));
    for (const ids of all) assert.deepEqual(ids, all[0]);
  });
});
