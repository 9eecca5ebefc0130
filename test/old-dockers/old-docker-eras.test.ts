/**
 * Docker 0.6 to 1.12 at work against the hub: log in, push, push again, pull, search, and what they
 * say when something is missing, forbidden or broken off. The clients are the model of
 * support/old-docker.ts, which fails where the real ones would.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { checkAnswer } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';
import { chainOf, fails, idsOf, person, same, topOf } from '../support/old-docker/assertions.js';
import {
  type Answer,
  type Credentials,
  type Dialect,
  dialectOf,
  type LocalRepository,
  makeImages,
  makeRepository,
  OldDocker,
  PushStopped,
  type Step,
  VERSIONS,
  type Version,
} from '../support/old-docker.js';

const ADMIN = { username: 'admin', password: 'sesame', email: 'admin@example.com' };
const OWNER = person('owner');
const OTHER = person('other');

/** Enough for several pieces of a chunked body, little enough to be sent often. */
const SMALL = 70_000;

for (const version of VERSIONS) {
  describe(`docker ${version}`, () => {
    const dialect = dialectOf(version);
    const answers: Answer[] = [];
    let hub: Hub;

    before(async () => {
      hub = await startPlainHub({ admin: ADMIN });
      await register(OWNER);
      await register(OTHER);
    });
    after(() => hub.close());

    /** A docker that has pulled nothing yet. */
    function docker(credentials?: Credentials, as: Version = version): OldDocker {
      return new OldDocker({
        version: as,
        host: `127.0.0.1:${hub.port}`,
        ...(credentials && { credentials }),
        onAnswer: (answer) => {
          answers.push(answer);
          checkAnswer(answer);
        },
      });
    }

    /** From 1.11 docker registers nobody; an older one does it then. */
    function register(who: Credentials): Promise<string> {
      return docker(who, dialect.registers ? version : '1.0.1').login();
    }

    function repository(seed: string): LocalRepository {
      return makeRepository(seed, { version, bigLayer: SMALL });
    }

    it('registers a new name, and logs in with it from then on', async () => {
      const who = person('newcomer');
      if (!dialect.registers) {
        await fails(docker(who).login(), /^Wrong login\/password, please try again$/);
      }
      assert.match(
        await register(who),
        /^Account created\. Please see the documentation of the registry http:\/\/127\.0\.0\.1:\d+\/v1\/ for/,
      );
      assert.equal(await docker(who).login(), 'Login Succeeded');
      const wrong = { ...who, password: 'mistaken' };
      await fails(docker(wrong).login(), /^Wrong login\/password, please try again$/);
    });

    it('shows why a name is refused', async () => {
      if (dialect.registers) {
        const bad = { ...person('bad'), username: 'Bad-Name' };
        await fails(docker(bad).login(), /^Registration: "Wrong username format /);
      }
    });

    it('pushes two tags, and nothing twice', async () => {
      const { images, tags } = repository('two tags');
      const first = await docker(OWNER).push('owner/two-tags', images, { tags });
      assert.deepEqual([...first.sent].sort(), idsOf(images));
      assert.equal(first.secondsLost, 0);

      const from = answers.length;
      const again = await docker(OWNER).push('owner/two-tags', images, { tags });
      assert.deepEqual([again.sent, [...again.skipped].sort()], [[], idsOf(images)]);
      const uploads = answers.slice(from).filter(({ method, path }) => {
        return method === 'PUT' && path.startsWith('/v1/images/');
      });
      assert.deepEqual(uploads, []);
    });

    it('pulls one tag, then the rest, byte for byte', async () => {
      const { images, tags } = repository('pulled');
      await docker(OWNER).push('owner/pulled', images, { tags });

      const puller = docker(OTHER);
      const v1 = await puller.pull('owner/pulled', { tag: 'v1' });
      const chain = chainOf(images, tags.v1);
      assert.deepEqual(v1.tags, { v1: tags.v1 });
      same(v1, chain);
      assert.deepEqual([...v1.fetched].sort(), idsOf(chain));

      const all = await puller.pull('owner/pulled');
      assert.deepEqual(all.tags, tags);
      same(all, images);
      assert.equal(v1.fetched.length + all.fetched.length, images.length);
    });

    it('pulls without an account', async () => {
      const { images, tags } = repository('public');
      await docker(OWNER).push('owner/public', images, { tags });
      same(await docker().pull('owner/public'), images);
    });

    it('takes up a layer again where the connection was lost, or says that it is lost', async () => {
      const images = makeImages('broken', 3, { version, bigLayer: SMALL });
      await docker(OWNER).push('owner/broken', images, { tags: { latest: topOf(images) } });
      for (const kept of [1, SMALL / 2, Number.POSITIVE_INFINITY]) {
        const cutLayerAfter = (size: number): number => Math.min(size, kept);
        const pulling = docker(OTHER).pull('owner/broken', { cutLayerAfter });
        if (dialect.resumes) {
          same(await pulling, images);
        } else {
          const lost = dialect.triesNameAsImage
            ? 'Server error: 404 trying to fetch remote history for owner/broken'
            : 'Could not find repository on any of the indexed registries.';
          await fails(pulling, lost);
        }
      }
    });

    it('finds what it pushed a moment ago', async () => {
      const images = makeImages('found', 1, { version, bigLayer: 10 });
      await docker(OWNER).push('owner/found-soon', images, { tags: { latest: topOf(images) } });
      const found = await docker(OWNER).search('found-soon');
      assert.deepEqual(
        found.map(({ name, stars, official, trusted }) => [name, stars, official, trusted]),
        [['owner/found-soon', 0, false, false]],
      );
      assert.deepEqual(await docker(OWNER).search('nothing like this'), []);
    });

    it('says that a repository or a tag is missing', async () => {
      const images = makeImages('missing', 1, { version, bigLayer: 10 });
      await docker(OWNER).push('owner/no-such-tag', images, { tags: { latest: topOf(images) } });
      const [repositoryMissing, tagMissing] = missing(dialect, `127.0.0.1:${hub.port}`);
      await fails(docker(OTHER).pull('owner/nothing', { tag: 'v9' }), repositoryMissing);
      await fails(docker(OTHER).pull('owner/no-such-tag', { tag: 'v9' }), tagMissing);
    });

    it('ends a push that was broken off anywhere, alone or beside another client', async () => {
      const push = (name: string, stopAfter?: (step: Step) => boolean): Promise<unknown> => {
        const images = makeImages(name, 2, { version, bigLayer: SMALL });
        const tags = { latest: topOf(images) };
        return docker(OWNER).push(name, images, { tags, ...(stopAfter && { stopAfter }) });
      };
      const steps: Step[] = [];
      await push('owner/whole', (step) => steps.push(step) < 0);

      for (const { number } of steps) {
        const name = `owner/stopped-${number}`;
        await assert.rejects(
          push(name, (step) => step.number === number),
          PushStopped,
        );
        await Promise.all(number % 2 === 0 ? [push(name), push(name)] : [push(name)]);
        const pulled = await docker(OTHER).pull(name);
        same(pulled, makeImages(name, 2, { version, bigLayer: SMALL }));
      }
    });

    it('sends a layer again that was lost on the way', async () => {
      for (const bytes of [0, 10, SMALL]) {
        const name = `owner/cut-${bytes}`;
        const images = makeImages(name, 2, { version, bigLayer: SMALL });
        const tags = { latest: topOf(images) };
        const cutLayer = { id: topOf(images), bytes };
        await assert.rejects(docker(OWNER).push(name, images, { tags, cutLayer }), PushStopped);
        await docker(OWNER).push(name, images, { tags });
        same(await docker(OTHER).pull(name), images);
      }
    });

    it('pushes the same images from two clients at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        const name = `owner/at-once-${round}`;
        const { images, tags } = repository(name);
        await Promise.all([1, 2].map(() => docker(OWNER).push(name, images, { tags })));
        same(await docker(OTHER).pull(name), images);
      }
    });

    it("pushes images that are in another's repository to one of its own", async () => {
      const { images, tags } = repository('shared');
      await docker(OWNER).push('owner/shared', images, { tags });
      await docker(OTHER).push('other/shared', images, { tags });
      same(await docker().pull('other/shared'), images);
    });

    it('is refused a root repository unless it is the admin', async () => {
      const images = makeImages('root', 2, { version, bigLayer: SMALL });
      const tags = { latest: topOf(images) };
      for (const name of ['static_web', 'library/static_web']) {
        const text =
          'Impossible to push a "root" repository. Please rename your repository in ' +
          '<user>/<repo> (ex: owner/static_web)';
        const body = JSON.stringify(text);
        const shown = dialect.quotesBodies ? JSON.stringify(body) : body;
        await fails(
          docker(OWNER).push(name, images, { tags }),
          `Error: Status 403 trying to push repository ${name}: ${shown}`,
        );
        await fails(docker(ADMIN, '1.0.1').pull(name), 'HTTP code: 404');
      }

      const pushed = await docker(ADMIN).push('static_web', images, { tags });
      assert.deepEqual(
        pushed.sent,
        images.map(({ id }) => id),
      );
      same(await docker().pull('static_web'), images);
      same(await docker(OTHER).pull('library/static_web', { tag: 'latest' }), images);
      const [found] = await docker().search('static_web');
      assert.deepEqual([found?.name, found?.official], ['static_web', true]);
    });

    it("is refused another's namespace", async () => {
      const images = makeImages('foreign', 1, { version, bigLayer: 10 });
      const body = '"Access Denied: Not allowed to create Repo at given location"';
      await fails(
        docker(OTHER).push('owner/foreign', images, { tags: { latest: topOf(images) } }),
        'Error: Status 403 trying to push repository owner/foreign: ' +
          (dialect.quotesBodies ? JSON.stringify(body) : body),
      );
    });

    it('is asked to log in before it pushes', async () => {
      const images = makeImages('nobody', 1, { version, bigLayer: 10 });
      const options = { tags: { latest: topOf(images) } };
      const asked = {
        'as any error': /^Error: Status 401 trying to push repository owner\/nobody: /,
        'Please login prior to': /^Please login prior to push:$/,
        unauthorized: /^unauthorized: authentication required$/,
      }[dialect.refusal];
      await fails(docker().push('owner/nobody', images, options), asked);
      const wrong = { ...OWNER, password: 'mistaken' };
      await fails(docker(wrong).push('owner/nobody', images, options), asked);
    });
  });
}

