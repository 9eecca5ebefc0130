import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  bareTarSum,
  checksumText,
  payloadHash,
  tarsum,
} from '../../src/domain/layers/checksums.js';
import { LayerFormatError } from '../../src/domain/layers/inflate.js';
import { type LayerFile, listLayerFiles as rowsOf } from '../../src/domain/layers/layer-files.js';
import { readTarEntries, type TarEntry } from '../../src/domain/layers/tar-entries.js';

interface RecordedLayer {
  version: string;
  recorded: string;
  json: string;
  layer: string;
  headers: { 'X-Docker-Checksum': string; 'X-Docker-Checksum-Payload'?: string };
}

const fixture = new URL('../../../test/fixtures/recorded-layers.json', import.meta.url);
const { layers } = JSON.parse(readFileSync(fixture, 'utf8')) as { layers: RecordedLayer[] };

const END = Buffer.alloc(1024);
const NOTHING = Buffer.alloc(0);

describe('the checksums of recorded pushes', () => {
  for (const [index, recorded] of layers.entries()) {
    const json = Buffer.from(recorded.json);
    const layer = Buffer.from(recorded.layer, 'base64');
    const sent = recorded.headers;

    it(`docker ${recorded.version}, layer ${index}: tarsum`, async () => {
      assert.equal(await tarsum(json, streamOf(layer)), sent['X-Docker-Checksum']);
    });

    const payload = sent['X-Docker-Checksum-Payload'];
    if (payload === undefined) continue;
    it(`docker ${recorded.version}, layer ${index}: payload`, async () => {
      const found = recorded.version.startsWith('0.9.')
        ? await bareTarSum(streamOf(layer))
        : checksumText(payloadHash(json).update(layer));
      assert.equal(found, payload);
    });
  }
});

describe('tarsum', () => {
  const json = Buffer.from('{"id":"x"}');
  const entries = Buffer.concat([file('a', 'hello'), file('b', 'x'.repeat(600))]);
  const forms: [string, Readable][] = [
    ['as docker up to 1.2 sends it, without an end', streamOf(gzipSync(entries))],
    ['as docker from 1.3 on sends it, with an end', streamOf(gzipSync(join(entries, END)))],
    ['not compressed', streamOf(entries)],
    ['not compressed, with an end', streamOf(join(entries, END))],
    ['padded as GNU tar does', streamOf(join(entries, Buffer.alloc(10240)))],
    ['in two gzip members', streamOf(join(gzipSync(file('a', 'hello')), gzipSync(tail(entries))))],
    ['byte by byte', streamOf(entries, 1)],
    ['compressed, byte by byte', streamOf(gzipSync(entries), 1)],
    ['in chunks that split headers', streamOf(entries, 511)],
  ];
  for (const [form, layer] of forms) {
    it(`is the same for a layer ${form}`, async () => {
      assert.equal(
        await tarsum(json, layer),
        'tarsum+sha256:c7ad655b59a362436916b1de2f84db81ed602cdbf337a569dbaa34e0038704ea',
      );
    });
  }

  it('of a layer without entries is that of the json', async () => {
    const expected = `tarsum+sha256:${sha256(json)}`;
    for (const layer of [NOTHING, END, gzipSync(NOTHING), gzipSync(END)]) {
      assert.equal(await tarsum(json, streamOf(layer)), expected);
    }
  });

  it('takes every header as it stands', async () => {
    // Checked against a second implementation, in another language.
    assert.equal(
      await tarsum(json, streamOf(join(...oddEntries().map(({ bytes }) => bytes)))),
      'tarsum+sha256:bc1b08113589df570b81ec53e6eaca9d8da8d1bc7a16c3e9b325b061fe338812',
    );
  });
});

