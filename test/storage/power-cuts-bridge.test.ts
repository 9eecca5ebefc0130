/*
 * A power cut at every single step of what people do over v2, and of what becomes of an image on its way from one
 * side to the other. What was answered must be there afterwards, whole, and nothing else.
 */
import assert from 'node:assert/strict';
import fs, { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { basic, Client, tokenOf } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import { layerOf, makeImage } from '../../bench/torture/images.js';
import {
  type Blob,
  blobOf,
  bringBlob,
  makeModernImage,
  mountBlob,
  putManifest,
} from '../../bench/torture/modern.js';
import type { HubOptions } from '../../src/index.js';
import type { OpenHub } from '../../src/open-hub.js';
import type { DiskStep } from '../../src/storage/files/disk.js';
import {
  everythingDurable,
  materialise,
  PowerCutDisk,
  pretendBoots,
  type Remains,
  sumOf,
  watchFsync,
} from '../support/power-cut.js';

// The folders of images and blobs are those that nobody waits for at once.
watchFsync((path) => (/\/(?:images(?:\/[0-9a-f]+)?|blobs)$/.test(path) ? 2 : 0));
const boot = pretendBoots();
// Only now: the hub's modules take hold of these functions when they are loaded.
const { startHub } = await import('../../src/hub.js');
const { openHub } = await import('../../src/open-hub.js');
const { check } = await import('../support/damaged-data.js');

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const OPTIONS: HubOptions = { bcryptRounds: 4, harness: false };
/** What one of so many cuts left is read over both sides, to the last byte. */
const SAMPLE = 15;

const OWNER = 'jamtur01';
const AUTH = basic(OWNER, 'sesame');
const [APP, WORK, OLD] = ['app', 'work', 'old'].map((name) => `${OWNER}/${name}`) as [
  string,
  string,
  string,
];

const IMAGE = makeModernImage('app', [
  { name: 'lower', size: 20_000 },
  { name: 'upper', size: 300 },
]);
const [LOWER, UPPER] = IMAGE.layers as [Blob, Blob];
/** Pushed over v1; its layer is a tar, which v2 gets as it is. */
const PUSHED = makeImage('pushed', 8192);
const LAYER = blobOf(layerOf(PUSHED));

const BLOBS: Readonly<Record<string, Blob>> = { lower: LOWER, upper: UPPER, config: IMAGE.config };

/** What can be seen of a hub, each fact under its name. */
type Facts = Readonly<Record<string, unknown>>;

/** What somebody does, and what its end promises. */
interface Act {
  readonly name: string;
  readonly run: (client: Client) => Promise<unknown>;
  readonly promises: Facts;
}

const NOTHING: Facts = {
  lower: [],
  upper: [],
  config: [],
  pushed: 'none',
  [`${APP} tags`]: {},
  [`${APP} manifests`]: 0,
  [`${WORK} tags`]: {},
  [`${WORK} manifests`]: 0,
  [`${OLD} tags`]: {},
};

const ID = IMAGE.ancestry[0] ?? '';

const ACTS: readonly Act[] = [
  {
    name: 'an account',
    run: (client) => {
      const body = { username: OWNER, password: 'sesame', email: 'james@example.com' };
      return client.expect(201, 'POST /v1/users/', { body });
    },
    promises: {},
  },
  {
    name: 'a push over v1',
    run: pushOld,
    promises: { pushed: 'whole', [`${OLD} tags`]: { latest: PUSHED.id } },
  },
  {
    name: 'a streamed blob',
    run: (client) => bringBlob(client, APP, AUTH, LOWER, 'streamed'),
    promises: { lower: [APP] },
  },
  {
    name: 'a blob in chunks',
    run: (client) => bringBlob(client, APP, AUTH, UPPER, 'chunks'),
    promises: { upper: [APP] },
  },
  {
    name: 'a blob at once',
    run: (client) => bringBlob(client, APP, AUTH, IMAGE.config, 'at once'),
    promises: { config: [APP] },
  },
  {
    name: 'a manifest',
    run: (client) => putManifest(client, APP, AUTH, IMAGE, 'latest'),
    promises: { [`${APP} manifests`]: 1, [`${APP} tags`]: { latest: ID } },
  },
  {
    name: 'a mount',
    run: (client) => mountBlob(client, WORK, AUTH, LOWER, APP),
    promises: { lower: [APP, WORK] },
  },
  {
    name: 'the others',
    run: async (client) => {
      for (const blob of [UPPER, IMAGE.config]) await mountBlob(client, WORK, AUTH, blob, APP);
    },
    promises: { upper: [APP, WORK], config: [APP, WORK] },
  },
  {
    name: 'the same manifest elsewhere',
    run: (client) => putManifest(client, WORK, AUTH, IMAGE, 'v1'),
    promises: { [`${WORK} manifests`]: 1, [`${WORK} tags`]: { v1: ID } },
  },
  {
    name: 'a pull over v1',
    run: (client) => client.expect(200, `GET /v1/images/${ID}/ancestry`),
    promises: {},
  },
  {
    name: 'a pull over v2',
    run: (client) => client.expect(200, `GET /v2/${OLD}/manifests/latest`),
    promises: {},
  },
  {
    name: 'another tag',
    run: (client) => putManifest(client, WORK, AUTH, IMAGE, 'v2'),
    promises: { [`${WORK} tags`]: { v1: ID, v2: ID } },
  },
  {
    name: 'a tag that goes',
    run: (client) => client.expect(202, `DELETE /v2/${WORK}/manifests/v2`, { auth: AUTH }),
    promises: { [`${WORK} tags`]: { v1: ID } },
  },
  {
    name: 'a manifest that goes',
    run: (client) =>
      client.expect(202, `DELETE /v2/${APP}/manifests/${IMAGE.manifest.digest}`, { auth: AUTH }),
    promises: {
      [`${APP} manifests`]: 0,
      [`${APP} tags`]: {},
      lower: [WORK],
      upper: [WORK],
      config: [WORK],
    },
  },
  {
    name: 'a repository that goes',
    run: async (client) => {
      await client.expect(202, `DELETE /v1/repositories/${OLD}/`, { auth: AUTH });
      await client.expect(200, `DELETE /v1/repositories/${OLD}/`, { auth: AUTH });
    },
    promises: { pushed: 'none', [`${OLD} tags`]: {} },
  },
  {
    name: 'the last manifest that goes',
    run: (client) =>
      client.expect(202, `DELETE /v2/${WORK}/manifests/${IMAGE.manifest.digest}`, { auth: AUTH }),
    promises: NOTHING,
  },
];

async function pushOld(client: Client): Promise<void> {
  const path = `/v1/repositories/${OLD}`;
  const { id, json, payload } = PUSHED;
  const headers = { 'X-Docker-Token': 'true' };
  const begun = await client.expect(200, `PUT ${path}/`, { auth: AUTH, headers, body: [{ id }] });
  const auth = tokenOf(begun);
  const sum = { 'X-Docker-Checksum-Payload': payload };
  const none = Buffer.alloc(0);
  await client.expect(200, `PUT /v1/images/${id}/json`, { auth, body: json });
  await client.expect(200, `PUT /v1/images/${id}/layer`, { auth, body: LAYER.bytes });
  await client.expect(200, `PUT /v1/images/${id}/checksum`, { auth, headers: sum, body: none });
  await client.expect(200, `PUT ${path}/tags/latest`, { auth, body: id });
}

const PROMISED: readonly Facts[] = Array.from({ length: ACTS.length + 1 }, (_, answered) =>
  Object.assign({}, NOTHING, ...ACTS.slice(0, answered).map(({ promises }) => promises)),
);

/** A moment at which the power may go. */
interface Moment {
  readonly where: string;
  /** How many acts have ended. */
  readonly answered: number;
  readonly underWay: boolean;
}

interface Cut {
  readonly remains: Remains;
  readonly moments: Moment[];
}

/** The acts from the first to the last, and what power cuts would have left. */
async function rehearse(folder: string): Promise<{ cuts: Cut[]; steps: number }> {
  const cuts = new Map<string, Cut>();
  const data = join(folder, 'data');
  let [answered, steps, underWay, name] = [0, 0, false, 'the first start'];
  const note = (when: string): void => {
    for (const remains of disk.cuts()) {
      const sum = sumOf(remains);
      const cut = cuts.get(sum) ?? { remains, moments: [] };
      cut.moments.push({ where: `${name}, ${when}`, answered, underWay });
      cuts.set(sum, cut);
    }
  };
  const disk = new PowerCutDisk(folder, { onFsync: () => note('before an fsync') });
  const onDiskStep = (step: DiskStep, path: string): void => {
    steps += 1;
    note(`before ${step} ${relative(data, path)}`);
  };
  await withHub({ ...OPTIONS, data, onDiskStep }, async (client) => {
    for (const act of ACTS) {
      name = act.name;
      underWay = true;
      await act.run(client);
      underWay = false;
      answered += 1;
      note('when it was answered');
    }
  });
  note('at the end');
  disk.close();
  return { cuts: [...cuts.values()], steps };
}

async function withHub(
  options: HubOptions,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const hub = await startHub(options);
  const client = new Client(hub.port);
  try {
    await work(client);
  } finally {
    client.close();
    await hub.close();
  }
}

function factsOf({ domain, storage }: OpenHub): Facts {
  const facts: Record<string, unknown> = { ...NOTHING };
  const repositories = domain.repositories.list().filter(({ deletion }) => deletion === undefined);
  for (const { namespace, name, tags, manifests = {} } of repositories) {
    const full = `${namespace}/${name}`;
    const ids = Object.entries(tags).map(([tag, { image }]) => [tag, image]);
    facts[`${full} tags`] = Object.fromEntries(ids);
    if (full !== OLD) facts[`${full} manifests`] = Object.keys(manifests).length;
  }
  for (const [title, { digest, bytes }] of Object.entries(BLOBS)) {
    const having = repositories.filter((each) => domain.blobs.isIn(each, digest));
    const isTorn = having.length > 0 && !storage.blobs.read(digest).equals(bytes);
    facts[title] = isTorn
      ? 'torn'
      : having.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  }
  const pushed = domain.library.list().some(({ id }) => id === PUSHED.id);
  const isHeld = repositories.some(({ holds }) => holds.includes(PUSHED.id));
  facts.pushed = pushed && isHeld ? 'whole' : 'none';
  return facts;
}

/** Every fact is as promised, or as the act under way will have it, which may be done by half. */
function assertKept(facts: Facts, { answered, underWay }: Moment): void {
  const allowed = PROMISED.slice(answered, answered + (underWay ? 2 : 1));
  for (const [name, fact] of Object.entries(facts)) {
    if (allowed.some((promised) => isDeepStrictEqual(promised[name], fact))) continue;
    // An act of several blobs may have brought some of them, or taken them from some repository.
    const expected = allowed.map((promised) => JSON.stringify(promised[name])).join(' or ');
    assert.fail(`acts ended: ${answered}; ${name} is ${JSON.stringify(fact)}, not ${expected}`);
  }
}

async function assertIsSound(data: string): Promise<void> {
  const found: string[] = [];
  new FolderVerifier(data, (complaint) => found.push(complaint)).verify();
  found.push(...(await check(data, false)).lines);
  assert.deepEqual(found, []);
}

async function inFolder(place: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(place, 'disk-'));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Everything that is tagged can be read over both sides; and then once more from the beginning. */
async function assertReads(client: Client): Promise<void> {
  for (const repository of [APP, WORK, OLD]) {
    const { status, body } = await client.send(`GET /v1/repositories/${repository}/tags`);
    if (status !== 200) continue;
    for (const [tag, id] of Object.entries(JSON.parse(body.toString()) as Record<string, string>)) {
      const manifest = await client.expect(200, `GET /v2/${repository}/manifests/${tag}`);
      const { config, layers } = JSON.parse(manifest.body.toString());
      for (const { digest } of [config, ...layers]) {
        const blob = await client.expect(200, `GET /v2/${repository}/blobs/${digest}`);
        assert.equal(blobOf(blob.body).digest, digest);
      }
      const { body: chain } = await client.expect(200, `GET /v1/images/${id}/ancestry`);
      const ids = JSON.parse(chain.toString()) as string[];
      assert.equal(ids.length, layers.length);
      for (const [index, each] of ids.entries()) {
        const layer = await client.expect(200, `GET /v1/images/${each}/layer`);
        assert.equal(blobOf(layer.body).digest, layers.at(-1 - index).digest);
      }
    }
  }
}

describe('a power cut over v2', () => {
  let place: string;
  let cuts: Cut[];
  let steps: number;

  before(async () => {
    place = await mkdtemp(join(PLACE, 'hub-v1-power-'));
    boot('the first');
    ({ cuts, steps } = await rehearse(await mkdtemp(join(place, 'acts-'))));
  });

  after(() => rm(place, { recursive: true, force: true }));

  it('at any step leaves all that was answered, and nothing torn', async (t) => {
    for (const [index, { remains, moments }] of cuts.entries()) {
      await inFolder(place, async (folder) => {
        const disk = new PowerCutDisk(folder, { standing: everythingDurable(remains) });
        const data = join(folder, 'data');
        boot(index % 2 === 0 ? 'the first' : 'the second');
        const open = await openHub({ ...OPTIONS, data });
        const facts = factsOf(open);
        await open.close();
        disk.close();
        for (const moment of moments) assertKept(facts, moment);
        await assertIsSound(data);
      }).catch((error: Error) => {
        throw new Error(`${moments[0]?.where}: ${error.message}`, { cause: error });
      });
    }
    t.diagnostic(`${steps} steps, ${cuts.length} different remains`);
    assert.ok(cuts.length > 100, `${cuts.length} different remains`);
  });

  it('leaves what can be read over both sides, converted or not', async () => {
    for (const { remains, moments } of cuts.filter((_, index) => index % SAMPLE === 0)) {
      await inFolder(place, async (folder) => {
        materialise(remains, folder);
        const data = join(folder, 'data');
        boot('the first');
        await withHub({ ...OPTIONS, data }, assertReads);
        await assertIsSound(data);
      }).catch((error: Error) => {
        throw new Error(`${moments[0]?.where}: ${error.message}`, { cause: error });
      });
    }
  });
});
