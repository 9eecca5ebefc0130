/** Lists of tags and of repositories, page by page (v2.md §3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { makeModernImage } from '../support/modern-docker/images.js';
import { createRepository, deleteRepository, pushImage, setAccess } from '../support/pushes.js';
import { fails, pushModern, putManifest, tokenFor } from '../support/registry-v2.js';

const ALICE = basic('alice');
const ADMIN = basic('admin');
const TAGS = ['1.0', '1.10', '1.9', 'A', 'Z', '_x', 'a', 'latest', 'z'];
const image = makeModernImage('lists');

const hub: OwnHub = useHub({ people: ['alice', 'robert'] }, async () => {
  await pushModern(hub, ALICE, 'alice/tags', image);
  const shuffled = [...TAGS].reverse();
  for (const tag of shuffled) {
    await putManifest(hub, ALICE, 'alice/tags', tag, image.manifest).expect(201);
  }
  await pushModern(hub, ALICE, 'alice/app', image, '1');
  await pushModern(hub, ADMIN, 'ubuntu', image, '1');
  await pushModern(hub, ADMIN, 'library/busybox', image, '1');
  await createRepository(hub, ALICE, 'alice/secret');
  await setAccess(hub, ALICE, 'alice/secret', 'private');
  await pushModern(hub, ALICE, 'alice/secret', image, '1');
  await createRepository(hub, ALICE, 'alice/empty');
  await pushImage(hub, basic('robert'), 'robert/old', makeImage('lists'));
});

const path = (link: string | undefined): string =>
  /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1] ?? '';

/** All pages, each as it came. */
async function pages(first: string, field: string, auth?: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let line = first; line !== ''; ) {
    const answer = await send(hub, `GET ${line}`, { auth }).expect(200);
    found.push((answer.body as Record<string, string[]>)[field] ?? []);
    line = path(answer.headers.link);
  }
  return found;
}

describe('a list of tags', () => {
  const LIST = '/v2/alice/tags/tags/list';

  it('is whole and sorted', async () => {
    const all = await send(hub, `GET ${LIST}`).expect(200);
    assert.deepEqual(all.body, { name: 'alice/tags', tags: TAGS });
    assert.equal(all.headers.link, undefined);
  });

  const cases: readonly [query: string, tags: string[], link: boolean][] = [
    ['n=2', TAGS.slice(0, 2), true],
    ['n=8', TAGS.slice(0, 8), true],
    ['n=9', TAGS, false],
    ['n=1000', TAGS, false],
    ['n=0', [], false],
    ['last=A', TAGS.slice(4), false],
    ['last=B', TAGS.slice(4), false],
    ['last=1.0&n=2', TAGS.slice(1, 3), true],
    ['last=z', [], false],
    ['last=z&n=3', [], false],
    ['last=', TAGS, false],
    ['n=3&last=a', ['latest', 'z'], false],
  ];
  for (const [query, tags, link] of cases) {
    it(`is cut as asked: ${query}`, async () => {
      const answer = await send(hub, `GET ${LIST}?${query}`).expect(200);
      assert.deepEqual(answer.body, { name: 'alice/tags', tags });
      assert.equal(answer.headers.link !== undefined, link);
    });
  }

  for (const n of ['-1', 'x', '1.5', '']) {
    it(`is refused: n=${n}`, async () => {
      await fails(send(hub, `GET ${LIST}?n=${n}`), 400, 'PAGINATION_NUMBER_INVALID');
    });
  }

  it('goes on from link to link to the end', async () => {
    const found = await pages(`${LIST}?n=4`, 'tags');
    assert.deepEqual(
      found.map(({ length }) => length),
      [4, 4, 1],
    );
    assert.deepEqual(found.flat(), TAGS);
  });

  it('has the tags of v1, under the name that was asked for', async () => {
    const old = await send(hub, 'GET /v2/robert/old/tags/list').expect(200);
    assert.deepEqual(old.body, { name: 'robert/old', tags: ['latest'] });
    for (const name of ['ubuntu', 'library/ubuntu']) {
      const official = await send(hub, `GET /v2/${name}/tags/list`).expect(200);
      assert.deepEqual(official.body, { name, tags: ['1'] });
    }
  });

  it('is empty for an empty repository, and not found for a missing one', async () => {
    const empty = await send(hub, 'GET /v2/alice/empty/tags/list').expect(200);
    assert.deepEqual(empty.body, { name: 'alice/empty', tags: [] });
    await fails(send(hub, 'GET /v2/alice/none/tags/list', { auth: ALICE }), 404, 'NAME_UNKNOWN');
  });
});

describe('the catalogue', () => {
  const PUBLIC = ['alice/app', 'alice/tags', 'busybox', 'robert/old', 'ubuntu'];
  const ALL = ['alice/app', 'alice/secret', 'alice/tags', 'busybox', 'robert/old', 'ubuntu'];

  for (const [who, auth, names] of [
    ['nobody', undefined, PUBLIC],
    ['another account', basic('robert'), PUBLIC],
    ['an owner', ALICE, ALL],
    ['an admin', ADMIN, ALL],
  ] as const) {
    it(`has what ${who} may read`, async () => {
      const answer = await send(hub, 'GET /v2/_catalog', { auth }).expect(200);
      assert.deepEqual(answer.body, { repositories: names });
    });
  }

  it('shows a token what is public, and what its scopes let it pull', async () => {
    for (const [scope, names] of [
      ['repository:alice/app:pull,push', PUBLIC],
      ['registry:catalog:*', PUBLIC],
      ['repository:alice/secret:delete', PUBLIC],
      ['repository:alice/secret:pull', ALL],
    ] as const) {
      const auth = await tokenFor(hub, ALICE, scope);
      const answer = await send(hub, 'GET /v2/_catalog', { auth }).expect(200);
      assert.deepEqual(answer.body, { repositories: names }, scope);
    }
  });

  it('comes page by page', async () => {
    const first = await send(hub, 'GET /v2/_catalog?n=2').expect(200);
    assert.deepEqual(first.body, { repositories: PUBLIC.slice(0, 2) });
    assert.equal(first.headers.link, '</v2/_catalog?last=alice%2Ftags&n=2>; rel="next"');
    assert.deepEqual((await pages('/v2/_catalog?n=2', 'repositories', ALICE)).flat(), ALL);
    const rest = await send(hub, 'GET /v2/_catalog?last=bb').expect(200);
    assert.deepEqual(rest.body, { repositories: PUBLIC.slice(2) });
    const none = await send(hub, 'GET /v2/_catalog?n=0').expect(200);
    assert.deepEqual(none.body, { repositories: [] });
    assert.equal(none.headers.link, undefined);
    await fails(send(hub, 'GET /v2/_catalog?n=many'), 400, 'PAGINATION_NUMBER_INVALID');
  });

  it('loses a repository that is deleted', async () => {
    await pushModern(hub, ALICE, 'alice/going', image, '1');
    await deleteRepository(hub, ALICE, 'alice/going');
    const answer = await send(hub, 'GET /v2/_catalog').expect(200);
    assert.deepEqual(answer.body, { repositories: PUBLIC });
  });
});