describe('docker of every version', () => {
  it('pushes to each endpoint that the index names', async () => {
    const { port, close } = await startPlainHub();
    await close();
    const endpoints = [`127.0.0.1:${port}`, `localhost:${port}`];
    const hub = await startPlainHub({ port, endpoints, admin: ADMIN });
    try {
      for (const version of VERSIONS) {
        const seen: string[] = [];
        const options = { version, host: `127.0.0.1:${port}`, credentials: ADMIN };
        const docker = new OldDocker({
          ...options,
          onAnswer: ({ method, path, status }) => seen.push(`${status} ${method} ${path}`),
        });
        const images = makeImages('endpoints', 1, { version, bigLayer: 10 });
        const name = `admin/to-all-${version}`;
        await docker.push(name, images, { tags: { latest: topOf(images) } });
        const tagged = seen.filter((line) => line.endsWith('/tags/latest'));
        assert.equal(tagged.length, 2, `docker ${version} tags at both: ${tagged}`);
        same(await new OldDocker(options).pull(name), images);
      }
    } finally {
      await hub.close();
    }
  });

  it('pushes and pulls with Basic instead of tokens', async () => {
    const hub = await startPlainHub({ admin: ADMIN });
    try {
      for (const version of VERSIONS) {
        const host = `127.0.0.1:${hub.port}`;
        const options = { version, host, credentials: ADMIN, basicOnly: true };
        const docker = new OldDocker({ ...options, onAnswer: checkAnswer });
        const { images, tags } = makeRepository('basic', { version, bigLayer: SMALL });
        const name = `admin/basic-${version}`;
        const pushed = await docker.push(name, images, { tags });
        assert.deepEqual([...pushed.sent].sort(), idsOf(images));
        same(await docker.pull(name), images);
      }
    } finally {
      await hub.close();
    }
  });

  it('logs in where nobody may register', async () => {
    const hub = await startPlainHub({ registration: 'closed', admin: ADMIN });
    try {
      for (const version of VERSIONS) {
        const login = (credentials: Credentials): Promise<string> =>
          new OldDocker({ version, host: `127.0.0.1:${hub.port}`, credentials }).login();
        assert.equal(await login(ADMIN), 'Login Succeeded');
        // clients.md, "Login": 401 on the POST leads to the GET from 0.7.1 on, not before.
        const message = dialectOf(version).logsInAfter401
          ? /^Wrong login\/password, please try again$/
          : /^Unexpected status code \[401\] : "/;
        await fails(login(person('stranger')), message);
      }
    } finally {
      await hub.close();
    }
  });
});

/** clients.md, "What they say on errors". */
function missing(dialect: Dialect, host: string): [repository: string, tag: string] {
  if (dialect.triesNameAsImage) {
    const asImage = 'Server error: 404 trying to fetch remote history for owner';
    return [`${asImage}/nothing`, `${asImage}/no-such-tag`];
  }
  return [
    dialect.missingRepository('owner/nothing', 'v9'),
    `Tag v9 not found in repository ${host}/owner/no-such-tag`,
  ];
}
