/** What npm runs by itself, as for the first `npx hub-v1`, builds only where the sources are newer than what was built. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';

const { scripts } = JSON.parse(
  await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
) as { readonly scripts: Readonly<Record<string, string>> };

const SOURCES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'src/hub.ts',
  'routes/index.ts',
  'test/house/words.test.ts',
  'bench/main.ts',
];
/** When the sources were written, when they were built, and when something changed after that. */
const [WRITTEN, BUILT, CHANGED] = [1000, 2000, 3000];

/** A folder with sources that were built, and an `npm` that only writes down what it was asked for. */
async function builtFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-v1-built-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const each of [...SOURCES, 'dist/begun', 'bin/npm']) {
    await mkdir(dirname(join(folder, each)), { recursive: true });
    await writeFile(join(folder, each), '#!/bin/sh\necho "$@" > asked\n');
  }
  await chmod(join(folder, 'bin/npm'), 0o755);
  const folders = ['src', 'routes', 'test', 'test/house', 'bench'];
  for (const each of [...SOURCES, ...folders]) await utimes(join(folder, each), WRITTEN, WRITTEN);
  await utimes(join(folder, 'dist/begun'), BUILT, BUILT);
  return folder;
}

/** What `npm run built` asks npm for. */
async function asked(folder: string): Promise<string> {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  await promisify(execFile)('sh', ['-c', scripts.built ?? ''], { cwd: folder, env });
  return readFile(join(folder, 'asked'), 'utf8').catch(() => '');
}

describe('npm run built', () => {
  it('leaves alone what is built', async (t) => {
    assert.equal(await asked(await builtFolder(t)), '');
  });

  for (const source of SOURCES) {
    it(`builds after a change of ${source}`, async (t) => {
      const folder = await builtFolder(t);
      await utimes(join(folder, source), CHANGED, CHANGED);
      assert.equal(await asked(folder), 'run build\n');
    });
  }

  it('builds after the removal of a source', async (t) => {
    const folder = await builtFolder(t);
    await rm(join(folder, 'src/hub.ts'));
    assert.equal(await asked(folder), 'run build\n');
  });

  it('builds what was never built', async (t) => {
    const folder = await builtFolder(t);
    await rm(join(folder, 'dist'), { recursive: true });
    assert.equal(await asked(folder), 'run build\n');
  });

  it('is what npm runs by itself', () => {
    assert.match(scripts.prepare ?? '', /; npm run built$/);
  });
});

it('a build puts what it made in the place of the last one only once it is whole', () => {
  assert.match(scripts.build ?? '', /&& rm -rf dist && mv \.build-next dist$/);
});
