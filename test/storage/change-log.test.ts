/*
 * The log of changes that stands ahead of the documents: what it says after a power cut is made good, in
 * either of its segments, and what failed is taken back.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { CannotMount, SmallDisk } from '../../bench/torture/small-disk.js';
import type { UserDocument } from '../../src/storage/documents/documents.js';
import type { DiskStep } from '../../src/storage/files/disk.js';
import { decodeEntries, encodeEntry, type LogEntry } from '../../src/storage/log/log-entry.js';
import type { Storage, StorageOptions } from '../../src/storage/storage.js';
import {
  materialise,
  PowerCutDisk,
  pretendBoots,
  type Remains,
  sumOf,
  watchFsync,
} from '../support/power-cut.js';

// What is forced beside the hub's work is forced late.
watchFsync((path) => (path.endsWith('.json') ? 30 : 0));
const boot = pretendBoots();
// Only now: these modules take hold of the system's functions when they are loaded.
const { openStorage } = await import('../../src/storage/storage.js');
const { LOCK_FILE } = await import('../../src/storage/folder/lock.js');
const { uploadKey } = await import('../../src/storage/documents/shapes.js');
const { documentText } = await import('../../src/storage/documents/json-file.js');
const { pendingRepairs } = await import('../../src/storage/log/recovery.js');
const { readHistory } = await import('../../src/storage/log/log-history.js');

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** In bytes: three or four documents, so that the segments take turns. */
const CAPACITY = 2000;
const NAMES = ['jamtur01', 'rivendel', 'thorin', 'bilbo'];

let place: string;

before(async () => {
  place = await mkdtemp(join(PLACE, 'hub-v1-log-'));
});

after(() => rm(place, { recursive: true, force: true }));

function user(username: string, version: number): UserDocument {
  const passwordHash = String(version);
  const created = '2014-01-01T00:00:00.000Z';
  const times = { created, updated: created };
  return { username, emails: [], passwordHash, active: true, admin: false, ...times };
}

/** The version of each user that there is. */
function versions(storage: Storage): Record<string, number> {
  const users = [...storage.users.values()].map(({ username, passwordHash }) => {
    return [username, Number(passwordHash)] as const;
  });
  return Object.fromEntries(users.sort());
}

async function withStorage<R>(
  options: StorageOptions,
  work: (storage: Storage) => Promise<R>,
): Promise<R> {
  const storage = await openStorage({ logCapacity: CAPACITY, ...options });
  try {
    await storage.load();
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/** A process that is killed has no lock any more; this one goes on. */
function isNoLock(path: string): boolean {
  return !basename(path).startsWith(LOCK_FILE);
}

/** The data directory of a storage whose process was killed at the end of `work`, log and all. */
async function leftByKill(work: (storage: Storage) => Promise<void>): Promise<string> {
  const data = await mkdtemp(join(place, 'killed-'));
  const folder = await mkdtemp(join(place, 'disk-'));
  boot('the first');
  await withStorage({ folder }, async (storage) => {
    await work(storage);
    await cp(folder, data, { recursive: true, filter: isNoLock });
  });
  return data;
}

/** Under the same boot of the system: a file system that failed and was mounted again shows just this. */
async function versionsAfterCut(remains: Remains): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(place, 'after-'));
  materialise(remains, folder);
  const found = await withStorage({ folder: join(folder, 'data') }, async (storage) => {
    return versions(storage);
  });
  assert.deepEqual((await readdir(join(folder, 'data'))).sort(), [
    ...['blobs', 'hub.json', 'images', 'manifests', 'repositories', 'uploads', 'users'],
  ]);
  await rm(folder, { recursive: true });
  return found;
}

/** What may be found of each user after a cut. */
type Allowed = ReadonlyMap<string, ReadonlySet<number>>;

const NONE = 0;

