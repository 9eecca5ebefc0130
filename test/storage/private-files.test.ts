/* Who may read what a hub keeps: its owner alone, under any umask and after earlier, wider permissions. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { openHub } from '../../src/open-hub.js';

let data: string;
let umask: number;

before(() => {
  data = join(mkdtempSync(join(tmpdir(), 'hub-v1-private-')), 'data');
  umask = process.umask(0);
});
after(() => {
  process.umask(umask);
  rmSync(join(data, '..'), { recursive: true, force: true });
});

/** Everything below a folder that somebody else can get at, by paths in it. */
function open(folder: string, path = ''): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const place = join(path, entry.name);
    const isOpen = (statSync(join(folder, place)).mode & 0o077) !== 0;
    if (entry.isDirectory()) return isOpen ? [place, ...open(folder, place)] : [];
    return isOpen ? [place] : [];
  });
}

/** A hub with an account, as it lies while it runs and when it has ended. */
async function run(name: string): Promise<{ running: string[]; ended: string[] }> {
  const hub = await openHub({ data, bcryptRounds: 4 });
  let running: string[];
  try {
    const login = { username: name, password: 'secret', email: `${name}@example.com` };
    await hub.domain.accounts.register(login);
    running = open(data);
  } finally {
    await hub.close();
  }
  return { running, ended: open(data) };
}

/** The lock says who runs, which those who may look into the folder may know. */
const LOCK = /^hub\.lock/;

it('is made for its owner alone, with no umask at all', async () => {
  const { running, ended } = await run('first');
  assert.deepEqual(
    running.filter((path) => !LOCK.test(path)),
    [],
  );
  assert.deepEqual(ended, []);
  assert.equal(statSync(data).mode & 0o777, 0o700);
});

it('is closed at a start, after a copy or a backup opened it', async () => {
  for (const name of readdirSync(data)) chmodSync(join(data, name), 0o755);
  chmodSync(data, 0o755);
  const { running, ended } = await run('second');
  assert.deepEqual(
    running.filter((path) => !LOCK.test(path)),
    [],
  );
  assert.deepEqual(ended, []);
  assert.equal(statSync(data).mode & 0o777, 0o755, 'the folder itself may be shared');
});
