/* `hub-v1 rescue` of a docker-registry's folder: what comes, and what is left out and why. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { openSource } from '../../src/rescue/open-source.js';
import { type RescueOptions, type RescueReport, rescue } from '../../src/rescue/rescue.js';
import { imageId, makeChain, makeImage, type TestImage } from '../support/images.js';
import { type ImageManner, OldRegistry } from '../support/old-registry.js';

let folder: string;
let places = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-rescue-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A new folder of an old registry. */
function newRegistry(): OldRegistry {
  places += 1;
  return new OldRegistry(join(folder, `old-${places}`));
}

function newData(): string {
  places += 1;
  return join(folder, `data-${places}`);
}

/** Rescues a folder into a data directory, and shows what is there after it. */
async function rescued(
  { folder: source }: OldRegistry,
  options: RescueOptions = {},
  data = newData(),
): Promise<RescueReport & { readonly hub: OpenHub }> {
  await using hub = await opened(data);
  const report = await rescue(hub.domain, await openSource(source), options);
  return { ...report, hub };
}

async function opened(data: string): Promise<OpenHub & AsyncDisposable> {
  const hub = await openHub({ data });
  return { ...hub, [Symbol.asyncDispose]: () => hub.close() };
}

function tagsOf({ hub }: { readonly hub: OpenHub }, name: string): Record<string, string> {
  const tags = hub.storage.repositories.get(name)?.tags ?? {};
  return Object.fromEntries(Object.entries(tags).map(([tag, { image }]) => [tag, image]));
}

const CHAIN = makeChain('rescue', 3);
const TOP = CHAIN.at(-1) as TestImage;

describe('a whole folder', () => {
  it('comes with names, tags, what is known of them, and privacy', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    const details = {
      last_update: 1417566822,
      docker_version: '1.3.2',
      docker_go_version: 'go1.3.3',
      arch: 'amd64',
      os: 'linux',
      kernel: '3.13.0',
      odd: ['x'],
    };
    await old.addRepository('library/busybox', {
      tags: { latest: TOP.id, '1.0': TOP.id },
      details: { latest: details },
      listed: CHAIN.map(({ id }) => ({ id, Tag: 'latest' })),
    });
    await old.addRepository('jamtur01/secret', {
      tags: { v1: (CHAIN[1] as TestImage).id },
      isPrivate: true,
    });
    const { hub, repositories, images } = await rescued(old);
    const { last_update: _, odd: __, ...client } = details;
    const busybox = hub.storage.repositories.get('library/busybox');
    assert.equal(busybox?.access, 'public');
    assert.deepEqual(busybox?.tags.latest, {
      image: TOP.id,
      updated: '2014-12-03T00:33:42.000Z',
      client,
    });
    assert.deepEqual([...(busybox?.holds ?? [])].sort(), CHAIN.map(({ id }) => id).sort());
    assert.equal(hub.storage.repositories.get('jamtur01/secret')?.access, 'private');
    assert.deepEqual(tagsOf({ hub }, 'library/busybox'), { latest: TOP.id, '1.0': TOP.id });
    assert.deepEqual(images, {
      taken: 3,
      bytes: CHAIN.reduce((sum, { layer }) => sum + layer.length, 0),
      here: 0,
      broken: [],
      unnamed: [],
    });
    assert.deepEqual(
      repositories.map(({ from, to, skipped }) => [from, to, skipped]),
      [
        ['jamtur01/secret', 'jamtur01/secret', undefined],
        ['library/busybox', 'library/busybox', undefined],
      ],
    );
  });

  it('keeps each json and each layer byte for byte', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    await old.addRepository('library/bytes', { tags: { latest: TOP.id } });
    const data = newData();
    await rescued(old, {}, data);
    for (const { id, json, layer, payload } of CHAIN) {
      const own = JSON.parse(await readFile(join(data, 'images', id, 'image.json'), 'utf8'));
      assert.deepEqual(await readFile(join(data, 'images', id, own.json)), json);
      assert.deepEqual(await readFile(join(data, 'images', id, own.layer)), layer);
      assert.equal(own.payload, payload);
    }
  });

  it('is as it was', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    await old.addRepository('library/same', { tags: { latest: TOP.id }, isPrivate: true });
    const earlier = await fingerprint(old.folder);
    await rescued(old, { link: true });
    assert.deepEqual(await fingerprint(old.folder), earlier);
  });

  it('may be a copy of a bucket, below registry/', async () => {
    const old = newRegistry();
    const below = new OldRegistry(join(old.folder, 'registry'));
    await below.addChain(CHAIN);
    await below.addRepository('library/bucket', { tags: { latest: TOP.id } });
    assert.deepEqual(tagsOf(await rescued(old), 'library/bucket'), { latest: TOP.id });
  });
});

