/*
 * `hub-v1 check`: a table of damages done by hand, what it says of each, and that a repair mends them
 * without throwing anything away.
 */

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { basic, Client } from '../../bench/torture/client.js';
import { runCommand } from '../../bench/torture/hub-process.js';
import { layerOf, sha256, type TortureImage } from '../../bench/torture/images.js';
import {
  APP,
  BASE,
  COMING,
  check,
  Data,
  fill,
  JAMES,
  type Json,
  NEXT,
  OTHER,
  push,
  TOP,
  UPLOAD,
} from '../support/damaged-data.js';
import { startPlainHub } from '../support/hub.js';

/** One damage, and what is said of it: a line `path: what; remedy` for each problem. */
interface Row {
  readonly name: string;
  readonly damage: (data: Data) => Promise<void>;
  readonly says: (data: Data) => readonly string[];
  /** Below `set-aside/<time>`, what must be there after a repair. */
  readonly aside?: (data: Data) => readonly string[];
}

const ASIDE = 'set it aside';
const WITH_FILES = 'set it aside with its files';
const CUT_SHORT = '{"username": "jamtur01"';
const SCRAWL = 'secret\n\nsecret';

/** What JavaScript says of a text that is not JSON, in one line. */
function complaintAbout(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ');
  }
  throw new Error(`${text} is JSON`);
}