describe('bareTarSum', () => {
  const content = Buffer.alloc(4096);
  const zeros = join(header({ name: 'zeros', size: 4096 }), content);
  const short = join(header({ name: 'short', size: 5 }), Buffer.from('12345'));
  const cases: [string, Buffer, Buffer][] = [
    ['adds the end that an upload lacks', zeros, join(zeros, END)],
    ['leaves the end that is there', join(zeros, END), join(zeros, END)],
    ['completes half an end', join(zeros, Buffer.alloc(512)), join(zeros, END)],
    ['counts what follows the end', join(zeros, END, END), join(zeros, END, END)],
    ['adds missing padding', short, join(file('short', '12345'), END)],
    ['gives an empty upload its end', NOTHING, END],
  ];
  for (const [does, layer, summed] of cases) {
    it(does, async () => {
      assert.equal(await bareTarSum(streamOf(layer, 512)), `sha256:${sha256(summed)}`);
      assert.equal(await bareTarSum(streamOf(gzipSync(layer))), `sha256:${sha256(summed)}`);
    });
  }
});

describe('readTarEntries', () => {
  for (const { what, bytes, expected } of oddEntries()) {
    it(`reads ${what}`, async () => {
      const [entry] = await readAll(streamOf(bytes));
      const found = Object.entries(entry ?? {}).filter(([key]) => key in expected);
      assert.deepEqual(Object.fromEntries(found), expected);
    });
  }

  it('reads a header whose checksum was added up signed', async () => {
    const bytes = header({ name: '\xe9' });
    const sum = Number.parseInt(bytes.toString('latin1', 148, 154), 8) - 0x100;
    bytes.write(sum.toString(8).padStart(6, '0'), 148);
    const [entry] = await readAll(streamOf(bytes));
    assert.deepEqual(entry?.name, Buffer.from([0xe9]));
  });

  it('skips what was not read of an entry', async () => {
    const layer = streamOf(join(file('a', 'x'.repeat(5000)), file('b', 'hello'), END), 100);
    const contents: string[] = [];
    for await (const entry of readTarEntries(layer)) {
      for await (const chunk of entry.content) {
        contents.push(`${entry.name}: ${chunk}`);
        break;
      }
    }
    assert.deepEqual(contents, [`a: ${'x'.repeat(88)}`, 'b: hello']);
  });

  it('skips the map of a sparse file', async () => {
    const map = Buffer.alloc(512);
    map[504] = 1;
    const sparse = header({ name: 'holes', type: 'S', size: 3, raw: { 482: '\x01', 483: '7000' } });
    const layer = join(sparse, map, Buffer.alloc(512), block('abc'), file('next', 'x'));
    const [holes, next] = await readAll(streamOf(layer));
    assert.deepEqual([holes?.size, holes?.realSize, `${next?.name}`], [3, 0o7000, 'next']);
  });

  const broken: [string, 'gzip' | 'tar', Buffer][] = [
    ['text', 'tar', Buffer.from('{"not": "a layer"}')],
    ['a page of text', 'tar', Buffer.alloc(2048, 'not a layer ')],
    ['one byte', 'tar', Buffer.from('x')],
    ['a cut header', 'tar', file('a', 'hello').subarray(0, 300)],
    ['a cut file', 'tar', file('a', 'hello').subarray(0, 514)],
    ['a wrong checksum', 'tar', join(file('a', ''), Buffer.alloc(512, 'x'))],
    ['a lone zero block', 'tar', join(Buffer.alloc(512), file('a', ''))],
    ['an invalid number', 'tar', header({ name: 'a', raw: { 108: '89' } })],
    ['a negative size', 'tar', header({ name: 'a', raw: { 124: '\xff'.repeat(12) } })],
    [
      'a size past all bounds',
      'tar',
      header({ name: 'a', raw: { 124: `\x80${'\xff'.repeat(11)}` } }),
    ],
    ['a cut PAX header', 'tar', pax('path=a').subarray(0, 515)],
    ['a PAX header before nothing', 'tar', pax('path=a')],
    ['a row of PAX headers', 'tar', join(...Array(9).fill(pax('path=a')), file('a', ''))],
    ['a PAX record that is too long', 'tar', join(extension('x', '99 path=a\n'), file('a', ''))],
    ['a PAX record without a value', 'tar', join(extension('x', '7 path\n'), file('a', ''))],
    ['a PAX record of length 0', 'tar', join(extension('x', '0 path=a\n'), file('a', ''))],
    ['an invalid PAX number', 'tar', join(pax('uid=me'), file('a', ''))],
    ['a PAX header past all bounds', 'tar', header({ name: 'a', type: 'x', size: 2 ** 30 })],
    ['a cut gzip', 'gzip', gzipSync(file('a', 'hello')).subarray(0, -9)],
    ['a gzip without its trailer', 'gzip', gzipSync(file('a', 'hello')).subarray(0, -8)],
    ['a gzip with a wrong checksum', 'gzip', withWrongChecksum(gzipSync(join(file('a', ''), END)))],
    ['the mere beginning of a gzip', 'gzip', Buffer.from([0x1f, 0x8b])],
    ['a gzip of text', 'tar', gzipSync('{"not": "a layer"}')],
  ];
  for (const [what, fault, bytes] of broken) {
    it(`refuses ${what}`, async () => {
      for (const read of [
        (layer: Readable) => tarsum(NOTHING, layer),
        bareTarSum,
        listLayerFiles,
      ]) {
        const layer = streamOf(bytes);
        await assert.rejects(read(layer), (error) => {
          assert.ok(error instanceof LayerFormatError);
          assert.equal(error.fault, fault);
          return true;
        });
        assert.ok(layer.destroyed);
      }
    });
  }

  it('refuses what inflates to more than allowed', async () => {
    const layer = gzipSync(join(header({ name: 'zeros', size: 2 ** 24 }), Buffer.alloc(2 ** 24)));
    await assert.rejects(tarsum(NOTHING, streamOf(layer), { maxInflated: 2 ** 24 }), {
      name: 'LayerFormatError',
      fault: 'size',
    });
    await tarsum(NOTHING, streamOf(layer), { maxInflated: 2 ** 24 + 512 });
  });

  it('refuses more entries, or bytes of names, than allowed', async () => {
    const two = join(file('a', ''), file('b', ''));
    await assert.rejects(tarsum(NOTHING, streamOf(two), { maxEntries: 1 }), { fault: 'entries' });
    await assert.rejects(bareTarSum(streamOf(two), { maxEntries: 1 }), { fault: 'entries' });
    await tarsum(NOTHING, streamOf(two), { maxEntries: 2 });
    await bareTarSum(streamOf(two), { maxEntries: 2 });
    for (const type of ['x', 'L', 'K']) {
      const text = type === 'x' ? record(`path=${'n'.repeat(90)}`) : 'n'.repeat(100);
      const named = join(extension(type, text), file('a', ''));
      const twice = join(named, named);
      const bytes = 2 * text.length;
      const tooFew = { maxNames: bytes - 1 };
      await assert.rejects(tarsum(NOTHING, streamOf(twice), tooFew), { fault: 'names' });
      await tarsum(NOTHING, streamOf(twice), { maxNames: bytes });
    }
    const globals = join(extension('g', record('uid=7')), file('a', ''));
    await assert.rejects(tarsum(NOTHING, streamOf(globals), { maxNames: 7 }), { fault: 'names' });
  });

  it('passes on what the source throws', async () => {
    for (const bytes of [file('a', 'hello'), gzipSync(file('a', 'hello'))]) {
      const layer = new PassThrough();
      layer.write(bytes.subarray(0, 20));
      setTimeout(() => layer.destroy(new Error('the client went away')), 5);
      await assert.rejects(tarsum(NOTHING, layer), { message: 'the client went away' });
    }
  });

  it('lets go of a source that has stalled', async () => {
    for (const bytes of [file('a', 'hello'), gzipSync(file('a', 'hello'))]) {
      const layer = new PassThrough();
      layer.write(bytes);
      for await (const entry of readTarEntries(layer)) {
        assert.equal(`${entry.name}`, 'a');
        break;
      }
      assert.ok(layer.destroyed);
    }
  });
});

