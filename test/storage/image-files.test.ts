/* GET /v1/images/(id)/files: what docker-registry told of a layer (protocol.md §3). */
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from '../../src/old-docker/images/tar.js';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { layerOf, makeImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const TIME = 1_391_446_026;

const hub = useHub({ people: ['jamtur01'] });

async function listed(seed: string, layer: Buffer): Promise<string> {
  const image = makeImage(seed, { layer });
  await pushImage(hub, OWNER, 'jamtur01/files', image);
  return `GET /v1/images/${image.id}/files`;
}

describe('the files of a layer', () => {
  const hello = Buffer.from('hello');
  const table: readonly [what: string, entry: TarEntry, row: readonly unknown[]][] = [
    [
      'a file',
      { name: './etc/motd', content: hello, mode: 0o644, uid: 1000, gid: 50, mtime: TIME },
      ['/etc/motd', 'f', false, 5, TIME, 0o644, 1000, 50],
    ],
    [
      'a file without "./"',
      { name: 'etc/motd', content: hello, mode: 0o600, mtime: 0 },
      ['etc/motd', 'f', false, 5, 0, 0o600, 0, 0],
    ],
    [
      'a folder',
      { name: './etc/', type: '5', mode: 0o755, mtime: TIME },
      ['/etc', 'd', false, 0, TIME, 0o755, 0, 0],
    ],
    [
      'the folder of all',
      { name: './', type: '5', mode: 0o755, mtime: TIME },
      ['/', 'd', false, 0, TIME, 0o755, 0, 0],
    ],
    [
      'a hard link',
      { name: './bin/sudo', type: '1', link: './bin/su', mode: 0o4755, mtime: TIME },
      ['/bin/sudo', 'l', false, 0, TIME, 0o4755, 0, 0],
    ],
    [
      'a symbolic link',
      { name: './bin/sh', type: '2', link: 'dash', mode: 0o777, mtime: TIME },
      ['/bin/sh', 's', false, 0, TIME, 0o777, 0, 0],
    ],
    [
      'a whiteout',
      { name: './.wh.gone', mode: 0o444, mtime: TIME },
      ['/gone', 'f', true, 0, TIME, 0o444, 0, 0],
    ],
    [
      'a long name',
      { name: `./${'long-'.repeat(40)}`, mode: 0o644, mtime: TIME },
      [`/${'long-'.repeat(40)}`, 'f', false, 0, TIME, 0o644, 0, 0],
    ],
    [
      'a name of many scripts',
      { name: './Ünï-☃-漢', mode: 0o644, mtime: TIME },
      ['/Ünï-☃-漢', 'f', false, 0, TIME, 0o644, 0, 0],
    ],
  ];
  for (const [what, entry, row] of table) {
    it(`shows ${what}`, async () => {
      await send(hub, await listed(what, layerOf([entry]))).expect(200, [row]);
    });
  }

  it("leaves out aufs's own files", async () => {
    const layer = layerOf([
      { name: './.wh..wh.plnk', type: '5' },
      { name: './.wh..wh.aufs' },
      { name: './kept', mode: 0o644, mtime: TIME },
    ]);
    const row = ['/kept', 'f', false, 0, TIME, 0o644, 0, 0];
    await send(hub, await listed('aufs', layer)).expect(200, [row]);
  });

  it('keeps the order of the tar', async () => {
    const names = ['./z', './a', './m/', './m/b'];
    const layer = layerOf(names.map((name) => ({ name, mode: 0o644, mtime: TIME })));
    const rows = names.map((name) => {
      const bare = name.slice(1).replace(/\/$/, '');
      return [bare, 'f', false, 0, TIME, 0o644, 0, 0];
    });
    await send(hub, await listed('order', layer)).expect(200, rows);
  });

  it('is the same for a tar that is not compressed, with or without its end', async () => {
    const tar = packTar([{ name: './a', content: hello, mode: 0o644, mtime: TIME }]);
    const row = ['/a', 'f', false, 5, TIME, 0o644, 0, 0];
    for (const layer of [tar, Buffer.concat([tar, Buffer.alloc(1024)]), gzipSync(tar)]) {
      await send(hub, await listed(`plain ${layer.length}`, layer)).expect(200, [row]);
    }
  });

  it('is empty for an empty layer', async () => {
    await send(hub, await listed('no bytes', Buffer.alloc(0))).expect(200, []);
    await send(hub, await listed('no entries', gzipSync(Buffer.alloc(0)))).expect(200, []);
    await send(hub, await listed('only an end', gzipSync(Buffer.alloc(1024)))).expect(200, []);
  });
});

describe('a layer that is not a tar', () => {
  const tar = packTar([{ name: './a', content: noise('a', 5000) }]);
  const zipped = gzipSync(tar);
  const spoilt = Buffer.from(zipped);
  spoilt.fill(0xff, 2000, 2100);
  const table: readonly [what: string, layer: Buffer][] = [
    ['text', Buffer.from('no tar at all')],
    ['noise of many blocks', noise('noise', 4096)],
    ['compressed text', gzipSync('no tar at all')],
    ['a tar that is cut in a file', tar.subarray(0, 3000)],
    ['a gzip that is cut', zipped.subarray(0, 3000)],
    ['a gzip that is spoilt', spoilt],
    ['the beginning of a gzip', Buffer.from([0x1f, 0x8b])],
  ];
  for (const [what, layer] of table) {
    it(`such as ${what} is kept, but has no files to show`, async () => {
      const line = await listed(what, layer);
      await send(hub, line).expect(400, { error: 'Layer format not supported' });
      const again = await send(hub, line).expect(400);
      // A refusal must not stay in anybody's cache for a year.
      if (again.headers['cache-control'] !== 'no-cache') {
        throw new Error(`Cache-Control: ${again.headers['cache-control']}`);
      }
    });
  }
});
