/*
 * A data directory belongs to one process, also where processes can't see each other: in containers, each
 * of which is process 1 to itself. The claim ends with the process, and a copy is not claimed.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Claim, counts, type Here } from '../../src/storage/folder/claim.js';
import { DirectoryLock, LOCK_FILE } from '../../src/storage/folder/lock.js';
import { type ProcessName, thisProcess } from '../../src/storage/folder/process-name.js';
import { run, serve } from '../support/command.js';
import { startPlainHub } from '../support/hub.js';

const CLI = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
const execute = promisify(execFile);
/** As containers have them: each process is the first of its own, with a network and a name of its own. */
const CONTAINER = ['--pid', '--fork', '--kill-child', '--mount-proc', '--net', '--uts'];

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-lock-'));
});

after(() => rm(folder, { recursive: true, force: true }));

/** Why there can be no containers here; undefined if there can. */
async function whyNoContainers(): Promise<string | undefined> {
  try {
    await execute('unshare', [...CONTAINER, 'true']);
    return undefined;
  } catch (error) {
    return `no namespaces can be made here (${(error as Error).message.trim()})`;
  }
}

/** The command in a container of its own; `said` resolves to what it writes first, or to its end. */
function contain(t: TestContext, args: readonly string[]) {
  const child = spawn('unshare', [...CONTAINER, process.execPath, CLI, ...args]);
  let text = '';
  const said = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (/listening on|hub-v1: /.test(text)) resolve(text);
      });
    }
    child.on('close', () => resolve(text));
  });
  const ended = once(child, 'close');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(kill);
  return { said, kill };
}

describe('the lock between containers', () => {
  it('refuses a second hub, and lets one in when the first was killed', async (t) => {
    const why = await whyNoContainers();
    if (why !== undefined) return t.skip(why);
    const data = join(folder, 'containers');
    const args = ['serve', '--port', '0', '--data', data];
    const first = contain(t, args);
    assert.match(await first.said, /listening on/);
    const second = contain(t, args);
    assert.match(await second.said, /is in use by process 1 in another container/);
    // Neither from outside.
    const { code, errors } = await run(args);
    assert.deepEqual([code, /in use by process 1 in another container/.test(errors)], [1, true]);
    await first.kill();
    const third = contain(t, args);
    assert.match(await third.said, /listening on/);
    await third.kill();
    const hub = await serve(t, ['--data', data]);
    assert.equal((await hub.end()).code, 0);
    const left = (await readdir(data)).filter((name) => name.startsWith('hub.lock'));
    assert.deepEqual(left, []);
  });
});

