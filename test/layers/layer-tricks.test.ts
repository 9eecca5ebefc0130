/*
 * Layers that cost far more than their length: each of these is small, and made the hub hold gigabytes or
 * work for minutes.
 */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bareTarSum } from '../../src/domain/layers/checksums.js';
import { LayerFormatError } from '../../src/domain/layers/layer-bounds.js';
import { listLayerFiles } from '../../src/domain/layers/layer-files.js';
import { readingTime } from '../../src/domain/layers/layer-readings.js';
import { ChunkReader } from '../../src/domain/layers/tar-chunks.js';
import { uncompressed } from '../../src/domain/layers/uncompressed.js';
import { packTar } from '../../src/old-docker/images/tar.js';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
/** 45 MiB of zeros, as bzip2 packs them. */
const BZIP2_ZEROS = Buffer.from(
  '425a68393141592653590e09e2df015f8e4000c0000008200030804d4642a025a90a809731415926535997a7be1c' +
    '0009dac004c00000010008200030cc09aa6992215b54442bc5dc914e142422ed1ee880',
  'hex',
);

describe('what is read in parts', () => {
  it('keeps none of the chunks that the parts are from', async () => {
    const length = 3000;
    const long = 64 * 1024;
    async function* oneByteEach(): AsyncGenerator<Buffer> {
      for (let at = 0; at < length; at += 1) yield Buffer.alloc(long, at).subarray(0, 1);
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const reader = new ChunkReader(
      watched(oneByteEach(), () => {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }),
    );
    const bytes = await reader.read(length);
    assert.equal(bytes.length, length);
    assert.deepEqual([bytes[1], bytes[299]], [1, 43]);
    assert.ok(most < (length * long) / 2, `${most} bytes were held`);
  });

  it('is what there is, where the bytes end before', async () => {
    const reader = new ChunkReader(Readable.from([Buffer.from('ab'), Buffer.from('c')]));
    assert.equal(String(await reader.read(7)), 'abc');
    assert.equal(String(await reader.read(7)), '');
  });
});

async function* watched(chunks: AsyncIterable<Buffer>, see: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    see();
    yield chunk;
  }
}

describe('a global header', () => {
  it('counts again for each entry that it is looked at for', async () => {
    const path = `./.wh..wh.${'a'.repeat(100_000)}`;
    const layer = Buffer.concat([globalHeader('path', path), ...entries(200)]);
    await assert.rejects(drain(layer, { maxNames: 1_000_000 }), isExcess('names'));
    assert.equal(await drain(layer, { maxNames: 30_000_000 }), 0);
  });
});

describe('the sum of a bare tar', () => {
  it('is taken within the bounds', async () => {
    const layer = Readable.from([Buffer.concat(entries(30))]);
    await assert.rejects(bareTarSum(layer, { maxEntries: 20 }), isExcess('entries'));
  });
});

describe('what inflates to far more than gzip could', () => {
  const MEGABYTE = 1024 ** 2;
  const bzip2 = (count: number): Buffer => Buffer.concat(Array<Buffer>(count).fill(BZIP2_ZEROS));
  const kinds: readonly [what: string, few: Buffer, many: Buffer][] = [
    ['bzip2', bzip2(1), bzip2(4)],
    ['zstd', zstdZeros(60), zstdZeros(200)],
  ];
  for (const [what, few, many] of kinds) {
    it(`is read no further after 64 MiB, where it is ${what}`, async () => {
      const length = async (layer: Buffer): Promise<number> => {
        let sum = 0;
        for await (const { length } of uncompressed(Readable.from([layer]))) sum += length;
        return sum;
      };
      assert.ok((await length(few)) > 40 * MEGABYTE, 'a short layer of zeros is read');
      await assert.rejects(length(many), isExcess('ratio'));
    });
  }
});

describe('the time that a layer may be read for', () => {
  it('grows with its length, so that a short one holds nobody up for long', () => {
    const timeFor = (bytes: number): number => readingTime(bytes, 'listing');
    const lengths = [0, 7_250, 1024 ** 2, 1024 ** 3, 10 * 1024 ** 3];
    assert.deepEqual(lengths.map(timeFor), [15_000, 15_079, 26_328, 113_688, 596_871]);
    assert.equal(timeFor(2 ** 50), 600_000);
  });

  it('is longer for what is slow, but for what bzip2 makes of a few kilobytes no more than for a list', () => {
    const timeFor = (bytes: number): number => readingTime(bytes, 'digests');
    const lengths = [0, 7_250, 1024 ** 2, 1024 ** 3];
    assert.deepEqual(lengths.map(timeFor), [15_000, 15_314, 60_310, 409_749]);
  });
});

describe('one list that several ask for at once', () => {
  const hub = useHub({ people: ['jamtur01'], trustedProxy: ['127.0.0.0/8', '::1'] });

  it('is worked out once for all addresses', async () => {
    // The first starts the thread that does it.
    await cpuOf('first', 1);
    const alone = await cpuOf('alone', 1);
    const together = await cpuOf('together', 12);
    assert.ok(together < 6 * alone, `${together} µs for twelve, ${alone} µs for one`);
  });

  async function cpuOf(name: string, askers: number): Promise<number> {
    const image = makeImage(name, { layer: gzipSync(Buffer.concat(entries(40_000))) });
    await pushImage(hub, OWNER, `jamtur01/${name}`, image);
    const begun = process.cpuUsage();
    const asked = Array.from({ length: askers }, async (_, number) => {
      const headers = { 'X-Forwarded-For': `192.0.2.${number}` };
      // To hold so many rows against the contract would cost more than to list them.
      const sent = { headers, unchecked: true };
      const { body } = await asBytes(send(hub, `GET /v1/images/${image.id}/files`, sent));
      assert.equal((JSON.parse(String(body)) as unknown[]).length, 40_000);
    });
    await Promise.all(asked);
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  }
});

function entries(count: number): Buffer[] {
  return Array<Buffer>(count).fill(packTar([{ name: 'etc/motd' }]));
}

/** So many MiB of zeros: a frame of zstd whose blocks each repeat one byte 128 KiB long. */
function zstdZeros(megabytes: number): Buffer {
  const length = 128 * 1024;
  const block = (isLast: boolean): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUIntLE((length << 3) | 0b10 | (isLast ? 1 : 0), 0, 3);
    return bytes;
  };
  const blocks = Array<Buffer>(8 * megabytes - 1).fill(block(false));
  return Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), ...blocks, block(true)]);
}

/** A global PAX header with one record. */
function globalHeader(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  const length = rest.length + String(rest.length + 6).length;
  const block = packTar([{ name: 'pax_global_header', content: Buffer.from(`${length}${rest}`) }]);
  block.write('g', 156, 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

async function drain(layer: Buffer, bounds: { readonly maxNames: number }): Promise<number> {
  let count = 0;
  for await (const _ of listLayerFiles(Readable.from([layer]), bounds)) count += 1;
  return count;
}

function isExcess(fault: string): (error: unknown) => boolean {
  return (error) => error instanceof LayerFormatError && error.fault === fault;
}
