/* How `hub-v1 serve --exit-with-parent` ends with who started it. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { send } from '../support/client.js';

const CLI = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
const FLAGS = ['serve', '--ephemeral', '--port', '0', '--log-level', 'silent'];
const BOUND = { timeout: 60_000 };

/** A process that lives as long as the test at most. */
function start(t: TestContext, args: readonly string[], stdin: 'pipe' | 'ignore'): ChildProcess {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { stdio: [stdin, 'pipe', 'pipe'], env });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** The lines that a process prints, as they come. */
function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
  assert.ok(stdout);
  return createInterface({ input: stdout })[Symbol.asyncIterator]();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A parent that starts a hub, says its process and its first line, and waits. */
const PARENT = `
  const [stdin, cli, ...flags] = process.argv.slice(1);
  const { spawn } = require('node:child_process');
  const hub = spawn(process.execPath, [cli, ...flags], { stdio: [stdin, 'pipe', 'ignore'] });
  hub.stdout.once('data', () => console.log(hub.pid));
  setInterval(() => undefined, 1000);
`;

describe('--exit-with-parent', { concurrency: 2 }, () => {
  for (const stdin of ['pipe', 'ignore'] as const) {
    it(`ends a hub whose parent was killed, standard input: ${stdin}`, BOUND, async (t) => {
      const parent = start(t, ['-e', PARENT, stdin, CLI, ...FLAGS, '--exit-with-parent'], 'ignore');
      const { value } = await linesOf(parent).next();
      const pid = Number(value);
      t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
      assert.ok(isAlive(pid));
      parent.kill('SIGKILL');
      await gone(pid);
    });
  }

  it('ends a hub whose parent is gone before it listens', BOUND, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'hub-v1-parent-'));
    t.after(() => rm(folder, { recursive: true }));
    const seed = join(folder, 'seed.yaml');
    execFileSync('mkfifo', [seed]);
    const flags = [...FLAGS, '--exit-with-parent', '--seed', seed];
    // The parent says which process the hub is at once; the hub waits for its seed.
    const early = PARENT.replace(
      "hub.stdout.once('data', () => console.log(hub.pid))",
      'console.log(hub.pid)',
    );
    const parent = start(t, ['-e', early, 'ignore', CLI, ...flags], 'ignore');
    const { value } = await linesOf(parent).next();
    const pid = Number(value);
    t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
    const waiting = await open(seed, 'w');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await waiting.writeFile('users: []');
    await waiting.close();
    await gone(pid);
  });

  it('ends a hub when the pipe to its standard input is closed', BOUND, async (t) => {
    const hub = start(t, [CLI, ...FLAGS, '--exit-with-parent'], 'pipe');
    assert.match((await linesOf(hub).next()).value, /^hub-v1 listening on/);
    hub.stdin?.end();
    assert.deepEqual(await once(hub, 'exit'), [0, null]);
  });

  it('does not end for a standard input that is nobody’s', BOUND, async (t) => {
    const hub = start(t, [CLI, ...FLAGS, '--exit-with-parent'], 'ignore');
    const [, url = ''] = /listening on (\S+)/.exec((await linesOf(hub).next()).value) ?? [];
    await send({ url }, 'GET /v1/_ping').expect(200);
    assert.equal(hub.exitCode, null);
  });

  it('is off unless it is asked for', BOUND, async (t) => {
    const hub = start(t, [CLI, ...FLAGS], 'pipe');
    const [, url = ''] = /listening on (\S+)/.exec((await linesOf(hub).next()).value) ?? [];
    hub.stdin?.end();
    await send({ url }, 'GET /v1/_ping').expect(200);
    hub.kill('SIGTERM');
    assert.deepEqual(await once(hub, 'exit'), [0, null]);
  });

  it('makes no stack trace of a parent that is gone before the first line', BOUND, async (t) => {
    const hub = start(t, [CLI, ...FLAGS, '--exit-with-parent'], 'pipe');
    let said = '';
    hub.stderr?.on('data', (text) => {
      said += text;
    });
    hub.stdout?.destroy();
    hub.stdin?.destroy();
    const [code] = await once(hub, 'close');
    assert.deepEqual([code, said], [0, '']);
  });
});
