/*
 * A data directory that another version of the hub has made: every older folder opens in every later version
 * (storage.md, "Another version of the hub"). test/fixtures/data-3b64216/README.md says what the oldest one holds.
 */

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import type { Migration } from '../../src/storage/documents/format.js';
import { openStorage, type StorageOptions } from '../../src/storage/storage.js';
import { packageRoot } from '../../src/version.js';
import { type Address, asBytes, basic, send } from '../support/client.js';
import { run } from '../support/command.js';
import { filesBelow } from '../support/files.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage, sha256 } from '../support/images.js';
import { pushImage, readToken } from '../support/pushes.js';

const FIXTURES = new URL('test/fixtures/data-3b64216/', packageRoot);
/** How long a segment of the log of 3b64216 is. */
const SEGMENT = 256 * 1024;

/** What the older version said of a directory. */
interface Said {
  /** When the tokens were given out. */
  readonly issued: string;
  /** By name, as they stand behind `Token `. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly answers: readonly Answer[];
}

interface Answer {
  /** `username`, or `username:password` where it is not the usual one; empty for nobody. */
  readonly as: string;
  readonly path: string;
  readonly status: number;
  readonly body?: string;
  /** In the place of a body: its SHA-256. */
  readonly sha256?: string;
}

let folder: string;
let copies = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-upgrade-'));
});

after(() => rm(folder, { recursive: true, force: true }));

/** A copy of a directory, as the older version left it. */
async function copyOf(name: string): Promise<string> {
  copies += 1;
  const copy = join(folder, String(copies));
  await cp(new URL(name, FIXTURES), copy, { recursive: true });
  for (const file of ['uploads', 'users']) assert.ok((await readdir(join(copy, file))).length > 0);
  const logs = (await readdir(copy)).filter((file) => file.endsWith('.log'));
  for (const log of logs) await truncate(join(copy, log), SEGMENT);
  return copy;
}

async function saidOf(name: string): Promise<Said> {
  return JSON.parse(await readFile(new URL(`${name}.json`, FIXTURES), 'utf8')) as Said;
}

/** Runs a hub on a directory, at the time when the older version ended. */
async function withHub(
  data: string,
  { issued }: Said,
  work: (hub: Hub) => Promise<void>,
): Promise<void> {
  await using hub = await startPlainHub({ data, clock: issued });
  await work(hub);
}

async function ask(hub: Address, { as, path }: Answer): Promise<Answer> {
  const [username = '', password] = as.split(':');
  const auth = as === '' ? undefined : basic(username, password);
  const { status, body } = await asBytes(send(hub, `GET ${path}`, { auth }));
  const isLayer = path.endsWith('/layer') && status === 200;
  const content = isLayer ? { sha256: sha256(body) } : { body: (body as Buffer).toString() };
  return { as, path, status, ...content };
}

async function assertSaysTheSame(hub: Address, { answers }: Said): Promise<void> {
  for (const answer of answers) assert.deepEqual(await ask(hub, answer), answer);
}

for (const name of ['ended', 'killed']) {
  describe(`a directory of 3b64216 that was ${name}`, () => {
    it('is read by commands that change nothing', async () => {
      const data = await copyOf(name);
      const { code, output, errors } = await run(['user', 'list', '--data', data]);
      assert.deepEqual([code, errors], [0, '']);
      assert.match(output, /rivendel/);
    });

    it('opens, answers as it did, satisfies check, and opens again', async () => {
      const [data, said] = [await copyOf(name), await saidOf(name)];
      await withHub(data, said, (hub) => assertSaysTheSame(hub, said));
      const { code, output, errors } = await run(['check', '--data', data]);
      assert.deepEqual([code, errors], [0, ''], output);
      await withHub(data, said, (hub) => assertSaysTheSame(hub, said));
      assert.ok(!(await readdir(data)).includes('set-aside'));
    });

    it('ends the tokens of then, which nobody was named in, and gives out new ones', async () => {
      const [data, said] = [await copyOf(name), await saidOf(name)];
      await withHub(data, said, async (hub) => {
        for (const token of Object.values(said.tokens)) {
          const asked = send(hub, 'GET /v1/repositories/jamtur01/Hidden/tags', { auth: token });
          await asked.expect(401);
        }
        const auth = await readToken(hub, 'jamtur01/Hidden', basic('jamtur01'));
        await send(hub, 'GET /v1/repositories/jamtur01/Hidden/tags', { auth }).expect(200);
      });
    });

    it('takes pushes, also again of what was under way', async () => {
      const [data, said] = [await copyOf(name), await saidOf(name)];
      const images = ['json alone', 'with its layer'].map((seed) => makeImage(`3b64216 ${seed}`));
      await withHub(data, said, async (hub) => {
        await pushImage(hub, basic('moria'), 'moria/under_way', images);
        await pushImage(hub, basic('jamtur01'), 'jamtur01/static_web', makeImage('new'), 'new');
      });
      await withHub(data, said, async (hub) => {
        const names = ['moria/under_way/tags/latest', 'jamtur01/static_web/tags/new'];
        for (const each of names) await send(hub, `GET /v1/repositories/${each}`).expect(200);
      });
      const { code, output } = await run(['check', '--data', data]);
      assert.equal(code, 0, output);
    });
  });
}

