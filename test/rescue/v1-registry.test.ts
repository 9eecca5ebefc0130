/* `hub-v1 rescue` of a registry that still runs, over API v1. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { openSource } from '../../src/rescue/open-source.js';
import { isPartial, type RescueReport, rescue } from '../../src/rescue/rescue.js';
import { basic, PASSWORD } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeChain, makeImage, type TestImage } from '../support/images.js';
import { OldRegistry } from '../support/old-registry.js';
import {
  type OldServer,
  type OldServerOptions,
  serveOldRegistry,
} from '../support/old-registry-server.js';
import { pushImage, setAccess } from '../support/pushes.js';

let folder: string;

const CHAIN = makeChain('over http', 3);
const TOP = CHAIN[2] as TestImage;
const BROKEN = makeImage('in progress', { parent: TOP });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-rescue-http-'));
  const old = new OldRegistry(folder);
  await old.addChain(CHAIN);
  await old.addImage([...CHAIN, BROKEN], { inProgress: true });
  await old.addRepository('library/base', {
    tags: { latest: TOP.id, broken: BROKEN.id },
    details: { latest: { last_update: 1417566822, docker_version: '1.3.2' } },
    listed: CHAIN.map(({ id }) => ({ id })),
  });
  await old.addRepository('jamtur01/closed', { tags: { v1: TOP.id }, isPrivate: true });
});
after(() => rm(folder, { recursive: true, force: true }));

async function start(test: TestContext, options: OldServerOptions = {}): Promise<OldServer> {
  const server = await serveOldRegistry(folder, options);
  test.after(() => server.close());
  return server;
}

interface Rescued extends RescueReport {
  readonly hub: OpenHub;
}

async function rescued(
  test: TestContext,
  url: string,
  names: readonly string[] = [],
  hub?: OpenHub,
): Promise<Rescued> {
  const target = hub ?? (await openHub({ ephemeral: true }));
  if (hub === undefined) test.after(() => target.close());
  const source = await openSource(url, {
    names,
    api: 'v1',
    mostNames: 10,
    patience: 2000,
    firstPause: 1,
  });
  try {
    return { ...(await rescue(target.domain, source, { names })), hub: target };
  } finally {
    await source.close();
  }
}

function tagsOf({ hub }: Rescued, name: string): Record<string, string> {
  const tags = hub.storage.repositories.get(name)?.tags ?? {};
  return Object.fromEntries(Object.entries(tags).map(([tag, { image }]) => [tag, image]));
}

describe('a docker-registry by itself', () => {
  it('gives all that its search knows, with privacy and what tags say', async (test) => {
    const server = await start(test);
    const done = await rescued(test, server.url);
    assert.deepEqual(tagsOf(done, 'library/base'), { latest: TOP.id });
    assert.equal(done.hub.storage.repositories.get('jamtur01/closed')?.access, 'private');
    const { client, updated } =
      done.hub.storage.repositories.get('library/base')?.tags.latest ?? assert.fail();
    assert.deepEqual([client, updated], [{ docker_version: '1.3.2' }, '2014-12-03T00:33:42.000Z']);
    const base = done.repositories.find(({ from }) => from === 'library/base');
    assert.match(
      base?.tags.find(({ tag }) => tag === 'broken')?.reason ?? '',
      /the answer is 400 \("Image is being uploaded, retry later"\)/,
    );
    assert.deepEqual([done.kind, done.source], ['registry, API v1', `${server.url}/`]);
    for (const { id, json, layer } of CHAIN) {
      const image = done.hub.storage.images.get(id) ?? assert.fail();
      assert.deepEqual(await done.hub.storage.files.readJson(id, image.json), json);
      const stored = await done.hub.storage.files.openLayer(id, image.layer);
      assert.deepEqual(Buffer.concat(await stored.toArray()), layer);
    }
  });

  it('is asked for each layer once, and for none that is here already', async (test) => {
    const server = await start(test);
    const { hub } = await rescued(test, server.url);
    const layers = server.requests.filter((line) => line.endsWith('/layer'));
    assert.equal(new Set(layers).size, layers.length);
    assert.equal(layers.length, 3);
    const { images } = await rescued(test, server.url, [], hub);
    assert.deepEqual([images.taken, images.here], [0, 1]);
    assert.equal(server.requests.filter((line) => line.endsWith('/layer')).length, 3);
  });

  for (const [endless, count, problem] of [
    ['new names', 10, 'its search has more than 10 names; the others are left out'],
    ['circle', 3, 'its search goes on after a page that has nothing new; it was not read further'],
  ] as const) {
    it(`is left where its search has no end: ${endless}`, async (test) => {
      const server = await start(test, { endless });
      const done = await rescued(test, server.url);
      assert.deepEqual([done.repositories.length, done.problems], [count, [problem]]);
      assert.ok(isPartial(done));
    });
  }

  it('is asked for named repositories where it has no search', async (test) => {
    const server = await start(test, { search: false });
    await assert.rejects(rescued(test, server.url), {
      name: 'RescueError',
      message: /answers 404: name the repositories/,
    });
    const done = await rescued(test, server.url, ['base', 'library/none']);
    assert.deepEqual(tagsOf(done, 'library/base'), { latest: TOP.id });
    assert.equal(done.hub.storage.repositories.get('jamtur01/closed'), undefined);
    const none = done.repositories.find(({ from }) => from === 'library/none');
    assert.match(none?.skipped ?? '', /its tags is not there|its tags are not there/);
  });

  it('may want a name and a password, which no message shows', async (test) => {
    const server = await start(test, { login: 'joe:s3cr:t' });
    const url = server.url.replace('//', '//joe:s3cr%3At@');
    const done = await rescued(test, url);
    assert.deepEqual(tagsOf(done, 'library/base'), { latest: TOP.id });
    assert.ok(!JSON.stringify(done.source).includes('s3cr'));
    await assert.rejects(rescued(test, server.url), /wants a login: http:\/\/NAME:PASSWORD@127/);
    const wrong = server.url.replace('//', '//joe:wrong@');
    for (const names of [[], ['base']]) {
      await assert.rejects(rescued(test, wrong, names), /does not take the name and password$/);
    }
    await server.close();
    await assert.rejects(rescued(test, url), (error: Error) => {
      assert.match(error.message, /does not answer/);
      assert.ok(!error.message.includes('s3cr'));
      return true;
    });
  });

  for (const ranges of [true, false]) {
    it(`may cut connections, ${ranges ? 'with' : 'without'} ranges`, async (test) => {
      const server = await start(test, { cuts: 4, ranges });
      const done = await rescued(test, server.url, ['base']);
      assert.deepEqual(tagsOf(done, 'library/base'), { latest: TOP.id });
    });
  }

  it('may be busy now and then', async (test) => {
    const server = await start(test, { refusals: 3 });
    assert.deepEqual(tagsOf(await rescued(test, server.url, ['base']), 'library/base'), {
      latest: TOP.id,
    });
  });

  it('that cuts every connection gives no image, and is not tried forever', async (test) => {
    const server = await start(test, { cuts: Number.POSITIVE_INFINITY, ranges: false });
    const done = await rescued(test, server.url, ['base']);
    assert.deepEqual(tagsOf(done, 'library/base'), {});
    const reasons = done.images.broken.map(({ reason }) => reason).join('\n');
    assert.match(reasons, /its layer broke off at 20 of/);
  });
});

describe('a registry behind an index with tokens', () => {
  const hub = useHub({ people: ['jamtur01'] }, () =>
    pushImage(hub, basic('jamtur01'), 'jamtur01/app', CHAIN),
  );

  it('gives what its search knows', async (test) => {
    const done = await rescued(test, hub.url);
    assert.deepEqual(tagsOf(done, 'jamtur01/app').latest, TOP.id);
    assert.equal(done.images.taken, 3);
  });

  it('is left where it refuses the password', async (test) => {
    const url = hub.url.replace('//', '//jamtur01:wrong@');
    for (const names of [[], ['jamtur01/app']]) {
      await assert.rejects(rescued(test, url, names), {
        name: 'RescueError',
        message: /does not take the name and password/,
      });
    }
  });

  it('gives private repositories to their owner, who names them, as a note says', async (test) => {
    await setAccess(hub, basic('jamtur01'), 'jamtur01/app', 'private');
    const none = await rescued(test, hub.url, ['jamtur01/app']);
    assert.equal(none.images.taken, 0);
    const url = hub.url.replace('//', `//jamtur01:${encodeURIComponent(PASSWORD)}@`);
    const searched = await rescued(test, url);
    assert.equal(searched.images.taken, 0);
    assert.match(searched.notes.join(), /may show no private repositories: name those/);
    const done = await rescued(test, url, ['jamtur01/app']);
    assert.deepEqual([done.images.taken, done.notes], [3, []]);
    assert.equal(done.hub.storage.repositories.get('jamtur01/app')?.access, 'private');
  });
});
