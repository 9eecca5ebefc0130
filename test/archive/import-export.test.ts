/* Images without a docker: archives of every layout go in, and come out as docker wants them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type ArchiveProgress,
  exportImage,
  type ImportedImages,
  type ImportOptions,
  importArchive,
  readArchive,
} from '../../src/archive/archive.js';
import { ownPlatform } from '../../src/archive/platforms.js';
import { OPERATOR } from '../../src/domain/access/access.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  described,
  digestOf,
  dockerLayout,
  dockerLoad,
  file,
  type ModernImage,
  modernImage,
  ociImage,
  ociIndex,
  ociLayout,
  oldDockerLoad,
  oldEntries,
  oldImages,
  oldLayout,
  tarOf,
  unpack,
} from '../support/archives.js';
import { PASSWORD } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { sha256 } from '../support/images.js';
import { makeRepository, OldDocker, VERSIONS } from '../support/old-docker.js';

let hub: OpenHub;
let folder: string;

before(async () => {
  hub = await openHub({ ephemeral: true });
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-archives-'));
});

after(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

/** Puts an archive's bytes in, as a file. */
async function take(
  tar: Buffer,
  options: ImportOptions = {},
  into: OpenHub = hub,
): Promise<ImportedImages> {
  const path = join(folder, 'taken.tar');
  await writeFile(path, tar);
  return importArchive(into, path, options);
}

async function give(name: string, from: OpenHub = hub): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  await exportImage(from, name, output);
  return Buffer.concat(chunks);
}

/** The tags of a repository, and the ids it holds. */
function repository(full: string, of: OpenHub = hub) {
  const found = of.storage.repositories.get(full);
  assert.ok(found, `there is ${full}`);
  const tags = Object.entries(found.tags).map(([tag, { image }]) => [tag, image]);
  return { tags: Object.fromEntries(tags), holds: found.holds, images: found.images };
}

