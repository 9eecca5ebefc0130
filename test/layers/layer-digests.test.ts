/*
 * What a layer is to dockers of today: the digest of its bytes and of what they hold, whether all of
 * them take it, and what it becomes where they do not.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DEFAULT_BOUNDS } from '../../src/domain/layers/layer-bounds.js';
import { LayerPool } from '../../src/domain/layers/layer-pool.js';
import type { LayerAnswers, LayerTask } from '../../src/domain/layers/layer-work.js';
import { packTar, TRAILER } from '../../src/old-docker/images/tar.js';
import { openWholeFile } from '../../src/storage/files/open-layer.js';
import { digestOf } from '../support/archives.js';
import { noise } from '../support/noise.js';

const TAR = packTar([{ name: 'file', content: noise('digests', 300_000), mode: 0o644, mtime: 1 }]);
const GZIP = gzipSync(TAR);
const NOTHING = Buffer.alloc(0);

interface Kind {
  readonly what: string;
  readonly stored: Buffer;
  readonly holds: Buffer;
  readonly isServable: boolean;
}

function kind(what: string, stored: Buffer, isServable: boolean, holds = TAR): Kind {
  return { what, stored, holds, isServable };
}

const KINDS: readonly Kind[] = [
  kind('gzip without an end of the archive', GZIP, true),
  kind(
    'gzip with one',
    gzipSync(Buffer.concat([TAR, TRAILER])),
    true,
    Buffer.concat([TAR, TRAILER]),
  ),
  kind('gzip of zeros', gzipSync(TRAILER), true, TRAILER),
  kind('gzip of nothing', gzipSync(NOTHING), true, NOTHING),
  kind(
    'gzip in members',
    Buffer.concat([gzipSync(TAR.subarray(0, 99)), gzipSync(TAR.subarray(99))]),
    true,
  ),
  kind('gzip and an empty member', Buffer.concat([GZIP, gzipSync(NOTHING)]), true),
  kind('gzip of no tar', gzipSync('text'), true, Buffer.from('text')),
  kind('a plain tar', TAR, true),
  kind('no bytes at all', NOTHING, false, NOTHING),
  kind('gzip and garbage', Buffer.concat([GZIP, noise('garbage', 70_000)]), false),
  kind('gzip and one byte', Buffer.concat([GZIP, Buffer.from([7])]), false),
  kind('gzip and zeros', Buffer.concat([GZIP, Buffer.alloc(1024)]), false),
  kind('gzip and the mark of another', Buffer.concat([GZIP, GZIP.subarray(0, 2)]), false),
];

const PROGRAMS = ['xz', 'bzip2', 'zstd'];

const pool = new LayerPool();
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-test-'));
});
after(async () => {
  await pool.close();
  await rm(folder, { recursive: true, force: true });
});

async function asked<Q extends 'digests' | 'gzipped'>(
  question: Q,
  layer: Buffer,
  more: Partial<LayerTask> = {},
): Promise<LayerAnswers[Q]> {
  const path = join(folder, `layer ${digestOf(layer)}`);
  await writeFile(path, layer);
  const open = await openWholeFile(path);
  const bounds = { ...DEFAULT_BOUNDS, maxListing: 1 };
  try {
    return await pool.read(
      { question, place: open.place, bounds, ...more } as LayerTask<Q>,
      60_000,
    );
  } finally {
    await open.close();
  }
}

function checks({ what, stored, holds, isServable }: Kind): void {
  it(`has the digests of its bytes and of what they hold: ${what}`, async () => {
    assert.deepEqual(await asked('digests', stored), {
      digest: digestOf(stored),
      size: stored.length,
      diffId: digestOf(holds),
      inflated: holds.length,
      isServable,
    });
  });

  it(`becomes sound gzip of the same content, and always the same: ${what}`, async () => {
    const target = join(folder, `packed ${what}`);
    const packed = await asked('gzipped', stored, { target });
    const bytes = await readFile(target);
    assert.deepEqual(gunzipSync(bytes), holds);
    // No time and no system of its own.
    assert.equal(bytes.toString('hex', 0, 10), '1f8b08000000000000ff');
    assert.deepEqual(packed, {
      digest: digestOf(bytes),
      size: bytes.length,
      diffId: digestOf(holds),
      inflated: holds.length,
    });
    const again = { digest: packed.digest, size: packed.size, diffId: packed.diffId };
    assert.deepEqual(await asked('digests', bytes), {
      ...again,
      inflated: holds.length,
      isServable: true,
    });
  });
}

describe('a layer', () => {
  for (const each of KINDS) checks(each);

  for (const program of PROGRAMS) {
    const isThere = spawnSync(program, ['--help']).status === 0;
    it(`is read and gzipped again where it is ${program}`, {
      skip: !isThere && `there is no ${program}`,
    }, async () => {
      const stored = execFileSync(program, ['-c'], { input: TAR });
      const { isServable, diffId, digest } = await asked('digests', stored);
      assert.deepEqual([isServable, diffId, digest], [false, digestOf(TAR), digestOf(stored)]);
      const target = join(folder, `packed ${program}`);
      const packed = await asked('gzipped', stored, { target });
      assert.equal(packed.diffId, digestOf(TAR));
      assert.deepEqual(gunzipSync(await readFile(target)), TAR);
      // The same content in any compression becomes the same bytes.
      assert.equal(packed.digest, (await asked('gzipped', GZIP, { target: `${target} 2` })).digest);
    });
  }
});

describe('a layer that cannot be read', () => {
  const broken: readonly (readonly [what: string, layer: Buffer])[] = [
    ['cut in its data', GZIP.subarray(0, 1000)],
    ['cut in its sum', GZIP.subarray(0, -4)],
    ['cut in a later member', Buffer.concat([GZIP, GZIP.subarray(0, -4)])],
    ['nothing but the mark of a gzip', GZIP.subarray(0, 2)],
    ['with a wrong sum', Buffer.concat([GZIP.subarray(0, -8), Buffer.alloc(8, 1)])],
    ['cut xz', Buffer.from('fd377a585a000004', 'hex')],
    ['cut bzip2', Buffer.from('425a6839314159', 'hex')],
    ['cut zstd', Buffer.from('28b52ffd0458', 'hex')],
  ];
  for (const [what, layer] of broken) {
    it(`is refused, and leaves no file: ${what}`, async () => {
      const target = join(folder, 'refused');
      const refusal = { name: 'LayerFormatError', fault: 'gzip' };
      await assert.rejects(asked('digests', layer), refusal);
      await assert.rejects(asked('gzipped', layer, { target }), refusal);
      assert.ok(!(await readdir(folder)).includes('refused'));
    });
  }

  it('is refused where it holds more than is allowed', async () => {
    const bounds = { ...DEFAULT_BOUNDS, maxListing: 1, maxInflated: TAR.length - 1 };
    const target = join(folder, 'refused');
    await assert.rejects(asked('digests', GZIP, { bounds }), { fault: 'size' });
    await assert.rejects(asked('gzipped', GZIP, { bounds, target }), { fault: 'size' });
    assert.ok(!(await readdir(folder)).includes('refused'));
  });

  it('says what the system said where its file cannot be written, and leaves the file that was there', async () => {
    const target = join(folder, 'taken');
    await writeFile(target, 'mine');
    await assert.rejects(asked('gzipped', GZIP, { target }), { code: 'EEXIST' });
    assert.equal(await readFile(target, 'utf8'), 'mine');
    await assert.rejects(asked('gzipped', GZIP, { target: join(folder, 'no', 'folder') }), {
      code: 'ENOENT',
    });
  });
});
