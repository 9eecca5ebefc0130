import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Entry, SEPARATOR, SearchIndex } from '../../src/domain/search/search-index.js';

/* The index finds exactly what looking through every text would find, however words lie in it. */

/** Few characters, so that pieces of words meet often. */
const text = fc.string({
  unit: fc.constantFrom('a', 'b', '1', '-', '/', ' ', 'é', '%'),
  maxLength: 12,
});

function entryOf(name: string, description: string, stars: number): Entry {
  const result = { name, description, star_count: stars, is_official: false };
  return {
    result: { ...result, is_trusted: false, is_automated: false },
    text: `${name}${SEPARATOR}${description}`,
  };
}

describe('the search index', () => {
  it('finds what contains some texts, and nothing else', () => {
    const entries = fc.array(fc.tuple(text, text), { maxLength: 30 });
    const texts = fc.array(text, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(entries, texts, (all, wanted) => {
        const index = new SearchIndex();
        const added = all.map(([name, description], stars) => entryOf(name, description, stars));
        for (const entry of added) index.add(entry);
        const expected = added.filter((entry) => wanted.every((each) => entry.text.includes(each)));
        assert.deepEqual(new Set(index.containing(wanted)), new Set(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it('goes on doing so over many shelves, while entries come and go', () => {
    const index = new SearchIndex();
    const entries = Array.from({ length: 3000 }, (_, number) =>
      entryOf(`owner${number % 7}/web-${number}`, `An image of number ${number}`, number % 5),
    );
    for (const entry of entries) index.add(entry);
    for (const entry of entries.filter((_, number) => number % 3 === 0)) index.remove(entry);
    const left = entries.filter((_, number) => number % 3 !== 0);
    const texts = ['web-10', '/web-1', 'owner3/web-2', 'of number 29', 'ber 1', '3', '-'];
    for (const wanted of [...texts.map((each) => [each]), ['web', '29'], ['1', 'owner3', '2']]) {
      const expected = left.filter(({ text }) => wanted.every((each) => text.includes(each)));
      assert.equal(index.containing(wanted).length, expected.length, wanted.join());
      assert.deepEqual(new Set(index.containing(wanted)), new Set(expected), wanted.join());
    }
  });
});
