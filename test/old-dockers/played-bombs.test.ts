/** Layers that are far larger than they look, or without end: they are refused, and nothing of them stays. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packTar } from '../../src/old-docker/images/tar.js';
import { FolderDisk } from '../../src/old-docker/index.js';
import { archiveWith, idOf, imageOf, serveHostile } from '../support/played/hostile.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { type BareMachine, play } from '../support/played/terminal.js';

const A = idOf('a');
const NOWHERE = 'http://127.0.0.1:1';
const LARGE = packTar([{ name: 'zeros', content: Buffer.alloc(8 * MIB) }]);

/** The head of a gzip, and blocks in it that have no bytes. */
const EMPTY_BLOCKS = Buffer.concat([
  gzipSync('').subarray(0, 10),
  Buffer.alloc(5 * MIB, Buffer.from([0, 0, 0, 0xff, 0xff])),
]);

describe('a layer that is too large', () => {
  let root: string;
  let folder: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'hub-v1-bombs-'));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'graph-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const machine = (
    version: string,
    layerLimits: BareMachine['layerLimits'],
    url = NOWHERE,
  ): BareMachine => ({ ...machineAt(url, new FolderDisk(folder)), version, layerLimits });

  const left = (): Promise<string[]> => readdir(join(folder, 'layers')).catch(() => []);

  for (const [what, limits, layer, words] of [
    ['inflates too far', { ratio: 200, free: MIB }, gzipSync(LARGE), 'more than 200 times'],
    ['is larger than a layer may be', { layer: 2 * MIB }, gzipSync(LARGE), 'larger than 2.097 MB'],
    [
      'comes without end and unpacks to nothing',
      { layer: 2 * MIB },
      EMPTY_BLOCKS,
      'larger than 2.097 MB',
    ],
  ] as const) {
    it(`is not pulled when it ${what}`, async () => {
      const registry = await serveHostile({
        tags: { latest: A },
        ancestry: { [A]: [A] },
        images: [{ ...imageOf(A), layer }],
      });
      try {
        for (const version of ['0.6.7', '1.5.0', '1.12.6']) {
          const { exit, stderr } = await play(machine(version, limits, registry.url), [
            'pull',
            'james/web',
          ]);
          assert.equal(exit, 1, version);
          if (version !== '0.6.7') assert.ok(stderr.includes(words), stderr);
          assert.deepEqual(await left(), []);
        }
      } finally {
        await registry.close();
      }
    });
  }

  it('is not loaded, alone or with others', async () => {
    const images = ['a', 'b', 'c'].map((digit) => ({ ...imageOf(idOf(digit)), layer: LARGE }));
    for (const limits of [{ layer: 2 * MIB }, { total: 20 * MIB }]) {
      const stdin = archiveOf(archiveWith(images, {}));
      const { exit, stderr } = await play(machine('1.5.0', limits), ['load'], { stdin });
      assert.equal(exit, 1);
      assert.match(stderr, /larger than/);
      assert.deepEqual(await left(), []);
    }
  });

  it('is taken where it is within the limits', async () => {
    const stdin = archiveOf(archiveWith([{ ...imageOf(A), layer: LARGE }], {}));
    assert.equal((await play(machine('1.5.0', undefined), ['load'], { stdin })).exit, 0);
    assert.equal((await left()).length, 1);
  });

  it('of a command that was ended goes with the next one that changes the graph', async () => {
    await mkdir(join(folder, 'layers'), { recursive: true });
    for (const name of ['x.part', 'x.part.part', `${idOf('e')}.tar`]) {
      await writeFile(join(folder, 'layers', name), 'half');
    }
    const stdin = archiveOf(archiveWith([imageOf(A)], {}));
    assert.equal((await play(machine('1.5.0', undefined), ['load'], { stdin })).exit, 0);
    assert.equal((await left()).length, 1);
    assert.match((await left()).join(), /^[0-9a-f]{64}\.tar$/);
  });
});

async function* archiveOf(archive: Buffer): AsyncIterable<Buffer> {
  yield archive;
}
