import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { serveOptions } from '../../src/options/command-line.js';
import { packageRoot } from '../../src/version.js';
import { send } from '../support/client.js';
import { isRecord } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';

/* The recipes run as they stand there, in a project that has hub-v1 installed. */

const RECIPES = fileURLToPath(new URL('recipes', packageRoot));
const BUILD = new URL('../..', import.meta.url);

function read(name: string): string {
  return readFileSync(join(RECIPES, name), 'utf8');
}

function isThere(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('the recipes', { concurrency: true }, () => {
  let project: string;
  before(() => {
    project = mkdtempSync(join(tmpdir(), 'hub-v1-recipes-'));
    cpSync(RECIPES, project, { recursive: true });
    const modules = join(project, 'node_modules', 'hub-v1');
    mkdirSync(modules, { recursive: true });
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(modules, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(join(modules, 'index.js'), `export * from '${new URL('src/index.js', BUILD)}';`);
    const command = join(project, 'hub-v1');
    const cli = fileURLToPath(new URL('src/cli/hub-v1.cjs', BUILD));
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);
    chmodSync(command, 0o755);
  });
  after(() => rmSync(project, { recursive: true }));

  /** Runs a command in the project, where hub-v1 is on the path; what it printed. */
  async function run(command: string, args: readonly string[], variables = {}): Promise<string> {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const PATH = `${project}${delimiter}${env.PATH}`;
    const child = spawn(command, args, { cwd: project, env: { ...env, PATH, ...variables } });
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => printed.push(chunk));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    const text = Buffer.concat(printed).toString();
    assert.equal(code, 0, text);
    return text;
  }

  it('node:test', async () => {
    const printed = await run(process.execPath, [
      '--test',
      '--test-reporter=tap',
      'client.test.js',
    ]);
    assert.match(printed, /^# pass 3$/m);
  });

  it('Python unittest', async (t) => {
    if (!isThere('python3')) return t.skip('there is no python3 here');
    const printed = await run('python3', ['-m', 'unittest', 'test_client']);
    assert.match(printed, /^Ran 3 tests/m);
    assert.match(printed, /^OK$/m);
  });

  it('a shell script with curl', async (t) => {
    if (!isThere('curl')) return t.skip('there is no curl here');
    const printed = await run('sh', ['smoke.sh'], { HUB_PORT: String(await freePort()) });
    assert.match(printed, /"sentence":"curl asks whether its login is right/);
  });

  it('a seed in YAML', async () => {
    await using hub = await startPlainHub({ seed: join(project, 'seed.yaml') });
    assert.deepEqual(
      hub.users.list().map(({ username, admin }) => [username, admin]),
      [
        ['jamtur01', false],
        ['boss', true],
      ],
    );
    const lengths = hub.images.list().map(({ ancestry }) => ancestry.length);
    assert.deepEqual(lengths.sort(), [1, 1, 2, 3]);
    await send(hub, 'GET /v1/repositories/jamtur01/app/images').expect(404);
    await send(hub, 'GET /v1/repositories/busybox/tags/v1').expect(200);
  });

  it('GitHub Actions, as far as a file can be checked', () => {
    const workflow: unknown = parse(read('github-actions.yml'));
    assert.ok(isRecord(workflow) && isRecord(workflow.jobs) && isRecord(workflow.jobs.test));
    assert.deepEqual(workflow.on, ['push', 'pull_request']);
    const { 'runs-on': machine, steps, env } = workflow.jobs.test;
    assert.equal(machine, 'ubuntu-latest');
    assert.ok(Array.isArray(steps) && steps.length > 3 && isRecord(env));
    for (const step of steps) {
      assert.ok(isRecord(step));
      const [does, ...more] = ['uses', 'run'].filter((key) => key in step);
      assert.ok(does !== undefined && more.length === 0, JSON.stringify(step));
      const known = ['name', 'uses', 'with', 'run', 'if', 'env'];
      assert.deepEqual(
        Object.keys(step).filter((key) => !known.includes(key)),
        [],
      );
      if (does === 'run')
        assert.equal(spawnSync('sh', ['-n'], { input: String(step.run) }).status, 0);
    }
    const variables = serveOptions().map(({ envVar }) => envVar);
    for (const name of Object.keys(env)) assert.ok(variables.includes(name), name);
  });

  it('stand in docs/recipes.md, to the letter', (t) => {
    const page = fileURLToPath(new URL('docs/recipes.md', packageRoot));
    if (!existsSync(page)) return t.skip('there are no docs here');
    const text = readFileSync(page, 'utf8');
    for (const name of readdirSync(RECIPES)) assert.ok(text.includes(read(name)), name);
  });
});
