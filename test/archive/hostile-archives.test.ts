/* Archives that are made to hurt: small ones that say they hold a great deal. All are refused soon. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ArchiveError, importArchive } from '../../src/archive/archive.js';
import type { TarEntry } from '../../src/old-docker/images/tar.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  type Blobs,
  blob,
  file,
  layerTar,
  ociIndex,
  ociLayout,
  tarOf,
} from '../support/archives.js';
import { sha256 } from '../support/images.js';

/** Milliseconds; some hundred times what it takes. What grows too fast takes longer than that. */
const PATIENCE = 60_000;
const MIB = 1024 * 1024;

let hub: OpenHub;
let scratch: string;

before(async () => {
  hub = await openHub({ ephemeral: true });
  const folder = await mkdtemp(join(tmpdir(), 'hub-v1-hostile-'));
  scratch = join(folder, 'scratch');
  await mkdir(scratch);
});
after(async () => {
  await hub.close();
  await rm(join(scratch, '..'), { recursive: true, force: true });
});

/** A header of a tar, by hand: quicker than the packer for 100,000 of them. */
function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar  \0', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function withContent(name: string, content: Buffer, type: string): Buffer {
  const padding = Buffer.alloc(-content.length & 511);
  return Buffer.concat([header(name, content.length, type), content, padding]);
}

const END = Buffer.alloc(1024);

function repeated(count: number, make: (at: number) => Buffer): Buffer {
  return Buffer.concat([...Array.from({ length: count }, (_, at) => make(at)), END]);
}

/** An image of docker's layout, so many times, with so many layers each. */
function manyImages(items: number, layers: number): Buffer {
  const layer = layerTar('hostile');
  const diffIds = Array.from({ length: layers }, () => `sha256:${sha256(layer)}`);
  const item = { Config: 'c', RepoTags: null, Layers: diffIds.map(() => 'l') };
  return tarOf(
    file('c', { rootfs: { type: 'layers', diff_ids: diffIds } }),
    file('l', layer),
    file(
      'manifest.json',
      Array.from({ length: items }, () => item),
    ),
  );
}

/** Indexes that each name the next one so many times. */
function fan(width: number, depth: number): Buffer {
  let inner: Blobs = blob({}, 'application/vnd.oci.image.manifest.v1+json');
  const entries: TarEntry[] = [...inner.entries];
  for (let level = 0; level < depth; level += 1) {
    const { descriptor } = inner;
    inner = ociIndex(Array.from({ length: width }, () => ({ entries: [], descriptor })));
    entries.push(...inner.entries);
  }
  return tarOf(...ociLayout([{ entries, descriptor: inner.descriptor }]));
}

const hostile: readonly [what: string, archive: () => Buffer, message: RegExp][] = [
  [
    'too many empty files',
    () => repeated(100_001, (at) => EMPTY_FILES[at % EMPTY_FILES.length] ?? END),
    /it has more than 100000 entries$/,
  ],
  [
    'names of a megabyte',
    () => repeated(64, () => withContent('x', Buffer.alloc(MIB - 1, 'x'), 'L')),
    /not a sound tar|too long/,
  ],
  [
    'names that are long all together',
    () =>
      repeated(5000, (at) =>
        Buffer.concat([withContent('x', Buffer.alloc(4000, `${at}/`), 'L'), header('x', 0, '0')]),
      ),
    /its names are too long, all together$/,
  ],
  [
    'attributes for all files',
    () => {
      const record = Buffer.from(`1048576 comment=${'x'.repeat(MIB - 17)}\n`);
      return repeated(40, () => withContent('x', record, 'g'));
    },
    /its names are too long, all together$/,
  ],
  [
    'a manifest of 9 MB',
    () => tarOf(file('manifest.json', `[${' '.repeat(9 * MIB)}]`)),
    /"manifest\.json" has \d+ bytes, and 8388608 are allowed$/,
  ],
  [
    'a manifest that nests',
    () => tarOf(file('manifest.json', `${'['.repeat(MIB)}${']'.repeat(MIB)}`)),
    /"manifest\.json" is not valid JSON$/,
  ],
  [
    'a config that nests',
    () =>
      tarOf(
        file('c', `{"a":${'['.repeat(MIB)}${']'.repeat(MIB)}}`),
        file('manifest.json', [{ Config: 'c', Layers: [] }]),
      ),
    /"c" is not valid JSON$/,
  ],
  ['one image ten thousand times', () => manyImages(10_000, 50), /lists more than 20000 images/],
  ['an image of 100,000 layers', () => manyImages(1, 100_000), /has more than 127 layers$/],
  [
    'one name a hundred thousand times',
    () =>
      tarOf(
        file('c', { rootfs: { type: 'layers', diff_ids: [] } }),
        file('manifest.json', [
          { Config: 'c', Layers: [], RepoTags: Array.from({ length: 100_000 }, () => 'a:b') },
        ]),
      ),
    /lists more than 20000 images or names$/,
  ],
  [
    'a hundred thousand tags of the old layout',
    () => {
      const id = 'ab'.repeat(32);
      const tags = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`t${at}`, id]));
      return tarOf(
        file(`${id}/json`, { id }),
        file(`${id}/layer.tar`, layerTar('hostile')),
        file('repositories', { 'a/b': tags }),
      );
    },
    /lists more than 20000 images or names$|documents together|bytes, and 8388608 are allowed/,
  ],
  [
    'indexes that fan out',
    () => fan(2000, 3),
    /(?:its documents together have more than \d+ bytes|lists more than 20000 images or names)$/,
  ],
];

const EMPTY_FILES = Array.from({ length: 1000 }, (_, at) => header(`empty-${at}`, 0, '0'));

describe('an archive that is made to hurt is refused soon, and nothing is kept', () => {
  for (const [what, make, message] of hostile) {
    it(what, { timeout: PATIENCE }, async () => {
      const archive = gzipSync(make(), { level: 1 });
      assert.ok(archive.length < 8 * MIB, 'it is small');
      const error: unknown = await importArchive(hub, Readable.from([archive]), {
        repository: 'jamtur01/hostile',
        temporaryFolder: scratch,
      }).catch((caught: unknown) => caught);
      assert.ok(error instanceof ArchiveError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.length < 1000, 'the line is short');
      assert.deepEqual([...hub.storage.images.values()], []);
      assert.deepEqual(await readdir(scratch), []);
    });
  }
});