/** Every file below a folder, with its time, mode and content. */
async function fingerprint(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const lines = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    const { mtimeMs, mode } = await stat(path);
    const sum = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    return `${path} ${mtimeMs} ${mode} ${sum}`;
  });
  return (await Promise.all(lines)).sort();
}

describe('images of every age', () => {
  const plain = gunzipSync(TOP.layer);
  const table: readonly [what: string, manner: ImageManner][] = [
    ['without a checksum', { checksum: 'none' }],
    ['with the bare checksum of before 0.7', { checksum: '0.6' }],
    ['with a checksum that does not fit', { checksum: [`tarsum+sha256:${'0'.repeat(64)}`] }],
    ['without ancestry', { ancestry: false }],
    ['with a layer that is a bare tar', { layer: plain }],
    ['with a layer in two members', { layer: Buffer.concat([TOP.layer, gzipSync('')]) }],
    ['with garbage after the gzip', { layer: Buffer.concat([TOP.layer, Buffer.from('garbage')]) }],
    ['with an empty archive', { layer: gzipSync(Buffer.alloc(1024)) }],
    ['with a gzip of nothing', { layer: gzipSync('') }],
  ];
  for (const [what, manner] of table) {
    it(`come ${what}`, async () => {
      const old = newRegistry();
      await old.addChain(CHAIN.slice(0, 2));
      await old.addImage(CHAIN, manner);
      await old.addRepository('library/aged', { tags: { latest: TOP.id } });
      const { hub, images } = await rescued(old);
      assert.deepEqual(images.broken, []);
      assert.deepEqual(tagsOf({ hub }, 'library/aged'), { latest: TOP.id });
    });
  }
});