async function layerOf(id: string): Promise<Buffer> {
  const image = hub.storage.images.get(id);
  assert.ok(image, `image ${id} is here`);
  const chunks: Buffer[] = [];
  for await (const chunk of await hub.storage.files.openLayer(id, image.layer)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function jsonOf(id: string): Promise<Record<string, unknown>> {
  const image = hub.storage.images.get(id);
  assert.ok(image, `image ${id} is here`);
  return JSON.parse(String(await hub.storage.files.readJson(id, image.json)));
}

describe('an archive of the old layout', () => {
  const images = oldImages('plain', 3);
  const [base, middle, top] = images.map(({ id }) => id);

  it('keeps ids, jsons and layers, and sets its tags', async () => {
    const tags = { latest: top ?? '', v1: middle ?? '' };
    const result = await take(tarOf(...oldLayout(images, { 'jamtur01/old': tags })));
    assert.deepEqual(result.stored, [base, middle, top]);
    assert.deepEqual(repository('jamtur01/old').tags, tags);
    assert.deepEqual(repository('jamtur01/old').holds, [base, middle, top]);
    for (const { id, json, layer } of images) {
      const image = hub.storage.images.get(id);
      const stored = await layerOf(id);
      assert.deepEqual(gunzipSync(stored), layer);
      assert.deepEqual(await hub.storage.files.readJson(id, image?.json ?? ''), json);
      assert.equal(image?.payload, `sha256:${sha256(json, '\n', stored)}`);
      assert.equal(image?.size, stored.length);
    }
  });

  it('lists its images as a push does: the lowest first', () => {
    assert.deepEqual(repository('jamtur01/old').images, [
      { id: base },
      { id: middle },
      { id: top },
    ]);
  });

  it('may begin with the last image, and lack its tags', async () => {
    const backwards = oldImages('backwards', 3).reverse();
    const entries = backwards.flatMap(oldEntries);
    await take(tarOf(...entries), { repository: 'jamtur01/backwards' });
    assert.deepEqual(repository('jamtur01/backwards').tags, { latest: backwards[0]?.id });
  });

  it('stores nothing twice', async () => {
    const before = hub.storage.images.get(top ?? '');
    const tar = tarOf(...oldLayout(images, { again: { latest: top ?? '' } }));
    const result = await take(tar);
    assert.deepEqual(result.stored, []);
    assert.deepEqual(result.here, [base, middle, top]);
    assert.equal(hub.storage.images.get(top ?? ''), before);
    assert.deepEqual(repository('library/again').holds, [base, middle, top]);
  });

  it('changes nothing when it comes again', async () => {
    const before = hub.storage.repositories.get('library/again');
    await take(tarOf(...oldLayout(images, { again: { latest: top ?? '' } })));
    assert.equal(hub.storage.repositories.get('library/again'), before);
  });

  it('adds to a repository, and moves its tags', async () => {
    const [other] = oldImages('other', 1);
    assert.ok(other);
    await take(tarOf(...oldLayout([other], { again: { latest: other.id } })));
    assert.deepEqual(repository('library/again').tags, { latest: other.id });
    assert.equal(repository('library/again').holds.length, 4);
  });
});

describe('an archive with manifest.json', () => {
  const image = modernImage(['debian', 'web']);

  it('becomes v1 images: named by config and layers, the config with the uppermost', async () => {
    const names = ['example.com:5000/jamtur01/web:1.0', 'jamtur01/web:latest'];
    const { stored } = await take(tarOf(...dockerLayout([{ ...image, names }])));
    const [base = '', top = ''] = stored;
    // The ids of a push over v2, as docker shows them: its ImageID, and the ChainID of what is below.
    assert.equal(top, sha256(JSON.stringify(image.config)));
    assert.equal(`sha256:${base}`, digestOf(image.layers[0] ?? Buffer.of()));
    assert.deepEqual(repository('jamtur01/web').tags, { '1.0': top, latest: top });
    const { history: _, rootfs: __, ...said } = image.config;
    assert.deepEqual(await jsonOf(top), { ...said, id: top, parent: base });
    assert.deepEqual(await jsonOf(base), {
      id: base,
      created: '2024-03-01T12:00:00Z',
      container_config: { Cmd: ['made debian'] },
    });
    assert.deepEqual(gunzipSync(await layerOf(base)), image.layers[0]);
  });

  it('gives the same ids under any compression and any names', async () => {
    const ids = repository('jamtur01/web').holds;
    const archives = [
      tarOf(...dockerLayout([image], gzipSync)),
      gzipSync(tarOf(...dockerLayout([image]))),
      tarOf(...ociLayout([ociImage(image)])),
      tarOf(...ociLayout([ociImage(image, (layer) => layer)])),
    ];
    for (const archive of archives) {
      const { stored, here } = await take(archive, { repository: 'other/name', tag: 'x' });
      assert.deepEqual([stored, here], [[], ids]);
    }
  });

  it('keeps gzipped layers as they are', async () => {
    const packed = modernImage(['packed']);
    const odd = (layer: Buffer): Buffer => gzipSync(layer, { level: 1 });
    const { stored } = await take(tarOf(...dockerLayout([packed], odd)), { repository: 'packed' });
    const [layer] = packed.layers;
    assert.ok(layer);
    assert.deepEqual(await layerOf(stored[0] ?? ''), odd(layer));
  });

  it('holds several images, which share what they have in common', async () => {
    const tar = dockerLayout([
      { ...modernImage(['shared', 'one']), names: ['jamtur01/many:one'] },
      { ...modernImage(['shared', 'two']), names: ['jamtur01/many:two', 'jamtur01/two:latest'] },
    ]);
    const { stored } = await take(tarOf(...tar));
    assert.equal(stored.length, 3);
    assert.equal(repository('jamtur01/many').holds.length, 3);
    assert.deepEqual(Object.keys(repository('jamtur01/many').tags), ['one', 'two']);
    assert.equal(repository('jamtur01/two').holds.length, 2);
  });

  it('leaves out what has no name, and says so', async () => {
    const tar = dockerLayout([
      { ...modernImage(['named']), names: ['named:latest'] },
      { ...modernImage(['nameless']), names: null },
    ]);
    const told: ArchiveProgress[] = [];
    const source = Readable.from([tarOf(...tar)]);
    const { stored, leftOut } = await importArchive(hub, source, {}, (one) => told.push(one));
    assert.equal(stored.length, 1);
    const text = `image ${leftOut[0]} has no name and was left out`;
    assert.deepEqual(told.at(-1), { kind: 'note', text });
  });

  it('uses one layer file for several layers, through links too', async () => {
    const twin = modernImage(['twin', 'other', 'twin']);
    const [entry, ...rest] = dockerLayout([{ ...twin, names: ['twins:latest'] }]);
    assert.ok(entry);
    const linked = rest.map((each) =>
      each.name === 'manifest.json' ? { ...each, name: 'real/manifest.json' } : each,
    );
    const link = { name: 'manifest.json', type: '2', link: './real/manifest.json' } as const;
    const { stored } = await take(tarOf(link, entry, ...linked));
    assert.equal(stored.length, 3);
    assert.deepEqual(await layerOf(stored[0] ?? ''), await layerOf(stored[2] ?? ''));
  });

  it('takes one of several platforms of a name: this machine’s, else the first', async () => {
    const [os = '', architecture = ''] = ownPlatform().split('/');
    const foreign = { ...modernImage(['foreign'], { architecture: 'z80' }), names: ['multi:1'] };
    const strange = { ...modernImage(['strange'], { architecture: '6502' }), names: ['multi:1'] };
    const own = { ...modernImage(['own'], { os, architecture }), names: ['multi:1'] };
    const first = await take(tarOf(...dockerLayout([foreign, strange])));
    const chosen = await take(tarOf(...dockerLayout([foreign, own])));
    assert.equal((await jsonOf(first.tags[0]?.image ?? '')).architecture, 'z80');
    assert.equal((await jsonOf(chosen.tags[0]?.image ?? '')).architecture, architecture);
  });
});

describe('an archive of docker 1.10 to 24, with both layouts', () => {
  const image = modernImage(['both', 'layouts']);
  const [config, ...others] = dockerLayout([image]);
  assert.ok(config);

  /** As such a docker saves it whose clock says `created` for 1970, or for no time. */
  async function saved(chain: { id: string; json: Buffer }[]): Promise<Buffer> {
    const old = chain.map((each, index) => ({
      ...each,
      layer: image.layers[index] ?? Buffer.of(),
    }));
    const manifest = [
      {
        Config: config?.name,
        RepoTags: ['jamtur01/both:latest'],
        Layers: old.map(({ id }) => `${id}/layer.tar`),
      },
    ];
    return tarOf(
      config ?? others[0] ?? file('', ''),
      ...old.flatMap(oldEntries),
      file('manifest.json', manifest),
    );
  }

  it('has the ids that it says, if they are the images’ own', async () => {
    const [below, own] = oldImages('own ids', 2);
    assert.ok(below && own);
    // What the config says, and no config of docker says it otherwise.
    const { rootfs: _, history: __, ...said } = image.config;
    const json = Buffer.from(JSON.stringify({ id: own.id, parent: below.id, ...said }));
    const images = [below, { ...own, json }];
    const { stored } = await take(await saved(images));
    assert.deepEqual(
      stored,
      images.map(({ id }) => id),
    );
  });

  /** What docker makes of the lowest layer (CreateID) at the time that it calls 1970, less the os. */
  function madeToSave(image: ModernImage, created: string): { id: string; json: Buffer } {
    const [layer = Buffer.of()] = image.layers;
    const zero =
      '{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,' +
      '"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,' +
      '"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null}';
    const id = sha256(
      `{"container_config":${zero},"created":"${created}","layer_id":"${digestOf(layer)}"}`,
    );
    return { id, json: Buffer.from(JSON.stringify({ id, created, os: 'linux' })) };
  }

  const clocks: readonly (readonly [where: string, created: string])[] = [
    ['in UTC', '1970-01-01T00:00:00Z'],
    ['where 1970 began the evening before', '1969-12-31T19:00:00-05:00'],
  ];
  for (const [where, created] of clocks) {
    it(`has the ids of the image, if it says those that docker makes while it saves ${where}`, async () => {
      const { tags } = await take(tarOf(...dockerLayout([image])), { repository: 'both' });
      const wanted = repository('library/both').holds;
      const base = madeToSave(image, created);
      const top = sha256('somehow');
      const { rootfs: _, history: __, ...said } = image.config;
      const json = Buffer.from(JSON.stringify({ id: top, parent: base.id, ...said }));
      const { stored, here } = await take(await saved([base, { id: top, json }]));
      assert.deepEqual([stored, here], [[], wanted]);
      assert.equal(tags[0]?.image, wanted[1]);
    });
  }

  it('has the ids of the image also where it has one layer', async () => {
    const created = '2015-01-01T00:00:00Z';
    const more = { created, os: '', architecture: '', config: undefined, history: undefined };
    const one = modernImage(['single'], more);
    const [config = file('', ''), , manifest] = dockerLayout([one]);
    const { id } = madeToSave(one, created);
    const json = Buffer.from(JSON.stringify({ id, created }));
    const items = JSON.parse(String(manifest?.content)) as object[];
    const tar = tarOf(
      config,
      ...oldEntries({ id, json, layer: one.layers[0] ?? Buffer.of() }),
      file('manifest.json', [{ ...items[0], Layers: [`${id}/layer.tar`] }]),
    );
    const { stored } = await take(tar, { repository: 'jamtur01/single' });
    assert.deepEqual(stored, [sha256(JSON.stringify(one.config))]);
  });
});

describe('an archive of the OCI layout', () => {
  const names = (text: string) => ({ annotations: { 'org.opencontainers.image.ref.name': text } });

  it('is named by containerd’s annotation, or by the common one', async () => {
    const containerd = described(ociImage(modernImage(['containerd'])), {
      annotations: {
        'io.containerd.image.name': 'docker.io/library/fine:1.0',
        'org.opencontainers.image.ref.name': '1.0',
      },
    });
    const skopeo = described(ociImage(modernImage(['skopeo'])), names('ghcr.io/jamtur01/sk:2'));
    await take(tarOf(...ociLayout([containerd, skopeo])));
    assert.deepEqual(Object.keys(repository('library/fine').tags), ['1.0']);
    assert.deepEqual(Object.keys(repository('jamtur01/sk').tags), ['2']);
  });

  it('may name its tag alone', async () => {
    const tar = tarOf(...ociLayout([described(ociImage(modernImage(['tagged'])), names('v7'))]));
    await assert.rejects(take(tar), /it names no repository; say which the images are for$/);
    await take(tar, { repository: 'jamtur01/tagged' });
    assert.deepEqual(Object.keys(repository('jamtur01/tagged').tags), ['v7']);
  });

  it('takes the platform that is there, of those that are listed', async () => {
    const [os, architecture] = ownPlatform().split('/');
    const absent = described(ociImage(modernImage(['absent'])), { platform: { os, architecture } });
    const there = described(ociImage(modernImage(['there'])), {
      platform: { os: 'linux', architecture: 'z80' },
    });
    const attestation = described(ociImage(modernImage(['attestation'])), {
      platform: { os: 'unknown', architecture: 'unknown' },
    });
    const index = ociIndex([{ ...absent, entries: [] }, there, { ...attestation, entries: [] }]);
    const tar = tarOf(...ociLayout([described(index, names('jamtur01/platforms:1'))]));
    const { stored } = await take(tar);
    assert.deepEqual(gunzipSync(await layerOf(stored[0] ?? '')), modernImage(['there']).layers[0]);
  });

  it('says which of several platforms it took', async () => {
    const listed = ['z80', '6502'].map((architecture) =>
      described(ociImage(modernImage([architecture])), { platform: { os: 'linux', architecture } }),
    );
    const tar = tarOf(...ociLayout([described(ociIndex(listed), names('jamtur01/cpu:1'))]));
    const archive = await readArchive(Readable.from([tar]));
    await archive.close();
    assert.deepEqual(archive.notes, [
      'jamtur01/cpu:1 is there for linux/z80, linux/6502; took linux/z80',
    ]);
    assert.equal(archive.images.length, 1);
  });
});

describe('where images go', () => {
  const two = dockerLayout([
    { ...modernImage(['a']), names: ['one/a:latest'] },
    { ...modernImage(['b']), names: ['one/b:latest'] },
  ]);

  const refused: readonly [what: string, tar: Buffer, to: ImportOptions, message: RegExp][] = [
    ['one tag for two images', tarOf(...two), { repository: 'x', tag: 'y' }, /holds 2 images/],
    [
      'one repository for two latest',
      tarOf(...two),
      { repository: 'x' },
      /two images with the tag/,
    ],
    [
      'two images without tags',
      tarOf(...dockerLayout([modernImage(['a']), modernImage(['b'])])),
      { repository: 'x' },
      /holds 2 images and gives no tags/,
    ],
    ['no name at all', tarOf(...dockerLayout([modernImage(['a'])])), {}, /names no repository/],
    [
      'a name too long for here',
      tarOf(...dockerLayout([{ ...modernImage(['a']), names: ['ghcr.io/a/b/c:1'] }])),
      {},
      /"a\/b\/c" has more than a namespace and a name$/,
    ],
    [
      'an invalid name',
      tarOf(...dockerLayout([modernImage(['a'])])),
      { repository: 'Bad/x' },
      /"Bad\/x": Wrong namespace: /,
    ],
    [
      'an invalid tag',
      tarOf(...dockerLayout([modernImage(['a'])])),
      { repository: 'x', tag: '-y' },
      /"-y": Invalid tag name /,
    ],
  ];
  for (const [what, tar, to, message] of refused) {
    it(`is to be clear: ${what}`, async () => {
      await assert.rejects(take(tar, to), { message });
      assert.equal(hub.storage.repositories.get('library/x'), undefined);
    });
  }

  it('may be a repository that is being deleted: it starts over', async () => {
    const [image] = oldImages('deleted', 1);
    assert.ok(image);
    const tar = tarOf(...oldLayout([image], { 'gone/repo': { old: image.id } }));
    await take(tar);
    const name = { namespace: 'gone', name: 'repo', full: 'gone/repo' };
    await hub.domain.repositories.change(OPERATOR, name, (current) => ({
      ...current,
      deletion: { since: current.created },
    }));
    const next = dockerLayout([{ ...modernImage(['again']), names: ['gone/repo:new'] }]);
    await take(tarOf(...next));
    assert.deepEqual(Object.keys(repository('gone/repo').tags), ['new']);
    assert.equal(hub.storage.images.get(image.id), undefined);
  });
});

describe('an export', () => {
  it('is loaded by docker of today, and by docker of then', async () => {
    const images = oldImages('exported', 3);
    const ids = images.map(({ id }) => id);
    await take(tarOf(...oldLayout(images, { 'jamtur01/out': { '1.0': ids[2] ?? '' } })));
    const tar = await give('jamtur01/out:1.0');
    const [loaded, ...others] = dockerLoad(tar);
    assert.deepEqual(others, []);
    assert.deepEqual(loaded?.names, ['jamtur01/out:1.0']);
    assert.deepEqual(
      loaded?.diffIds,
      images.map(({ layer }) => digestOf(layer)),
    );
    assert.deepEqual(oldDockerLoad(tar), { 'jamtur01/out:1.0': ids.toReversed() });
  });

  it('has layers of exactly the bytes that were pushed, and so the ids of a pull over v2', async () => {
    const images = oldImages('exact', 3);
    const ends = [Buffer.alloc(0), Buffer.alloc(512), Buffer.alloc(10_240)];
    const odd = images.map((each, index) => ({
      ...each,
      layer: Buffer.concat([each.layer.subarray(0, -1024), ends[index] ?? Buffer.of()]),
    }));
    await take(tarOf(...oldLayout(odd, { 'jamtur01/exact': { '1': images[2]?.id ?? '' } })));
    const exported = await give('jamtur01/exact:1');
    const [loaded] = dockerLoad(exported);
    assert.deepEqual(
      loaded?.diffIds,
      odd.map(({ layer }) => digestOf(layer)),
    );
    const { layer } = odd[0] ?? { layer: Buffer.of() };
    assert.deepEqual(unpack(exported).bytes(`${odd[0]?.id}/layer.tar`), layer);
  });

  it('says how each layer was made', async () => {
    const [loaded] = dockerLoad(await give('jamtur01/out:1.0'));
    assert.deepEqual(loaded?.config.history, [
      { created: '2014-02-03T16:40:06.123Z', created_by: '/bin/sh -c #(nop) <0>' },
      { created: '2014-02-03T16:41:06.123Z', created_by: '/bin/sh -c #(nop) <1>' },
      { created: '2014-02-03T16:42:06.123Z', created_by: '/bin/sh -c #(nop) <2>' },
    ]);
    assert.deepEqual([loaded?.config.os, loaded?.config.id], ['linux', undefined]);
  });

  it('always has the same bytes', async () => {
    assert.deepEqual(await give('jamtur01/out:1.0'), await give('jamtur01/out:1.0'));
  });

  it('gives the same ids and jsons when it comes in again', async () => {
    const names = ['jamtur01/out:1.0', 'jamtur01/web:latest', 'twins:latest', 'fine:1.0'];
    for (const name of names) {
      const tar = await give(name);
      const other = await openHub({ ephemeral: true });
      try {
        const { stored, tags } = await take(tar, {}, other);
        const top = tags[0]?.image ?? '';
        assert.deepEqual(stored.toReversed(), hub.storage.images.get(top)?.ancestry);
        assert.deepEqual(await give(name, other), tar);
      } finally {
        await other.close();
      }
    }
  });

  it('writes layers that are the same once', async () => {
    const tar = await give('twins:latest');
    const links = unpack(tar).names.filter((name) => name.endsWith('/layer.tar'));
    assert.equal(links.length, 3);
    assert.equal(new Set(dockerLoad(tar)[0]?.diffIds).size, 2);
  });

  it('names no name that docker would refuse, and finds it again all the same', async () => {
    const [image] = oldImages('shouted', 1);
    assert.ok(image);
    const tar = tarOf(...oldLayout([image], { 'jamtur01/LOUD_': { latest: image.id } }));
    await take(tar);
    const exported = await give('jamtur01/LOUD_');
    assert.deepEqual(dockerLoad(exported)[0]?.names, []);
    const { tags } = await take(exported);
    assert.deepEqual(tags, [{ repository: 'jamtur01/LOUD_', tag: 'latest', image: image.id }]);
  });

  const missing: readonly [name: string, message: RegExp][] = [
    ['nobody/nothing', /^there is no repository nobody\/nothing$/],
    ['jamtur01/out', /^jamtur01\/out has no tag "latest"; it has: 1\.0$/],
    ['a/b/c/d', /^"a\/b\/c\/d" has more than a namespace and a name$/],
  ];
  for (const [name, message] of missing) {
    it(`is refused: ${name}`, async () => {
      await assert.rejects(give(name), { message });
    });
  }

  it('ends with an output that fails, and says why', async () => {
    let left = 3;
    const output = new Writable({
      write: (_chunk, _, done) => {
        left -= 1;
        done(left === 0 ? new Error('the pipe broke') : null);
      },
    });
    await assert.rejects(exportImage(hub, 'jamtur01/web', output), /^Error: the pipe broke$/);
  });
});

describe('archives and dockers', () => {
  const running = useHub({ onDisk: true });

  for (const version of VERSIONS) {
    it(`docker ${version} pulls what was imported, and what it pushes is exported`, async () => {
      const docker = new OldDocker({
        version,
        host: `127.0.0.1:${running.port}`,
        credentials: { username: 'admin', password: PASSWORD, email: 'admin@localhost' },
      });
      const { images, tags } = makeRepository(`exported ${version}`, { version, bigLayer: 70_000 });
      await docker.push('admin/pushed', images, { tags });
      let tar: Buffer = Buffer.of();
      await running.restart(async (open) => {
        tar = await give('admin/pushed:latest', open);
        await take(tar, { repository: `admin/copy-${version}` }, open);
        const modern = modernImage(['modern', version]);
        await take(tarOf(...dockerLayout([modern])), { repository: 'admin/modern' }, open);
      });
      const [loaded] = dockerLoad(tar);
      const chain = oldDockerLoad(tar)['admin/pushed:latest'] ?? [];
      assert.equal(chain[0], tags.latest);
      assert.equal(loaded?.diffIds.length, chain.length);

      const puller = new OldDocker({ version, host: `127.0.0.1:${running.port}` });
      const pulled = await puller.pull('admin/modern', { tag: 'latest' });
      const layers = [...pulled.images.values()].map(({ layer }) => sha256(gunzipSync(layer)));
      const wanted = modernImage(['modern', version]).layers.map((layer) => sha256(layer));
      assert.deepEqual(layers.sort(), wanted.sort());
    });
  }
});
