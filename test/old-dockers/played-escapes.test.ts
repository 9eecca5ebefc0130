/** What registries, archives and Dockerfiles say is shown without what a terminal would obey. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Disk, MemoryDisk } from '../../src/old-docker/index.js';
import { archiveWith, idOf, imageOf, serveHostile } from '../support/played/hostile.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { type Outcome, play } from '../support/played/terminal.js';

const NOWHERE = 'http://127.0.0.1:1';
const VERSIONS = ['0.6.7', '1.0.1', '1.5.0', '1.9.1', '1.12.6'];
const A = idOf('a');

/** A title for the window, another colour, the same with one letter for the escape, a line rubbed out. */
const EVIL = '\u001b]0;evil\u0007\u001b[31m\u009b31m\u007f\b\rgood';

/** An image of which every text is evil. */
const IMAGE = imageOf(A, {
  created: '2015-01-01T00:00:00Z',
  comment: EVIL,
  author: EVIL,
  docker_version: EVIL,
  architecture: EVIL,
  os: EVIL,
  container_config: { Cmd: [EVIL] },
  config: {
    Env: [EVIL],
    Cmd: [EVIL],
    OnBuild: [`ENV A ${EVIL}`, `${EVIL} x`],
    Labels: { [EVIL]: EVIL },
  },
});

/** Control letters that the played docker itself never writes. */
function assertHarmless({ stdout, stderr, tty }: Outcome, what: string): void {
  for (const text of [stdout, stderr, tty]) {
    for (const evil of [
      '\u001b]',
      '\u001b[31m\u009b',
      '\u009b',
      '\u007f',
      '\b',
      '\u0007',
      '\rgood',
    ]) {
      assert.ok(!text.includes(evil), `${what}: ${JSON.stringify(text)}`);
    }
  }
}

async function loaded(): Promise<Disk> {
  const graph = new MemoryDisk(MIB);
  const repositories = JSON.stringify({ 'james/web': { latest: A } });
  const stdin = archiveOf(archiveWith([IMAGE], { repositories }));
  assert.equal((await play(machineAt(NOWHERE, graph), ['load'], { stdin })).exit, 0);
  return graph;
}

for (const version of VERSIONS) {
  for (const columns of [undefined, 120]) {
    const given = columns === undefined ? {} : { columns };
    describe(`docker ${version}, ${columns === undefined ? 'no terminal' : 'on a terminal'}`, () => {
      it('shows an image', async () => {
        const machine = { ...machineAt(NOWHERE, await loaded()), version };
        for (const words of [
          ['images', '-a'],
          ['history', 'james/web'],
          ['history', '--no-trunc', 'james/web'],
          ['inspect', 'james/web'],
          ['push', `127.0.0.1:1/${EVIL}`],
          // An archive stays as it is, but where a terminal would show it.
          ...(columns === undefined ? [] : [['save', 'james/web']]),
          ['tag', 'james/web', EVIL],
          ['images'],
          ['rmi', EVIL],
        ]) {
          assertHarmless(await play(machine, words, given), words.join(' '));
        }
      });

      it('builds on an image', async () => {
        const files = new MemoryDisk(MIB);
        await files.write(
          'context/Dockerfile',
          `FROM james/web\nENV B ${EVIL}\nRUN ${EVIL}\nCOPY ${EVIL} /\n`,
        );
        const machine = { ...machineAt(NOWHERE, await loaded(), files), version };
        assertHarmless(await play(machine, ['build', 'context'], given), 'build');
      });

      it('asks a registry', async () => {
        const registry = await serveHostile({
          tags: { latest: A, [EVIL]: A },
          ancestry: { [A]: [A, EVIL] },
          images: [IMAGE],
          search: { num_results: 1, results: [{ name: EVIL, description: EVIL, star_count: 1 }] },
          refusal: EVIL,
        });
        try {
          const machine = { ...machineAt(registry.url, new MemoryDisk(MIB)), version };
          for (const words of [
            ['search', 'web'],
            ['search', '--no-trunc', 'web'],
            ['pull', 'james/web'],
            ['pull', 'james/refused'],
          ]) {
            assertHarmless(await play(machine, words, given), words.join(' '));
          }
        } finally {
          await registry.close();
        }
      });
    });
  }
}

for (const [repository, tag] of [
  ['web', EVIL],
  [EVIL, 'latest'],
] as const) {
  it(`load takes no ${JSON.stringify(repository)}: ${JSON.stringify(tag)}`, async () => {
    const repositories = JSON.stringify({ [repository]: { [tag]: A } });
    for (const version of VERSIONS) {
      const machine = { ...machineAt(NOWHERE, new MemoryDisk(MIB)), version };
      const stdin = archiveOf(archiveWith([IMAGE], { repositories }));
      const outcome = await play(machine, ['load'], { stdin });
      assert.equal(outcome.exit, 1);
      assertHarmless(outcome, version);
    }
  });
}

async function* archiveOf(archive: Buffer): AsyncIterable<Buffer> {
  yield archive;
}