describe('the log of 3b64216', () => {
  it('makes good what a power cut took', async () => {
    const [data, said] = [await copyOf('killed'), await saidOf('killed')];
    await rm(join(data, 'users/lorien.json'));
    await writeFile(join(data, 'repositories/jamtur01/late.json'), '');
    await withHub(data, said, (hub) => assertSaysTheSame(hub, said));
  });
});

type Text = Readonly<Record<string, string>>;

/** Formats 2 and 3, for a hub that knows them; each step leaves alone what it has changed before. */
const MIGRATIONS: readonly Migration[] = [
  {
    repositories: (document) => {
      const { description = '' } = document as Text;
      return description.startsWith('2: ')
        ? document
        : { ...document, description: `2: ${description}` };
    },
  },
  {
    repositories: (document) => ({
      ...document,
      description: (document as Text).description?.replace(/^2: /, '3: '),
    }),
    users: (document) => ({ ...document, emails: ['three@example.com'] }),
  },
];

async function formatOf(data: string): Promise<unknown> {
  return JSON.parse(await readFile(join(data, 'hub.json'), 'utf8')).format;
}

/** Opens a directory with these migrations, and tells what became of its documents. */
async function migrated(data: string, options: Partial<StorageOptions> = {}) {
  const storage = await openStorage({ folder: data, migrations: MIGRATIONS, ...options });
  try {
    await storage.load();
    const repositories = [...storage.repositories.values()];
    return {
      descriptions: repositories.map(({ name, description }) => `${name} ${description}`).sort(),
      emails: [...storage.users.values()].flatMap(({ emails }) => emails),
    };
  } finally {
    await storage.close();
  }
}

const DESCRIPTIONS = [
  ...['Hidden 3: ', 'busybox 3: ', 'late 3: ', 'spent 3: '],
  ...['static_web 3: A site', 'under_way 3: '],
];
const EMAILS = Array.from({ length: 5 }, () => 'three@example.com');

describe('a migration', () => {
  it('makes every document one of the newest format, whenever it is killed', async () => {
    const data = await copyOf('killed');
    const moments: string[] = [];
    const onStep = (): void => {
      const moment = `${data}-${moments.length}`;
      cpSync(data, moment, { recursive: true, filter: (path) => !path.endsWith('.socket') });
      moments.push(moment);
    };
    const expected = { descriptions: DESCRIPTIONS, emails: EMAILS };
    assert.deepEqual(await migrated(data, { onStep }), expected);
    assert.equal(await formatOf(data), 3);
    assert.ok(moments.length > 20);
    for (const moment of moments) {
      await rm(join(moment, 'hub.lock'), { force: true });
      assert.deepEqual(await migrated(moment), expected, moment);
      assert.equal(await formatOf(moment), 3);
    }
    // There is nothing left to do.
    const before = await filesBelow(data);
    assert.deepEqual(await migrated(data), expected);
    assert.deepEqual(await filesBelow(data), before);
  });

  it('takes up in the middle of the formats', async () => {
    const data = await copyOf('killed');
    await migrated(data, { migrations: MIGRATIONS.slice(0, 1) });
    assert.equal(await formatOf(data), 2);
    assert.deepEqual((await migrated(data)).descriptions, DESCRIPTIONS);
  });

  it('changes nothing where a document is broken, or would not be one of the newest format', async () => {
    const data = await copyOf('ended');
    const path = join(data, 'repositories/jamtur01/static_web.json');
    const text = await readFile(path, 'utf8');
    for (const broken of ['{', 'null', text.replace('"A site"', '5')]) {
      await writeFile(path, broken);
      const before = await filesBelow(data);
      const step: Migration = { users: (user) => ({ ...user, emails: [] }) };
      await assert.rejects(openStorage({ folder: data, migrations: [step] }), {
        name: 'StorageError',
        message: /^cannot read the document .+static_web\.json: .+ nothing was changed\.$/,
      });
      assert.deepEqual(await filesBelow(data), before);
    }
  });
});

describe('a directory of a later version', () => {
  it('is refused by everything, in one sentence, and stays as it is', async () => {
    const data = await copyOf('killed');
    const hub = JSON.parse(await readFile(join(data, 'hub.json'), 'utf8'));
    await writeFile(join(data, 'hub.json'), JSON.stringify({ ...hub, format: 3 }));
    // What a dead process claimed goes.
    await rm(join(data, 'hub.lock'));
    const before = await filesBelow(data);
    for (const args of [
      ['serve', '--port', '0'],
      ['user', 'list'],
      ['check'],
      ['check', '--repair'],
    ]) {
      const { code, errors } = await run([...args, '--data', data]);
      assert.deepEqual([args, code], [args, 1]);
      assert.match(
        errors,
        /^hub-v1: cannot use the data directory .+: its format is 3, and this version reads formats up to 2\. Use the version that wrote it or a later one; nothing was changed\.\n$/,
      );
    }
    assert.deepEqual(await filesBelow(data), before);
  });
});
