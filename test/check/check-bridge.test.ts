/*
 * `hub-v1 check` of what the bridge keeps: blobs, manifests, and images that are both, or only promised. A table of
 * damages done by hand, what it says of each, and that a repair mends them without throwing anything away.
 */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { basic, Client } from '../../bench/torture/client.js';
import { blobOf, pushModern } from '../../bench/torture/modern.js';
import {
  APP,
  ARTIFACT,
  blobAt,
  CROSSED,
  CROSSED_LAYER,
  fillBridge,
  imageAt,
  MADE,
  manifestAt,
  NOTES,
  OLD,
  PROMISED,
  WAITING,
  WORK,
} from '../support/damaged-bridge.js';
import { check, Data, type Json } from '../support/damaged-data.js';
import { filesBelow } from '../support/files.js';
import { startPlainHub } from '../support/hub.js';

const ASIDE = 'set it aside';
const WITH_FILES = 'set it aside with its files';
const [SHARED, OWN] = PROMISED.layers as [Blob, Blob];
const [MADE_TOP = '', MADE_BASE = ''] = MADE.ancestry;
const OTHER_BYTES = blobOf('other bytes');
const NOT_A_MANIFEST = blobOf('{"schemaVersion":1}');

type Blob = ReturnType<typeof blobOf>;

/** One damage, and what is said of it: a line `path: what; remedy` for each problem. */
interface Row {
  readonly name: string;
  readonly damage: (data: Data) => Promise<void>;
  readonly says: readonly string[];
  /** Below `set-aside/<time>`, what must be there after a repair. */
  readonly aside?: readonly string[];
}

function letsGo(path: string, digest: string, tag = 'latest'): string[] {
  return [
    `${path}: the manifest ${digest} it has is not there; let go of it`,
    `${path}: its tag ${tag} names the manifest ${digest}, which it does not have; remove the tag`,
  ];
}

/** The fields of a document's part, changed. */
function within(name: string, change: (part: Json) => Json): (document: Json) => Json {
  return (document) => ({ ...document, [name]: change(document[name] as Json) });
}

