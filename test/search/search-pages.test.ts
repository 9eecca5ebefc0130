/* GET /v1/search: its pages, its ranks, and how soon it knows (protocol.md §4). */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { SearchPage } from '../../src/domain/search/search.js';
import { basic, type Sent, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { createRepository, pushImage } from '../support/pushes.js';

const alice = basic('alice');
const admin = basic('admin');

async function search(hub: OwnHub, query: string, sent: Sent = {}): Promise<SearchPage> {
  return (await send(hub, `GET /v1/search?q=${query}`, sent).expect(200)).body;
}

describe('the pages of a search', () => {
  const large = useHub();
  const count = 103;
  const name = (index: number) => `admin/page${String(index).padStart(3, '0')}`;

  before(async () => {
    const numbers = Array.from({ length: count }, (_, index) => index);
    await Promise.all(numbers.map((index) => createRepository(large, admin, name(index))));
  });

  const pages: readonly (readonly [string, number, number, number, number, number])[] = [
    // query, page, page_size, num_pages, first result, results
    ['', 1, 25, 5, 0, 25],
    ['&n=10', 1, 10, 11, 0, 10],
    ['&n=10&page=2', 2, 10, 11, 10, 10],
    ['&n=10&page=11', 11, 10, 11, 100, 3],
    ['&n=10&page=12', 12, 10, 11, 0, 0],
    ['&n=10&page=999999999', 999_999_999, 10, 11, 0, 0],
    ['&page=5', 5, 25, 5, 100, 3],
    ['&n=1', 1, 1, 103, 0, 1],
    ['&n=1&page=103', 103, 1, 103, 102, 1],
    ['&n=100', 1, 100, 2, 0, 100],
    ['&n=100&page=2', 2, 100, 2, 100, 3],
    ['&n=101', 1, 100, 2, 0, 100],
    ['&n=1000000', 1, 100, 2, 0, 100],
    ['&n=0', 1, 25, 5, 0, 25],
    ['&n=-5', 1, 25, 5, 0, 25],
    ['&n=2.5', 1, 25, 5, 0, 25],
    ['&n=', 1, 25, 5, 0, 25],
    ['&n=abc', 1, 25, 5, 0, 25],
    ['&n=NaN', 1, 25, 5, 0, 25],
    ['&n=Infinity', 1, 25, 5, 0, 25],
    [`&n=${'9'.repeat(400)}`, 1, 25, 5, 0, 25],
    ['&page=0', 1, 25, 5, 0, 25],
    ['&page=-1', 1, 25, 5, 0, 25],
    ['&page=1.5', 1, 25, 5, 0, 25],
    ['&page=x', 1, 25, 5, 0, 25],
    [`&page=${'9'.repeat(400)}`, 1, 25, 5, 0, 25],
    ['&n=%00&page=%C3%BC', 1, 25, 5, 0, 25],
  ];
  for (const [query, page, size, numPages, first, length] of pages) {
    it(`${query.slice(0, 30) || 'by default'}: ${length} on page ${page} of ${numPages}`, async () => {
      const { results, ...rest } = await search(large, `page${query}`);
      assert.deepEqual(rest, {
        num_pages: numPages,
        num_results: count,
        page_size: size,
        query: 'page',
        page,
      });
      const expected = Array.from({ length }, (_, index) => name(first + index));
      assert.deepEqual(
        results.map((result) => result.name),
        expected,
      );
    });
  }

  it('are none when nothing is found', async () => {
    const { num_pages, num_results, results } = await search(large, 'nothing');
    assert.deepEqual([num_pages, num_results, results], [1, 0, []]);
  });
});

describe('the rank of a result', () => {
  const hub = useHub({ people: ['alice'] });
  const names = ['alice/tool', 'alice/tool-b', 'alice/tool-a', 'library/toolbox', 'library/tools'];
  const stars = [0, 7, 12, 3, 12];

  before(async () => {
    for (const name of names) await createRepository(hub, admin, name);
    // Stars were given on the web page of the Hub; here they come with its documents.
    await hub.restart(async ({ storage }) => {
      for (const [index, name] of names.entries()) {
        await storage.repositories.update(name, (current) =>
          current === undefined
            ? undefined
            : { ...current, stars: stars[index] ?? 0, trusted: name === 'alice/tool-a' },
        );
      }
    });
  });

  const ranked = async (query: string) => {
    const { results } = await search(hub, query);
    return results.map(({ name, star_count }) => `${name} ${star_count}`);
  };

  it('is: official ones, then more stars, then the name', async () => {
    const expected = ['tools 12', 'toolbox 3', 'alice/tool-a 12', 'alice/tool-b 7', 'alice/tool 0'];
    assert.deepEqual(await ranked('tool'), expected);
    assert.deepEqual(await ranked(''), expected);
  });

  it('is the first for the very name', async () => {
    assert.deepEqual((await ranked('toolbox'))[0], 'toolbox 3');
    assert.deepEqual((await ranked('alice/tool'))[0], 'alice/tool 0');
    const rest = ['alice/tool-a 12', 'alice/tool-b 7'];
    assert.deepEqual((await ranked('alice/tool')).slice(1), rest);
  });

  it('shows an automated build under both of its names', async () => {
    const [result] = (await search(hub, 'tool-a')).results;
    assert.ok(result);
    assert.deepEqual([result.is_trusted, result.is_automated], [true, true]);
    assert.equal(result.is_official, false);
  });
});

describe('a search follows what happens', () => {
  const hub = useHub({ people: ['alice'], onDisk: true });
  const image = makeImage('search');

  before(async () => {
    await createRepository(hub, alice, 'alice/static_web');
  });

  async function found(text: string, sent: Sent = {}): Promise<number> {
    return (await search(hub, text, sent)).num_results;
  }

  async function describeRepository(description: string): Promise<void> {
    const sent = { auth: alice, body: { description } };
    await send(hub, 'PUT /v1/repositories/alice/static_web/properties', sent).expect(200);
  }

  it('finds a repository as soon as its first PUT is answered', async () => {
    assert.equal(await found('fresh1'), 0);
    await createRepository(hub, alice, 'alice/fresh1');
    assert.equal(await found('fresh1'), 1);
    await pushImage(hub, alice, 'alice/fresh1', image);
    assert.equal(await found('fresh1'), 1);
    await hub.restart();
    assert.equal(await found('fresh1'), 1);
  });

  it('finds new descriptions, and no old ones', async () => {
    await describeRepository('zebra crossing');
    assert.equal(await found('zebra'), 1);
    await describeRepository('Giraffe');
    assert.equal(await found('zebra'), 0);
    assert.equal(await found('giraffe'), 1);
    await describeRepository('');
    assert.equal(await found('giraffe'), 0);
  });

  it('never shows what is private, to nobody', async () => {
    await createRepository(hub, alice, 'alice/hidden1');
    const set = (access: string) =>
      send(hub, 'PUT /v1/repositories/alice/hidden1/properties', { auth: alice, body: { access } });
    await set('private').expect(200);
    for (const auth of [undefined, alice, admin]) {
      assert.equal(await found('hidden1', { auth }), 0);
    }
    await hub.restart();
    assert.equal(await found('hidden1'), 0);
    await set('public').expect(200);
    assert.equal(await found('hidden1'), 1);
  });

  it('never shows what is being deleted, or is', async () => {
    await createRepository(hub, alice, 'alice/gone1');
    for (const status of [202, 200]) {
      await send(hub, 'DELETE /v1/repositories/alice/gone1/', { auth: alice }).expect(status);
      assert.equal(await found('gone1'), 0);
    }
    await createRepository(hub, alice, 'alice/gone1');
    assert.equal(await found('gone1'), 1);
  });
});
