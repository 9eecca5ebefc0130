/*
 * A power cut, or a kill, at every step that a rescue of a folder makes on the disk: each tag that it told of is there
 * afterwards, every other one is there as a whole or not at all, and the rescue can be repeated.
 */
import assert from 'node:assert/strict';
import fs, { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { OpenHub } from '../../src/open-hub.js';
import { makeChain, makeImage, type TestImage } from '../support/images.js';
import { digestOf, list, OldDistribution, schema2 } from '../support/old-distribution.js';
import { OldRegistry } from '../support/old-registry.js';
import {
  everythingDurable,
  PowerCutDisk,
  pretendBoots,
  type Remains,
  sumOf,
  watchFsync,
} from '../support/power-cut.js';

watchFsync((path) => (/\/(?:images(?:\/[0-9a-f]+)?|blobs)$/.test(path) ? 2 : 0));
const boot = pretendBoots();
// Only now: the hub's modules take hold of these functions when they are loaded.
const { openHub } = await import('../../src/open-hub.js');
const { openSource } = await import('../../src/rescue/open-source.js');
const { rescue } = await import('../../src/rescue/rescue.js');
const { check } = await import('../support/damaged-data.js');

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** After one of so many cuts the rescue is repeated. */
const SAMPLE = 12;

const CHAIN = makeChain('cut', 2);
const TOP = CHAIN.at(-1) as TestImage;
const OTHER = makeImage('other', { parent: CHAIN[0] as TestImage });
const [ONE, TWO] = [schema2(['base', 'one'], 70_000), schema2(['base', 'two'])];
const BOTH = list([ONE, TWO]);

/** An old folder, and what its tags name: the id of an image, or the digest of a manifest. */
interface Old {
  readonly folder: string;
  readonly tags: Readonly<Record<string, string>>;
}

async function oldRegistry(folder: string): Promise<Old> {
  const old = new OldRegistry(folder);
  await old.addChain(CHAIN);
  // One without a sum, so that it is looked through.
  await old.addImage([CHAIN[0] as TestImage, OTHER], { checksum: 'none' });
  await old.addRepository('library/app', { tags: { latest: TOP.id, other: OTHER.id } });
  await old.addRepository('jamtur01/web', { tags: { v1: TOP.id } });
  return {
    folder,
    tags: {
      'library/app latest': TOP.id,
      'library/app other': OTHER.id,
      'jamtur01/web v1': TOP.id,
    },
  };
}

async function oldDistribution(folder: string): Promise<Old> {
  const old = new OldDistribution(folder);
  await old.add('alice/app', [ONE, TWO, { ...BOTH, tag: 'latest' }, { ...ONE, tag: 'one' }]);
  await old.add('alice/web', [{ ...TWO, tag: 'v1' }]);
  return {
    folder,
    tags: {
      'alice/app latest': BOTH.digest,
      'alice/app one': ONE.digest,
      'alice/web v1': TWO.digest,
    },
  };
}

/** What a power cut left, and which tags had been told of by then. */
interface Cut {
  readonly remains: Remains;
  readonly told: ReadonlySet<string>;
  readonly where: string;
}

/** A rescue from its beginning to its end, and what power cuts would have left. */
async function rehearse(old: Old, folder: string, link: boolean): Promise<readonly Cut[]> {
  const cuts = new Map<string, Cut>();
  const told = new Set<string>();
  const disk = new PowerCutDisk(folder, { onFsync: () => note('before an fsync') });
  const note = (where: string): void => {
    for (const remains of disk.extremes()) {
      const sum = sumOf(remains);
      // What was told later must be there in any case.
      cuts.set(sum, { remains, told: new Set(told), where: cuts.get(sum)?.where ?? where });
    }
  };
  const data = join(folder, 'data');
  const hub = await openHub({ data, onDiskStep: (step, path) => note(`before ${step} ${path}`) });
  await rescue(hub.domain, await openSource(old.folder), { link }, (progress) => {
    if (progress.kind !== 'tag' || progress.tag.state !== 'taken') return;
    told.add(`${progress.repository.to} ${progress.tag.tag}`);
    note('when a tag was told of');
  });
  await hub.close();
  note('at the end');
  disk.close();
  assert.deepEqual([...told].sort(), Object.keys(old.tags).sort());
  return [...cuts.values()];
}

/** The tags of a hub, each of which must be whole. */
function tagsOf({ storage, domain }: OpenHub): Record<string, string> {
  const found: Record<string, string> = {};
  for (const repository of domain.repositories.list()) {
    const { namespace, name, tags, unlisted = {}, manifests = {} } = repository;
    for (const digest of Object.keys(manifests)) {
      const document = storage.manifests.get(digest);
      const named = [document?.config, ...(document?.layers ?? [])].flatMap((each) => each ?? []);
      for (const each of [digest, ...named.map((blob) => blob.digest)]) {
        assert.equal(digestOf(storage.blobs.read(each)), each);
      }
    }
    for (const [tag, { image, manifest }] of Object.entries(tags)) {
      const isWhole = manifest === undefined && repository.holds.includes(image);
      assert.ok(isWhole || (manifest !== undefined && manifests[manifest] !== undefined), tag);
      found[`${namespace}/${name} ${tag}`] = manifest ?? image;
    }
    assert.deepEqual(Object.keys(unlisted), []);
  }
  return found;
}

const FOLDERS = { 'a docker-registry': oldRegistry, 'a distribution': oldDistribution } as const;

describe('a power cut during a rescue', () => {
  let place: string;
  before(async () => {
    place = await mkdtemp(join(PLACE, 'hub-v1-rescue-power-'));
  });
  after(() => rm(place, { recursive: true, force: true }));

  for (const [what, make] of Object.entries(FOLDERS)) {
    for (const link of [false, true]) {
      it(`of ${what}'s folder, by ${link ? 'links' : 'copies'}`, async (t) => {
        const old = await make(await mkdtemp(join(place, 'old-')));
        boot('the first');
        const cuts = await rehearse(old, await mkdtemp(join(place, 'disk-')), link);
        for (const [index, cut] of cuts.entries()) {
          boot(index % 2 === 0 ? 'the first' : 'the second');
          await lookAt(cut, old, index % SAMPLE === 0).catch((error: Error) => {
            throw new Error(`${cut.where}: ${error.message}`, { cause: error });
          });
        }
        t.diagnostic(`${cuts.length} different remains`);
        assert.ok(cuts.length > 20, `${cuts.length} different remains`);
      });
    }
  }

  async function lookAt({ remains, told }: Cut, old: Old, isRepeated: boolean): Promise<void> {
    const folder = await mkdtemp(join(place, 'cut-'));
    const disk = new PowerCutDisk(folder, { standing: everythingDurable(remains) });
    const data = join(folder, 'data');
    const hub = await openHub({ data });
    const tags = tagsOf(hub);
    for (const [tag, named] of Object.entries(tags)) assert.equal(named, old.tags[tag]);
    for (const tag of told) assert.ok(tags[tag], `${tag} is not there`);
    if (isRepeated) {
      const report = await rescue(hub.domain, await openSource(old.folder), {});
      const states = report.repositories.flatMap((each) => each.tags.map(({ state }) => state));
      assert.deepEqual(
        [...states].sort().filter((state) => state === 'skipped'),
        [],
      );
      assert.deepEqual(tagsOf(hub), old.tags);
    }
    await hub.close();
    disk.close();
    assert.deepEqual((await check(data, false)).lines, []);
    fs.rmSync(folder, { recursive: true });
  }
});