/** What a check says, but for the layers here, which are noise and no tars: those are noted. */
function withoutNotes(text: string): string {
  return text.replaceAll(/^.*: its layer can't be exported .*\n/gm, '');
}

/** What a repository that held an image says when it is gone. */
function lets(path: string, image: TortureImage, ...tagged: TortureImage[]): string[] {
  return [
    `${path}: the image ${image.id} it holds is not there; let go of it`,
    ...tagged.map(
      ({ id }) =>
        `${path}: its tag latest names ${id}, which it does not hold with all that it is built on; ` +
        'remove the tag',
    ),
  ];
}

const TABLE: readonly Row[] = [
  { name: 'nothing', damage: async () => {}, says: () => [] },
  {
    name: 'documents that are not JSON, all of them',
    damage: async (data) => {
      await data.write(JAMES, CUT_SHORT);
      await data.write(UPLOAD, '');
      await data.write('hub.json', SCRAWL);
    },
    says: (data) => [
      `hub.json: it is not a document: ${complaintAbout(SCRAWL)}; ${ASIDE}`,
      `${JAMES}: it is not a document: ${complaintAbout(CUT_SHORT)}; ${ASIDE}`,
      `${UPLOAD}: it is not a document: ${complaintAbout('')}; ${ASIDE}`,
      `${data.json(COMING)}: no document names it; ${ASIDE}`,
      `${data.layer(COMING)}: no document names it; ${ASIDE}`,
    ],
    aside: (data) => ['hub.json', JAMES, UPLOAD, data.json(COMING), data.layer(COMING)],
  },
  {
    name: 'a field of the wrong type',
    damage: (data) => data.change(JAMES, (user) => ({ ...user, emails: [7] })),
    says: () => [`${JAMES}: it is not a document: "emails[0]" is not of type string; ${ASIDE}`],
    aside: () => [JAMES],
  },
  {
    name: 'a document under another name',
    damage: (data) => rename(data.path(JAMES), data.path('users/james.json')),
    says: () => [`users/james.json: it is not a document: it belongs into ${JAMES}; ${ASIDE}`],
    aside: () => ['users/james.json'],
  },
  {
    name: 'a path instead of a file name',
    damage: (data) =>
      data.change(data.document(OTHER), (image) => ({ ...image, json: '../../hub.json' })),
    says: (data) => [
      `${data.document(OTHER)}: it is not a document: "json" is not the name of an image's file; ${ASIDE}`,
      ...lets(NEXT, OTHER, OTHER),
      `${data.json(OTHER)}: no document names it; ${ASIDE}`,
      `${data.layer(OTHER)}: no document names it; ${ASIDE}`,
    ],
    aside: (data) => [NEXT, data.document(OTHER), data.json(OTHER), data.layer(OTHER)],
  },
  {
    name: 'a layer with another byte',
    damage: (data) => data.write(data.layer(BASE), Buffer.alloc(BASE.size, 7)),
    says: (data) => [
      ...lets(APP, BASE, TOP),
      `${data.document(BASE)}: its bytes have the sum ${sumOf(BASE, Buffer.alloc(BASE.size, 7))}, ` +
        `not ${BASE.payload}; ${WITH_FILES}`,
    ],
    aside: (data) => [APP, data.document(BASE), data.json(BASE), data.layer(BASE)],
  },
  {
    name: 'a layer cut short',
    damage: (data) => data.write(data.layer(OTHER), layerOf(OTHER).subarray(0, 100)),
    says: (data) => [
      ...lets(NEXT, OTHER, OTHER),
      `${data.document(OTHER)}: its file ${data.files.get(OTHER.id)?.layer} has 100 bytes and ` +
        `should have 3000; ${WITH_FILES}`,
    ],
    aside: (data) => [NEXT, data.document(OTHER), data.json(OTHER), data.layer(OTHER)],
  },
  {
    name: 'a json and a layer that are missing',
    damage: async (data) => {
      await data.remove(data.json(TOP));
      await data.remove(data.layer(COMING));
    },
    says: (data) => [
      ...lets(APP, TOP, TOP),
      `${data.document(TOP)}: its file ${data.files.get(TOP.id)?.json} is missing; ${WITH_FILES}`,
      `${UPLOAD}: its file ${data.files.get(COMING.id)?.layer} is missing; ${WITH_FILES}`,
    ],
    aside: (data) => [APP, UPLOAD, data.document(TOP), data.layer(TOP), data.json(COMING)],
  },
  {
    name: 'an image without its document',
    damage: (data) => data.remove(data.document(OTHER)),
    says: (data) => [
      ...lets(NEXT, OTHER, OTHER),
      `${data.json(OTHER)}: no document names it; ${ASIDE}`,
      `${data.layer(OTHER)}: no document names it; ${ASIDE}`,
    ],
    aside: (data) => [NEXT, data.json(OTHER), data.layer(OTHER)],
  },
  {
    name: 'a repository that is gone',
    damage: (data) => data.remove(NEXT),
    says: (data) => [
      `${data.document(OTHER)}: no repository holds it; ${WITH_FILES}`,
      `${UPLOAD}: its repository shykes/next is gone; ${WITH_FILES}`,
    ],
    aside: (data) => [
      UPLOAD,
      ...[data.document(OTHER), data.json(OTHER), data.layer(OTHER)],
      ...[data.json(COMING), data.layer(COMING)],
    ],
  },
  {
    name: 'a tag of what the repository does not hold',
    damage: (data) => data.change(NEXT, (repository) => tagged(repository, 'edge', TOP)),
    says: () => [
      `${NEXT}: its tag edge names ${TOP.id}, which it does not hold with all that it is built on; ` +
        'remove the tag',
    ],
    aside: () => [NEXT],
  },
  {
    name: 'a tag of an image whose parent is not held',
    damage: (data) => data.change(APP, (repository) => ({ ...repository, holds: [TOP.id] })),
    says: (data) => [
      lets(APP, TOP, TOP)[1] ?? '',
      `${data.document(BASE)}: no repository holds it; ${WITH_FILES}`,
    ],
    aside: (data) => [APP, data.document(BASE), data.json(BASE), data.layer(BASE)],
  },
  {
    name: 'an address of two accounts',
    damage: (data) =>
      data.change('users/shykes.json', (user) => ({
        ...user,
        emails: ['JAMTUR01@example.com', 'solomon@example.com'],
      })),
    says: () => [
      'users/shykes.json: its address JAMTUR01@example.com is that of jamtur01, who came before; ' +
        'take it from this account',
    ],
    aside: () => ['users/shykes.json'],
  },
  {
    name: 'what a kill leaves behind',
    damage: async (data) => {
      await data.write(`${JAMES}.0123456789ab.tmp`, '{');
      await data.write(`${data.layer(BASE)}.0123456789ab.tmp`, 'half a lay');
      await data.write(`images/${BASE.id}/layer-0123456789ab`, 'a whole one');
      await data.write('hub.lock.999999999.claim', '{}');
    },
    says: (data) => [
      `${JAMES}.0123456789ab.tmp: it was never written to its end; remove it`,
      `${data.layer(BASE)}.0123456789ab.tmp: it was never written to its end; remove it`,
      `images/${BASE.id}/layer-0123456789ab: no document names it; ${ASIDE}`,
    ],
    aside: () => [`images/${BASE.id}/layer-0123456789ab`],
  },
  {
    name: 'what people put there',
    damage: async (data) => {
      await data.write('notes.txt', 'nobody minds');
      await data.write('users/readme', 'of nothing');
      await data.write('images/.DS_Store', '');
      await mkdir(data.path('repositories/jamtur01/old'));
      await data.write(`images/${BASE.id}/layer.tar`, 'by hand');
    },
    says: () => [
      `users/readme: it is nothing that a hub writes; ${ASIDE}`,
      `repositories/jamtur01/old: it is nothing that a hub writes; ${ASIDE}`,
      `images/.DS_Store: it is nothing that a hub writes; ${ASIDE}`,
      `images/${BASE.id}/layer.tar: it is nothing that a hub writes; ${ASIDE}`,
    ],
    aside: () => ['users/readme', 'images/.DS_Store', `images/${BASE.id}/layer.tar`],
  },
];

function tagged(repository: Json, tag: string, { id }: TortureImage): Json {
  const tags = repository.tags as Json;
  const made = { image: id, updated: '2014-02-03T16:47:06.000Z', client: {} };
  return { ...repository, tags: { ...tags, [tag]: made } };
}

function sumOf({ json }: TortureImage, layer: Buffer): string {
  return `sha256:${sha256(Buffer.concat([json, Buffer.from('\n'), layer])).toString('hex')}`;
}

describe('hub-v1 check', () => {
  let template: string;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-check-'));
    template = join(folder, 'template');
    await fill(template);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** A copy of the directory. */
  async function copied(name: string): Promise<Data> {
    const copy = join(folder, name);
    await cp(template, copy, { recursive: true });
    return Data.open(copy);
  }

  describe('a table of damages', () => {
    for (const [number, row] of TABLE.entries()) {
      it(row.name, async () => {
        const data = await copied(`row ${number}`);
        await row.damage(data);
        const expected = [...row.says(data)].sort();
        const { lines, left } = await check(data.folder, false);
        assert.deepEqual(lines, expected);
        assert.equal(left > 0, expected.length > 0);
        const again = await check(data.folder, false);
        assert.deepEqual(again.lines, expected, 'a check changes nothing');

        const repaired = await check(data.folder, true);
        assert.deepEqual(repaired.lines, expected);
        assert.equal(repaired.left, 0);
        assert.deepEqual((await check(data.folder, false)).lines, []);
        if (row.aside !== undefined) {
          assert.deepEqual(await data.setAside(), [...row.aside(data)].sort());
        }
        await (await startPlainHub({ data: data.folder })).close();
        assert.deepEqual((await check(data.folder, false)).lines, []);
      });
    }
  });

  it('a start does not clear away what belongs to a document that somebody took away', async () => {
    const data = await copied('taken');
    const away = join(folder, 'image.json');
    await rename(data.path(data.document(OTHER)), away);
    await (await startPlainHub({ data: data.folder })).close();
    await rename(away, data.path(data.document(OTHER)));
    assert.deepEqual((await check(data.folder, false)).lines, []);
  });

  it('counts what there is and reads every layer', async () => {
    const { folder } = await copied('counts');
    const { counts, read } = await check(folder, false);
    const bytes = BASE.size + TOP.size + OTHER.size + COMING.size;
    assert.deepEqual(counts, {
      users: 2,
      repositories: 2,
      images: 3,
      manifests: 0,
      uploads: 1,
      bytes,
    });
    assert.equal(read, bytes);
  });

  it('after a repair a push brings back what was lost', async () => {
    const data = await copied('push');
    await data.write(data.layer(BASE), 'broken');
    await check(data.folder, true);
    await using hub = await startPlainHub({ data: data.folder });
    const client = new Client(hub.port);
    const auth = basic('jamtur01', 'sesame');
    const path = '/v1/repositories/jamtur01/app';
    await push(client, path, auth, [BASE]);
    await client.expect(200, `PUT ${path}/tags/latest`, { auth, body: TOP.id });
    const layer = await client.expect(200, `GET /v1/images/${BASE.id}/layer`);
    assert.ok(layer.body.equals(layerOf(BASE)));
    client.close();
    await hub.close();
    assert.deepEqual((await check(data.folder, false)).lines, []);
  });

  it('the command: one sentence for each problem, and exit codes', async () => {
    const data = await copied('command');
    const args = ['check', '--data', data.folder];
    const sound = await runCommand(args);
    assert.equal(
      withoutNotes(sound.text),
      `${data.folder}: 2 accounts, 2 repositories, 3 images, 1 upload under way, 10.0 kB of layers\n` +
        'Everything is sound.\n',
    );
    assert.equal(sound.code, 0);

    await data.write('users/readme', 'of nothing');
    const line = `${data.path('users/readme')}: it is nothing that a hub writes;`;
    const faulty = await runCommand(args);
    assert.match(
      withoutNotes(faulty.text),
      new RegExp(`\n${line} a repair would set it aside.\n1 file at fault`),
    );
    assert.equal(faulty.code, 1);

    const repaired = await runCommand([...args, '--repair']);
    const text = withoutNotes(repaired.text);
    assert.match(text, new RegExp(`\n${line} repaired: set it aside.\n1 file put right`));
    assert.equal(repaired.code, 0);
    assert.equal((await runCommand(args)).code, 0);
  });

  it('leaves alone a folder that a hub uses, that is not a hub’s, or of another format', async () => {
    const data = await copied('refused');
    await using hub = await startPlainHub({ data: data.folder });
    await assert.rejects(check(data.folder, true), /is in use by process \d+$/);
    await hub.close();
    await data.change('hub.json', (hub) => ({ ...hub, format: 3 }));
    await assert.rejects(
      check(data.folder, true),
      /its format is 3, and this version reads formats up to 2\. .+ nothing was changed\.$/,
    );
    await mkdir(join(folder, 'empty'));
    await assert.rejects(check(join(folder, 'empty'), true), /no hub keeps its data there$/);
    await assert.rejects(check(join(folder, 'nowhere'), true), /no hub keeps its data there$/);
  });
});
