import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { Descriptions } from '../../routes/web/descriptions.js';

/* Descriptions that take long on purpose hold up nobody. */

const COLUMNS = 300;
/** A table of 65,000 cells in 24,000 letters. */
const TABLE = `${'|a'.repeat(COLUMNS)}\n${'|-'.repeat(COLUMNS)}\n${'a\n'.repeat(11_400)}`;

const descriptions = new Descriptions();
const hurried = new Descriptions({ longest: 1 });
after(() => Promise.all([descriptions.close(), hurried.close()]));

it('a hostile description is made beside the thread that answers', async () => {
  let isDone = false;
  const made = descriptions.htmlOf(TABLE).finally(() => {
    isDone = true;
  });
  // Each turn is one in which somebody else is answered.
  let turns = 0;
  while (!isDone) {
    await new Promise((next) => setImmediate(next));
    turns += 1;
  }
  assert.match(await made, /<table>|^<p>\|a/);
  assert.ok(turns > 20, `${turns} turns`);
});

it('what takes too long is shown as it was written, and as text', async () => {
  const html = await hurried.htmlOf('# <script>alert(1)</script>\n**&amp;**');
  assert.equal(html, '<p># &lt;script&gt;alert(1)&lt;/script&gt;<br>\n**&amp;amp;**</p>\n');
});

it('many at once are all shown, the last of them as they were written', async () => {
  const texts = Array.from({ length: 40 }, (_, number) => `**${number}**`);
  const all = await Promise.all(texts.map((text) => descriptions.htmlOf(text)));
  assert.equal(all[0], '<p><strong>0</strong></p>\n');
  assert.equal(all.at(-1), '<p>**39**</p>\n');
  assert.equal(await descriptions.htmlOf('**39**'), '<p><strong>39</strong></p>\n');
});
