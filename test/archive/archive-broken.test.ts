/* Archives that are broken, by accident or on purpose: a clear line, and nothing kept. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ArchiveError, importArchive, type ReadOptions } from '../../src/archive/archive.js';
import type { TarEntry } from '../../src/old-docker/images/tar.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  blob,
  described,
  dockerLayout,
  file,
  modernImage,
  type OldImage,
  ociImage,
  ociIndex,
  ociLayout,
  oldEntries,
  oldImages,
  oldLayout,
  tarOf,
} from '../support/archives.js';
import { filesBelow } from '../support/files.js';
import { sha256 } from '../support/images.js';

let hub: OpenHub;
let folder: string;
let data: string;
let scratch: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-broken-'));
  data = join(folder, 'data');
  scratch = join(folder, 'scratch');
  await mkdir(scratch);
  hub = await openHub({ data, maxLayer: 1024 * 1024 });
});

after(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

const OLD = oldImages('broken', 2);
const [BASE, TOP] = OLD;
const MODERN = modernImage(['broken', 'modern']);
const SOUND = tarOf(...dockerLayout([{ ...MODERN, names: ['jamtur01/broken:latest'] }]));

/** The good old archive, with one of its images changed. */
function changed(index: number, change: Partial<OldImage>): Buffer {
  const images = OLD.map((image, place) => (place === index ? { ...image, ...change } : image));
  return tarOf(...oldLayout(images, { 'jamtur01/broken': { latest: TOP?.id ?? '' } }));
}

/** The good modern archive, with an entry put in the place of the one of its name. */
function replaced(entry: TarEntry): Buffer {
  const entries = dockerLayout([{ ...MODERN, names: ['jamtur01/broken:latest'] }]);
  return tarOf(...entries.map((each) => (each.name === entry.name ? entry : each)));
}

/** The good modern archive without the entries that a pattern names. */
function without(pattern: RegExp): Buffer {
  const entries = dockerLayout([{ ...MODERN, names: ['jamtur01/broken:latest'] }]);
  return tarOf(...entries.filter(({ name }) => !pattern.test(name)));
}

/** A manifest with one field changed. */
function manifest(change: Readonly<Record<string, unknown>>): Buffer {
  const entries = dockerLayout([{ ...MODERN, names: ['jamtur01/broken:latest'] }]);
  const last = entries.find(({ name }) => name === 'manifest.json');
  const [item] = JSON.parse(String(last?.content)) as object[];
  return replaced(file('manifest.json', [{ ...item, ...change }]));
}

/** A modern archive whose config has a field changed, and the name that belongs to it. */
function config(change: Readonly<Record<string, unknown>>): Buffer {
  const image = { ...MODERN, config: { ...MODERN.config, ...change } };
  return tarOf(...dockerLayout([{ ...image, names: ['jamtur01/broken:latest'] }]));
}

/** An OCI layout of one image whose blobs were changed after they were named. */
function oci(change: (entry: TarEntry) => TarEntry | undefined): Buffer {
  const named = described(ociImage(MODERN), {
    annotations: { 'io.containerd.image.name': 'docker.io/jamtur01/broken:latest' },
  });
  const entries = ociLayout([named]).flatMap((entry) => change(entry) ?? []);
  return tarOf(...entries);
}