describe('what is broken is left out, with the reason', () => {
  const cut = TOP.layer.subarray(0, -9);
  const wrong = Buffer.from(TOP.layer);
  wrong.writeUInt8(wrong.readUInt8(wrong.length - 6) ^ 1, wrong.length - 6);
  const table: readonly [what: string, manner: ImageManner, reason: RegExp][] = [
    ['an upload in progress', { inProgress: true }, /upload never ended/],
    ['an image without a layer', { layer: false }, /its layer is not there/],
    ['a layer of 0 bytes', { layer: Buffer.of() }, /its layer has 0 bytes/],
    ['a cut gzip', { layer: cut }, /its layer is broken: .*unexpected end of file/],
    ['a gzip with a wrong sum', { layer: wrong }, /its layer is broken/],
    ['a layer that is a page', { layer: Buffer.from('<html></html>') }, /its layer is broken/],
    ['a cut tar', { layer: gunzipSync(TOP.layer).subarray(0, 700) }, /its layer is broken/],
    ['an image without a json', { json: false }, /its json is not there/],
    ['a json of another image', { json: (CHAIN[0] as TestImage).json }, /id/],
    ['a json that is cut', { json: Buffer.from('{') }, /: its json is not valid JSON$/],
  ];
  for (const [what, manner, reason] of table) {
    it(`as ${what}, on which another one is built`, async () => {
      const old = newRegistry();
      const above = makeImage('above', { parent: TOP });
      const sound = CHAIN[1] as TestImage;
      await old.addChain(CHAIN.slice(0, 2));
      await old.addImage(CHAIN, manner);
      await old.addImage([...CHAIN, above]);
      await old.addRepository('library/mixed', {
        tags: { above: above.id, broken: TOP.id, sound: sound.id },
      });
      const data = newData();
      const { hub, repositories, images } = await rescued(old, {}, data);
      assert.deepEqual(tagsOf({ hub }, 'library/mixed'), { sound: sound.id });
      const tags = new Map(repositories[0]?.tags.map((tag) => [tag.tag, tag]));
      assert.equal(tags.get('sound')?.state, 'taken');
      assert.match(tags.get('broken')?.reason ?? '', reason);
      assert.match(tags.get('above')?.reason ?? '', /is built on/);
      assert.match(tags.get('above')?.reason ?? '', reason);
      assert.deepEqual(
        images.broken.map(({ image }) => image),
        [TOP.id],
      );
      // Nothing of it is left behind.
      const stored = await readdir(join(data, 'images'));
      assert.deepEqual(
        stored.sort(),
        CHAIN.slice(0, 2)
          .map(({ id }) => id)
          .sort(),
      );
    });
  }

  it('as tags that lead nowhere, tags without an id, and invalid names', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    await old.addRepository('library/tags', {
      tags: { nowhere: imageId('gone'), odd: 'deadbeef', '-x': TOP.id, good: `${TOP.id}\n` },
    });
    const { hub, repositories } = await rescued(old);
    assert.deepEqual(tagsOf({ hub }, 'library/tags'), { good: TOP.id });
    const reasons = new Map(repositories[0]?.tags.map(({ tag, reason }) => [tag, reason]));
    assert.match(reasons.get('nowhere') ?? '', /it is not there/);
    assert.match(reasons.get('odd') ?? '', /names no image, but "deadbeef"/);
    assert.match(reasons.get('-x') ?? '', /no tag here can be called "-x"/);
  });

  it('as images that are built on each other', async () => {
    const old = newRegistry();
    const [one, two] = [imageId('one'), imageId('two')];
    for (const [id, parent] of [
      [one, two],
      [two, one],
    ] as const) {
      const image = makeImage(id === one ? 'one' : 'two');
      await old.addImage([image], { json: Buffer.from(JSON.stringify({ id, parent })) });
    }
    await old.addRepository('library/circle', { tags: { latest: one } });
    const { repositories } = await rescued(old);
    assert.match(repositories[0]?.tags[0]?.reason ?? '', /is built on itself/);
  });

  it('as a layer behind a symbolic link', async () => {
    const old = newRegistry();
    await old.addImage([CHAIN[0] as TestImage], { layer: false });
    const { id, layer } = CHAIN[0] as TestImage;
    await old.write('', { elsewhere: layer });
    await symlink(join(old.folder, 'elsewhere'), join(old.folder, 'images', id, 'layer'));
    await old.addRepository('library/link', { tags: { latest: id } });
    const { repositories } = await rescued(old);
    assert.match(repositories[0]?.tags[0]?.reason ?? '', /its layer is a symbolic link/);
  });

  it('but not stray files, nor tags whose names look like files about tags', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    await old.write('', { '.DS_Store': 'x' });
    await old.write('images', { '.DS_Store': 'x' });
    await old.write('images/backup', { json: '{}' });
    await old.write('repositories', { '.DS_Store': 'x' });
    await old.write('repositories/library', { '.DS_Store': 'x' });
    await old.addRepository('library/stray', {
      tags: { latest: TOP.id, x_json: TOP.id, _x: TOP.id },
      details: { _x: { last_update: 0 }, latest: {} },
    });
    await old.write('repositories/library/stray', { '.DS_Store': 'x', notes: 'x' });
    const { hub, repositories } = await rescued(old);
    assert.equal(repositories.length, 1);
    assert.deepEqual(
      repositories[0]?.tags.filter(({ state }) => state !== 'taken'),
      [],
    );
    assert.deepEqual(Object.keys(tagsOf({ hub }, 'library/stray')).sort(), ['_x', 'latest']);
  });
});

describe('a layer with the sum that its registry made of it', () => {
  // Whether a layer was looked through shows at the sum within the gzip, which nobody else compares.
  const odd = Buffer.from(TOP.layer);
  odd.writeUInt8(odd.readUInt8(odd.length - 6) ^ 1, odd.length - 6);
  const sumOf = (layer: Buffer): string =>
    `sha256:${createHash('sha256').update(TOP.json).update('\n').update(layer).digest('hex')}`;
  const table: readonly [what: string, layer: Buffer, sums: readonly string[], reason?: RegExp][] =
    [
      ['comes as it was sent', odd, [`tarsum+sha256:${'0'.repeat(64)}`, sumOf(odd)]],
      ['is looked through if it is another one by now', odd, [sumOf(TOP.layer)], /is broken/],
      ['is looked through if it does not end as one', odd.subarray(0, -9), [], /is broken/],
      [
        'is looked through if it is not packed',
        gunzipSync(TOP.layer).subarray(0, 700),
        [],
        /is broken/,
      ],
    ];
  for (const [what, layer, sums, reason] of table) {
    for (const options of [{}, { link: true }, { dryRun: true }]) {
      it(`${what}: ${JSON.stringify(options)}`, async () => {
        const old = newRegistry();
        await old.addChain(CHAIN.slice(0, 2));
        const checksum = sums.length === 0 ? [sumOf(layer)] : sums;
        await old.addImage(CHAIN, { layer, checksum });
        await old.addRepository('library/summed', { tags: { latest: TOP.id } });
        const { hub, repositories } = await rescued(old, options);
        const [tag] = repositories[0]?.tags ?? [];
        if (reason !== undefined) return assert.match(tag?.reason ?? '', reason);
        assert.equal(tag?.state, 'taken');
        const payload = 'dryRun' in options ? undefined : sumOf(layer);
        assert.equal(hub.storage.images.get(TOP.id)?.payload, payload);
        return undefined;
      });
    }
  }
});

