/* A document that can't be read stops the start: it names the file and changes nothing (storage.md, "What lies where"). */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { run } from '../support/command.js';
import { filesBelow } from '../support/files.js';
import { startPlainHub, startTestHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { createRepository, pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const IMAGE = makeImage('complete');
const UPLOAD = makeImage('under way');

/** A sound data directory, of which each test has a copy; that of a killed hub, but for its log. */
let sound: string;
let folder: string;
let copies = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-corrupt-'));
  sound = join(folder, 'sound');
  const hub = await startTestHub({ onDisk: true, people: ['jamtur01'] });
  await pushImage(hub, OWNER, 'jamtur01/static_web', IMAGE);
  const auth = await createRepository(hub, OWNER, 'jamtur01/static_web', [UPLOAD]);
  const { id, json, layer } = UPLOAD;
  await send(hub, `PUT /v1/images/${id}/json`, { auth, body: json }).expect(200);
  await send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }).expect(200);
  const filter = (path: string): boolean => !path.includes('hub.lock');
  await hub.restart(() => cp(hub.folder, sound, { recursive: true, filter }));
  for (const name of ['changes-0.log', 'changes-1.log']) await rm(join(sound, name));
  await hub.close();
});

after(() => rm(folder, { recursive: true, force: true }));

async function copyOfSound(): Promise<string> {
  copies += 1;
  const copy = join(folder, String(copies));
  await cp(sound, copy, { recursive: true });
  return copy;
}

/** The documents of each kind. */
const KINDS: Readonly<Record<string, () => Promise<string>>> = {
  hub: async () => 'hub.json',
  user: async () => 'users/jamtur01.json',
  repository: async () => 'repositories/jamtur01/static_web.json',
  image: async () => `images/${IMAGE.id}/image.json`,
  upload: async () => {
    const [name] = await readdir(join(sound, 'uploads'));
    return `uploads/${name}`;
  },
};

type Fields = Record<string, unknown>;

/** Ways in which any document can be wrong. */
const ANY: Readonly<Record<string, (text: string) => string>> = {
  'is cut': (text) => text.slice(0, text.length >> 1),
  'is empty': () => '',
  'is all zeros': (text) => '\0'.repeat(text.length),
  'holds a word': () => 'nonsense',
  'holds null': () => 'null',
  'holds a list': () => '[]',
  'holds an empty object': () => '{}',
  'holds a conflict of git': (text) => `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs\n`,
};

/** Fields that are wrong, by kind of document. */
const WRONG: Readonly<Record<string, readonly Fields[]>> = {
  hub: [
    { format: 0 },
    { format: 1.5 },
    { format: '1' },
    { secret: 'short' },
    { secret: 5 },
    { created: null },
  ],
  user: [
    { username: 'another' },
    { username: 5 },
    { username: '../jamtur01' },
    { passwordHash: null },
    { active: 'yes' },
    { admin: undefined },
    { emails: 'one@example.com' },
    { emails: [5] },
    { emails: [null] },
  ],
  repository: [
    { name: 'another' },
    { namespace: 'rivendel' },
    { name: null },
    { access: 'secret' },
    { stars: 'many' },
    { images: {} },
    { images: [null] },
    { images: ['x'] },
    { images: [{ id: 5 }] },
    { holds: [5] },
    { holds: 'x' },
    { tags: [] },
    { tags: { latest: null } },
    { tags: { latest: IMAGE.id } },
    { tags: { latest: { image: 5 } } },
    { deletion: 'soon' },
    { deletion: {} },
    { spent: [5] },
  ],
  image: [
    { id: UPLOAD.id },
    { id: 5 },
    { ancestry: {} },
    { ancestry: [5] },
    { size: '5' },
    { size: -1 },
    { payload: null },
    { json: 5 },
    { json: '../../../etc/passwd' },
    { layer: ['x'] },
    { layer: '../../hub.json' },
  ],
  upload: [
    { id: IMAGE.id },
    { repository: 'jamtur01/another' },
    { ancestry: 'x' },
    { json: null },
    { json: '../../../etc/passwd' },
    { clients: 'two' },
    { layer: 'x' },
    { layer: { file: 5 } },
    { layer: { file: '../x', size: 1, payload: 'x' } },
  ],
};

