/*
 * What a start makes of a killed hub's log that is itself damaged, of files whose times tell nothing, and of
 * what people push to look like an entry of the log.
 */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { UserDocument } from '../../src/storage/documents/documents.js';
import { LOCK_FILE } from '../../src/storage/folder/lock.js';
import { decodeEntries, encodeEntry, newRun } from '../../src/storage/log/log-entry.js';
import { openStorage } from '../../src/storage/storage.js';
import { startPlainHub } from '../support/hub.js';

const LOGS = ['changes-0.log', 'changes-1.log'] as const;
const LATER = new Date('2100-01-01');

let place: string;

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'hub-v1-damaged-log-'));
});

after(() => rm(place, { recursive: true, force: true }));

function user(username: string, version: number): UserDocument {
  const created = '2014-01-01T00:00:00.000Z';
  const account = { username, emails: [], active: true, admin: false, created, updated: created };
  return { ...account, passwordHash: String(version) };
}

/** Changes of users, each to a version, or undefined: removed. */
type Changes = readonly (readonly [string, number | undefined])[];

/** Makes changes one by one, and copies the directory before the end: what a killed process leaves. */
async function leftByKill(changes: Changes, folder: string, logCapacity = 1_000_000) {
  const data = await mkdtemp(join(place, 'killed-'));
  const storage = await openStorage({ folder, logCapacity });
  try {
    await storage.load();
    for (const [name, version] of changes) {
      await storage.users.update(name, () =>
        version === undefined ? undefined : user(name, version),
      );
    }
    const filter = (path: string): boolean => !basename(path).startsWith(LOCK_FILE);
    await cp(folder, data, { recursive: true, filter });
  } finally {
    await storage.close();
  }
  return data;
}

/** The versions that a start finds, by name. */
async function versionsIn(folder: string): Promise<Record<string, number>> {
  const storage = await openStorage({ folder });
  try {
    await storage.load();
    const users = [...storage.users.values()];
    return Object.fromEntries(
      users.map((each) => [each.username, Number(each.passwordHash)] as const).sort(),
    );
  } finally {
    await storage.close();
  }
}

async function setAside(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'set-aside'), { recursive: true }).catch(() => []);
  return names.filter((name) => /\.(?:json|log)$/.test(name)).map((name) => basename(name));
}

async function flip(path: string, at: (bytes: Buffer) => number): Promise<void> {
  const bytes = await readFile(path);
  const place = at(bytes);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const CHANGES: Changes = [
  ...['bilbo', 'thorin', 'gollum', 'smaug'].map((name) => [name, 1] as const),
  ...[['gollum', undefined] as const, ['thorin', 2] as const, ['bilbo', 2] as const],
];

/** A wrong bit in the log, and what of CHANGES only that place told. */
const FLIPS: readonly [string, (log: Buffer) => number, Readonly<Record<string, number>>][] = [
  ['in the first sum', () => 3, { bilbo: 2, smaug: 1, thorin: 2 }],
  ['in the first line', () => 130, { bilbo: 2, smaug: 1, thorin: 2 }],
  [
    'in a change that is the only one of its file',
    (log) => log.indexOf('"username": "smaug"'),
    { bilbo: 2, thorin: 2 },
  ],
  [
    'in a change that has a later one',
    (log) => log.indexOf('"username": "bilbo"'),
    { bilbo: 2, smaug: 1, thorin: 2 },
  ],
  [
    'in the last change of all',
    (log) => log.lastIndexOf('"username": "bilbo"'),
    { bilbo: 1, smaug: 1, thorin: 2 },
  ],
];

describe('a log with a wrong bit', () => {
  for (const [where, at, expected] of FLIPS) {
    it(`${where} loses that entry alone, when all files are gone`, async () => {
      const folder = await mkdtemp(join(place, 'first-'));
      const data = await leftByKill(CHANGES, folder);
      await flip(join(data, LOGS[0]), at);
      await rm(join(data, 'users'), { recursive: true });
      const hub = JSON.parse(await readFile(join(data, 'hub.json'), 'utf8'));
      assert.deepEqual(await versionsIn(data), expected);
      assert.deepEqual(JSON.parse(await readFile(join(data, 'hub.json'), 'utf8')), hub);
      // Nobody can tell the last one from one that a power cut tore.
      const isSeen = where !== 'in the last change of all';
      assert.deepEqual((await setAside(data)).sort(), isSeen ? [...LOGS] : []);
    });
  }

  it('brings nobody back who was removed after it', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    const data = await leftByKill(CHANGES, folder);
    await flip(join(data, LOGS[0]), (log) => log.indexOf('"username": "smaug"'));
    assert.deepEqual(await versionsIn(data), { bilbo: 2, smaug: 1, thorin: 2 });
  });

  it('is read on in a segment that takes its second turn', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    const many = Array.from({ length: 40 }, (_, n) => [`u${n % 4}`, n + 1] as const);
    const data = await leftByKill(many, folder, 4000);
    for (const log of LOGS) await flip(join(data, log), () => 3);
    await rm(join(data, 'users'), { recursive: true });
    // The younger segment begins with version 37 of u0.
    assert.deepEqual(await versionsIn(data), { u0: 33, u1: 38, u2: 39, u3: 40 });
    assert.deepEqual((await setAside(data)).sort(), [...LOGS]);
  });

  it('is not a new hub when nothing of it can be read and hub.json is gone', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    const data = await leftByKill(CHANGES, folder);
    for (const log of LOGS) await writeFile(join(data, log), Buffer.alloc(262_144));
    await rm(join(data, 'hub.json'));
    await assert.rejects(openStorage({ folder: data }), {
      name: 'StorageError',
      message: /hub\.json is missing beside the log of a hub/,
    });
  });
});