const TABLE: readonly Row[] = [
  { name: 'nothing', damage: async () => {}, says: [] },
  {
    name: 'a blob with other bytes',
    damage: (data) => data.write(blobAt(OWN), OTHER_BYTES.bytes),
    says: [
      `${blobAt(OWN)}: its bytes have the digest ${OTHER_BYTES.digest}; ${ASIDE}`,
      `${manifestAt(PROMISED.manifest)}: its blob ${OWN.digest} is missing; ${WITH_FILES}`,
      ...letsGo(APP, PROMISED.manifest.digest),
    ],
    aside: [
      APP,
      ...[OWN, PROMISED.config, PROMISED.manifest].map(blobAt),
      manifestAt(PROMISED.manifest),
    ],
  },
  {
    name: 'a blob cut short, which another manifest and an image have too',
    damage: (data) => data.write(blobAt(SHARED), ''),
    says: [
      `${blobAt(SHARED)}: its bytes have the digest ${blobOf('').digest}; ${ASIDE}`,
      `${manifestAt(PROMISED.manifest)}: its blob ${SHARED.digest} is missing; ${WITH_FILES}`,
      `${manifestAt(MADE.manifest)}: its blob ${SHARED.digest} is missing; ${WITH_FILES}`,
      `${imageAt(MADE_BASE)}: its file ${SHARED.digest} is missing; ${WITH_FILES}`,
      ...letsGo(APP, PROMISED.manifest.digest),
      ...letsGo(WORK, MADE.manifest.digest),
      `${WORK}: the image ${MADE_BASE} it holds is not there; let go of it`,
    ],
  },
  {
    name: 'a config that is missing',
    damage: (data) => data.remove(blobAt(PROMISED.config)),
    says: [
      `${manifestAt(PROMISED.manifest)}: its blob ${PROMISED.config.digest} is missing; ${WITH_FILES}`,
      ...letsGo(APP, PROMISED.manifest.digest),
    ],
  },
  {
    name: 'the document of a manifest that is missing',
    damage: (data) => data.remove(manifestAt(PROMISED.manifest)),
    says: [
      ...letsGo(APP, PROMISED.manifest.digest),
      ...[OWN, PROMISED.config, PROMISED.manifest].map(
        (blob) => `${blobAt(blob)}: no document names it; ${ASIDE}`,
      ),
    ],
    aside: [APP, ...[OWN, PROMISED.config, PROMISED.manifest].map(blobAt)],
  },
  {
    name: 'a document that says something else than its manifest',
    damage: (data) =>
      data.change(manifestAt(MADE.manifest), ({ layers, ...rest }) => ({ ...rest, layers: [] })),
    says: [
      `${manifestAt(MADE.manifest)}: it says something else than its manifest; write it by its manifest`,
    ],
    aside: [manifestAt(MADE.manifest)],
  },
  {
    name: 'a manifest that is not valid',
    damage: async (data) => {
      const { digest, bytes } = NOT_A_MANIFEST;
      await data.write(blobAt(NOT_A_MANIFEST), bytes);
      const document = { digest, mediaType: '', size: bytes.length, kind: 'artifact', layers: [] };
      await data.write(manifestAt(NOT_A_MANIFEST), JSON.stringify(document));
      await data.change(
        APP,
        within('manifests', (all) => ({
          ...all,
          [digest]: { pushed: '2014-01-01T00:00:00.000Z' },
        })),
      );
    },
    says: [
      `${manifestAt(NOT_A_MANIFEST)}: its manifest can't be read: The manifest is invalid: schemaVersion: Invalid input: expected 2; ${WITH_FILES}`,
      `${APP}: the manifest ${NOT_A_MANIFEST.digest} it has is not there; let go of it`,
    ],
  },
  {
    name: 'what nothing names, and what a kill leaves behind',
    damage: async (data) => {
      await data.write(blobAt(OTHER_BYTES), OTHER_BYTES.bytes);
      await data.write(`${blobAt(OTHER_BYTES)}.0123456789ab.tmp`, 'other');
      await data.write('blobs/upload.0123456789ab.tmp', 'other');
      await data.write('blobs/by-hand.tar', 'other');
    },
    says: [
      `${blobAt(OTHER_BYTES)}: no document names it; ${ASIDE}`,
      `${blobAt(OTHER_BYTES)}.0123456789ab.tmp: it was never written to its end; remove it`,
      `blobs/upload.0123456789ab.tmp: it was never written to its end; remove it`,
      `blobs/by-hand.tar: it is nothing that a hub writes; ${ASIDE}`,
    ],
    aside: [blobAt(OTHER_BYTES), 'blobs/by-hand.tar'],
  },
  {
    name: 'a repository that is gone',
    damage: (data) => data.remove(APP),
    says: [
      `${manifestAt(PROMISED.manifest)}: no repository has it; ${WITH_FILES}`,
      `${blobAt(WAITING)}: no document names it; ${ASIDE}`,
    ],
  },
  {
    name: 'a blob on its way that is missing',
    damage: (data) => data.remove(blobAt(WAITING)),
    says: [`${APP}: the blob ${WAITING.digest} it has is not there; let go of it`],
    aside: [APP],
  },
  {
    name: 'a tag of v2 alone whose manifest is missing',
    damage: (data) => data.remove(blobAt(ARTIFACT)),
    says: [
      `${manifestAt(ARTIFACT)}: its blob ${ARTIFACT.digest} is missing; ${WITH_FILES}`,
      ...letsGo(WORK, ARTIFACT.digest, 'notes'),
    ],
    aside: [WORK, manifestAt(ARTIFACT), blobAt(NOTES)],
  },
  {
    name: 'a manifest that is missing, of an image that v1 has',
    damage: (data) => data.remove(manifestAt(MADE.manifest)),
    says: [
      `${WORK}: the manifest ${MADE.manifest.digest} it has is not there; let go of it`,
      `${WORK}: its tag latest names the manifest ${MADE.manifest.digest}, which it does not have; ` +
        `leave it the image ${MADE_TOP}`,
      ...[MADE.config, MADE.manifest].map(
        (blob) => `${blobAt(blob)}: no document names it; ${ASIDE}`,
      ),
    ],
  },
  {
    name: 'a promise of another image',
    damage: (data) =>
      data.change(
        APP,
        within('tags', (tags) => within('latest', (tag) => ({ ...tag, image: CROSSED.id }))(tags)),
      ),
    says: [
      `${APP}: its tag latest names ${CROSSED.id}, which it does not hold with all that it is built on; ` +
        'remove the tag',
    ],
  },
  {
    name: 'an image of v1 whose layer is a blob that is missing',
    damage: async (data) => {
      await data.remove(blobAt(CROSSED_LAYER));
      await data.change(OLD, ({ manifests, ...rest }) => rest);
    },
    says: [
      `${imageAt(CROSSED.id)}: its file ${CROSSED_LAYER.digest} is missing; ${WITH_FILES}`,
      `${OLD}: the image ${CROSSED.id} it holds is not there; let go of it`,
      `${OLD}: its tag latest names ${CROSSED.id}, which it does not hold with all that it is built on; ` +
        'remove the tag',
    ],
  },
  {
    name: 'an image of v1 that says something else of itself over v2',
    damage: (data) =>
      data.change(
        imageAt(CROSSED.id),
        within('v2', (v2) => ({ ...v2, size: 7 })),
      ),
    says: [
      `${imageAt(CROSSED.id)}: the blob ${CROSSED_LAYER.digest} that it is over v2 is not there with 7 bytes; ` +
        'have it made again',
    ],
    aside: [imageAt(CROSSED.id)],
  },
];

