/* A layer whose gzip is followed by something else: accepted, as dockers did, and handed on without it. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { before, describe, it } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import { runCommand } from '../../bench/torture/hub-process.js';
import { exportImage } from '../../src/archive/archive.js';
import { slowStep } from '../../src/domain/layers/crc32.js';
import type { Trailing } from '../../src/domain/layers/gzip-members.js';
import { inflateLayer } from '../../src/domain/layers/inflate.js';
import { packTar } from '../../src/old-docker/images/tar.js';
import { digestOf, dockerLoad } from '../support/archives.js';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { layerOf, makeImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const TAR = packTar([{ name: './a', content: noise('a', 200_000), mode: 0o644, mtime: 1 }]);
const GZIP = gzipSync(TAR);

/** What may follow, and how many bytes of it are told of. */
const TRAILING: readonly [what: string, bytes: Buffer, told: number][] = [
  ['nothing', Buffer.alloc(0), 0],
  ['zeros', Buffer.alloc(5000), 0],
  ['text', Buffer.from('no gzip at all'), 14],
  ['one byte', Buffer.from('x'), 1],
  ['zeros and text', Buffer.concat([Buffer.alloc(600), Buffer.from('text')]), 604],
  ['noise', noise('trailing', 100_000), 100_000],
  ['the mark of a gzip', Buffer.from([0x1f, 0x8b]), 2],
  ['a gzip of another method', Buffer.from([0x1f, 0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 1]), 11],
  ['a gzip of nonsense', Buffer.concat([GZIP.subarray(0, 10), Buffer.from('\xff\xff\xff')]), 16],
];

const hub = useHub({ people: ['jamtur01'], onDisk: true });

describe('a gzip', () => {
  for (const [what, bytes, told] of TRAILING) {
    for (const piece of [1_000_000, GZIP.length, 4096, 1]) {
      it(`before ${what} is read to its end, in pieces of ${piece}`, async () => {
        const source = piece === 1 ? gzipSync('short') : GZIP;
        const read = await inflated(Buffer.concat([source, bytes]), piece);
        assert.deepEqual(read.bytes, piece === 1 ? Buffer.from('short') : TAR);
        assert.equal(read.trailing, told);
      });
    }
  }

  it('of several members is read as one, with what their headers may have', async () => {
    const name = Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7]);
    const texts = Buffer.from('name\0comment\0');
    const long = Buffer.concat([name, texts, Buffer.from([1, 2]), gzipSync('two').subarray(10)]);
    const read = await inflated(Buffer.concat([gzipSync('one'), long, gzipSync('three')]), 7);
    assert.equal(String(read.bytes), 'onetwothree');
  });

  it('that breaks off in a later member is broken', async () => {
    const bytes = Buffer.concat([gzipSync('one'), GZIP.subarray(0, -9)]);
    await assert.rejects(inflated(bytes, 4096), { name: 'LayerFormatError', fault: 'gzip' });
  });

  it('has the same sum where Node does not compute it', () => {
    assert.equal(slowStep(GZIP, slowStep(TAR, 0)), crc32(GZIP, crc32(TAR)));
  });
});

describe('a layer with garbage after its gzip', () => {
  const image = makeImage('garbage', {
    layer: Buffer.concat([layerOf([{ name: './motd', mode: 0o644, mtime: 1 }]), noise('x', 3000)]),
  });

  before(() => pushImage(hub, OWNER, 'jamtur01/garbage', image));

  it('is handed out as it came, and its files are listed', async () => {
    const layer = await send(hub, `GET /v1/images/${image.id}/layer`);
    assert.deepEqual(layer.body, image.layer);
    const row = ['/motd', 'f', false, 0, 1, 0o644, 0, 0];
    await send(hub, `GET /v1/images/${image.id}/files`).expect(200, [row]);
  });

  it('is told of by a check, which finds no fault', async () => {
    const text = makeImage('text', { layer: gzipSync('hello from 2014') });
    await pushImage(hub, OWNER, 'jamtur01/text', text);
    const copy = await mkdtemp(join(tmpdir(), 'hub-v1-garbage-'));
    try {
      await hub.restart(() => cp(hub.folder, copy, { recursive: true, filter: isNoLock }));
      const { code, text: said } = await runCommand(['check', '--data', copy]);
      assert.equal(code, 0, said);
      const [odd, no] = [image, text].map(({ id }) => join(copy, 'images', id, 'image.json'));
      const lines = said.split('\n');
      assert.ok(
        lines.includes(
          `${odd}: its layer has 3000 bytes after its gzip that are not part of it, and an export leaves them out.`,
        ),
        said,
      );
      assert.ok(
        lines.some((line) => line.startsWith(`${no}: its layer can't be exported (Layer`)),
        said,
      );
      assert.ok(lines.includes('Everything is sound.'), said);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });

  it('is exported without it', async () => {
    const chunks: Buffer[] = [];
    await hub.restart(async (open) => {
      await exportImage(open, 'jamtur01/garbage:latest', collect(chunks));
    });
    const [loaded] = dockerLoad(Buffer.concat(chunks));
    const tar = packTar([{ name: './motd', mode: 0o644, mtime: 1 }]);
    assert.deepEqual(loaded?.diffIds, [digestOf(tar)]);
  });
});

/** A copy of a lock would be one. */
function isNoLock(path: string): boolean {
  return !path.includes('lock');
}

async function inflated(
  bytes: Buffer,
  piece: number,
): Promise<{ bytes: Buffer; trailing: number }> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  let trailing = 0;
  const onTrailing = ({ bytes: count, isPadding }: Trailing): void => {
    if (!isPadding) trailing = count;
  };
  const chunks: Buffer[] = [];
  for await (const chunk of inflateLayer(Readable.from(pieces), { onTrailing })) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), trailing };
}

function collect(chunks: Buffer[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
}
