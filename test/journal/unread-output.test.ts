/* What a hub prints is for people; whether anybody reads it must not matter to those whom it answers. */
import assert from 'node:assert/strict';
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { send } from '../support/client.js';
import { startTestHub } from '../support/hub.js';

const CLI = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
const SERVE = [CLI, 'serve', '--ephemeral', '--port', '0', '--admin', 'admin:sesame'];
/** Lines of these are more than a pipe holds and more than the hub keeps: 64 KB and 1 MB. */
const REQUESTS = 1500;
const QUERY = 'x'.repeat(1000);
/** Milliseconds after which something hangs. */
const HANGS = 20_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-unread-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Starts a program that prints where a hub listens; it does not outlive the test. */
async function start(
  t: TestContext,
  args: readonly string[],
  stdio: StdioOptions,
  program = process.execPath,
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(program, args, { stdio });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += String(chunk);
    const url = /listening on (\S+)\n/.exec(printed)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`it ended with ${child.exitCode}: ${printed}`);
}

/** Asks many times on one connection; fails when an answer does not come. */
async function askOften(url: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let times = 0; times < REQUESTS; times += 1) {
    await send({ url }, `GET /v1/search?q=${QUERY}`, { agent }).timeout(HANGS).expect(200);
  }
  agent.destroy();
}

async function endOf(child: ChildProcess): Promise<unknown> {
  const signal = AbortSignal.timeout(HANGS);
  if (child.exitCode === null) await once(child, 'exit', { signal });
  return child.exitCode;
}

/** A pipe into which anybody can write and which nobody reads. */
function unreadPipe(): number {
  const path = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  return openSync(path, constants.O_RDWR);
}

/** Stops a new terminal, as Ctrl-S does, and runs a command whose standard error it is. */
const ON_STOPPED_TERMINAL = `
import os, pty, subprocess, sys, termios
master, slave = pty.openpty()
termios.tcflow(slave, termios.TCOOFF)
hub = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stderr=slave)
sys.stdin.read()
hub.terminate()
sys.exit(hub.wait())
`;

describe('a log that nobody reads holds up no answer and no end', () => {
  it('in a socket, as Node makes them for standard error', async (t) => {
    const { child, url } = await start(t, SERVE, ['ignore', 'pipe', 'pipe']);
    await askOften(url);
    child.kill('SIGTERM');
    assert.equal(await endOf(child), 0);
  });

  it('in a pipe', async (t) => {
    const { child, url } = await start(t, SERVE, ['ignore', 'pipe', unreadPipe()]);
    await askOften(url);
    child.kill('SIGTERM');
    assert.equal(await endOf(child), 0);
  });

  const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
  it('on a terminal that is stopped', { skip: !hasPython && 'needs python3' }, async (t) => {
    const args = ['-c', ON_STOPPED_TERMINAL, process.execPath, ...SERVE];
    const { child, url } = await start(t, args, ['pipe', 'pipe', 'inherit'], 'python3');
    await askOften(url);
    child.stdin?.end();
    assert.equal(await endOf(child), 0);
  });

  it('and says what was dropped, once somebody reads', async (t) => {
    const { child, url } = await start(t, SERVE, ['ignore', 'pipe', 'pipe']);
    await askOften(url);
    let log = '';
    for await (const chunk of child.stderr ?? []) {
      log += String(chunk);
      if (/lines of it were dropped/.test(log)) break;
    }
    const lines = log.trim().split('\n');
    const [, dropped] = /(\d+) lines of it were dropped/.exec(lines.at(-1) ?? '') ?? [];
    for (const line of lines) JSON.parse(line);
    assert.equal(lines.length - 1 + Number(dropped), REQUESTS);
  });

  it('and is whole where it is read', async (t) => {
    const { child, url } = await start(t, SERVE, ['ignore', 'pipe', 'pipe']);
    let log = '';
    child.stderr?.on('data', (chunk) => {
      log += String(chunk);
    });
    await askOften(url);
    child.kill('SIGTERM');
    await once(child, 'close');
    assert.equal(log.trim().split('\n').length, REQUESTS);
  });
});

describe('a command whose output nobody reads to its end', () => {
  it('does its work and says nothing of it', async () => {
    await using hub = await startTestHub({ onDisk: true });
    await hub.restart();
    const data = hub.folder;
    const commands = [
      ['--help'],
      ['--version'],
      ['check', '--data', data],
      ['user', 'list', '--data', data],
    ];
    for (const command of commands) {
      const child = spawn(process.execPath, [CLI, ...command], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stdout.destroy();
      let errors = '';
      child.stderr.on('data', (chunk) => {
        errors += String(chunk);
      });
      await once(child, 'close');
      assert.doesNotMatch(errors, /EPIPE|at /, command.join(' '));
    }
  });

  it('says when it cannot print', async (t) => {
    const full = await open('/dev/full', 'w').catch(() => undefined);
    if (full === undefined) return t.skip('there is no /dev/full');
    t.after(() => full.close());
    const child = spawn(process.execPath, [CLI, '--version'], {
      stdio: ['ignore', full.fd, 'pipe'],
    });
    let errors = '';
    child.stderr?.on('data', (chunk) => {
      errors += String(chunk);
    });
    await once(child, 'close');
    assert.match(errors, /^hub-v1: cannot write to standard output: ENOSPC/);
    assert.equal(child.exitCode, 1);
  });
});