describe('a log of changes with short segments', () => {
  it('makes good after a cut at any step what was answered', async () => {
    const folder = await mkdtemp(join(place, 'disk-'));
    const cuts = new Map<string, { remains: Remains; allowed: Allowed[] }>();
    const allowed = new Map(NAMES.map((name) => [name, new Set([NONE])]));
    const note = (): void => {
      const now = new Map([...allowed].map(([name, set]) => [name, new Set(set)]));
      for (const remains of disk.cuts()) {
        const cut = cuts.get(sumOf(remains)) ?? { remains, allowed: [] };
        cut.allowed.push(now);
        cuts.set(sumOf(remains), cut);
      }
    };
    const disk = new PowerCutDisk(folder, { onFsync: note });
    const data = join(folder, 'data');
    boot('the first');
    await withStorage({ folder: data, onStep: note }, async ({ users }) => {
      for (let version = 1; version <= 24; version += 1) {
        const written = NAMES.filter((_, index) => (version + index) % 3 !== 0);
        const change = async (name: string): Promise<void> => {
          const isGone = version % 5 === 0;
          const value = isGone ? NONE : version;
          allowed.get(name)?.add(value);
          await users.update(name, () => (isGone ? undefined : user(name, version)));
          allowed.set(name, new Set([value]));
        };
        await Promise.all(written.map(change));
        note();
      }
    });
    note();
    disk.close();
    assert.ok(cuts.size > 60, `${cuts.size} different remains`);
    for (const { remains, allowed } of cuts.values()) {
      const found = await versionsAfterCut(remains);
      for (const moment of allowed) {
        for (const [name, set] of moment) {
          assert.ok(set.has(found[name] ?? NONE), `${name}: ${found[name]}, not ${[...set]}`);
        }
      }
    }
  });

  it('takes back what could not be made in the directory', async () => {
    const folder = await mkdtemp(join(place, 'disk-'));
    const disk = new PowerCutDisk(folder);
    const data = join(folder, 'data');
    let isBroken = false;
    const onStep = (step: DiskStep, path: string): void => {
      if (isBroken && step === 'rename') throw new Error(`no rename of ${path}`);
    };
    boot('the first');
    await withStorage({ folder: data, onStep }, async ({ users }) => {
      await users.update('bilbo', () => user('bilbo', 1));
      isBroken = true;
      await assert.rejects(
        users.update('bilbo', () => user('bilbo', 2)),
        /no rename/,
      );
      await assert.rejects(
        users.update('thorin', () => user('thorin', 2)),
        /no rename/,
      );
      assert.deepEqual(await versionsAfterCut(disk.cut()), { bilbo: 1 });
      isBroken = false;
      boot('the first');
    });
    disk.close();
  });

  it('goes with the start that makes it good, so that the next one reverts nothing', async () => {
    const data = await leftByKill(async ({ users }) => {
      for (const name of NAMES) await users.update(name, () => user(name, 1));
    });
    boot(randomUUID());
    // A document that nobody speaks of in the log.
    await writeFile(join(data, 'users', 'gollum.json'), 'torn');
    const refused = withStorage({ folder: data }, async (each) => versions(each));
    await assert.rejects(refused, { name: 'StorageError', message: /gollum/ });
    await rm(join(data, 'users', 'gollum.json'));
    await rm(join(data, 'users', 'thorin.json'));
    await writeFile(join(data, 'users', 'bilbo.json'), JSON.stringify(user('bilbo', 7)));
    const found = await withStorage({ folder: data }, async (each) => versions(each));
    assert.deepEqual(found, { bilbo: 7, jamtur01: 1, rivendel: 1 });
  });

  it('is kept until files are new that could not be forced to the disk', async () => {
    const folder = await mkdtemp(join(place, 'disk-'));
    const disk = new PowerCutDisk(folder);
    const data = join(folder, 'data');
    const file = join(data, 'users', 'bilbo.json');
    let failures = 0;
    const onStep = (step: DiskStep, path: string): void => {
      if (step !== 'fsync-folder' || path !== data || failures > 0) return;
      failures += 1;
      throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
    };
    boot('the first');
    await withStorage({ folder: data, onStep }, async ({ users }) => {
      await users.update('bilbo', () => user('bilbo', 1));
      const { ino } = await stat(file);
      for (let version = 1; version <= 20; version += 1) {
        await users.update('thorin', () => user('thorin', version));
      }
      assert.equal(failures, 1);
      // The system may have forgotten what it could not write, so the same file would prove nothing.
      assert.notEqual((await stat(file)).ino, ino);
      assert.deepEqual(await versionsAfterCut(disk.cut()), { bilbo: 1, thorin: 20 });
      boot('the first');
    });
    disk.close();
  });

  it('removes the older segment first also where nothing was added to the newer one', async () => {
    const folder = await mkdtemp(join(place, 'disk-'));
    const data = join(folder, 'data');
    let isBroken = false;
    const onStep = (step: DiskStep, path: string): void => {
      if (isBroken && step === 'write' && path.endsWith('.log')) throw new Error('broken');
    };
    const cuts: Remains[] = [];
    const disk = new PowerCutDisk(folder, { onFsync: () => cuts.push(...disk.cuts()) });
    boot('the first');
    let version = 0;
    await withStorage({ folder: data, onStep }, async ({ users }) => {
      // Until the current segment is full and the other one has older entries.
      while (version < 12) {
        version += 1;
        await users.update('bilbo', () => user('bilbo', version));
      }
      isBroken = true;
      for (let tries = 0; tries < 6; tries += 1) {
        await assert.rejects(users.update('bilbo', () => user('bilbo', 99)));
        isBroken = false;
        version += 1;
        await users.update('bilbo', () => user('bilbo', version));
        isBroken = true;
      }
      await assert.rejects(users.update('bilbo', () => user('bilbo', 99)));
      cuts.length = 0;
    });
    disk.close();
    assert.ok(cuts.length > 0);
    for (const remains of new Map(cuts.map((each) => [sumOf(each), each])).values()) {
      assert.deepEqual(await versionsAfterCut(remains), { bilbo: version });
    }
  });

  it('brings no upload back without its files', async () => {
    const id = 'a'.repeat(64);
    const repository = 'bilbo/app';
    const data = await leftByKill(async ({ uploads, files }) => {
      const json = await files.writeJson(id, Buffer.from('{}'));
      const started = '2014-01-01T00:00:00.000Z';
      const upload = { id, repository, ancestry: [id], json: json.file, clients: 1, started };
      const layer = await files.receiveLayer(id, Readable.from([Buffer.alloc(200_000)]), () => {});
      const key = uploadKey(id, repository);
      await uploads.update(key, () => ({ ...upload, layer: { ...layer, payload: 'sha256:0' } }));
      await uploads.update(key, () => undefined);
      await files.remove(id, [json.file, layer.file]);
    });
    boot(randomUUID());
    await withStorage({ folder: data }, async ({ uploads, files }) => {
      assert.deepEqual([...uploads.values()], []);
      assert.equal(files.has(id, 'anything'), false);
    });
    assert.deepEqual(await readdir(join(data, 'images')), []);
    assert.deepEqual(await readdir(join(data, 'uploads')), []);
  });

  it('is refused when it speaks of a file outside the directory', async () => {
    const folder = await mkdtemp(join(place, 'disk-'));
    const log = join(folder, 'changes-0.log');
    for (const path of ['../other', '/etc/passwd', 'users/../../other', '', '.', '..']) {
      const changes = [{ path, bytes: Buffer.from('x') }];
      await writeFile(log, encodeEntry({ sequence: 1, changes }));
      await assert.rejects(openStorage({ folder }), {
        name: 'StorageError',
        message: /^cannot follow the log .*changes-0\.log: it speaks of /,
      });
    }
    assert.ok((await readFile(log)).length > 0);
  });
});