describe('the lock', () => {
  it('names its owner also when that does not answer', async (t) => {
    const data = join(folder, 'silent');
    await mkdir(data);
    const first = await DirectoryLock.take(data);
    const claim = await readFile(join(data, LOCK_FILE));
    await first.release();
    const server = createServer((socket) => socket.end('\n'));
    t.after(() => server.close());
    server.listen(join(data, 'hub.lock.000000000000.socket'));
    await once(server, 'listening');
    await assert.rejects(
      DirectoryLock.take(data),
      /in use by a process that does not say who it is$/,
    );
    await writeFile(join(data, LOCK_FILE), claim);
    const message = new RegExp(`in use by process ${process.pid}, which does not answer$`);
    await assert.rejects(DirectoryLock.take(data), message);
  });

  it('holds in a folder whose path is too long for a socket', async (t) => {
    const data = join(folder, 'x'.repeat(120), 'y'.repeat(120));
    const first = await serve(t, ['--data', data]);
    await assert.rejects(startPlainHub({ data }), /is in use by process \d+$/);
    await first.end('SIGKILL');
    const again = await startPlainHub({ data });
    await again.close();
  });

  it('does not hold a copy, made while the hub runs or after it was killed', async (t) => {
    const data = join(folder, 'original');
    const hub = await serve(t, ['--data', data]);
    for (const copy of ['copy', 'copy of a killed one']) {
      await execute('cp', ['-a', data, join(folder, copy)]);
      const other = await startPlainHub({ data: join(folder, copy) });
      await assert.rejects(startPlainHub({ data: join(folder, copy) }), /in use/);
      await other.close();
      await hub.end('SIGKILL');
    }
  });

  it('goes to one of many that start at once, in one process and in several', async (t) => {
    const data = join(folder, 'many');
    for (const _ of [1, 2, 3]) {
      const here = Array.from({ length: 8 }, () => startPlainHub({ data }));
      const there = serve(t, ['--data', data]).then((hub) => ({ close: () => hub.end() }));
      const starts = await Promise.allSettled([...here, there]);
      const started = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      for (const one of starts)
        if (one.status === 'rejected') assert.match(`${one.reason}`, /in use/);
      // The other process may come when those of this one are all through: it was refused or not.
      assert.equal(started.length, 1);
      for (const hub of started) await hub.close();
    }
  });

  it('is not taken from a process that can not be judged, with a way out', async () => {
    const data = join(folder, 'elsewhere');
    await mkdir(data);
    const claim = { ...thisProcess(), pid: 1, namespace: 'pid:[1]', hasSocket: false, inode: 1 };
    await writeFile(join(data, 'hub.lock'), JSON.stringify(claim));
    await assert.rejects(startPlainHub({ data }), {
      name: 'StorageError',
      message: /in use by process 1 in another container .*: if no hub uses .* remove .*hub\.lock$/,
    });
    assert.deepEqual(await readdir(data), ['hub.lock']);
    await rm(join(data, 'hub.lock'));
    const hub = await startPlainHub({ data });
    const mine = JSON.parse(await readFile(join(data, 'hub.lock'), 'utf8')) as Claim;
    assert.deepEqual([mine.pid, mine.hasSocket], [process.pid, true]);
    await hub.close();
  });
});

const ME: ProcessName = {
  pid: 1,
  started: 'b1:10',
  host: 'a',
  machine: 'm',
  namespace: 'pid:[1]',
  boot: 'b1',
};
const OTHER_HOST = { host: 'b', machine: 'n', boot: 'b2' };

/** A claim, from where it is judged, and whether it counts. */
const CLAIMS: readonly [string, Partial<Claim>, Partial<Here>, boolean][] = [
  ['nobody listens', {}, {}, false],
  ['it has no sockets, and runs', { hasSocket: false }, {}, true],
  ['it has no sockets, and is gone', { hasSocket: false }, { isRunning: () => false }, false],
  ['it has no sockets, in another container', { hasSocket: false, namespace: 'pid:[2]' }, {}, true],
  ['this one has no sockets', { namespace: 'pid:[2]' }, { hasSocket: false }, true],
  ['the system was restarted', { boot: 'b0' }, {}, false],
  ['another kernel had a local disk', OTHER_HOST, {}, false],
  ['another machine, over the network', OTHER_HOST, { reach: 'shared' }, true],
  ['another machine, over who knows what', OTHER_HOST, { reach: 'unknown' }, true],
  ['this machine, restarted', { boot: 'b0' }, { reach: 'shared' }, false],
  ['a copy, over the network', { ...OTHER_HOST, inode: 6 }, { reach: 'shared' }, false],
  ['a copy, over who knows what', { ...OTHER_HOST, inode: 6 }, { reach: 'unknown' }, true],
];

describe('a claim', () => {
  for (const [name, claim, here, expected] of CLAIMS) {
    it(`${expected ? 'counts' : 'does not count'} when ${name}`, () => {
      const isRunning = (): boolean => true;
      const found: Claim = { ...ME, hasSocket: true, inode: 5, ...claim };
      const from: Here = { me: ME, hasSocket: true, reach: 'local', inode: 5, isRunning, ...here };
      assert.equal(counts(found, from), expected);
    });
  }

  it('that is torn counts unless sockets and a local disk tell otherwise', () => {
    const isRunning = (): boolean => true;
    const from: Here = { me: ME, hasSocket: true, reach: 'local', inode: 5, isRunning };
    assert.equal(counts(undefined, from), false);
    assert.equal(counts(undefined, { ...from, reach: 'shared' }), true);
    assert.equal(counts(undefined, { ...from, hasSocket: false }), true);
  });
});
