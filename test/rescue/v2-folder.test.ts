/* `hub-v1 rescue` of a distribution's folder: what comes, and what is left out and why. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { openSource } from '../../src/rescue/open-source.js';
import { type RescueOptions, type RescueReport, rescue } from '../../src/rescue/rescue.js';
import { makeChain, type TestImage } from '../support/images.js';
import { digestOf, list, OldDistribution, schema1, schema2 } from '../support/old-distribution.js';

let folder: string;
let places = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-rescue-v2-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function newFolder(): OldDistribution {
  places += 1;
  return new OldDistribution(join(folder, `old-${places}`));
}

function newData(): string {
  places += 1;
  return join(folder, `data-${places}`);
}

async function rescued(
  { folder: source }: OldDistribution,
  options: RescueOptions = {},
  data = newData(),
): Promise<RescueReport & { readonly hub: OpenHub }> {
  const hub = await openHub({ data });
  try {
    return { ...(await rescue(hub.domain, await openSource(source), options)), hub };
  } finally {
    await hub.close();
  }
}

function repository({ hub }: { readonly hub: OpenHub }, name: string) {
  return hub.storage.repositories.get(name);
}

const ONE = schema2(['base', 'one']);
const TWO = schema2(['base', 'two']);

describe('a whole folder', () => {
  it('comes with tags, lists, and manifests without a tag', async () => {
    const old = newFolder();
    const both = list([ONE, TWO]);
    const alone = schema2(['alone']);
    await old.add('alice/app', [
      ONE,
      TWO,
      { ...both, tag: 'latest' },
      { ...ONE, tag: 'one' },
      alone,
    ]);
    await old.add('justaname', [{ ...TWO, tag: 'latest' }]);
    await old.addUpload('alice/app');
    const done = await rescued(old);
    assert.deepEqual(
      done.repositories.map(({ from, to, skipped }) => [from, to, skipped]),
      [
        ['alice/app', 'alice/app', undefined],
        ['library/justaname', 'library/justaname', undefined],
      ],
    );
    const app = repository(done, 'alice/app');
    assert.equal(app?.tags.latest?.manifest, both.digest);
    assert.equal(app?.tags.one?.manifest, ONE.digest);
    assert.deepEqual(
      Object.keys(app?.manifests ?? {}).sort(),
      [ONE, TWO, both, alone].map(({ digest }) => digest).sort(),
    );
    assert.deepEqual(Object.keys(app?.blobs ?? {}), []);
    assert.equal(repository(done, 'library/justaname')?.tags.latest?.manifest, TWO.digest);
    const stored = done.hub.storage.manifests.get(ONE.digest);
    assert.deepEqual([stored?.mediaType, stored?.size], [ONE.mediaType, ONE.bytes.length]);
    assert.deepEqual(
      done.repositories[0]?.untagged.map(({ image, state }) => [image, state]),
      [[alone.digest, 'taken']],
    );
  });

  it('gives the images of schema 1 as those of v1, with their ids', async () => {
    const old = newFolder();
    const chain = makeChain('schema 1', 3);
    const top = chain.at(-1) as TestImage;
    await old.add('old/one', [
      { ...schema1(chain), tag: 'latest' },
      { ...ONE, tag: 'new' },
    ]);
    const done = await rescued(old);
    const there = repository(done, 'old/one');
    assert.equal(there?.tags.latest?.image, top.id);
    assert.equal(there?.tags.new?.manifest, ONE.digest);
    assert.deepEqual(
      done.repositories.map(({ from, tags }) => [from, tags.map(({ tag, state }) => [tag, state])]),
      [
        [
          'old/one',
          [
            ['latest', 'taken'],
            ['new', 'taken'],
          ],
        ],
      ],
    );
    assert.equal(done.hub.storage.images.get(top.id)?.payload, top.payload);
  });

  it('comes once, however often it is asked for', async () => {
    const old = newFolder();
    await old.add('alice/app', [{ ...ONE, tag: 'latest' }]);
    const data = newData();
    await rescued(old, {}, data);
    const again = await rescued(old, {}, data);
    assert.deepEqual([again.images.taken, again.images.here], [0, 1]);
    await old.add('alice/app', [{ ...TWO, tag: 'latest' }]);
    const moved = await rescued(old, {}, data);
    assert.equal(repository(moved, 'alice/app')?.tags.latest?.manifest, ONE.digest);
    assert.match(moved.repositories[0]?.tags[0]?.reason ?? '', /with another image/);
  });

  it('is private if that is asked for', async () => {
    const old = newFolder();
    await old.add('alice/app', [{ ...ONE, tag: 'latest' }]);
    const done = await rescued(old, { private: true });
    assert.equal(repository(done, 'alice/app')?.access, 'private');
    assert.equal(repository(done, 'alice/app')?.tags.latest?.manifest, ONE.digest);
  });
});

describe('what is broken is left out, with the reason', () => {
  const top = ONE.blobs.at(-1) ?? Buffer.of();
  const damaged = Buffer.from(top);
  damaged.writeUInt8(damaged.readUInt8(20) ^ 1, 20);
  const table: readonly [
    what: string,
    harm: (old: OldDistribution) => Promise<void>,
    reason: RegExp,
  ][] = [
    ['a missing layer', (old) => old.remove(old.pathOf(digestOf(top))), /is not there/],
    ['a damaged layer', (old) => old.replace(digestOf(top), damaged), /is damaged/],
    ['a cut layer', (old) => old.replace(digestOf(top), top.subarray(0, 30)), /is damaged/],
    ['a long layer', (old) => old.replace(digestOf(top), Buffer.concat([top, top])), /more than/],
    ['a deleted manifest', (old) => old.unlink('alice/app', ONE.digest), /was deleted/],
    [
      'a missing manifest',
      (old) => old.remove(old.pathOf(ONE.digest)),
      /its manifest is not there/,
    ],
    ['a damaged manifest', (old) => old.replace(ONE.digest, TWO.bytes), /its manifest is damaged/],
  ];
  for (const [what, harm, reason] of table) {
    for (const dryRun of [false, true]) {
      it(`as ${what}${dryRun ? ', in a dry run' : ''}`, async () => {
        const old = newFolder();
        await old.add('alice/app', [
          { ...ONE, tag: 'broken' },
          { ...TWO, tag: 'sound' },
        ]);
        await old.add('alice/alone', [{ ...ONE, tag: 'latest' }]);
        await harm(old);
        if (what === 'a deleted manifest') await old.unlink('alice/alone', ONE.digest);
        const done = await rescued(old, { dryRun });
        const app = done.repositories.find(({ from }) => from === 'alice/app');
        const [broken, sound] = app?.tags ?? [];
        assert.match(broken?.reason ?? '', reason);
        assert.equal(sound?.state, 'taken');
        if (dryRun) return assert.equal(repository(done, 'alice/app'), undefined);
        assert.deepEqual(Object.keys(repository(done, 'alice/app')?.tags ?? {}), ['sound']);
        assert.deepEqual(Object.keys(repository(done, 'alice/app')?.blobs ?? {}), []);
        // Of a repository of which nothing came there is nothing.
        assert.equal(repository(done, 'alice/alone'), undefined);
        return undefined;
      });
    }
  }
});

describe('layers that are long', () => {
  const LONG = schema2(['long base', 'long'], 100_000);
  const [config, base, top] = LONG.blobs.map((bytes) => ({ bytes, digest: digestOf(bytes) }));
  assert.ok(config && base && top);

  async function folderOf(): Promise<OldDistribution> {
    const old = newFolder();
    await old.add('alice/long', [{ ...LONG, tag: 'latest' }]);
    await old.add('robert/long', [{ ...LONG, tag: 'latest' }]);
    return old;
  }
  const here = (data: string, digest: string): string =>
    join(data, 'blobs', digest.replace(':', '-'));
  const there = (old: OldDistribution, digest: string): string =>
    join(old.folder, 'docker/registry/v2', old.pathOf(digest));

  it('are copied', async () => {
    const [old, data] = [await folderOf(), newData()];
    const done = await rescued(old, {}, data);
    const bytes = LONG.blobs.reduce((sum, { length }) => sum + length, 0);
    assert.deepEqual([done.images.taken, done.images.bytes], [2, bytes]);
    for (const each of [config, base, top]) {
      assert.deepEqual(await readFile(here(data, each.digest)), each.bytes);
      assert.equal((await stat(there(old, each.digest))).nlink, 1);
    }
  });

  it('are linked where that is wanted, and leave both alone when one goes', async () => {
    const [old, data] = [await folderOf(), newData()];
    await rescued(old, { link: true }, data);
    for (const { digest, bytes } of [base, top]) {
      const [own, twin] = await Promise.all([stat(here(data, digest)), stat(there(old, digest))]);
      assert.deepEqual([own.ino, own.nlink], [twin.ino, 2]);
      await rm(there(old, digest));
      assert.deepEqual(await readFile(here(data, digest)), bytes);
    }
    const hub = await openHub({ data });
    try {
      const name = { namespace: 'alice', name: 'long', full: 'alice/long' };
      await hub.domain.deletions.remove(name);
      await hub.domain.deletions.remove({ ...name, namespace: 'robert', full: 'robert/long' });
    } finally {
      await hub.close();
    }
    assert.deepEqual(await readdir(join(data, 'blobs')), []);
    assert.equal((await stat(there(old, config.digest))).nlink, 1);
  });

  for (const [what, harmed, reason] of [
    ['damaged', Buffer.concat([top.bytes.subarray(0, -9), Buffer.alloc(9)]), /is damaged/],
    ['cut', top.bytes.subarray(0, -1), /is damaged/],
    ['longer than the manifest says', Buffer.concat([top.bytes, top.bytes]), /more than/],
  ] as const) {
    for (const options of [{}, { link: true }, { dryRun: true }]) {
      it(`are left out where they are ${what}: ${JSON.stringify(options)}`, async () => {
        const [old, data] = [await folderOf(), newData()];
        await old.replace(top.digest, harmed);
        const before = await stat(there(old, top.digest));
        const { repositories } = await rescued(old, options, data);
        for (const { tags } of repositories) assert.match(tags[0]?.reason ?? '', reason);
        const after = await stat(there(old, top.digest));
        assert.deepEqual([after.nlink, after.mtimeMs], [1, before.mtimeMs]);
        assert.deepEqual(await readdir(join(data, 'blobs')), []);
      });
    }
  }
});

describe('names', () => {
  it('of more than two parts go where the options say, or are left out', async () => {
    const old = newFolder();
    await old.add('a/b/c', [{ ...ONE, tag: 'latest' }]);
    const none = await rescued(old);
    assert.match(none.repositories[0]?.skipped ?? '', /"a\/b\/c" has 3 parts/);
    const owned = await rescued(old, { asOwner: 'alice' });
    assert.equal(repository(owned, 'alice/b-c')?.tags.latest?.manifest, ONE.digest);
    const renamed = await rescued(old, { renamed: new Map([['a/b/c', 'alice/c']]) });
    assert.equal(repository(renamed, 'alice/c')?.tags.latest?.manifest, ONE.digest);
  });
});