describe('a folder in the place of a file', () => {
  for (const file of [join('users', 'bilbo.json'), LOGS[1], LOCK_FILE]) {
    it(`is named: ${file}`, async () => {
      const data = await leftByKill(CHANGES, await mkdtemp(join(place, 'first-')));
      await rm(join(data, file), { force: true });
      await mkdir(join(data, file));
      await assert.rejects(openStorage({ folder: data }), {
        name: 'StorageError',
        message: new RegExp(`${file.replaceAll('.', '\\.')} is a folder$`),
      });
    });
  }
});

describe('an older copy of a document', () => {
  it('that looks like an edit is taken, and what the hub wrote last is kept aside', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    await leftByKill([['bilbo', 1]], folder);
    const file = join('users', 'bilbo.json');
    const first = await readFile(join(folder, file));
    await leftByKill([['bilbo', 2]], folder);
    const data = await leftByKill([['bilbo', 3]], folder);
    await writeFile(join(data, file), first);
    await utimes(join(data, file), LATER, LATER);
    assert.deepEqual(await versionsIn(data), { bilbo: 1 });
    const [kept] = (await readdir(join(data, 'set-aside'), { recursive: true })).filter((name) =>
      name.endsWith(file),
    );
    assert.equal(
      JSON.parse(await readFile(join(data, 'set-aside', `${kept}`), 'utf8')).passwordHash,
      '3',
    );
  });
});

describe('what a start puts aside', () => {
  it('is said in a line of the log', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    const data = await leftByKill(CHANGES, folder);
    await writeFile(join(data, 'users', 'bilbo.json'), '{"user');
    const said: string[] = [];
    const logTo = { write: (line: string) => said.push(line) };
    const hub = await startPlainHub({ data, logLevel: 'warn', logFormat: 'json', logTo });
    await hub.close();
    assert.match(said.join(''), /what gave way is now set-aside\/[^/]+\/users\/bilbo\.json/);
  });
});

describe('what was pushed to look like an entry', () => {
  const forged = encodeEntry({
    sequence: 3,
    changes: [{ path: 'users/eve.json', bytes: Buffer.from('{}') }],
  });

  it('is none where the entries of an earlier turn end', () => {
    const [run, other] = [newRun(), newRun()];
    const mine = [1, 2].map((sequence) => encodeEntry({ run, sequence, changes: [] }));
    const theirs = encodeEntry({ run: other, sequence: 3, changes: [] });
    for (const pushed of [forged, theirs]) {
      const sequences = decodeEntries(Buffer.concat([...mine, pushed])).map(
        (each) => each.sequence,
      );
      assert.deepEqual(sequences, [1, 2]);
    }
  });

  it('is none where the entry that holds it is torn', () => {
    const run = newRun();
    const holding = encodeEntry({
      run,
      sequence: 1,
      changes: [{ path: 'images/x/json-000000000000', bytes: forged }],
    });
    holding[3] = (holding[3] ?? 0) ^ 1;
    const next = encodeEntry({ run, sequence: 2, changes: [] });
    const sequences = decodeEntries(Buffer.concat([holding, next])).map((each) => each.sequence);
    assert.deepEqual(sequences, [2]);
  });
});
