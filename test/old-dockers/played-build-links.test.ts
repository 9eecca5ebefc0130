/** Links in a build context: what they lead to inside of it is copied, what lies outside is refused. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FolderDisk, MemoryDisk } from '../../src/old-docker/index.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { type Outcome, play } from '../support/played/terminal.js';

const SECRET = 'sesame-of-the-host';
const FORBIDDEN = 'Forbidden path outside the build context';

describe('build', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-links-'));
    await mkdir(join(folder, 'context/inner'), { recursive: true });
    await writeFile(join(folder, 'secret'), `ENV A ${SECRET}\n`);
    await mkdir(join(folder, 'outer'));
    await writeFile(join(folder, 'outer/secret'), SECRET);
    await writeFile(join(folder, 'context/inner/file'), 'inside\n');
    for (const [name, target] of [
      ['up', '../secret'],
      ['far', join(folder, 'secret')],
      ['folder', '../outer'],
      ['round', 'round'],
      ['twice', 'up'],
      ['file', 'inner/file'],
      ['also', 'inner'],
      ['inner/back', '../inner/file'],
      ['inner/out', '../../secret'],
    ] as const) {
      await symlink(target, join(folder, 'context', name));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function build(
    version: string,
    dockerfile: string,
    options: readonly string[] = [],
  ): Promise<Outcome & { readonly layers: string }> {
    await rm(join(folder, 'context/Dockerfile'), { force: true });
    if (dockerfile.startsWith('-> ')) {
      await symlink(dockerfile.slice(3), join(folder, 'context/Dockerfile'));
    } else await writeFile(join(folder, 'context/Dockerfile'), dockerfile);
    const graph = new MemoryDisk(MIB);
    const machine = {
      ...machineAt('http://127.0.0.1:1', graph, new FolderDisk(folder)),
      version,
    };
    const outcome = await play(machine, ['build', ...options, 'context']);
    const layers = await Promise.all(
      ((await graph.list('layers')) ?? []).map(({ name }) => graph.read(`layers/${name}`)),
    );
    return { ...outcome, layers: layers.map(String).join('') };
  }

  for (const [version, words] of [
    ['1.0.1', `${FORBIDDEN}: Dockerfile (../secret)`],
    ['1.5.0', 'The Dockerfile (Dockerfile) must be within the build context (context)'],
    [
      '1.9.1',
      'unable to prepare context: The Dockerfile (Dockerfile) must be within the build context (context)',
    ],
  ] as const) {
    it(`refuses a Dockerfile that leads outside, with docker ${version}`, async () => {
      for (const target of ['../secret', join(folder, 'secret'), 'up']) {
        const { exit, stdout, stderr } = await build(version, `-> ${target}`);
        assert.equal(exit, 1);
        assert.ok(stderr.includes(words.replace('../secret', target)) || target === 'up', stderr);
        assert.ok(!`${stdout}${stderr}`.includes(SECRET));
      }
      if (version === '1.0.1') return;
      const named = await build(version, 'FROM scratch\n', ['-f', '../secret']);
      assert.ok(named.stderr.includes('The Dockerfile (../secret) must be within'), named.stderr);
    });
  }

  it('takes a Dockerfile that a link in the context names', async () => {
    await writeFile(join(folder, 'context/inner/Dockerfile'), 'FROM scratch\nADD file /file\n');
    const { exit, stderr } = await build('1.5.0', '-> inner/Dockerfile');
    assert.equal(exit, 0, stderr);
  });

  for (const source of [
    'up',
    'far',
    'folder',
    'twice',
    'folder/secret',
    '../secret',
    'inner/out',
    'u*',
    '../*',
  ]) {
    it(`refuses to copy ${source}`, async () => {
      for (const version of ['1.5.0', '1.12.6']) {
        const { exit, stderr, layers } = await build(version, `FROM scratch\nADD ${source} /x\n`);
        assert.equal(exit, 1);
        assert.ok(stderr.includes(`${FORBIDDEN}: ${source === 'u*' ? 'up' : source} (`), stderr);
        assert.ok(!layers.includes(SECRET));
      }
    });
  }

  it('finds nothing at a link that leads to itself', async () => {
    const { stderr } = await build('1.5.0', 'FROM scratch\nCOPY round /x\n');
    assert.match(stderr, /round: no such file or directory/);
  });

  it('copies what a link in the context leads to, and links in a folder as links', async () => {
    for (const source of ['file', 'also', 'also/file', 'inner/back']) {
      const { exit, stderr, layers } = await build('1.5.0', `FROM scratch\nCOPY ${source} /x/\n`);
      assert.equal(exit, 0, stderr);
      assert.ok(layers.includes('inside\n'), source);
      assert.ok(!layers.includes(SECRET));
    }
    const { layers } = await build('1.5.0', 'FROM scratch\nCOPY inner /x/\n');
    assert.ok(layers.includes('../../secret') && !layers.includes(SECRET));
  });
});
