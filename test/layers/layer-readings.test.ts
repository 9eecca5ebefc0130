/* What is told of a layer by reading it through: each answer is worked out once for all askers. */
import assert from 'node:assert/strict';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { LayerFormatError } from '../../src/domain/layers/layer-bounds.js';
import type { LayerReader } from '../../src/domain/layers/layer-pool.js';
import { LayerReadings, type StoredLayer } from '../../src/domain/layers/layer-readings.js';
import type { LayerAnswers, LayerQuestion } from '../../src/domain/layers/layer-work.js';
import { BlobFiles } from '../../src/storage/files/blob-files.js';
import { Disk } from '../../src/storage/files/disk.js';
import { ImageFiles } from '../../src/storage/files/image-files.js';

const ID = 'ab'.repeat(32);
const SUM = `tarsum+sha256:${'0'.repeat(64)}`;
const ROWS = '[["/motd", "f", false, 5, 0, 420, 0, 0]]';
const ANSWERS = { listing: gzipSync(ROWS), contentSum: SUM } as unknown as LayerAnswers;

/** Answers at once, and counts. */
class CountingReader implements LayerReader {
  readonly atOnce: number;
  count = 0;

  constructor(atOnce: number) {
    this.atOnce = atOnce;
  }

  async read<Q extends LayerQuestion>({ question }: { question: Q }): Promise<LayerAnswers[Q]> {
    this.count += 1;
    await setImmediate();
    return ANSWERS[question];
  }

  async close(): Promise<void> {}
}

let folder: string;

function imageFiles(): ImageFiles {
  const disk = new Disk({ durable: false });
  return new ImageFiles(disk, folder, new BlobFiles(disk, folder));
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-test-'));
});

after(() => rm(folder, { recursive: true, force: true }));

for (const atOnce of [1, 3]) {
  describe(`what several ask at once, with ${atOnce} at a time`, () => {
    const reader = new CountingReader(atOnce);
    const files = (): ImageFiles => imageFiles();

    async function asked(ask: (readings: LayerReadings, layer: StoredLayer) => Promise<string>[]) {
      const stored = await files().receiveLayer(ID, Readable.from([Buffer.alloc(10)]), () => {});
      const readings = new LayerReadings({ files: files(), maxLayer: 100, maxFiles: 10, reader });
      const before = reader.count;
      const answers = await Promise.all(ask(readings, { id: ID, layer: stored.file }));
      return { answers, readings: reader.count - before };
    }

    it('is listed once', async () => {
      const { answers, readings } = await asked((from, layer) =>
        ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1'].map(async (address) =>
          text(await from.listing(layer, address)),
        ),
      );
      assert.deepEqual(answers, [ROWS, ROWS, ROWS, ROWS]);
      assert.equal(readings, 1);
    });

    it('is summed up once', async () => {
      const { answers, readings } = await asked((from, layer) =>
        ['192.0.2.1', '192.0.2.2', undefined].map((address) => from.contentSum(layer, address)),
      );
      assert.deepEqual(answers, [SUM, SUM, SUM]);
      assert.equal(readings, 1);
    });
  });
}

describe('a layer that is gzipped again', () => {
  /** Writes some of the file, and fails as a thread does that is ended. */
  const failing: LayerReader = {
    atOnce: 1,
    read: async ({ target = '' }) => {
      await writeFile(target, 'half');
      throw new LayerFormatError('time', 'Layer takes more than 1 s to read');
    },
    close: async () => {},
  };

  it('leaves no file when that fails, and may be tried again', async () => {
    const files = imageFiles();
    const { file } = await files.receiveLayer(ID, Readable.from([Buffer.alloc(10)]), () => {});
    const readings = new LayerReadings({ files, maxLayer: 100, maxFiles: 10, reader: failing });
    const target = join(folder, 'packed');
    for (let round = 0; round < 2; round += 1) {
      const packing = readings.gzipped({ id: ID, layer: file }, target, undefined);
      await assert.rejects(packing, { fault: 'time' });
      await assert.rejects(access(target), { code: 'ENOENT' });
    }
  });
});
