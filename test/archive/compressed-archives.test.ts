/* Layers and archives that are compressed with what today's dockers read: zstd, xz and bzip2. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { exportImage, importArchive } from '../../src/archive/archive.js';
import type { ForeignCompression } from '../../src/domain/layers/compression.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import {
  described,
  digestOf,
  dockerLayout,
  dockerLoad,
  layerTar,
  modernImage,
  ociImage,
  ociLayout,
  tarOf,
} from '../support/archives.js';
import { basic } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

/** `layerTar('compressed')`, as the programs of these names compress it. */
const LAYERS: readonly (readonly [ForeignCompression, string])[] = [
  [
    'zstd',
    'KLUv/QRoxQIAMkQNEKDt3NhPhf+FW0WarAKQGCkGat9b1xZLvx6SaveJBNe/HYIv2iWYaDHnmUVH+lY1f94iwQ0MIFAvsTnx+ROM' +
      'egGjHdYDpHw+dV7Ms+MyABJghyeqBZ93Vlc=',
  ],
  [
    'xz',
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4An/AF1dADKdCIYQ5JSzPrXexfQFZIIpHy4KZ+GXtfoqgrz+eKkkeXvInHfjzEa1EcdWqr3v' +
      'lYhTZCvM5BfJk/3sZjjiyJ0077Gb0xghnMEkFvfovYfpW7w9xcUGN679JGEzAAAAAAA1lFlTSVCxGgABeYAUAAAAjvjlgbHEZ/sCAAAA' +
      'AARZWg==',
  ],
  [
    'bzip2',
    'QlpoOTFBWSZTWRJtsUIAAFRbgMqQQAD/gABEbgLeAAkIIAByEqmgAADEH6moJJE9EGgmnpBgis7cWPyLpALE3My8JlHkCiLCB6MrBERg' +
      'NRhQFoMea0dOMmNCRrEseDFsqlTByMxXB8Eu5kdNSuEiVqvYoJxjMD8XckU4UJASbbFC',
  ],
];
const LIMIT = 8 * 1024 * 1024;

let hub: OpenHub;

before(async () => {
  hub = await openHub({ ephemeral: true, maxLayer: LIMIT });
});
after(() => hub.close());

const IMAGE = modernImage(['compressed']);

function archiveWith(layer: Buffer, name: string): Buffer {
  return tarOf(...dockerLayout([{ ...IMAGE, names: [name] }], () => layer));
}

async function take(archive: Buffer): Promise<string> {
  const { tags } = await importArchive(hub, Readable.from([archive]));
  return tags[0]?.image ?? '';
}