/** A time after the end of the hub that wrote a log, and one before it. */
const LATER = new Date('2100-01-01');
const EARLIER = new Date('2001-01-01');

/** What became of the files of a killed hub before the next start, on the same boot of the system. */
interface Fate {
  readonly name: string;
  /** The file of bilbo, whose versions are 1, 2 and 3; of them the log says the last two. */
  readonly change: (file: string, versions: readonly string[]) => Promise<void>;
  readonly version: number;
  /** Whether what gave way is kept aside. */
  readonly aside?: true;
}

const write = async (file: string, text: string, time = LATER): Promise<void> => {
  await writeFile(file, text);
  await utimes(file, time, time);
};
const edited = JSON.stringify(user('bilbo', 7), null, 4);

const FATES: readonly Fate[] = [
  { name: 'nothing happened', change: async () => {}, version: 3 },
  { name: 'it is missing', change: (file) => rm(file), version: 3 },
  {
    name: 'its folder is missing',
    change: (file) => rm(dirname(file), { recursive: true }),
    version: 3,
  },
  { name: 'it is empty', change: (file) => write(file, ''), version: 3 },
  { name: 'it is of zeros', change: (file) => write(file, '\0'.repeat(300)), version: 3 },
  {
    name: 'it is cut short',
    change: (file, [, , v]) => write(file, `${v?.slice(0, 50)}`),
    version: 3,
    aside: true,
  },
  {
    name: 'it is as the log said before',
    change: (file, [, v]) => write(file, `${v}`),
    version: 3,
  },
  {
    name: 'it is as it was before the log',
    change: (file, [v]) => write(file, `${v}`),
    version: 3,
  },
  // What the hub wrote is kept aside: an older copy whose times were not kept looks the same.
  { name: 'somebody edited it', change: (file) => write(file, edited), version: 7, aside: true },
  {
    name: 'an older copy took its place',
    change: (file) => write(file, edited, EARLIER),
    version: 3,
    aside: true,
  },
  {
    name: 'somebody edited it wrongly',
    change: (file) => write(file, '{"username": "bilbo"}'),
    version: 3,
    aside: true,
  },
  {
    name: 'it is of another',
    change: (file) => write(file, JSON.stringify(user('gollum', 7))),
    version: 3,
    aside: true,
  },
];

