/*
 * Commands that only read: they work beside a running hub and on what a killed one has left, see what its
 * log has, and change nothing at all.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { basic, send } from '../support/client.js';
import { run, type Served, serve } from '../support/command.js';
import { makeImage } from '../support/images.js';
import { register } from '../support/people.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const NAME = 'jamtur01/web';
const execute = promisify(execFile);
const IMAGE = makeImage('read only');

let folder: string;
/** What a killed hub has left. */
let killed: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-read-only-'));
  killed = join(folder, 'killed');
});

after(() => rm(folder, { recursive: true, force: true }));

/** All that can be seen of a folder's files: any change shows in it. */
async function traceOf(data: string): Promise<string[]> {
  const names = (await readdir(data, { recursive: true })).sort();
  const traces = ['', ...names].map(async (name) => {
    const { ino, size, mode, mtimeMs, ctimeMs } = await lstat(join(data, name));
    return [name, ino, size, mode, mtimeMs, ctimeMs].join(' ');
  });
  return Promise.all(traces);
}

const COMMANDS: readonly (readonly string[])[] = [
  ['user', 'list'],
  ['check'],
  ['export', `${NAME}:latest`, '--output', 'out.tar'],
];

async function fill(hub: Served): Promise<void> {
  await register(hub, 'jamtur01');
  await pushImage(hub, OWNER, NAME, IMAGE);
}

/** Each command succeeds, changes nothing, and says what it should. */
async function assertAllRead(data: string): Promise<void> {
  for (const args of COMMANDS) {
    const trace = await traceOf(data);
    const { code, output, errors } = await run([...args, '--data', data], { cwd: folder });
    assert.deepEqual([args, code], [args, 0], `${output}${errors}`);
    assert.deepEqual(await traceOf(data), trace, `${args}`);
    if (args[0] === 'user') assert.match(output, /^jamtur01\tuser\t/m);
    if (args[0] === 'check') assert.match(output, /1 repository, 1 image, .*Everything is sound/s);
  }
  assert.ok((await readFile(join(folder, 'out.tar'))).includes(IMAGE.id));
  await rm(join(folder, 'out.tar'));
}

describe('commands that only read', () => {
  it('work beside a running hub, and after its kill', async (t) => {
    const hub = await serve(t, ['--data', killed, '--admin', 'admin:sesame']);
    await fill(hub);
    await assertAllRead(killed);
    assert.equal((await send(hub, 'GET /v1/_ping')).status, 200);
    await hub.end('SIGKILL');
    await assertAllRead(killed);
  });

  it('see what the log alone still has', async () => {
    const data = join(folder, 'lost');
    await execute('cp', ['-a', killed, data]);
    for (const name of ['users', 'repositories', 'images', 'hub.json']) {
      await rm(join(data, name), { recursive: true });
    }
    const { output } = await run(['check', '--data', data]);
    assert.match(
      output,
      /^The hub was killed: its next start makes \d+ files as its log has them\./m,
    );
    await assertAllRead(data);
    const start = await run(['check', '--repair', '--data', data]);
    assert.match(start.output, /2 accounts, 1 repository, 1 image/);
    assert.ok((await readdir(data)).includes('hub.json'));
  });

  it('leave out of a check what a running hub is writing', async (t) => {
    const data = join(folder, 'writing');
    const hub = await serve(t, ['--data', data]);
    await fill(hub);
    await writeFile(join(data, 'users', 'a.json.0123456789ab.tmp'), '{');
    const { code, output } = await run(['check', '--data', data]);
    assert.deepEqual(
      [code, /is in use: what is being written is left out/.test(output)],
      [0, true],
    );
    await writeFile(join(data, 'users', 'torn.json'), '{');
    assert.equal((await run(['check', '--data', data])).code, 1);
    await rm(join(data, 'users', 'torn.json'));
    await hub.end();
    assert.equal((await run(['check', '--data', data])).code, 1);
  });

  it('make nothing where there is no hub, and say so', async () => {
    const data = join(folder, 'empty');
    await mkdir(data);
    for (const args of COMMANDS) {
      const { code, errors } = await run([...args, '--data', data], { cwd: folder });
      assert.deepEqual([code, /no hub keeps its data there/.test(errors)], [1, true], errors);
      assert.deepEqual(await readdir(data), []);
    }
  });

  it('say why a folder can not be read, rather than that no hub keeps its data there', async () => {
    const data = join(folder, 'circle');
    await symlink(data, data);
    const { code, errors } = await run(['check', '--data', data], { cwd: folder });
    assert.equal(code, 1);
    assert.match(errors, /^hub-v1: cannot use the data directory .*circle: ELOOP: [^\n]+\n$/);
  });
});