describe('listLayerFiles', () => {
  const rows: [string, Buffer, LayerFile[]][] = [
    ['the root', header({ name: './', type: '5' }), [['/', 'd', false, 0, 0, 0o644, 0, 0]]],
    ['a bare root', header({ name: '.', type: '5' }), [['/', 'd', false, 0, 0, 0o644, 0, 0]]],
    ['a rooted name', file('./ab', 'x'), [['/ab', 'f', false, 1, 0, 0o644, 0, 0]]],
    ['a bare name', file('ab', 'x'), [['ab', 'f', false, 1, 0, 0o644, 0, 0]]],
    ['a folder', header({ name: './d/', type: '5' }), [['/d', 'd', false, 0, 0, 0o644, 0, 0]]],
    [
      'an old folder',
      header({ name: './d/', type: '\0' }),
      [['/d', 'd', false, 0, 0, 0o644, 0, 0]],
    ],
    ['a whiteout', file('./.wh.gone', ''), [['/gone', 'f', true, 0, 0, 0o644, 0, 0]]],
    ['no bookkeeping of aufs', join(file('./.wh..wh.plnk', ''), file('/.wh..wh.aufs', '')), []],
    [
      'a whiteout deeper down as it is',
      file('./d/.wh.x', ''),
      [['/d/.wh.x', 'f', false, 0, 0, 0o644, 0, 0]],
    ],
    ['an unknown type', header({ name: 'a', type: 'Z' }), [['a', 'u', false, 0, 0, 0o644, 0, 0]]],
    [
      'a time with its fraction',
      join(pax('mtime=12.5'), file('a', '')),
      [['a', 'f', false, 0, 12.5, 0o644, 0, 0]],
    ],
    [
      'what a global PAX header says',
      join(
        extension('g', record('uid=7') + record('mtime=5')),
        pax('uid=8'),
        file('a', ''),
        file('b', ''),
      ),
      [
        ['a', 'f', false, 0, 5, 0o644, 8, 0],
        ['b', 'f', false, 0, 5, 0o644, 7, 0],
      ],
    ],
    ['nothing in an empty layer', END, []],
  ];
  for (const [what, layer, expected] of rows) {
    it(`lists ${what}`, async () => {
      assert.deepEqual(await listLayerFiles(streamOf(gzipSync(layer))), expected);
    });
  }

  it('has a letter for every type', async () => {
    const types = ['\0', '0', '1', '2', '3', '4', '5', '6', '7', 'S'];
    const layer = join(...types.map((type) => header({ name: 'a', type })));
    const letters = (await listLayerFiles(streamOf(layer))).map(([, letter]) => letter);
    assert.equal(letters.join(''), 'fflscbditS');
  });
});

