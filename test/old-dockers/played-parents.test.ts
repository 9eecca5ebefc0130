/** Images whose parents lead back to them: no docker takes them, and a graph that has them can still be used. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Disk, MemoryDisk } from '../../src/old-docker/index.js';
import {
  archiveWith,
  type HostileImage,
  idOf,
  imageOf,
  serveHostile,
} from '../support/played/hostile.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { play } from '../support/played/terminal.js';

const NOWHERE = 'http://127.0.0.1:1';
const VERSIONS = ['0.6.7', '1.5.0', '1.9.1', '1.12.6'];
const [A, B] = [idOf('a'), idOf('b')];

/** Two images, each on top of the other. */
const CIRCLE = [imageOf(A, { parent: B }), imageOf(B, { parent: A })];

/** So many images, each on top of the one before; the top first. */
function towerOf(height: number): HostileImage[] {
  const id = (level: number): string => level.toString(16).padStart(64, '0');
  return Array.from({ length: height }, (_, level) =>
    imageOf(id(level), level === 0 ? {} : { parent: id(level - 1) }),
  ).reverse();
}

async function idsIn(graph: Disk): Promise<string> {
  const words = ['images', '-a', '-q', '--no-trunc'];
  const { exit, stdout, stderr } = await play(machineAt(NOWHERE, graph), words);
  assert.equal(exit, 0, stderr);
  return stdout;
}

describe('load', () => {
  for (const [what, images, words] of [
    ['a circle of two', CIRCLE, `image ${A}: its parents lead back to it`],
    ['an image on itself', [imageOf(A, { parent: A })], `image ${A}: its parents lead back to it`],
    ['a tower without end', towerOf(1200), 'more than 1024 images below it'],
  ] as const) {
    it(`refuses ${what}, and takes none of it`, async () => {
      const files = new MemoryDisk(8 * MIB);
      const repositories = JSON.stringify({ web: { latest: images[0]?.id } });
      await files.write('bad.tar', archiveWith(images, { repositories }));
      for (const version of VERSIONS) {
        const graph = new MemoryDisk(8 * MIB);
        const machine = { ...machineAt(NOWHERE, graph, files), version };
        const archive = files.stream('bad.tar');
        const { exit, stderr } = await play(machine, ['load'], { stdin: archive });
        assert.equal(exit, 1, version);
        assert.ok(stderr.includes(words), stderr);
        assert.equal(await idsIn(graph), '');
        assert.equal((await play(machine, ['images'])).stdout.split('\n').length, 2);
      }
    });
  }

  it('refuses a circle that an image which is here would close', async () => {
    const graph = new MemoryDisk(MIB);
    const machine = machineAt(NOWHERE, graph);
    const load = (image: HostileImage) => play(machine, ['load'], { stdin: archiveOf([image]) });
    assert.equal((await load(imageOf(A, { parent: B }))).exit, 0);
    const { exit, stderr } = await load(imageOf(B, { parent: A }));
    assert.equal(exit, 1);
    assert.match(stderr, /its parents lead back to it/);
    assert.equal(await idsIn(graph), `${A}\n`);
  });
});

describe('pull', () => {
  for (const [what, ancestry] of [
    ['an ancestry that goes round', [A, B, A]],
    ['an honest ancestry of images that go round', [A, B]],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const registry = await serveHostile({
        tags: { latest: A },
        ancestry: { [A]: ancestry },
        images: CIRCLE,
      });
      try {
        for (const version of VERSIONS) {
          const graph = new MemoryDisk(MIB);
          const machine = { ...machineAt(registry.url, graph), version };
          const { exit } = await play(machine, ['pull', 'james/web:latest']);
          assert.equal(exit, 1, version);
          const { stdout } = await play(machine, ['images', '--no-trunc']);
          assert.ok(!stdout.includes('james/web'), stdout);
          assert.equal((await play(machine, ['history', A])).exit, stdout.includes(A) ? 0 : 1);
        }
      } finally {
        await registry.close();
      }
    });
  }
});

describe('a graph that has a circle', () => {
  for (const version of VERSIONS) {
    it(`can be listed, and emptied by a docker ${version}`, async () => {
      const layer = { diff: idOf('d'), files: 1, folders: 0, tar: 1024 };
      const images = [
        { id: A, parent: B, json: `{"id":"${A}"}`, layer },
        { id: B, parent: A, json: `{"id":"${B}"}`, layer },
      ];
      const graph = new MemoryDisk(MIB);
      const repositories = { web: { latest: A } };
      await graph.write('graph.json', JSON.stringify({ format: 1, images, repositories }));
      const machine = { ...machineAt(NOWHERE, graph), version };
      for (const words of [
        ['images', '-a'],
        ['history', 'web'],
        ['inspect', 'web'],
      ]) {
        assert.equal((await play(machine, words)).exit, 0, words.join(' '));
      }
      const { exit, stderr } = await play(machine, ['rmi', 'web']);
      assert.equal(exit, 0, stderr);
      assert.equal(await idsIn(graph), '');
    });
  }
});

async function* archiveOf(images: readonly HostileImage[]): AsyncIterable<Buffer> {
  yield archiveWith(images, {});
}
