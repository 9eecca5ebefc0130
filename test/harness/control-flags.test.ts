import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { basic, send } from '../support/client.js';
import { run } from '../support/command.js';

/* The flags and variables of the harness, as `hub-v1 serve` reads them. */

const COMMAND = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));

describe('hub-v1 serve', { concurrency: 4 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-flags-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The environment without any variable of ours, and with these. */
  function environment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('HUB_'));
    return { ...Object.fromEntries(others), ...variables };
  }

  /**
   * Runs the command that can't start: its exit code, and what it said. Beside the other tests, whose hubs would
   * wait for their requests if this process stood still.
   */
  async function fail(
    flags: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number | null; said: string }> {
    const { code, errors } = await run(['serve', ...flags], { cwd: folder, env: variables });
    return { status: code, said: errors.trim() };
  }

  interface Running {
    readonly url: string;
    readonly log: () => string;
    readonly stop: () => Promise<void>;
  }

  /** Starts the command; it has said where it listens. */
  async function start(
    flags: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Running> {
    const child: ChildProcess = spawn(
      process.execPath,
      [COMMAND, 'serve', '--port', '0', '--bcrypt-rounds', '4', ...flags],
      { cwd: folder, env: environment(variables), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk;
    });
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    if (child.stdout === null) throw new Error('it has no output');
    for await (const line of createInterface(child.stdout)) {
      const [, url] = /listening on (\S+)$/.exec(line) ?? [];
      if (url === undefined) continue;
      child.stdout.resume();
      return { url, log: () => log, stop };
    }
    throw new Error(`it did not start: ${log}`);
  }

  it('has the control, the seed and the log that the flags ask for', async () => {
    const seed = join(folder, 'seed.yaml');
    writeFileSync(seed, 'users: [{ username: jamtur01, password: sesame }]\n');
    const hub = await start([
      '--ephemeral',
      '--control',
      '--seed',
      seed,
      '--journal',
      '1',
      '--log-format',
      'text',
      '--cors',
      '*',
    ]);
    try {
      const headers = { Authorization: basic('jamtur01', 'sesame'), Origin: 'http://a.example' };
      for (let n = 0; n < 3; n += 1) {
        const sent = { headers, unchecked: true };
        const answer = await send(hub, 'GET /v1/users/', sent).expect(200, '"OK"');
        assert.equal(answer.headers['access-control-allow-origin'], '*');
      }
      const { requests: _, ...size } = (await send(hub, 'GET /_hub/requests')).body;
      assert.deepEqual(size, { kept: 1, dropped: 2, bound: 1 });
      await send(hub, 'POST /_hub/reset').expect(200);
    } finally {
      await hub.stop();
    }
    assert.match(
      hub.log(),
      /^\d\d:\d\d:\d\d GET \/v1\/users\/ 200 \d+ms\n {9}\S+ asks whether its login.* as jamtur01/m,
    );
    assert.equal(hub.log().match(/the journal is full/g)?.length, 1);
    assert.ok(!hub.log().includes('sesame'));
  });

  const on = ['1', 'true', 'TRUE'];
  const off = ['0', 'false', ''];
  for (const value of [...on, ...off]) {
    it(`takes "${value}" in the environment for ${on.includes(value) ? 'on' : 'off'}`, async () => {
      const data = join(folder, `data-${value || 'empty'}`);
      const hub = await start(['--data', data], { HUB_EPHEMERAL: value, HUB_CONTROL: value });
      try {
        const { status } = await send(hub, 'GET /_hub/health');
        assert.equal(status, on.includes(value) ? 200 : 404);
        assert.equal(existsSync(data), off.includes(value));
      } finally {
        await hub.stop();
      }
    });
  }

  it('takes the flag before the variable', async () => {
    const hub = await start(['--ephemeral', '--control=false'], { HUB_CONTROL: '1' });
    try {
      assert.equal((await send(hub, 'GET /_hub/health')).status, 404);
    } finally {
      await hub.stop();
    }
  });

  it('wants a key for a control that others can reach', async () => {
    const flags = ['--ephemeral', '--host', '0.0.0.0', '--control'];
    const said = 'hub-v1: --control: on 0.0.0.0, which others can reach, it needs --control-key';
    assert.deepEqual(await fail(flags), { status: 2, said });
    const hub = await start(flags, { HUB_CONTROL_KEY: 'open-sesame' });
    try {
      const here = { url: hub.url.replace('0.0.0.0', '127.0.0.1') };
      const headers = { 'X-Hub-Key': 'open-sesame' };
      await send(here, 'GET /_hub/health').expect(401);
      await send(here, 'GET /_hub/health', { headers }).expect(200);
    } finally {
      await hub.stop();
    }
  });

  const broken: readonly (readonly [readonly string[], Record<string, string>, RegExp])[] = [
    [
      ['--control-key', 'open-sesame'],
      {},
      /^hub-v1: --control-key: it goes together with --control$/,
    ],
    [['--control', '--control-key', 'short'], {}, /^hub-v1: --control-key: it must be 8 to 200/],
    [['--control', 'maybe'], {}, /It must be 1, 0, true or false\.$/],
    [[], { HUB_EPHEMERAL: 'no' }, /HUB_EPHEMERAL.*It must be 1, 0, true or false\.$/],
    [['--journal', 'all'], {}, /--journal.*It must be a whole number from 0 to 1000000\.$/],
    [['--log-format', 'xml'], {}, /--log-format.*Allowed choices are json, text/],
    [
      ['--cors', 'localhost:8080'],
      {},
      /^hub-v1: --cors: "localhost:8080" is not an origin such as/,
    ],
    [['--seed', 'none.yaml'], {}, /^hub-v1: none\.yaml: there is no such file$/],
    [
      ['--seed', 'wrong.yaml'],
      {},
      /^hub-v1: wrong\.yaml: users\[0\]\.password: expected string, but/,
    ],
  ];
  for (const [flags, variables, message] of broken) {
    it(`ends with one line and code 2: ${flags.join(' ')} ${JSON.stringify(variables)}`, async () => {
      writeFileSync(join(folder, 'wrong.yaml'), 'users: [{ username: jamtur01 }]');
      const { status, said } = await fail(['--port', '0', ...flags], variables);
      assert.equal(status, 2, said);
      assert.match(said, message);
      assert.equal(said.split('\n').length, 1);
    });
  }
});