interface OddEntry {
  what: string;
  bytes: Buffer;
  expected: Partial<TarEntry>;
}

/** Entries that are easily read wrong, and what Go's archive/tar makes of them. */
function oddEntries(): OddEntry[] {
  const long = 'n'.repeat(300);
  return [
    {
      what: 'an old-style file',
      bytes: header({ name: 'a', type: '\0', raw: { 257: '\0'.repeat(80), 265: 'nobody' } }),
      expected: { typeflag: '\0', uname: NOTHING, devmajor: 0 },
    },
    {
      what: 'a contiguous file',
      bytes: join(header({ name: 'a', type: '7', size: 2 }), block('ab')),
      expected: { typeflag: '7', size: 2 },
    },
    {
      what: 'a name that is not UTF-8',
      bytes: file('caf\xe9', ''),
      expected: { name: Buffer.from([0x63, 0x61, 0x66, 0xe9]) },
    },
    {
      what: 'a split name',
      bytes: header({ name: 'name', raw: { 345: 'p'.repeat(155) } }),
      expected: { name: Buffer.from(`${'p'.repeat(155)}/name`) },
    },
    {
      what: "a name that star split, with star's times behind it",
      bytes: header({ name: 'name', raw: { 345: `${'p'.repeat(131)}12345670`, 508: 'tar\0' } }),
      expected: { name: Buffer.from(`${'p'.repeat(131)}/name`) },
    },
    {
      what: 'a name that fills its field',
      bytes: header({ name: 'n'.repeat(100) }),
      expected: { name: Buffer.from('n'.repeat(100)) },
    },
    {
      what: 'a device',
      bytes: header({ name: 'a', type: '3', raw: { 329: '0000005', 337: '0000017' } }),
      expected: { typeflag: '3', devmajor: 5, devminor: 15 },
    },
    {
      what: 'a file that claims device numbers',
      bytes: header({ name: 'a', raw: { 329: '0000005', 337: '0000017' } }),
      expected: { devmajor: 0, devminor: 0 },
    },
    {
      what: 'a hard link that claims a size',
      bytes: header({ name: 'a', type: '1', size: 9, raw: { 157: 'target' } }),
      expected: { typeflag: '1', linkname: Buffer.from('target'), size: 9, end: 512 },
    },
    {
      what: 'numbers to base 256',
      bytes: header({
        name: 'a',
        raw: { 108: '\x80\0\0\0\xff\xff\xff\xfe', 136: '\xff'.repeat(11), 147: '\xfb' },
      }),
      expected: { uid: 2 ** 32 - 2, mtime: -5 },
    },
    {
      what: "GNU's long names",
      bytes: join(
        extension('K', `${long}link\0`),
        extension('L', `${long}\xff\0`),
        header({ name: 'n', type: '2' }),
      ),
      expected: {
        name: Buffer.from(`${long}\xff`, 'latin1'),
        linkname: Buffer.from(`${long}link`),
        typeflag: '2',
      },
    },
    {
      what: 'PAX records',
      bytes: join(
        pax(
          `path=${long}\xff/`,
          'linkpath=l',
          'uname=\xfc',
          'gname=',
          'uid=3000000',
          'mtime=-1.5',
          'SCHILY.xattr.user.a=\n=',
        ),
        header({ name: 'n', raw: { 297: 'group' } }),
      ),
      expected: {
        name: Buffer.from(`${long}\xff/`, 'latin1'),
        linkname: Buffer.from('l'),
        uname: Buffer.from([0xfc]),
        gname: Buffer.from('group'),
        uid: 3000000,
        gid: 0,
        mtime: -1,
      },
    },
    {
      what: 'a size from PAX',
      bytes: join(pax('size=3'), header({ name: 'a', size: 0 }), block('abc')),
      expected: { size: 3, end: 2048 },
    },
    {
      what: 'a global PAX header as an entry',
      bytes: join(extension('g', record('uid=7')), file('a', '')),
      expected: { typeflag: 'g', size: 8, uid: 0 },
    },
  ];
}

