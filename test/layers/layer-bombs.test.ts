/*
 * Short layers that say they hold very much: they are kept and handed out, as docker-registry did, but nobody
 * can make the hub look through them for long, or twice, or while others wait.
 */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { packTar } from '../../src/old-docker/images/tar.js';
import { asBytes, basic, send } from '../support/client.js';
import { type OwnHub, startTestHub, useHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { createRepository, deleteRepository, pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const MOST_ENTRIES = 20_000;

/** GNU long names of a megabyte each: some kilobytes of gzip say gigabytes of names. */
function longNames(count: number): Buffer {
  const size = 1024 ** 2;
  const [long = Buffer.alloc(0), plain = Buffer.alloc(0)] = [
    gnuHeader('././@LongLink', size),
    packTar([{ name: 'short' }]),
  ];
  return repeated(Buffer.concat([long, Buffer.alloc(size, 'n'), plain]), count);
}

/** The same tar many times, as members of one gzip: what is packed once costs a test nothing. */
function repeated(tar: Buffer, count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(gzipSync(tar)));
}

function emptyEntries(count: number): Buffer {
  const one = packTar([{ name: 'usr/share/doc/empty', mode: 0o644, mtime: 1 }]);
  return repeated(Buffer.concat(Array<Buffer>(1000).fill(one)), count / 1000);
}

function gnuHeader(name: string, size: number): Buffer {
  const block = packTar([{ name }]);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('L', 156, 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const hub = useHub({ people: ['jamtur01'], maxFiles: MOST_ENTRIES, maxLayer: 6_000_000 });

/** How long the hub, which shares this thread, was held up at most while `work` ran, in milliseconds. */
async function longestStall(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  let longest = 0;
  const end = (): void => {
    isOver = true;
  };
  work.then(end, end);
  for (let last = performance.now(); !isOver; ) {
    await setImmediate();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}

describe('a layer whose list would be too long', () => {
  const bombs: readonly [what: string, layer: Buffer, error: string][] = [
    [
      'names of a megabyte',
      longNames(4500),
      `Layer has more than ${128 * MOST_ENTRIES} bytes of names to list`,
    ],
    [
      'a file of zeros',
      repeated(packTar([{ name: 'zeros', content: Buffer.alloc(1024 ** 2) }]), 30),
      'Layer inflates to more than 24000000 bytes',
    ],
    [
      'entries without end',
      emptyEntries(MOST_ENTRIES + 1000),
      `Layer has more than ${MOST_ENTRIES} entries`,
    ],
  ];
  for (const [what, layer, error] of bombs) {
    describe(`through ${what}`, () => {
      const image = makeImage(what, { layer });

      before(() => pushImage(hub, OWNER, 'jamtur01/bombs', image));

      it('is refused with the reason, beside the work, and looked through once', async () => {
        const first = send(hub, `GET /v1/images/${image.id}/files`).expect(400, { error });
        const stall = await longestStall(first);
        await first;
        assert.ok(stall < 1000, `the hub was held up for ${stall} ms`);
        const begun = process.cpuUsage();
        for (let count = 0; count < 10; count++) {
          await send(hub, `GET /v1/images/${image.id}/files`).expect(400, { error });
        }
        const { user, system } = process.cpuUsage(begun);
        assert.ok(user + system < 2_000_000, `ten more took ${user + system} µs`);
      });

      it('is handed out as it came', async () => {
        const answer = await send(hub, `GET /v1/images/${image.id}/layer`).expect(200);
        assert.ok(image.layer.equals(answer.body as Buffer));
      });
    });
  }
});

describe('a layer of very many files', () => {
  const image = makeImage('many', { layer: emptyEntries(100_000) });
  let own: OwnHub;

  before(async () => {
    // Without anything to go back to, what is deleted leaves the disk at once.
    own = await startTestHub({ people: ['jamtur01'], onDisk: true, harness: false });
    await pushImage(own, OWNER, 'jamtur01/many', image);
  });

  after(() => own.close());

  /** The list, unread: to hold so many rows against the contract would hold the hub up too. */
  const rawListOf = ({ id }: TestImage) =>
    asBytes(send(own, `GET /v1/images/${id}/files`, { unchecked: true }));

  it('is listed whole, and the list lies beside it until it goes', async () => {
    const row = ['usr/share/doc/empty', 'f', false, 0, 1, 0o644, 0, 0];
    const listing = Promise.resolve(rawListOf(image));
    const stall = await longestStall(listing);
    const rows = JSON.parse(String((await listing).body)) as unknown[];
    assert.ok(stall < 1000, `the hub was held up for ${stall} ms`);
    assert.equal(rows.length, 100_000);
    assert.deepEqual([rows[0], rows.at(-1)], [row, row]);
    const [layer = ''] = await filesOf(image, 'layer-');
    const kept = layer.replace('layer', 'files');
    assert.deepEqual(await filesOf(image, 'files-'), [kept]);

    // A start leaves it where it is, and it is what is answered: a mark in it shows.
    await own.restart();
    await writeFile(join(own.folder, 'images', image.id, kept), gzipSync('["kept"]'));
    const again = await rawListOf(image);
    assert.deepEqual(JSON.parse(String(again.body)), ['kept']);

    await deleteRepository(own, OWNER, 'jamtur01/many');
    assert.ok(!(await readdir(join(own.folder, 'images'))).includes(image.id));
  });

  it('leaves nothing behind whose layer is gone', async () => {
    await pushImage(own, OWNER, 'jamtur01/many', image);
    const stray = join(own.folder, 'images', image.id, 'files-0123456789ab');
    await writeFile(stray, gzipSync('[]'));
    await own.restart();
    assert.deepEqual(await filesOf(image, 'files-'), []);
  });

  async function filesOf({ id }: TestImage, kind: string): Promise<string[]> {
    const all = await readdir(join(own.folder, 'images', id));
    return all.filter((name) => name.startsWith(kind));
  }
});

describe('a wrong tarsum', () => {
  const wrong = { 'X-Docker-Checksum': `tarsum+sha256:${'0'.repeat(64)}` };

  async function bring(image: TestImage, name: string): Promise<void> {
    await createRepository(hub, OWNER, name, [image]);
    const { id, json, layer } = image;
    await send(hub, `PUT /v1/images/${id}/json`, { auth: OWNER, body: json }).expect(200);
    await send(hub, `PUT /v1/images/${id}/layer`, { auth: OWNER, body: layer }).expect(200);
  }

  it('is refused each time, and computed once', async () => {
    const image = makeImage('wrong sum', { layer: emptyEntries(MOST_ENTRIES) });
    await bring(image, 'jamtur01/wrong');
    const line = `PUT /v1/images/${image.id}/checksum`;
    const refusal = { error: 'Checksum mismatch' };
    const first = send(hub, line, { auth: OWNER, headers: wrong }).expect(400, refusal);
    const stall = await longestStall(first);
    await first;
    assert.ok(stall < 1000, `the hub was held up for ${stall} ms`);
    const begun = process.cpuUsage();
    for (let count = 0; count < 20; count++) {
      await send(hub, line, { auth: OWNER, headers: wrong }).expect(400, refusal);
    }
    const { user, system } = process.cpuUsage(begun);
    assert.ok(user + system < 2_000_000, `twenty more took ${user + system} µs`);
  });

  it('of more entries than the hub looks through is told so; the payload sum still ends the push', async () => {
    const image = makeImage('too many for a sum', { layer: emptyEntries(MOST_ENTRIES + 1000) });
    await bring(image, 'jamtur01/many');
    const line = `PUT /v1/images/${image.id}/checksum`;
    const refusal = { error: `Layer has more than ${MOST_ENTRIES} entries` };
    await send(hub, line, { auth: OWNER, headers: wrong }).expect(400, refusal);
    const right = { 'X-Docker-Checksum-Payload': image.payload };
    await send(hub, line, { auth: OWNER, headers: right }).expect(200);
  });
});