describe('images without tags', () => {
  it('come if their repository lists them; the report names the broken ones', async () => {
    const old = newRegistry();
    const other = makeImage('superseded', { parent: CHAIN[0] as TestImage });
    await old.addChain(CHAIN);
    await old.addImage([CHAIN[0] as TestImage, other]);
    await old.addRepository('library/listed', {
      tags: { latest: TOP.id },
      listed: [...CHAIN, other].map(({ id }) => ({ id })).concat({ id: imageId('never came') }),
    });
    const { hub, repositories } = await rescued(old);
    const holds = hub.storage.repositories.get('library/listed')?.holds ?? [];
    assert.deepEqual([...holds].sort(), [...CHAIN, other].map(({ id }) => id).sort());
    assert.deepEqual(
      new Map(repositories[0]?.untagged.map(({ image, state }) => [image, state])),
      new Map([
        [imageId('never came'), 'skipped'],
        [other.id, 'taken'],
      ]),
    );
  });

  it('of deleted repositories are counted, and become private where --unnamed says', async () => {
    const old = newRegistry();
    const left = makeChain('left', 2);
    await old.addChain(CHAIN);
    await old.addChain(left);
    await old.addRepository('library/there', { tags: { latest: TOP.id } });
    const { images } = await rescued(old);
    assert.deepEqual([...images.unnamed].sort(), left.map(({ id }) => id).sort());
    const { hub } = await rescued(old, { unnamed: 'jamtur01/attic' });
    const id = left[1]?.id ?? '';
    assert.deepEqual(tagsOf({ hub }, 'jamtur01/attic'), { [id.slice(0, 12)]: id });
    assert.equal(hub.storage.repositories.get('jamtur01/attic')?.access, 'private');
  });
});

describe('names', () => {
  const source = async (...names: string[]): Promise<OldRegistry> => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    for (const name of names) await old.addRepository(name, { tags: { latest: TOP.id } });
    return old;
  };

  it('that went through quote_plus are read, and refused if they do not fit', async () => {
    const old = await source('library/a%252Fb', 'library/%2E%2E', 'Upper/app', 'ok_ns/C.a-p_s');
    const { hub, repositories } = await rescued(old);
    assert.deepEqual(tagsOf({ hub }, 'ok_ns/C.a-p_s'), { latest: TOP.id });
    const skipped = new Map(repositories.map(({ from, skipped: why }) => [from, why]));
    assert.match(skipped.get('library/a/b') ?? '', /"library\/a\/b" has 3 parts/);
    assert.match(skipped.get('library/..') ?? '', /no repository here can be called so/);
    assert.match(skipped.get('Upper/app') ?? '', /no repository here can be called so/);
  });

  it('can be given', async () => {
    const old = await source('Upper/app', 'library/a%252Fb');
    const renamed = new Map([
      ['Upper/app', 'upper/app'],
      ['library/a/b', 'ab'],
    ]);
    const { hub } = await rescued(old, { renamed });
    assert.deepEqual(tagsOf({ hub }, 'upper/app'), { latest: TOP.id });
    assert.deepEqual(tagsOf({ hub }, 'library/ab'), { latest: TOP.id });
  });

  it('can all go to one owner; of two alike the first one wins', async () => {
    const old = await source('one/app', 'two/app', 'library/base', 'library/a%252Fb');
    const { hub, repositories } = await rescued(old, { asOwner: 'jamtur01' });
    for (const name of ['app', 'base', 'a-b']) {
      assert.deepEqual(tagsOf({ hub }, `jamtur01/${name}`), { latest: TOP.id });
    }
    assert.match(
      repositories.find(({ from }) => from === 'two/app')?.skipped ?? '',
      /one\/app became jamtur01\/app already/,
    );
  });

  it('that are invalid are refused before anything is read', async () => {
    const old = await source('one/app');
    await assert.rejects(rescued(old, { asOwner: 'A b' }), { name: 'RescueError' });
    await assert.rejects(rescued(old, { unnamed: 'a/b/c' }), { name: 'RescueError' });
  });
});