describe('the log of a killed hub, on the same boot of the system', () => {
  for (const { name, change, version, aside = false } of FATES) {
    it(`makes of bilbo version ${version} when ${name}`, async () => {
      const texts: string[] = [];
      const folder = await mkdtemp(join(place, 'first-'));
      const file = join(folder, 'users', 'bilbo.json');
      const bring = async ({ users }: Storage, version: number): Promise<void> => {
        await users.update('bilbo', () => user('bilbo', version));
        texts.push(await readFile(file, 'utf8'));
      };
      await withStorage({ folder }, (storage) => bring(storage, 1));
      const data = await mkdtemp(join(place, 'killed-'));
      await withStorage({ folder }, async (storage) => {
        await bring(storage, 2);
        await bring(storage, 3);
        await cp(folder, data, { recursive: true, filter: isNoLock });
      });
      await change(join(data, 'users', 'bilbo.json'), texts);
      const found = await withStorage({ folder: data }, async (each) => versions(each));
      assert.deepEqual(found, { bilbo: version });
      const names = await readdir(data, { recursive: true });
      assert.equal(
        names.some((each) => each.endsWith('.log')),
        false,
      );
      const kept = names.filter((each) => /^set-aside\/[^/]+\/users\/bilbo\.json$/.test(each));
      assert.equal(kept.length, aside ? 1 : 0);
    });
  }

  it('takes away again what was removed, and what came back, however young it looks', async () => {
    const data = await leftByKill(async ({ users }) => {
      for (const name of NAMES) await users.update(name, () => user(name, 1));
      for (const name of NAMES) await users.update(name, () => undefined);
    });
    await write(join(data, 'users', 'thorin.json'), documentText(user('thorin', 1)));
    await write(join(data, 'users', 'bilbo.json'), edited);
    const found = await withStorage({ folder: data }, async (each) => versions(each));
    assert.deepEqual(found, { bilbo: 7 });
  });

  it('follows a log of the first version, which tells no times, and keeps aside what differs', async () => {
    const data = await leftByKill(({ users }) =>
      users.update('bilbo', () => user('bilbo', 1)).then(),
    );
    await rm(join(data, 'changes-1.log'));
    const bytes = Buffer.from(documentText(user('bilbo', 2)));
    const entry = { sequence: 1, boot: 'another', changes: [{ path: 'users/bilbo.json', bytes }] };
    await writeFile(join(data, 'changes-0.log'), encodeEntry(entry));
    await write(join(data, 'users', 'bilbo.json'), edited);
    const found = await withStorage({ folder: data }, async (each) => versions(each));
    assert.deepEqual(found, { bilbo: 2 });
    assert.equal((await readdir(join(data, 'set-aside'))).length, 1);
  });

  it('brings all back of which nothing else is left', async () => {
    const data = await leftByKill(async ({ users }) => {
      for (const name of NAMES.slice(0, 2)) await users.update(name, () => user(name, 1));
    });
    for (const name of await readdir(data)) {
      if (!name.endsWith('.log')) await rm(join(data, name), { recursive: true });
    }
    const found = await withStorage({ folder: data }, async (each) => versions(each));
    assert.deepEqual(found, { jamtur01: 1, rivendel: 1 });
  });

  it('is of no new hub when the document of the hub is lost, and changes nothing then', async () => {
    const data = await leftByKill(async ({ users }) => {
      for (let version = 1; version < 20; version += 1) {
        await users.update('bilbo', () => user('bilbo', version));
      }
    });
    await rm(join(data, 'hub.json'));
    await rm(join(data, 'users', 'bilbo.json'));
    const before = await readdir(data, { recursive: true });
    await assert.rejects(openStorage({ folder: data }), {
      name: 'StorageError',
      message: /hub\.json is missing beside the log of a hub, so this is not a new one/,
    });
    assert.deepEqual(await readdir(data, { recursive: true }), before);
  });

  it('stays after an end in good order when files are not as it says', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    await withStorage({ folder }, async ({ users }) => {
      await users.update('bilbo', () => user('bilbo', 1));
      await rm(join(folder, 'users', 'bilbo.json'));
    });
    assert.ok((await readdir(folder)).includes('changes-0.log'));
    const found = await withStorage({ folder }, async (each) => versions(each));
    assert.deepEqual(found, { bilbo: 1 });
  });

  it('must stay where it is while the hub runs: nothing is acknowledged without it', async () => {
    const folder = await mkdtemp(join(place, 'first-'));
    const storage = await openStorage({ folder });
    await storage.users.update('bilbo', () => user('bilbo', 1));
    await rename(join(folder, 'changes-0.log'), join(folder, 'moved'));
    const change = storage.users.update('bilbo', () => user('bilbo', 2));
    await assert.rejects(change, { name: 'StorageError', message: /removed or replaced/ });
    await rename(join(folder, 'moved'), join(folder, 'changes-0.log'));
    await storage.users.update('bilbo', () => user('bilbo', 3));
    await storage.close();
  });

  it('brings nothing back that ended without being waited for', async () => {
    const id = 'a'.repeat(64);
    const data = await leftByKill(async ({ uploads, files }) => {
      const json = await files.writeJson(id, Buffer.from('{}'));
      const key = uploadKey(id, 'bilbo/app');
      const started = '2014-01-01T00:00:00.000Z';
      const upload = {
        id,
        repository: 'bilbo/app',
        ancestry: [id],
        json: json.file,
        clients: 1,
        started,
      };
      await uploads.update(key, () => upload);
      await uploads.update(key, () => undefined);
      await files.remove(id, [json.file]);
    });
    assert.deepEqual(pendingRepairs(data, readHistory(data)), []);
  });
});

