/* Every source that a comment names is in the repository, and every link of its pages leads somewhere. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/version.js';
import { brokenCitations, Library, passages } from '../support/citations.js';
import { anchors, links, markdownFiles, prose, readText } from '../support/markdown.js';
import { sourceFiles } from '../support/sources.js';

const SOURCES = ['src', 'routes', 'test', 'bench', 'recipes', 'contrib', '.ci'];

describe('what a comment cites', () => {
  const library = new Library();

  it('is here, with the section that it names', () => {
    const files = [...sourceFiles(SOURCES), 'Dockerfile'];
    const broken = files.flatMap((path) =>
      passages(readText(path))
        .flatMap((passage) => brokenCitations(passage, library))
        .map((problem) => `${path}: ${problem}`),
    );
    assert.deepEqual(broken, []);
  });

  it('is found when it is wrong', () => {
    for (const [passage, problem] of [
      ['as it was (protocol.md §1.99)', 'protocol.md has no §1.99'],
      ['as it was (protocol.md §0.13)', 'protocol.md has no §0.13'],
      ['as it was (§1.4)', '§1.4 of which document?'],
      ['as docker does (clients.md, Push 8)', 'clients.md, Push has no step 8'],
      ['as docker does (clients.md, Pushing)', 'clients.md has no "Pushing)"'],
      ['as docker does (clients.md Pushing)', 'clients.md has no "Pushing)"'],
      ['as docker does (clients.md, Pull; clients.md, Nothing)', 'clients.md has no "Nothing)"'],
      ['as docker does (clients.md)', undefined],
      ['as planned (design.md, Storage)', 'there is no design.md'],
      ['as planned (design: "Two voices")', 'cites "design", which is not here'],
      ['protocol.md §7b, RFC 9110 §13.1.5 and clients.md, "Push" 3 to 5', undefined],
    ] as const) {
      assert.deepEqual(brokenCitations(passage, library), problem === undefined ? [] : [problem]);
    }
  });
});

describe('a page', () => {
  for (const page of ['protocol.md', 'v2.md']) {
    it(`${page} cites sections that it has`, () => {
      const library = new Library();
      const own = [...prose(readText(`docs/${page}`)).matchAll(/(?<!\.rst )§([\d.]*\d[a-z]?)/g)];
      const missing = own.filter(([, number = '']) => !library.hasSection(page, number));
      assert.ok(own.length > 0);
      assert.deepEqual(
        missing.map(([section]) => section),
        [],
      );
    });
  }

  for (const path of markdownFiles()) {
    it(`${path} links to what is there`, () => {
      for (const target of links(readText(path))) {
        if (/^(?:https?|mailto):/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const place = file === '' ? path : posix.join(posix.dirname(path), file);
        assert.ok(existsSync(new URL(place, packageRoot)), `${target}: no such file`);
        if (anchor !== undefined && place.endsWith('.md')) {
          assert.ok(anchors(readText(place)).includes(anchor), `${target}: no such heading`);
        }
      }
    });
  }
});
