/*
 * Archives that somebody edited, and images that are odd but sound: what docker and skopeo take comes in,
 * and what no docker could read does not go out.
 */
import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type ArchiveProgress,
  exportImage,
  type ImportedImages,
  type ImportOptions,
  importArchive,
} from '../../src/archive/archive.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  described,
  dockerLayout,
  dockerLoad,
  file,
  type ModernImage,
  modernImage,
  ociImage,
  ociLayout,
  oldEntries,
  oldImages,
  oldLayout,
  tarOf,
} from '../support/archives.js';
import { sha256 } from '../support/images.js';

let hub: OpenHub;

before(async () => {
  hub = await openHub({ ephemeral: true });
});
after(() => hub.close());

/** Takes an archive in; with what the person was told. */
async function take(
  tar: Buffer,
  options: ImportOptions = {},
): Promise<ImportedImages & { readonly notes: readonly string[] }> {
  const notes: string[] = [];
  const listen = (progress: ArchiveProgress): void => {
    if (progress.kind === 'note') notes.push(progress.text);
  };
  return { ...(await importArchive(hub, Readable.from([tar]), options, listen)), notes };
}

async function give(name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const write = (chunk: Buffer, _: unknown, done: () => void): void => {
    chunks.push(chunk);
    done();
  };
  await exportImage(hub, name, new Writable({ write }));
  return Buffer.concat(chunks);
}

async function jsonOf(id: string): Promise<Record<string, unknown>> {
  const image = hub.storage.images.get(id);
  assert.ok(image, `image ${id} is here`);
  return JSON.parse(String(await hub.storage.files.readJson(id, image.json)));
}

/** A docker layout whose config was changed where it lies. */
function edited(image: ModernImage, change: object, rename: (hex: string) => string): Buffer {
  const entries = dockerLayout([{ ...image, names: ['jamtur01/edited:latest'] }]).map((entry) => {
    const [, hex] = /^([0-9a-f]{64})\.json$/.exec(entry.name) ?? [];
    if (hex !== undefined) return file(rename(hex), { ...image.config, ...change });
    if (entry.name !== 'manifest.json') return entry;
    const text = String(entry.content).replace(/[0-9a-f]{64}\.json/, (name) =>
      rename(name.slice(0, 64)),
    );
    return file(entry.name, text);
  });
  return tarOf(...entries);
}

describe('a config that was edited', () => {
  const names: readonly (readonly [what: string, rename: (hex: string) => string])[] = [
    ['under the name of docker 1.10', (hex) => `${hex}.json`],
    ['under the name of docker 25', (hex) => `blobs/sha256/${hex}`],
    ['under the name of other tools', (hex) => `sha256:${hex}`],
    ['under a name of no sum', () => 'config.json'],
  ];
  for (const [what, rename] of names) {
    it(`comes in ${what}`, async () => {
      const author = `Somebody ${what}`;
      const { tags } = await take(edited(modernImage(['edited']), { author }, rename));
      assert.equal((await jsonOf(tags[0]?.image ?? '')).author, author);
    });
  }
});

describe('an image json and a config that disagree', () => {
  /** Both layouts of one image, as docker 1.10 to 24 write them. */
  function both(json: object, config: object): { tar: Buffer; ids: readonly string[] } {
    const chain = oldImages('disagree', 2);
    const [below, top] = chain;
    assert.ok(below && top);
    const own = { id: top.id, parent: below.id, ...json };
    const old = [below, { ...top, json: Buffer.from(JSON.stringify(own)) }];
    const layers = old.map(({ layer }) => layer);
    const rootfs = { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) };
    const document = Buffer.from(JSON.stringify({ ...config, rootfs }));
    const path = `${sha256(document)}.json`;
    const item = {
      Config: path,
      RepoTags: ['jamtur01/both:latest'],
      Layers: old.map(({ id }) => `${id}/layer.tar`),
    };
    const entries = [
      ...old.flatMap(oldEntries),
      file(path, document),
      file('manifest.json', [item]),
    ];
    return { tar: tarOf(...entries), ids: old.map(({ id }) => id) };
  }

  const image = {
    created: '2015-01-01T00:00:00Z',
    author: 'The Old',
    container_config: { Cmd: ['/bin/sh'] },
    config: { Cmd: ['/bin/true'], Env: ['A=1'] },
    architecture: 'amd64',
    os: 'linux',
  };

  const changes: readonly (readonly [what: string, config: object, wanted: object])[] = [
    ['another author', { author: 'The New' }, { author: 'The New' }],
    ['no author any more', { author: undefined }, { author: undefined }],
    ['another time', { created: '2016-01-01T00:00:00Z' }, { created: '2016-01-01T00:00:00Z' }],
    ['another architecture', { architecture: 'arm' }, { architecture: 'arm' }],
  ];
  for (const [what, change, wanted] of changes) {
    it(`the config counts: ${what}`, async () => {
      const { tar, ids } = both(image, { ...image, ...change });
      const { tags } = await take(tar);
      const top = tags[0]?.image ?? '';
      assert.ok(!ids.includes(top), 'another image has another id');
      const json = await jsonOf(top);
      for (const [name, value] of Object.entries(wanted)) assert.equal(json[name], value);
    });
  }

  it('the ids stay where they say the same in other words', async () => {
    const { config, os: _, ...others } = image;
    const said = { config: { Env: config.Env, Cmd: config.Cmd, Image: '' }, Size: 7, ...others };
    const { tar, ids } = both(said, image);
    const { tags } = await take(tar);
    assert.equal(tags[0]?.image, ids[1]);
  });
});

