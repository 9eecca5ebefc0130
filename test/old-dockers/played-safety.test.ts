/** The played docker against servers that mean no good, and on disks that are full: nothing is lost or half-made. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCertificates } from '../../src/cli/certificates.js';
import { MemoryDisk } from '../../src/old-docker/index.js';
import { startTestHub, type TestHub } from '../support/hub.js';
import { idOf, imageOf, serveHostile } from '../support/played/hostile.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { play } from '../support/played/terminal.js';

describe('a played docker whose disk is full', () => {
  let hub: TestHub;
  before(async () => {
    hub = await startTestHub({ people: ['jamtur01'] });
    const files = new MemoryDisk(MIB);
    await files.write('context/Dockerfile', 'FROM scratch\nADD large /large\n');
    await files.write('context/large', Buffer.alloc(300_000, 'x'));
    const pusher = machineAt(hub.url, new MemoryDisk(MIB), files);
    const login = ['login', '-u', 'jamtur01', '-p', 'sesame', '-e', 'jamtur01@example.com'];
    for (const words of [
      login,
      ['build', '-t', 'jamtur01/large', 'context'],
      ['push', 'jamtur01/large'],
    ]) {
      assert.equal((await play(pusher, words)).exit, 0);
    }
  });
  after(() => hub.close());

  it('says so, and keeps what it had', async () => {
    const graph = new MemoryDisk(100_000);
    const machine = machineAt(hub.url, graph);
    const { exit, stderr } = await play(machine, ['pull', 'jamtur01/large']);
    assert.equal(exit, 1);
    assert.match(stderr, /no space left on device/);
    assert.deepEqual(await graph.list('layers'), undefined);
    assert.equal((await play(machine, ['images', '-q'])).stdout, '');
  });

  it('does not tag what it could not load', async () => {
    const machine = machineAt(hub.url, new MemoryDisk(MIB));
    const { exit, stderr } = await play(machine, ['load'], {
      stdin: 'no archive at all'.repeat(99),
    });
    assert.equal(exit, 1);
    assert.match(stderr, /invalid tar header/);
    assert.equal((await play(machine, ['images', '-a', '-q'])).stdout, '');
  });
});

it('a played docker keeps neither a bad layer nor a file under a name of the server', async () => {
  const id = idOf('a');
  for (const [image, words] of [
    [
      { ...imageOf(id), layer: Buffer.from('not gzip at all') },
      /Error pulling image \(latest\) from jamtur01\/web, Untar/,
    ],
    [
      imageOf('../../../etc/passwd', { parent: '__proto__' }),
      /image ID '\.\.\/\.\.\/\.\.\/etc\/passwd' is invalid/,
    ],
  ] as const) {
    const registry = await serveHostile({
      tags: { latest: image.id },
      ancestry: { [id]: [id] },
      images: [image],
    });
    try {
      const graph = new MemoryDisk(MIB);
      const { exit, stderr } = await play(machineAt(registry.url, graph), ['pull', 'jamtur01/web']);
      assert.equal(exit, 1);
      assert.match(stderr, words);
      const names = ((await graph.list('')) ?? []).map(({ name }) => name);
      assert.deepEqual(names, ['graph.json']);
    } finally {
      await registry.close();
    }
  }
});

it('goes on in TLS at a private host that speaks it, as a docker does on loopback', async () => {
  const { leaf } = await makeCertificates(new Date());
  const hub = await startTestHub({ people: ['jamtur01'], tls: leaf });
  try {
    const host = `127.0.0.1:${hub.port}`;
    const files = new MemoryDisk(MIB);
    await files.write('folder/file', 'new\n');
    for (const version of ['0.9.1', '1.5.0', '1.12.6']) {
      const machine = { ...machineAt('http://127.0.0.1:1', new MemoryDisk(MIB), files), version };
      const email = version === '1.12.6' ? [] : ['-e', 'jamtur01@example.com'];
      const name = `${host}/jamtur01/web`;
      for (const words of [
        ['login', '-u', 'jamtur01', '-p', 'sesame', ...email, host],
        ['commit', 'folder', name],
        ['push', name],
        ['pull', name],
      ]) {
        const { exit, stderr } = await play(machine, words);
        assert.equal(exit, 0, `${version} ${words[0]}: ${stderr}`);
      }
    }
  } finally {
    await hub.close();
  }
});
