/** Layers that are not gzip: dockers told a compression by its first bytes, and so does the played one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Hub } from '../../src/index.js';
import { MemoryDisk } from '../../src/old-docker/index.js';
import { checkAnswer } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';
import { same } from '../support/old-docker/assertions.js';
import { makeRepository, OldDocker } from '../support/old-docker.js';
import { idOf, imageOf, serveHostile } from '../support/played/hostile.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { play } from '../support/played/terminal.js';

const VERSIONS = ['0.6.7', '1.5.0', '1.12.6'] as const;
const A = idOf('a');

describe('a layer that is a bare tar', () => {
  let hub: Hub;
  const packed = makeRepository('bare', { version: '1.5.0', bigLayer: 2000 });
  const images = packed.images.map((image) => ({ ...image, layer: gunzipSync(image.layer) }));

  const docker = (version: (typeof VERSIONS)[number]): OldDocker =>
    new OldDocker({ version, host: `127.0.0.1:${hub.port}`, onAnswer: checkAnswer });

  before(async () => {
    hub = await startPlainHub({ anonymous: 'push' });
    await docker('1.5.0').push('bare', images, { tags: packed.tags });
  });
  after(() => hub.close());

  for (const version of VERSIONS) {
    it(`is pulled by ${version} as it was pushed`, async () => {
      same(await docker(version).pull('bare'), images);
    });

    it(`is pulled by the command of ${version}, and pushed again`, async () => {
      const machine = { ...machineAt(hub.url, new MemoryDisk(MIB)), version };
      const name = `127.0.0.1:${hub.port}/bare`;
      const all = version === '0.6.7' ? [] : ['-a'];
      const pulled = await play(machine, ['pull', ...all, name]);
      assert.equal(pulled.exit, 0, pulled.stderr);
      const pushed = await play(machine, ['push', name]);
      assert.equal(pushed.exit, 0, pushed.stderr);
    });
  }
});

describe('a layer that the played docker does not read', () => {
  for (const [compression, head] of [
    ['bzip2', '425a6839314159265359'],
    ['xz', 'fd377a585a000004e6d6b446'],
  ] as const) {
    it(`is refused in a line that names ${compression}, and nothing of it stays`, async () => {
      const registry = await serveHostile({
        tags: { latest: A },
        ancestry: { [A]: [A] },
        images: [{ ...imageOf(A), layer: Buffer.from(head, 'hex') }],
      });
      try {
        const machine = machineAt(registry.url, new MemoryDisk(MIB));
        const { exit, stderr } = await play(machine, ['pull', 'james/web']);
        assert.equal(exit, 1);
        const line = `the layer is ${compression}, which this played docker does not read`;
        assert.ok(stderr.includes(line), stderr);
        assert.deepEqual((await machine.graph.list('layers')) ?? [], []);
      } finally {
        await registry.close();
      }
    });
  }
});