async function layerOf(id: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const { layer = '' } = hub.storage.images.get(id) ?? {};
  for await (const chunk of await hub.storage.files.openLayer(id, layer)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

for (const [compression, text] of LAYERS) {
  const packed = Buffer.from(text, 'base64');

  describe(`a layer that is compressed with ${compression}`, () => {
    it('comes in, and is gzip from then on', async () => {
      // Each with an image of its own: an image that is here already is not stored.
      const own = await openHub({ ephemeral: true });
      try {
        const archive = archiveWith(packed, 'jamtur01/packed:latest');
        const { tags } = await importArchive(own, Readable.from([archive]));
        const image = own.storage.images.get(tags[0]?.image ?? '');
        assert.ok(image);
        const chunks: Buffer[] = [];
        for await (const chunk of await own.storage.files.openLayer(image.id, image.layer)) {
          chunks.push(chunk);
        }
        assert.deepEqual(gunzipSync(Buffer.concat(chunks)), layerTar('compressed'));
      } finally {
        await own.close();
      }
    });

    it('gives the same image as the plain one, in the OCI layout too', async () => {
      const plain = await take(archiveWith(layerTar('compressed'), 'jamtur01/plain:latest'));
      assert.equal(await take(archiveWith(packed, 'jamtur01/same:latest')), plain);
      const annotations = { 'io.containerd.image.name': 'docker.io/jamtur01/oci:latest' };
      const oci = described(
        ociImage(IMAGE, () => packed),
        { annotations },
      );
      assert.equal(await take(tarOf(...ociLayout([oci]))), plain);
      assert.deepEqual(gunzipSync(await layerOf(plain)), layerTar('compressed'));
    });

    const damages: readonly (readonly [what: string, bytes: Buffer])[] = [
      ['cut short', packed.subarray(0, -30)],
      ['nothing but its beginning', packed.subarray(0, 7)],
      ['damaged', damaged(packed)],
      [
        'of another kind behind its mark',
        Buffer.concat([packed.subarray(0, 6), Buffer.alloc(999, 7)]),
      ],
    ];
    for (const [what, bytes] of damages) {
      it(`is refused when it is ${what}`, async () => {
        const error = await take(archiveWith(bytes, 'jamtur01/damaged:latest')).catch(String);
        assert.match(error, /the layer "layer-[0-9a-f]+\.tar" (?:is broken: |has the digest )/);
        assert.equal(hub.storage.repositories.get('jamtur01/damaged'), undefined);
      });
    }
  });
}

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[60] = (copy[60] ?? 0) ^ 0xff;
  return copy;
}

describe('a layer that an old docker pushed in another compression', () => {
  const running = useHub({ onDisk: true, people: ['jamtur01'] });

  for (const [compression, text] of LAYERS) {
    it(`is exported as the tar that it holds: ${compression}`, async () => {
      const image = makeImage(compression, { layer: Buffer.from(text, 'base64') });
      await pushImage(running, basic('jamtur01'), `jamtur01/${compression}`, image);
      const chunks: Buffer[] = [];
      await running.restart(async (open) => {
        const output = new PassThrough();
        output.on('data', (chunk: Buffer) => chunks.push(chunk));
        await exportImage(open, `jamtur01/${compression}`, output);
      });
      const [loaded] = dockerLoad(Buffer.concat(chunks));
      assert.deepEqual(loaded?.diffIds, [digestOf(layerTar('compressed'))]);
    });
  }
});

describe('a whole archive that is compressed', () => {
  for (const program of ['zstd', 'xz', 'bzip2']) {
    const isThere = spawnSync(program, ['--help']).status === 0;
    it(`comes in: with ${program}`, { skip: !isThere && `there is no ${program}` }, async () => {
      const archive = archiveWith(layerTar('compressed'), `jamtur01/${program}:latest`);
      const packed = execFileSync(program, ['-c'], { input: archive });
      await take(packed);
      assert.ok(hub.storage.repositories.get(`jamtur01/${program}`));
    });
  }
});

describe('what a few bytes could do', () => {
  /** A zstd frame of so many pieces, each the same 128 KiB; its window is 2 to the power of 10 + `window`. */
  function zstdBomb(pieces: number, window: number): Buffer {
    const size = 128 * 1024;
    const piece = (isLast: boolean): number[] => {
      const header = size * 8 + 2 + (isLast ? 1 : 0);
      return [header & 0xff, (header >> 8) & 0xff, header >> 16, 0];
    };
    const blocks = Array.from({ length: pieces }, (_, at) => piece(at === pieces - 1)).flat();
    return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window << 3, ...blocks]);
  }

  /** 200 MB of zeros, as bzip2 has them. */
  const BZIP2_BOMB = execBzip2();

  it('a zstd of 2 GB stops at the bound', async () => {
    const bomb = zstdBomb(16_000, 10);
    const error = await take(archiveWith(bomb, 'jamtur01/bomb:latest')).catch(String);
    assert.match(error, new RegExp(`inflates to more than ${LIMIT} bytes$`));
  });

  it('a zstd that wants terabytes of memory is refused', async () => {
    const error = await take(archiveWith(zstdBomb(9, 31), 'jamtur01/bomb:latest')).catch(String);
    assert.match(error, /is broken: Layer is not sound zstd/);
  });

  it('a bzip2 of 200 MB stops at the bound', {
    skip: BZIP2_BOMB === undefined && 'there is no bzip2',
  }, async () => {
    const bomb = BZIP2_BOMB ?? Buffer.of();
    const error = await take(archiveWith(bomb, 'jamtur01/bomb:latest')).catch(String);
    assert.match(error, new RegExp(`inflates to more than ${LIMIT} bytes$`));
  });

  it('what is compressed twice is not looked into', async () => {
    const program = spawnSync('bzip2', ['-c'], { input: gzipSync(layerTar('compressed')) });
    if (program.status !== 0) return;
    const error = await take(archiveWith(program.stdout, 'jamtur01/twice:latest')).catch(String);
    assert.match(error, /Layer is compressed twice$/);
  });

  function execBzip2(): Buffer | undefined {
    const { status, stdout } = spawnSync('bzip2', ['-c'], { input: Buffer.alloc(200_000_000) });
    return status === 0 ? stdout : undefined;
  }
});