async function assertRefused(copy: string, document: string): Promise<void> {
  const before = await filesBelow(copy);
  // One that starts all the same must not keep the test from its end.
  const start = startPlainHub({ data: copy }).then((hub) => hub.close());
  await assert.rejects(start, (error: Error) => {
    assert.equal(error.name, 'StorageError');
    assert.ok(error.message.includes(join(copy, document)), error.message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.deepEqual(await filesBelow(copy), before);
}

describe('a start finds a document that', () => {
  for (const [kind, find] of Object.entries(KINDS)) {
    for (const [what, spoil] of Object.entries(ANY)) {
      it(`${what}: ${kind}`, async () => {
        const [copy, document] = [await copyOfSound(), await find()];
        const path = join(copy, document);
        const text = await readFile(path, 'utf8');
        await writeFile(path, spoil(text));
        await assertRefused(copy, document);
        // Once it is mended, all is well.
        await writeFile(path, text);
        await (await startPlainHub({ data: copy })).close();
      });
    }
    for (const fields of WRONG[kind] ?? []) {
      it(`says ${JSON.stringify(fields)}: ${kind}`, async () => {
        const [copy, document] = [await copyOfSound(), await find()];
        const path = join(copy, document);
        const value = JSON.parse(await readFile(path, 'utf8')) as Fields;
        await writeFile(path, JSON.stringify({ ...value, ...fields }));
        await assertRefused(copy, document);
      });
    }
  }

  it('lies under another name', async () => {
    const copy = await copyOfSound();
    const [from, to] = [join(copy, 'users/jamtur01.json'), join(copy, 'users/other.json')];
    await rename(from, to);
    await assertRefused(copy, 'users/other.json');
  });

  it('is a folder', async () => {
    const copy = await copyOfSound();
    await mkdir(join(copy, 'users/folder.json'));
    await assertRefused(copy, 'users/folder.json');
  });

  it('is wrong, and says so on one line of the command', async () => {
    const copy = await copyOfSound();
    await writeFile(join(copy, 'users/jamtur01.json'), '{');
    const before = await filesBelow(copy);
    for (const args of [
      ['serve', '--port', '0'],
      ['user', 'list'],
    ]) {
      const { code, output, errors } = await run([...args, '--data', copy]);
      assert.deepEqual([code, output], [1, '']);
      assert.match(errors, /^hub-v1: cannot read the document .*jamtur01\.json: .+\n$/);
    }
    assert.deepEqual(await filesBelow(copy), before);
  });
});

describe('a start leaves alone', () => {
  it('files that are not the hub’s', async () => {
    const copy = await copyOfSound();
    const names = [
      ...['README.md', '.gitkeep', '.DS_Store', 'users/.DS_Store', 'users/notes.txt'],
      ...['repositories/.DS_Store', 'repositories/jamtur01/.DS_Store', 'images/.DS_Store'],
      ...['uploads/.DS_Store', 'uploads/README'],
    ];
    for (const name of names) await writeFile(join(copy, name), 'mine');
    const hub = await startPlainHub({ data: copy });
    try {
      for (const name of names) assert.equal(await readFile(join(copy, name), 'utf8'), 'mine');
    } finally {
      await hub.close();
    }
  });
});

describe('a start removes', () => {
  it('what a killed hub was still writing', async () => {
    const copy = await copyOfSound();
    const before = await filesBelow(copy);
    const strange = 'a'.repeat(64);
    const names = [
      ...['hub.json.0123456789ab.tmp', 'users/rivendel.json.0123456789ab.tmp'],
      ...['repositories/jamtur01/x.json.0123456789ab.tmp', 'uploads/x.json.0123456789ab.tmp'],
      ...[`images/${IMAGE.id}/image.json.0123456789ab.tmp`],
      ...[`images/${IMAGE.id}/layer-0123456789ab`, `images/${IMAGE.id}/json-0123456789ab`],
      ...[`images/${strange}/layer-0123456789ab.0123456789ab.tmp`],
    ];
    await mkdir(join(copy, 'images', strange));
    for (const name of names) await writeFile(join(copy, name), 'half');
    await (await startPlainHub({ data: copy })).close();
    assert.deepEqual(await filesBelow(copy), before);
    assert.ok(!(await readdir(join(copy, 'images'))).includes(strange));
  });
});