interface HeaderFields {
  name: string;
  type?: string;
  size?: number;
  /** More fields by their offset, as latin1. */
  raw?: Record<number, string>;
}

/** A ustar header, its checksum filled in last. */
function header({ name, type = '0', size = 0, raw = {} }: HeaderFields): Buffer {
  const bytes = Buffer.alloc(512);
  const octal = size.toString(8).padStart(11, '0');
  const fields = { 0: name, 100: '0000644', 124: octal, 156: type, 257: 'ustar\x0000', ...raw };
  for (const [offset, text] of Object.entries(fields)) bytes.write(text, Number(offset), 'latin1');
  bytes.fill(' ', 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** Content padded to whole blocks. */
function block(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return join(bytes, Buffer.alloc(-bytes.length & 511));
}

function file(name: string, text: string): Buffer {
  return join(header({ name, size: text.length }), block(text));
}

function extension(type: string, text: string): Buffer {
  return join(header({ name: 'extension', type, size: text.length }), block(text));
}

function pax(...records: string[]): Buffer {
  return extension('x', records.map(record).join(''));
}

/** `<length> <keyword>=<value>\n`, where the length counts its own digits too. */
function record(text: string): string {
  const rest = ` ${text}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length++;
  return `${length}${rest}`;
}

function join(...parts: Buffer[]): Buffer {
  return Buffer.concat(parts);
}

/** Spoils the first four of the last eight bytes: the checksum of what a gzip holds. */
function withWrongChecksum(gzip: Buffer): Buffer {
  return Buffer.from(gzip).fill(1, gzip.length - 8, gzip.length - 4);
}

/** All but the first file (of one block) of a tar. */
function tail(tar: Buffer): Buffer {
  return tar.subarray(1024);
}

/** The bytes as a stream, in chunks of at most `chunk`. */
function streamOf(bytes: Buffer, chunk = 64 * 1024): Readable {
  function* pieces(): Generator<Buffer> {
    for (let start = 0; start < bytes.length; start += chunk) {
      yield bytes.subarray(start, start + chunk);
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function listLayerFiles(layer: Readable): Promise<LayerFile[]> {
  const rows: LayerFile[] = [];
  for await (const row of rowsOf(layer)) rows.push(row);
  return rows;
}

async function readAll(layer: Readable): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  for await (const entry of readTarEntries(layer)) entries.push(entry);
  return entries;
}