describe('hub-v1 check of the bridge', () => {
  let template: string;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-check-'));
    template = join(folder, 'template');
    await fillBridge(template);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function copied(name: string): Promise<Data> {
    const copy = join(folder, name);
    await cp(template, copy, { recursive: true });
    return Data.open(copy);
  }

  for (const [number, row] of TABLE.entries()) {
    it(row.name, async () => {
      const data = await copied(`row ${number}`);
      await row.damage(data);
      const { lines } = await check(data.folder, false);
      const missing = row.says.filter((line) => !lines.includes(line));
      assert.deepEqual(missing, [], lines.join('\n'));
      if (row.aside === undefined && row.says.length > 0) {
        assert.ok(lines.length >= row.says.length);
      } else assert.deepEqual(lines, [...row.says].sort());

      const before = await filesBelow(data.folder);
      assert.deepEqual((await check(data.folder, false)).lines, lines, 'a check changes nothing');
      assert.deepEqual(await filesBelow(data.folder), before);

      assert.equal((await check(data.folder, true)).left, 0);
      assert.deepEqual((await check(data.folder, false)).lines, []);
      if (row.aside !== undefined && row.says.length > 0) {
        assert.deepEqual(await data.setAside(), [...row.aside].sort());
      }
      await (await startPlainHub({ data: data.folder })).close();
      assert.deepEqual((await check(data.folder, false)).lines, []);
    });
  }

  it('counts, reads every file once, and says which tags v1 does not list', async () => {
    const { counts, read, notes } = await check((await copied('counts')).folder, false);
    let bytes = 0;
    for (const name of await readdir(join(template, 'blobs'))) {
      bytes += (await stat(join(template, 'blobs', name))).size;
    }
    assert.deepEqual(counts, {
      users: 1,
      repositories: 3,
      images: 3,
      manifests: 4,
      uploads: 0,
      bytes,
    });
    assert.equal(read, bytes);
    assert.deepEqual(notes, [`${WORK}: v1 does not list its tag notes, since it is not an image`]);
  });

  it('tells of an image whose parent is not there', async () => {
    const data = await copied('parent');
    await data.remove(imageAt(MADE_BASE));
    const { notes } = await check(data.folder, false);
    const what = `it is built on the image ${MADE_BASE}, which is not there`;
    assert.ok(notes.includes(`${imageAt(MADE_TOP)}: ${what}`), notes.join('\n'));
  });

  it('after a repair a push brings back what was lost, over both', async () => {
    const data = await copied('push');
    await data.write(blobAt(SHARED), '');
    await check(data.folder, true);
    const hub = await startPlainHub({ data: data.folder });
    const client = new Client(hub.port);
    await pushModern(client, 'jamtur01/work', basic('jamtur01', 'sesame'), MADE, 'latest');
    const layer = await client.expect(200, `GET /v1/images/${MADE_TOP}/ancestry`);
    assert.deepEqual(JSON.parse(layer.body.toString()), MADE.ancestry);
    const blob = await client.expect(200, `GET /v2/jamtur01/work/blobs/${SHARED.digest}`);
    assert.ok(blob.body.equals(SHARED.bytes));
    client.close();
    await hub.close();
    assert.deepEqual((await check(data.folder, false)).lines, []);
  });

  it('a start does not clear away what belongs to a manifest whose document somebody took away', async () => {
    const data = await copied('taken');
    const place = data.path(manifestAt(PROMISED.manifest));
    await cp(place, join(folder, 'manifest.json'));
    await rm(place);
    await (await startPlainHub({ data: data.folder })).close();
    await cp(join(folder, 'manifest.json'), place);
    assert.deepEqual((await check(data.folder, false)).lines, []);
  });
});
