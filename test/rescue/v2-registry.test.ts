/* `hub-v1 rescue` over API v2: from a registry that still runs, and on to another one. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { openSource } from '../../src/rescue/open-source.js';
import { isPartial, type RescueReport, rescue, V2Push } from '../../src/rescue/rescue.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { makeChain, type TestImage } from '../support/images.js';
import { makeModernImage } from '../support/modern-docker/images.js';
import { list, OldDistribution, schema1, schema2 } from '../support/old-distribution.js';
import { type DistributionOptions, serveDistribution } from '../support/old-distribution-server.js';
import { OldRegistry } from '../support/old-registry.js';
import { setAccess } from '../support/pushes.js';
import { pushModern } from '../support/registry-v2.js';

let folder: string;

const ONE = schema2(['base', 'one']);
const TWO = schema2(['base', 'two']);
const BOTH = list([ONE, TWO]);
const CHAIN = makeChain('over v2', 3);
const TOP = CHAIN.at(-1) as TestImage;
const QUICK = { patience: 2000, firstPause: 1 };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-rescue-v2-http-'));
  const old = new OldDistribution(folder);
  await old.add('alice/app', [ONE, TWO, { ...BOTH, tag: 'latest' }, { ...ONE, tag: 'one' }]);
  await old.add('alice/app', [{ ...TWO, tag: 'two' }]);
  await old.add('alice/base', [{ ...ONE, tag: 'latest' }]);
  await old.add('old', [{ ...schema1(CHAIN), tag: 'latest' }]);
});
after(() => rm(folder, { recursive: true, force: true }));

interface Rescued extends RescueReport {
  readonly hub: OpenHub;
}

async function rescued(
  test: TestContext,
  url: string,
  names: readonly string[] = [],
): Promise<Rescued> {
  const hub = await openHub({ ephemeral: true });
  test.after(() => hub.close());
  const source = await openSource(url, { names, mostNames: 10, ...QUICK });
  try {
    return { ...(await rescue(hub.domain, source, { names })), hub };
  } finally {
    await source.close();
  }
}

async function start(test: TestContext, options: DistributionOptions = {}): Promise<string> {
  const server = await serveDistribution(folder, options);
  test.after(() => server.close());
  return server.url;
}

function requireAll({ hub }: Rescued): void {
  const app = hub.storage.repositories.get('alice/app');
  assert.equal(app?.tags.latest?.manifest, BOTH.digest);
  assert.equal(app?.tags.one?.manifest, ONE.digest);
  assert.equal(hub.storage.repositories.get('alice/base')?.tags.latest?.manifest, ONE.digest);
  assert.equal(hub.storage.repositories.get('library/old')?.tags.latest?.image, TOP.id);
}

describe('a distribution', () => {
  it('gives all of its catalog, page by page, over connections that are cut', async (test) => {
    const done = await rescued(test, await start(test, { cuts: 6 }));
    requireAll(done);
    assert.equal(done.kind, 'registry, API v2');
  });

  it('may want a name and a password, which no message shows', async (test) => {
    const url = await start(test, { login: 'joe:s3cr:t' });
    const done = await rescued(test, url.replace('//', '//joe:s3cr%3At@'));
    requireAll(done);
    assert.ok(!JSON.stringify(done.repositories).includes('s3cr'));
    assert.ok(!done.source.includes('joe'));
  });

  it('says that it wants a login, or does not take the one that it was shown', async (test) => {
    const url = await start(test, { login: 'joe:s3cr:t' });
    const refusals = [
      ['', /^http:\S+ wants a login: http:\/\/NAME:PASSWORD@127/],
      ['joe:bad@', /^http:\S+ does not take the name and password$/],
    ] as const;
    for (const [login, message] of refusals) {
      const error = { name: 'RescueError', message };
      await assert.rejects(rescued(test, url.replace('//', `//${login}`)), error);
    }
    await assert.rejects(rescued(test, url.replace('//', '//joe:bad@'), ['alice/app']), {
      message: refusals[1][1],
    });
  });

  it('without a catalog gives the repositories that are named', async (test) => {
    const url = await start(test, { catalog: false });
    await assert.rejects(rescued(test, url), /_catalog answers 404/);
    const done = await rescued(test, url, ['alice/base', 'alice/none']);
    assert.deepEqual(
      done.repositories.map(({ from, skipped }) => [from, skipped]),
      [
        ['alice/base', undefined],
        ['alice/none', 'it is not there'],
      ],
    );
  });
});

describe('a registry that shows everybody what is public', () => {
  const auth = basic('alice');
  const hub = useHub({ people: ['alice'] }, async () => {
    await pushModern(hub, auth, 'alice/open', makeModernImage('open'), 'v1');
    await pushModern(hub, auth, 'alice/secret', makeModernImage('secret'), 'v1');
    await setAccess(hub, auth, 'alice/secret', 'private');
  });
  const namesIn = ({ repositories }: RescueReport): string[] =>
    repositories.map(({ from }) => from);

  it('gives its private repositories to their owner', async (test) => {
    const owner = await rescued(test, hub.url.replace('//', `//alice:${PASSWORD}@`));
    assert.deepEqual(namesIn(owner), ['alice/open', 'alice/secret']);
    assert.equal(owner.images.taken, 2);
    assert.deepEqual(namesIn(await rescued(test, hub.url)), ['alice/open']);
  });

  for (const names of [[], ['alice/open']]) {
    it(`is left where it refuses the password, ${names.length ? 'also for a name' : 'without names'}`, async (test) => {
      const wrong = rescued(test, hub.url.replace('//', '//alice:wrong@'), names);
      await assert.rejects(wrong, {
        name: 'RescueError',
        message: /does not take the name and password/,
      });
    });
  }
});

describe('a registry whose lists have no end', () => {
  const ENDLESS = {
    'new names': /has more than 10 names; the others are left out$/,
    circle: /goes on after a page that has nothing new; it was not read further$/,
  } as const;
  for (const kind of ['new names', 'circle'] as const) {
    const count = kind === 'circle' ? 3 : 10;

    it(`is left after so many repositories: ${kind}`, async (test) => {
      const done = await rescued(
        test,
        await start(test, { endless: { lists: ['catalog'], kind } }),
      );
      assert.equal(done.repositories.length, count);
      assert.equal(done.problems.length, 1);
      assert.match(done.problems[0] ?? '', /^its catalog /);
      assert.match(done.problems[0] ?? '', ENDLESS[kind]);
      assert.ok(isPartial(done));
    });

    it(`is left after so many tags of a repository: ${kind}`, async (test) => {
      const url = await start(test, { endless: { lists: ['tags'], kind } });
      const done = await rescued(test, url, ['alice/app']);
      const [app] = done.repositories;
      assert.equal(app?.tags.length, count);
      assert.match(app?.problems[0] ?? '', /^its list of tags /);
      assert.match(app?.problems[0] ?? '', ENDLESS[kind]);
    });
  }

  it('is left after so many tags of all repositories', async (test) => {
    const lists = ['catalog', 'tags'] as const;
    const url = await start(test, { endless: { lists, kind: 'new names' } });
    const { repositories } = await rescued(test, url);
    assert.equal(repositories.flatMap(({ tags }) => tags).length, 50);
    const last = repositories.at(-1)?.skipped;
    assert.equal(last, 'the registry has more than 50 tags: name the repositories');
  });
});

describe('with --to', () => {
  const target = useHub({ people: ['alice'] });
  const login = (): URL => new URL(target.url.replace('//', `//alice:${PASSWORD}@`));

  it('everything is pushed to a registry of today, once', async (test) => {
    const done = await rescued(test, await start(test), ['alice/app', 'alice/base']);
    const push = () => new V2Push(done.hub.domain, login(), () => {}, QUICK).run(done);
    const first = await push();
    assert.deepEqual(first.target, `${target.url}/`);
    const states = first.repositories.flatMap(({ name, tags }) =>
      tags.map(({ tag, state, reason }) => `${name}:${tag} ${state} ${reason ?? ''}`.trim()),
    );
    assert.deepEqual(states.sort(), [
      'alice/app:latest taken',
      'alice/app:one taken',
      'alice/app:two taken',
      'alice/base:latest taken',
    ]);
    const again = await push();
    assert.deepEqual(
      again.repositories.flatMap(({ tags }) => tags.map(({ state }) => state)),
      ['here', 'here', 'here', 'here'],
    );
    // And back, by the tokens of that registry.
    const back = await rescued(test, target.url, ['alice/app', 'alice/base']);
    const app = back.hub.storage.repositories.get('alice/app');
    assert.equal(app?.tags.latest?.manifest, BOTH.digest);
  });

  it('images of v1 are pushed as docker would convert them', async (test) => {
    const old = new OldRegistry(join(folder, 'v1'));
    await old.addChain(CHAIN);
    await old.addRepository('alice/v1', { tags: { latest: TOP.id } });
    await old.addRepository('alice/Upper', { tags: { latest: TOP.id } });
    const done = await rescued(test, old.folder);
    const report = await new V2Push(done.hub.domain, login(), () => {}, QUICK).run(done);
    const [upper, v1] = report.repositories.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    assert.match(upper?.tags[0]?.reason ?? '', /API v2 has no names such as alice\/Upper/);
    assert.equal(v1?.tags[0]?.state, 'taken');
    const back = await rescued(test, target.url, ['alice/v1']);
    const pulled = back.hub.storage.repositories.get('alice/v1')?.tags.latest?.manifest;
    assert.equal(pulled, v1?.tags[0]?.image);
  });

  it('private repositories are not pushed unless that is asked for', async (test) => {
    const old = new OldRegistry(join(folder, 'v1-private'));
    await old.addChain(CHAIN);
    await old.addRepository('alice/hidden', { tags: { latest: TOP.id }, isPrivate: true });
    const done = await rescued(test, old.folder);
    const stateOf = async (options: { readonly withPrivate?: boolean }) => {
      const push = new V2Push(done.hub.domain, login(), () => {}, { ...QUICK, ...options });
      return (await push.run(done)).repositories[0]?.tags[0];
    };
    const held = await stateOf({});
    assert.equal(held?.state, 'skipped');
    assert.match(held?.reason ?? '', /^it is private, .+--push-private/);
    await send(target, 'GET /v2/alice/hidden/tags/list', { auth: basic('alice') }).expect(404);
    assert.equal((await stateOf({ withPrivate: true }))?.state, 'taken');
  });

  it('a registry that refuses is quoted in the report', async (test) => {
    await using other = await startTestHub({ people: ['alice'] });
    const done = await rescued(test, await start(test), ['alice/base']);
    const nobody = new V2Push(done.hub.domain, new URL(other.url), () => {}, QUICK);
    const report = await nobody.run(done);
    assert.equal(report.repositories[0]?.tags[0]?.state, 'skipped');
    assert.match(
      report.repositories[0]?.tags[0]?.reason ?? '',
      /^the answer to blob sha256:[0-9a-f]{12} is 403 \("DENIED: Log in to push or delete"\)$/,
    );
    const official = await rescued(test, await start(test), ['old']);
    const alice = new URL(other.url.replace('//', `//alice:${PASSWORD}@`));
    const root = await new V2Push(official.hub.domain, alice, () => {}, QUICK).run(official);
    assert.match(
      root.repositories[0]?.tags[0]?.reason ?? '',
      /is 403 \("DENIED: .*Impossible to push a .+root.+ repository/,
    );
    const wrong = new URL(other.url.replace('//', '//alice:wrong@'));
    await assert.rejects(
      new V2Push(done.hub.domain, wrong, () => {}, QUICK).run(done),
      /does not take the name and password/,
    );
  });
});