function withHeader(tar: Buffer, at: number, text: string): Buffer {
  const copy = Buffer.from(tar);
  copy.write(text, at, 'latin1');
  copy.fill(' ', 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

const BIG = 2 * 1024 * 1024;

const broken: readonly [what: string, tar: () => Buffer, message: RegExp][] = [
  ['nothing', () => Buffer.of(), /holds no image$/],
  ['an empty tar', () => tarOf(), /holds no image$/],
  ['a tar of something else', () => tarOf(file('README', 'hello')), /holds no image$/],
  [
    'no tar',
    () => Buffer.from('hello '.repeat(200)),
    /: it is not a sound tar: a number is not octal$/,
  ],
  ['a JSON document', () => Buffer.from('{"images": []}'), /not a sound tar: /],
  ['a tar cut in a layer', () => SOUND.subarray(0, 3000), /cut short: ".*" is said to have \d+/],
  [
    'a tar cut in a header',
    () => SOUND.subarray(0, SOUND.length - 1700),
    /not a sound tar|cut short/,
  ],
  [
    'a gzip cut short',
    () => gzipSync(SOUND).subarray(0, -20),
    /its compression is broken or cut short: .*gzip: /,
  ],
  [
    'a damaged gzip',
    () => Buffer.concat([gzipSync(SOUND).subarray(0, 300), Buffer.alloc(99, 'x')]),
    /its compression is broken or cut short: .*gzip: /,
  ],
  [
    'an archive packed with xz that is cut short',
    () => Buffer.from('fd377a585a0000', 'hex'),
    /not sound xz: it is cut short$/,
  ],
  [
    'an archive packed with bzip2 that is cut short',
    () => Buffer.from('BZh91AY&SY'),
    /not sound bzip2: it is cut short$/,
  ],
  [
    'an archive packed with zstd that is cut short',
    () => Buffer.from('28b52ffd2400', 'hex'),
    /not sound zstd: /,
  ],
  ['a header with a wrong sum', () => withByte(SOUND, 0, 0x21), /not a sound tar: /],
  [
    'a size beyond the file',
    () => withHeader(SOUND, 124, '77777777777\0'),
    /said to have 8589934591 bytes/,
  ],
  [
    'a size beyond all files',
    () => withHeader(SOUND, 124, '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff'),
    /not a sound tar|cut short/,
  ],

  [
    'a name that climbs',
    () => tarOf(file('../../etc/cron.d/x', 'x')),
    /leads out of it: "\.\.\/\.\.\/etc/,
  ],
  ['a name that climbs later', () => tarOf(file('a/../../x', 'x')), /leads out of it/],
  [
    'a name from the root',
    () => tarOf(file('/etc/passwd', 'x')),
    /leads out of it: "\/etc\/passwd"$/,
  ],
  [
    'a link that climbs',
    () => tarOf({ name: 'manifest.json', type: '2', link: '../../secret' }),
    /link "manifest\.json" leads out of it/,
  ],
  [
    'a link to the root',
    () => tarOf({ name: 'manifest.json', type: '2', link: '/etc/passwd' }),
    /leads out of it/,
  ],
  [
    'a hard link that climbs',
    () => tarOf({ name: 'a/b', type: '1', link: '../x' }),
    /leads out of it/,
  ],
  ['a name with lines in it', () => tarOf(file('/a\nb', 'x')), /leads out of it: "\/a\\nb"$/],
  [
    'links in a ring',
    () =>
      tarOf(
        { name: 'manifest.json', type: '2', link: 'b' },
        { name: 'b', type: '2', link: 'manifest.json' },
      ),
    /holds no image$/,
  ],
  ['a link to nothing', () => without(/^layer-/), /has no file "layer-/],

  [
    'a manifest that is not JSON',
    () => replaced(file('manifest.json', '[{')),
    /"manifest\.json" is not valid JSON$/,
  ],
  [
    'a manifest that is null',
    () => replaced(file('manifest.json', 'null')),
    /manifest\.json must be a list$/,
  ],
  ['an empty manifest', () => replaced(file('manifest.json', '[]')), /holds no image$/],
  [
    'a manifest of numbers',
    () => replaced(file('manifest.json', '[1]')),
    /manifest\.json\[0\] must be an object$/,
  ],
  [
    'a manifest without a config',
    () => manifest({ Config: null }),
    /manifest\.json\[0\]: Config must be a text$/,
  ],
  ['a config that is not there', () => manifest({ Config: 'x.json' }), /has no file "x\.json"$/],
  [
    'a config outside',
    () => manifest({ Config: '../../etc/passwd' }),
    /has no file "\.\.\/\.\.\/etc\/passwd"$/,
  ],
  ['layers that are not a list', () => manifest({ Layers: 'all' }), /Layers must be a list$/],
  [
    'fewer layers than the config',
    () => manifest({ Layers: [] }),
    /lists 0 layers, and ".*\.json" 2$/,
  ],
  ['names that are not texts', () => manifest({ RepoTags: [7] }), /RepoTags\[0\] must be a text$/],
  [
    'an image of a __proto__',
    () => manifest({ RepoTags: ['__proto__:__proto__'] }),
    /"__proto__": Invalid tag name /,
  ],
  [
    'a manifest too long',
    () => replaced(file('manifest.json', ' '.repeat(9 * 1024 * 1024))),
    /"manifest\.json" has \d+ bytes, and \d+ are allowed$/,
  ],
  [
    'a manifest nested too deep',
    () => replaced(file('manifest.json', `${'['.repeat(99)}${']'.repeat(99)}`)),
    /is not valid JSON$/,
  ],

  [
    'a config without the layers of the manifest',
    () => config({ rootfs: { type: 'layers', diff_ids: [] } }),
    /lists 2 layers, and ".*\.json" 0$/,
  ],
  ['a config without rootfs', () => config({ rootfs: null }), /rootfs must be an object$/],
  [
    'a config with an odd digest',
    () => config({ rootfs: { diff_ids: ['md5:1', 'md5:2'] } }),
    /md5:1 is not a sha256 digest$/,
  ],
  [
    'a config that docker can’t read',
    () => config({ config: { Env: 'A=1' } }),
    /config: Env must be a list of texts$/,
  ],
  [
    'a config blob of another digest',
    () =>
      oci((entry) =>
        entry.content?.includes('rootfs') ? file(entry.name, `${entry.content} `) : entry,
      ),
    /has not the digest that its name says$/,
  ],
  [
    'a config far too long',
    () => config({ author: 'x'.repeat(1_100_000) }),
    /its config is longer than 1048576 bytes$/,
  ],
  [
    'a layer of another digest',
    () =>
      tarOf(
        ...dockerLayout([MODERN]).map((entry) =>
          entry.name.startsWith('layer-')
            ? file(entry.name, modernImage(['another']).layers[0])
            : entry,
        ),
      ),
    /the layer "layer-.*" has the digest sha256:[0-9a-f]{64}, not sha256:/,
  ],

  [
    'a layer that is not a tar',
    () => changed(0, { layer: Buffer.from('not a tar '.repeat(99)) }),
    /layer\.tar" is broken: /,
  ],
  [
    'a layer that is cut short',
    () => changed(1, { layer: TOP?.layer.subarray(0, 1030) ?? Buffer.of() }),
    /layer\.tar" is broken: /,
  ],
  [
    'a gzipped layer that is cut short',
    () => changed(1, { layer: gzipSync(TOP?.layer ?? '').subarray(0, 60) }),
    /layer\.tar" is broken: /,
  ],
  [
    'a layer packed with xz that is cut short',
    () => changed(0, { layer: Buffer.from('fd377a585a0000', 'hex') }),
    /layer\.tar" is broken: .*not sound xz: it is cut short$/,
  ],
  [
    'a layer that inflates to too much',
    () => changed(0, { layer: gzipSync(Buffer.alloc(BIG)) }),
    /inflates to more than 1048576 bytes$/,
  ],
  [
    'a layer too long',
    () => changed(0, { layer: tarOf(file('noise', Buffer.alloc(BIG))) }),
    /more than 1048576 bytes$/,
  ],
  [
    'a layer that is not there',
    () => tarOf(...oldLayout(OLD, {}).filter(({ name }) => name !== `${BASE?.id}/layer.tar`)),
    /has no file ".*\/layer\.tar"$/,
  ],
  [
    'an image json that is not there',
    () => tarOf(...oldLayout(OLD, {}).filter(({ name }) => name !== `${BASE?.id}/json`)),
    /is built on [0-9a-f]{64}, which it lacks$/,
  ],
  [
    'an invalid image json',
    () => changed(0, { json: Buffer.from('{') }),
    /json" is not valid JSON$/,
  ],
  [
    'an image json without an id',
    () => changed(0, { json: Buffer.from('{}') }),
    /id must be a text$/,
  ],
  [
    'an image json of another image',
    () => changed(0, { json: TOP?.json ?? Buffer.of() }),
    /is of another image: "/,
  ],
  [
    'an image json far too long',
    () => changed(0, { json: Buffer.from(`{"id":"${BASE?.id}","a":"${'x'.repeat(1_100_000)}"}`) }),
    /has \d+ bytes, and 1048576 are allowed$/,
  ],
  [
    'a parent that is not an id',
    () => changed(0, { json: Buffer.from(JSON.stringify({ id: BASE?.id, parent: '../x' })) }),
    /"\.\.\/x" is not an image id$/,
  ],
  [
    'images built on each other',
    () => changed(0, { json: Buffer.from(JSON.stringify({ id: BASE?.id, parent: TOP?.id })) }),
    /is built on itself$/,
  ],
  [
    'a tag of an image that is not there',
    () => tarOf(...oldLayout(OLD, { 'a/b': { c: sha256('x') } })),
    /"(?:jamtur01|a)\/b:c" is image ".*", which it lacks$/,
  ],
  [
    'tags that are not an object',
    () => tarOf(...OLD.flatMap(oldEntries), file('repositories', { 'aa/b': 'c' })),
    /repositories: aa\/b must be an object$/,
  ],

  [
    'an index that is not JSON',
    () => oci((entry) => (entry.name === 'index.json' ? file('index.json', '') : entry)),
    /"index\.json" is not valid JSON$/,
  ],
  [
    'an index without manifests',
    () => oci((entry) => (entry.name === 'index.json' ? file('index.json', {}) : entry)),
    /holds no image$/,
  ],
  [
    'an index of an odd digest',
    () =>
      oci((entry) =>
        entry.name === 'index.json'
          ? file('index.json', { manifests: [{ digest: 'sha256:../../x' }] })
          : entry,
      ),
    /"sha256:\.\.\/\.\.\/x" is not a sha256 digest$/,
  ],
  [
    'a blob that is not there',
    () => oci((entry) => (isLayer(entry) ? undefined : entry)),
    /has no file "blobs\/sha256\//,
  ],
  [
    'a blob of another digest',
    () => oci((entry) => (isLayer(entry) ? file(entry.name, gzipSync(BASE?.layer ?? '')) : entry)),
    /has \d+ bytes, not \d+$|has the digest/,
  ],
  [
    'a blob with a byte changed',
    () =>
      oci((entry) =>
        isLayer(entry) ? file(entry.name, withByte(entry.content, 12, 0xff)) : entry,
      ),
    /is broken|has the digest/,
  ],
  [
    'a manifest blob of another digest',
    () =>
      oci((entry) =>
        entry.content?.includes('schemaVersion') && entry.name.startsWith('blobs')
          ? file(entry.name, `${entry.content} `)
          : entry,
      ),
    /has not the digest that its name says$/,
  ],
  ['indexes without an end', endlessIndex, /its indexes nest too deep$/],
];

function isLayer({ content }: TarEntry): boolean {
  return content?.[0] === 0x1f;
}

function withByte(bytes: Buffer | undefined, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes ?? []);
  copy[at] = value;
  return copy;
}

function endlessIndex(): Buffer {
  let index = ociIndex([ociImage(MODERN)]);
  for (let depth = 0; depth < 5; depth += 1) index = ociIndex([index]);
  return tarOf(...ociLayout([index, blob({}, 'application/json')].slice(0, 1)));
}

describe('a broken archive is refused with a clear line, and nothing is kept', () => {
  for (const [what, make, message] of broken) {
    it(what, async () => {
      const before = await filesBelow(data);
      const path = join(folder, 'broken.tar');
      await writeFile(path, make());
      const error: unknown = await importArchive(hub, path, {
        repository: 'jamtur01/broken',
        temporaryFolder: scratch,
      }).catch((caught: unknown) => caught);
      assert.ok(error instanceof ArchiveError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${path}: `));
      assert.doesNotMatch(error.message, /\n/);
      assert.deepEqual(await filesBelow(data), before);
      assert.deepEqual(await readdir(join(data, 'images')), []);
      assert.deepEqual(await readdir(scratch), []);
    });
  }

  it('takes the same archive when it is sound', async () => {
    const { stored } = await importArchive(hub, Readable.from([SOUND]), {
      temporaryFolder: scratch,
    });
    assert.equal(stored.length, 2);
    assert.deepEqual(await readdir(scratch), []);
  });
});

describe('an archive that can’t be had', () => {
  const options: ReadOptions & { repository: string } = { repository: 'jamtur01/broken' };

  it('is not a file', async () => {
    const path = join(folder, 'nothing.tar');
    await assert.rejects(importArchive(hub, path, options), {
      message: `${path}: there is no such file`,
    });
  });

  it('is a folder', async () => {
    await assert.rejects(importArchive(hub, folder, options), {
      message: `${folder}: it is a folder, not a file`,
    });
  });

  it('inflates to more than is allowed', async () => {
    const bomb = Readable.from([gzipSync(Buffer.alloc(BIG))]);
    await assert.rejects(importArchive(hub, bomb, { ...options, maxInflated: 1000 }), {
      message: 'it inflates to more than 1000 bytes',
    });
  });

  it('is a stream that breaks off', async () => {
    const source = new Readable({ read() {} });
    source.push(SOUND.subarray(0, 2000));
    setImmediate(() => source.destroy(new Error('the line went dead')));
    await assert.rejects(importArchive(hub, source, { ...options, temporaryFolder: scratch }), {
      message: 'the line went dead',
    });
    assert.deepEqual(await readdir(scratch), []);
  });
});

describe('an import that the disk breaks off', () => {
  /** Runs an import in which a step fails, and tells whether there were so many and what came of it. */
  async function failAt(step: number, at: string) {
    let left = Number.POSITIVE_INFINITY;
    const open = await openHub({
      data: at,
      onDiskStep: () => {
        left -= 1;
        if (left === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    });
    const wasReached = (): boolean => left <= 0;
    try {
      left = step;
      const tar = dockerLayout([
        { ...MODERN, names: ['jamtur01/one:latest'] },
        { ...modernImage(['broken', 'second']), names: ['jamtur01/two:latest'] },
      ]);
      await importArchive(open, Readable.from([tarOf(...tar)]), { temporaryFolder: scratch });
      return { isDone: true, wasReached: wasReached() };
    } catch {
      left = Number.POSITIVE_INFINITY;
      assert.deepEqual([...open.storage.repositories.values()], []);
      return { isDone: false, wasReached: true };
    } finally {
      await open.close();
    }
  }

  it('keeps nothing, at every step, or all if it was tried again', async () => {
    let steps = 0;
    let failures = 0;
    for (;;) {
      const at = join(folder, `faulty-${steps}`);
      const { isDone, wasReached } = await failAt(steps + 1, at);
      const open = await openHub({ data: at });
      const images = [...open.storage.images.values()].length;
      const repositories = [...open.storage.repositories.values()].length;
      await open.close();
      assert.deepEqual([images, repositories], isDone ? [3, 2] : [0, 0], `step ${steps + 1}`);
      if (!wasReached) break;
      if (!isDone) assert.deepEqual(await readdir(join(at, 'images')), []);
      failures += isDone ? 0 : 1;
      steps += 1;
    }
    assert.ok(failures > 20, `${failures} of ${steps} steps`);
  });
});

describe('two imports at once', () => {
  it('store each image once', async () => {
    const image = modernImage(['at', 'once']);
    const tar = tarOf(...dockerLayout([image]));
    const results = await Promise.all(
      ['one', 'two'].map((name) =>
        importArchive(hub, Readable.from([tar]), { repository: `jamtur01/${name}` }),
      ),
    );
    assert.equal(results.length, 2);
    for (const name of ['one', 'two']) {
      assert.equal(hub.storage.repositories.get(`jamtur01/${name}`)?.holds.length, 2);
    }
    for (const id of hub.storage.repositories.get('jamtur01/one')?.holds ?? []) {
      assert.equal((await readdir(join(data, 'images', id))).length, 3, 'json, layer, document');
    }
  });
});