describe('once more', () => {
  it('takes what is new, and nothing that is here', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN.slice(0, 2));
    const second = CHAIN[1] as TestImage;
    await old.addRepository('library/again', { tags: { old: second.id, new: TOP.id } });
    const data = newData();
    const first = await rescued(old, {}, data);
    assert.equal(first.images.taken, 2);
    await old.addImage(CHAIN);
    const { images, repositories } = await rescued(old, {}, data);
    assert.deepEqual([images.taken, images.unnamed], [1, []]);
    assert.deepEqual(
      repositories[0]?.tags.map(({ tag, state }) => [tag, state]),
      [
        ['new', 'taken'],
        ['old', 'here'],
      ],
    );
  });

  it('leaves alone a tag that names another image by now', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    const second = CHAIN[1] as TestImage;
    await old.addRepository('library/moved', { tags: { latest: second.id } });
    const data = newData();
    await rescued(old, {}, data);
    await old.addRepository('library/moved', { tags: { latest: TOP.id } });
    const { hub, repositories } = await rescued(old, {}, data);
    assert.deepEqual(tagsOf({ hub }, 'library/moved'), { latest: second.id });
    assert.match(repositories[0]?.tags[0]?.reason ?? '', /here already, with another image/);
  });

  it('never shows what was private: a public repository becomes private with it', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    const second = CHAIN[1] as TestImage;
    await old.addRepository('jamtur01/closed', { tags: { a: second.id } });
    const data = newData();
    await rescued(old, {}, data);
    await old.addRepository('jamtur01/closed', { tags: { b: TOP.id }, isPrivate: true });
    const { hub, repositories } = await rescued(old, {}, data);
    assert.equal(hub.storage.repositories.get('jamtur01/closed')?.access, 'private');
    assert.match(repositories[0]?.notes[0] ?? '', /was public here, and becomes private/);
  });
});

describe('a dry run', () => {
  it('reads all, says the same, and changes nothing', async () => {
    const old = newRegistry();
    const broken = makeImage('broken', { parent: TOP });
    await old.addChain(CHAIN);
    await old.addImage([...CHAIN, broken], { layer: broken.layer.subarray(0, -4) });
    await old.addRepository('library/dry', { tags: { good: TOP.id, bad: broken.id } });
    const dry = await rescued(old, { dryRun: true });
    assert.equal(dry.hub.storage.repositories.get('library/dry'), undefined);
    const { hub: _, dryRun: isDry, ...said } = dry;
    const { hub: __, dryRun, ...done } = await rescued(old);
    assert.deepEqual(said, done);
    assert.deepEqual([isDry, dryRun], [true, false]);
  });
});

describe('links', () => {
  it('share the bytes of layers, and leave both alone when one goes', async () => {
    const old = newRegistry();
    await old.addChain(CHAIN);
    await old.addRepository('library/linked', { tags: { latest: TOP.id } });
    const data = newData();
    await rescued(old, { link: true }, data);
    for (const { id, layer } of CHAIN) {
      const own = JSON.parse(await readFile(join(data, 'images', id, 'image.json'), 'utf8'));
      const here = await stat(join(data, 'images', id, own.layer));
      assert.equal(here.ino, (await stat(join(old.folder, 'images', id, 'layer'))).ino);
      await rm(join(old.folder, 'images', id, 'layer'));
      assert.deepEqual(await readFile(join(data, 'images', id, own.layer)), layer);
    }
  });

  it('are not made to layers that are broken', async () => {
    const old = newRegistry();
    await old.addImage([CHAIN[0] as TestImage], { layer: TOP.layer.subarray(0, 40) });
    await old.addRepository('library/cut', { tags: { latest: CHAIN[0]?.id ?? '' } });
    const data = newData();
    await rescued(old, { link: true }, data);
    assert.deepEqual(await readdir(join(data, 'images')), []);
  });
});
