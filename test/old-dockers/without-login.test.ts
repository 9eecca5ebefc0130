/**
 * Docker 0.6 to 1.12 at a registry that asks nobody who they are, as the books start one: they push, pull and push
 * again without `docker login`, also root names; and are still asked for a login where something is an account's.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { checkAnswer } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';
import { chainOf, fails, idsOf, same } from '../support/old-docker/assertions.js';
import {
  type Credentials,
  dialectOf,
  makeRepository,
  OldDocker,
  VERSIONS,
} from '../support/old-docker.js';

const ALICE: Credentials = { username: 'alice', password: 'sesame', email: 'a@example.com' };

describe('without docker login', () => {
  let hub: Hub;

  before(async () => {
    hub = await startPlainHub({
      anonymous: 'push',
      seed: { users: [ALICE], repositories: [{ name: 'alice/hidden', private: true }] },
    });
  });
  after(() => hub.close());

  for (const version of VERSIONS) {
    const dialect = dialectOf(version);
    const docker = (credentials?: Credentials, basicOnly = false): OldDocker =>
      new OldDocker({
        version,
        host: `127.0.0.1:${hub.port}`,
        basicOnly,
        ...(credentials && { credentials }),
        onAnswer: checkAnswer,
      });
    const image = (seed: string) =>
      makeRepository(`${seed} ${version}`, { version, bigLayer: 2000 });

    for (const prefix of ['', 'team_one/']) {
      const name = `${prefix}web-${version}`;

      it(`${version} pushes ${name}, pushes it again, and pulls it`, async () => {
        const { images, tags } = image(name);
        const pushed = await docker().push(name, images, { tags });
        assert.deepEqual([...pushed.sent].sort(), idsOf(images));
        assert.equal(pushed.secondsLost, 0);
        assert.deepEqual((await docker().push(name, images, { tags })).sent, []);
        same(await docker().pull(name), images);
        // As does who has a login, which they need not forget for it.
        assert.deepEqual((await docker(ALICE).push(name, images, { tags })).sent, []);
        const chain = chainOf(images, tags.v1);
        same(await docker(ALICE).pull(name, { tag: 'v1' }), chain);
      });
    }

    it(`${version} pushes so where it would send a password with every request`, async () => {
      const { images, tags } = image('basic only');
      await docker(undefined, true).push(`team_one/basic-${version}`, images, { tags });
      same(await docker().pull(`team_one/basic-${version}`), images);
    });

    it(`${version} is asked for a login where an account has the name`, async () => {
      const { images, tags } = image('refused');
      const asked =
        dialect.refusal === 'unauthorized'
          ? /^unauthorized: authentication required$/
          : /^Please login prior to push:$|^Error: Status 401 trying to push repository/;
      await fails(docker().push('alice/hidden', images, { tags }), asked);
      await docker(ALICE).push('alice/hidden', images, { tags });
      await assert.rejects(docker().pull('alice/hidden'));
    });
  }
});