describe('an image without layers', () => {
  const image = modernImage([], { config: { Labels: { only: 'a label' } }, history: [] });
  const layouts: readonly (readonly [what: string, tar: Buffer])[] = [
    ['of docker', tarOf(...dockerLayout([{ ...image, names: ['jamtur01/bare:docker'] }]))],
    [
      'of the OCI layout',
      tarOf(
        ...ociLayout([
          described(ociImage(image), {
            annotations: { 'io.containerd.image.name': 'docker.io/jamtur01/bare:oci' },
          }),
        ]),
      ),
    ],
  ];
  for (const [what, tar] of layouts) {
    it(`gets an empty one, and that is told: ${what}`, async () => {
      const { tags, notes } = await take(tar);
      const id = tags[0]?.image ?? '';
      const said = await jsonOf(id);
      assert.deepEqual((said.config as { Labels: unknown }).Labels, { only: 'a label' });
      assert.match(notes.join(), /^jamtur01\/bare:\w+ has no layers, and gets an empty one/);
      const layer: Buffer[] = [];
      const { layer: name = '' } = hub.storage.images.get(id) ?? {};
      for await (const chunk of await hub.storage.files.openLayer(id, name)) layer.push(chunk);
      assert.deepEqual(gunzipSync(Buffer.concat(layer)), Buffer.alloc(1024));
    });
  }

  it('is the same image in every layout, and loads again', async () => {
    const [docker, oci] = await Promise.all(
      ['docker', 'oci'].map((tag) => give(`jamtur01/bare:${tag}`)),
    );
    assert.ok(docker && oci);
    const [one] = dockerLoad(docker);
    const [other] = dockerLoad(oci);
    assert.equal(one?.id, other?.id);
    assert.equal(one?.diffIds.length, 1);
    assert.deepEqual((await take(docker, { repository: 'jamtur01/again' })).stored, []);
  });
});

describe('what no docker can read is not written', () => {
  const odd: readonly (readonly [what: string, json: object, message: RegExp])[] = [
    ['the 30th of February', { created: '2014-02-30T00:00:00Z' }, /created must be a time/],
    ['a leap day of another year', { created: '2015-02-29T00:00:00Z' }, /created must be a time/],
    ['the 31st of April', { created: '2014-04-31T10:00:00Z' }, /created must be a time/],
    ['a 13th month', { created: '2014-13-01T00:00:00Z' }, /created must be a time/],
    ['day 0', { created: '2014-01-00T00:00:00Z' }, /created must be a time/],
    ['hour 24', { created: '2014-01-01T24:00:00Z' }, /created must be a time/],
    ['minute 60', { created: '2014-01-01T00:60:00Z' }, /created must be a time/],
    ['a leap second', { created: '2012-06-30T23:59:60Z' }, /created must be a time/],
    ['an odd offset', { created: '2014-01-01T00:00:00+24:00' }, /created must be a time/],
    ['an os version', { docker_version: '1.12.6', 'os.version': 10 }, /os\.version must be a text/],
    [
      'os features',
      { docker_version: '1.12.6', 'os.features': 'win' },
      /os\.features must be a list/,
    ],
  ];
  for (const [what, json, message] of odd) {
    it(what, async () => {
      const [image] = oldImages(`odd ${what}`, 1);
      assert.ok(image);
      const bytes = Buffer.from(JSON.stringify({ id: image.id, ...json }));
      // The registry keeps every json that docker pushed.
      await take(
        tarOf(...oldLayout([{ ...image, json: bytes }], { 'jamtur01/odd': { now: image.id } })),
      );
      await assert.rejects(give('jamtur01/odd:now'), { message });
    });
  }

  it('but days that are there are: a leap day, the year 0, an offset', async () => {
    for (const created of [
      '2016-02-29T23:59:59.123456789+05:30',
      '0000-01-01T00:00:00Z',
      '2000-02-29T00:00:00Z',
    ]) {
      const [image] = oldImages(`good ${created}`, 1);
      assert.ok(image);
      const json = Buffer.from(JSON.stringify({ id: image.id, created }));
      const tar = oldLayout([{ ...image, json }], { 'jamtur01/good': { now: image.id } });
      await take(gzipSync(tarOf(...tar)));
      const [loaded] = dockerLoad(await give('jamtur01/good:now'));
      assert.equal(loaded?.config.created, created);
    }
  });

  it('and no second history or rootfs in another spelling', async () => {
    const [image] = oldImages('spelling', 1);
    assert.ok(image);
    const said = { id: image.id, docker_version: '1.12.6', History: [{}, {}, {}], RootFS: null };
    const bytes = Buffer.from(JSON.stringify(said));
    await take(
      tarOf(...oldLayout([{ ...image, json: bytes }], { 'jamtur01/spelt': { now: image.id } })),
    );
    const [loaded] = dockerLoad(await give('jamtur01/spelt:now'));
    const names = Object.keys(loaded?.config ?? {}).map((name) => name.toLowerCase());
    assert.equal(new Set(names).size, names.length);
  });
});
