/* The pages and the contract are in plain English (CONTRIBUTING.md, Style). */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { markdownFiles, prose, readText } from '../support/markdown.js';

/** Words and turns that the style guide asks to avoid. */
const AVOIDED =
  /\b(?:whoever|whomever|whatever|whichever|wherever|anew|what is no|that is none)\b/i;

for (const path of [...markdownFiles(), 'openapi.yaml']) {
  it(`${path} is in plain words`, () => {
    const lines = (path.endsWith('.md') ? prose(readText(path)) : readText(path)).split('\n');
    // The style guide names them.
    const found = lines.filter((line) => AVOIDED.test(line) && !/^- (?:Say|Avoid) "/.test(line));
    assert.deepEqual(found, []);
  });
}
