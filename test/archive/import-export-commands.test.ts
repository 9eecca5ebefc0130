/* `hub-v1 import` and `hub-v1 export`, as they are typed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { openHub } from '../../src/open-hub.js';
import {
  dockerLayout,
  dockerLoad,
  modernImage,
  oldDockerLoad,
  oldImages,
  oldLayout,
  tarOf,
} from '../support/archives.js';

const CLI = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));

const IMAGES = oldImages('commands', 2);
const [BASE = '', TOP = ''] = IMAGES.map(({ id }) => id);
const TAR = tarOf(...oldLayout(IMAGES, { 'jamtur01/web': { latest: TOP } }));

let folder: string;
let data: string;
let tar: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-commands-'));
  data = join(folder, 'data');
  tar = join(folder, 'web.tar');
  await writeFile(tar, TAR);
});

after(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly output: Buffer;
  readonly errors: string;
}

/** Runs the command line to its end. */
function run(
  args: readonly string[],
  { input = Buffer.of(), at = data }: { input?: Buffer; at?: string } = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, ...args, '--data', at], { cwd: folder });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, output: Buffer.concat(output), errors: Buffer.concat(errors).toString() });
    });
  });
}

function lines(bytes: Buffer): string[] {
  return bytes.toString().trimEnd().split('\n');
}

describe('hub-v1 import', () => {
  it('tells of each image and each tag in a line', async () => {
    const { code, output, errors } = await run(['import', tar]);
    assert.deepEqual([code, errors], [0, '']);
    assert.equal(
      lines(output).pop(),
      'note: there is no account jamtur01 yet; create it with: hub-v1 user add jamtur01',
    );
    assert.deepEqual(lines(output).slice(0, -1), [
      `${BASE.slice(0, 12)}: stored, 2.6 kB`,
      `${TOP.slice(0, 12)}: stored, 2.6 kB`,
      `jamtur01/web:latest is image ${TOP}`,
    ]);
  });

  it('takes a name, and says what was here', async () => {
    const { code, output } = await run(['import', tar, 'jamtur01/copy:1.0']);
    assert.equal(code, 0);
    assert.deepEqual(lines(output).slice(0, -1), [
      `${BASE.slice(0, 12)}: already here`,
      `${TOP.slice(0, 12)}: already here`,
      `jamtur01/copy:1.0 is image ${TOP}`,
    ]);
  });

  it('reads standard input, gzipped or not', async () => {
    for (const input of [TAR, gzipSync(TAR)]) {
      const { code, output } = await run(['import', '-', 'piped'], { input });
      assert.equal(code, 0);
      assert.equal(lines(output).at(-1), `library/piped:latest is image ${TOP}`);
    }
  });

  it('says what it left out', async () => {
    const path = join(folder, 'two.tar');
    const named = { ...modernImage(['named']), names: ['named:latest'] };
    await writeFile(path, tarOf(...dockerLayout([named, modernImage(['nameless'])])));
    const { output } = await run(['import', path]);
    assert.match(
      lines(output).at(-1) ?? '',
      /^note: image [0-9a-f]{64} has no name and was left out$/,
    );
  });

  const refused: readonly [what: string, args: () => string[], message: RegExp][] = [
    [
      'a file that is not there',
      () => ['import', 'no.tar'],
      /^hub-v1: no\.tar: there is no such file\n$/,
    ],
    ['a broken tar', () => ['import', CLI], /^hub-v1: .*hub-v1\.cjs: it is not a sound tar: .*\n$/],
    [
      'a bad name',
      () => ['import', tar, 'Bad/name'],
      /^hub-v1: .*web\.tar: "Bad\/name": Wrong name.*\n$/,
    ],
    [
      'a digest',
      () => ['import', tar, 'a@sha256:1'],
      /^hub-v1: a@sha256:1 must be ns\/repo\[:tag\]\n$/,
    ],
  ];
  for (const [what, args, message] of refused) {
    it(`refuses ${what} in one line, with exit code 1`, async () => {
      const { code, output, errors } = await run(args());
      assert.deepEqual([code, output.length], [1, 0]);
      assert.match(errors, message);
    });
  }

  it('makes no data directory for a file that is not there', async () => {
    await run(['import', 'no.tar'], { at: join(folder, 'elsewhere') });
    assert.ok(!(await readdir(folder)).includes('elsewhere'));
  });

  it('wants a hub that is stopped', async () => {
    const open = await openHub({ data });
    try {
      const { code, errors } = await run(['import', tar]);
      assert.equal(code, 1);
      assert.match(errors, /^hub-v1: the data directory .* is in use by process \d+/);
    } finally {
      await open.close();
    }
  });
});

describe('hub-v1 export', () => {
  it('writes a file that docker loads', async () => {
    const output = join(folder, 'out.tar');
    const { code, errors } = await run(['export', 'jamtur01/web:latest', '--output', output]);
    assert.equal(code, 0);
    const [loaded] = dockerLoad(await readFile(output));
    assert.deepEqual(oldDockerLoad(await readFile(output)), { 'jamtur01/web:latest': [TOP, BASE] });
    assert.deepEqual(
      errors.trimEnd().split('\n').at(-1),
      `jamtur01/web:latest is written; docker load makes it ${loaded?.id}`,
    );
  });

  it('writes the same to standard output', async () => {
    const { code, output } = await run(['export', 'jamtur01/web']);
    assert.equal(code, 0);
    assert.deepEqual(output, await readFile(join(folder, 'out.tar')));
  });

  it('leaves no file, and no part of one, when there is no such image', async () => {
    const files = await readdir(folder);
    const { code, errors } = await run(['export', 'jamtur01/web:2', '--output', 'none.tar']);
    assert.equal(code, 1);
    assert.equal(errors, 'hub-v1: jamtur01/web has no tag "2"; it has: latest\n');
    assert.deepEqual(await readdir(folder), files);
  });

  it('says when it can’t write', async () => {
    const { code, errors } = await run(['export', 'jamtur01/web', '--output', 'no/folder/x.tar']);
    assert.equal(code, 1);
    assert.match(errors, /^hub-v1: cannot write no\/folder\/x\.tar: .*\n$/);
  });

  it('leaves the file that was there until the new one is whole', async () => {
    const path = join(folder, 'kept.tar');
    await writeFile(path, 'precious');
    await run(['export', 'jamtur01/nothing', '--output', path]);
    assert.equal(await readFile(path, 'utf8'), 'precious');
    await run(['export', 'jamtur01/web', '--output', path]);
    assert.deepEqual(await readFile(path), await readFile(join(folder, 'out.tar')));
  });
});
