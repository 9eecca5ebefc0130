/* Sources, pages and the contract are in plain English (CONTRIBUTING.md, Style). */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { markdownFiles, prose, readText } from '../support/markdown.js';
import { sourceFiles } from '../support/sources.js';

/** Words and turns that the style guide asks to avoid. */
const AVOIDED =
  /\b(?:whoever|whomever|whatever|whichever|wherever|anew|what is no|what is none|that is none)\b/i;

const SOURCES = ['src', 'routes', 'bench', 'test'];
/** What a played docker says is not ours to choose, and this file names the words. */
const EXEMPT = /^src\/old-docker\/(?:commands|eras|requests)\/|^test\/house\/words\.test\.ts$/;

it('comments, messages and titles of tests are in plain words', () => {
  const files = sourceFiles(SOURCES).filter((path) => !EXEMPT.test(path));
  const found = files.flatMap((path) => {
    const lines = readText(path).split('\n');
    return lines.filter((line) => AVOIDED.test(line)).map((line) => `${path}: ${line.trim()}`);
  });
  assert.deepEqual(found, []);
});

for (const path of [...markdownFiles(), 'openapi.yaml']) {
  it(`${path} is in plain words`, () => {
    const lines = (path.endsWith('.md') ? prose(readText(path)) : readText(path)).split('\n');
    // The style guide names them.
    const found = lines.filter((line) => AVOIDED.test(line) && !/^- (?:Say|Avoid) "/.test(line));
    assert.deepEqual(found, []);
  });
}