describe('a log on a disk that is nearly full', () => {
  let small: SmallDisk | undefined;
  let why = '';

  beforeEach(async () => {
    small = undefined;
    try {
      small = SmallDisk.mount(await mkdtemp(join(place, 'small-')), 8);
    } catch (error) {
      if (!(error instanceof CannotMount)) throw error;
      why = error.message;
    }
  });

  afterEach(() => small?.unmount());

  /** Leaves so many bytes free. */
  async function leave(folder: string, bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    await writeFile(join(folder, 'filler'), Buffer.alloc(bavail * bsize - bytes));
  }

  it('takes no more room to begin with than it must, so that things can be removed', async (t) => {
    if (small === undefined) return t.skip(why);
    const data = join(small.folder, 'data');
    await withStorage({ folder: data }, ({ users }) =>
      users.update('bilbo', () => user('bilbo', 1)),
    );
    await leave(small.folder, 96 * 1024);
    const { users, close, load } = await openStorage({ folder: data });
    await load();
    await users.update('bilbo', () => undefined);
    assert.deepEqual(await readdir(join(data, 'users')), []);
    await close();
  });

  // In KB: for one more of the long ones, and for more.
  for (const room of [320, 420, 480]) {
    it(`says nothing of what it had no room for, with ${room} KB`, async (t) => {
      if (small === undefined) return t.skip(why);
      const data = join(small.folder, 'data');
      const copy = await mkdtemp(join(place, 'copy-'));
      const { folder } = small;
      boot('the first');
      const accepted = await withStorage({ folder: data }, async ({ users }) => {
        await users.update('bilbo', () => long('bilbo', 1));
        await users.update('thorin', () => user('thorin', 1));
        await leave(folder, room * 1024);
        const newest = await lastAccepted(users);
        await users.update('thorin', () => undefined);
        await cp(data, copy, { recursive: true, filter: isNoLock });
        return newest;
      });
      boot(randomUUID());
      const found = await withStorage({ folder: copy }, async (each) => versions(each));
      assert.deepEqual(found, { bilbo: accepted });
      if (room === 320) assert.ok(accepted < 5, 'there was no room for all');
    });
  }

  /** The newest of several versions that there was room for. */
  async function lastAccepted(users: Storage['users']): Promise<number> {
    let accepted = 1;
    for (let version = 2; version < 6; version += 1) {
      try {
        await users.update('bilbo', () => long('bilbo', version));
        accepted = version;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
    return accepted;
  }
});

function long(username: string, version: number): UserDocument {
  return { ...user(username, version), emails: ['x'.repeat(300_000)] };
}

describe('the entries of a log', () => {
  const ENTRIES: readonly LogEntry[] = [1, 2, 3].map((sequence) => ({
    run: undefined,
    sequence,
    time: 1_400_000_000_000,
    changes: [
      { path: 'users/a.json', bytes: Buffer.from(`{"n": ${sequence}}\n\n`), before: 'a sum' },
      { path: 'users/b.json', bytes: undefined, before: 'b sum' },
      { path: 'users/c.json', bytes: Buffer.alloc(0), before: undefined },
    ],
  }));
  const WRITTEN = ENTRIES.map(encodeEntry);
  const ENDS = WRITTEN.map((_, index) => Buffer.concat(WRITTEN.slice(0, index + 1)).length);
  const LOG = Buffer.concat([...WRITTEN, Buffer.alloc(100)]);

  it('are read as they were written', () => {
    assert.deepEqual(decodeEntries(LOG), ENTRIES);
    assert.deepEqual(decodeEntries(Buffer.alloc(0)), []);
    assert.deepEqual(decodeEntries(Buffer.alloc(5000)), []);
  });

  it('count up to the first that is torn', () => {
    for (let length = 0; length < LOG.length; length += 1) {
      const whole = ENDS.filter((end) => end <= length).length;
      assert.equal(decodeEntries(LOG.subarray(0, length)).length, whole, `${length} bytes`);
    }
  });

  it('count up to the first with any wrong byte', () => {
    for (let at = 0; at < (ENDS[2] ?? 0); at += 1) {
      const wrong = Buffer.from(LOG);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      const whole = ENDS.filter((end) => end <= at).length;
      assert.equal(decodeEntries(wrong).length, whole, `byte ${at}`);
    }
  });

  it('count up to the first of an earlier turn', () => {
    const [first, , third] = WRITTEN;
    assert.ok(first && third);
    assert.equal(decodeEntries(Buffer.concat([third, first])).length, 1);
    assert.equal(decodeEntries(Buffer.concat([first, third])).length, 1);
  });
});
