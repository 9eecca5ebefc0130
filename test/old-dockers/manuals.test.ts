/* The lines for an old docker in README and manual, typed with the played one. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Shell } from '../../src/shell/index.js';
import { PASSWORD } from '../support/client.js';
import { type OwnHub, startTestHub } from '../support/hub.js';

/** Blocks of lines, by what stands in each; `fails` is the one line that is refused. */
const BLOCKS: readonly {
  readonly file: string;
  readonly has: string;
  readonly anonymous?: 'push';
  readonly fails?: string;
}[] = [
  { file: 'README.md', has: 'docker build' },
  { file: 'README.zh-CN.md', has: 'docker build' },
  {
    file: 'docs/old-dockers.md',
    has: 'docker build',
    fails: 'docker push 127.0.0.1:5000/static_web',
  },
  { file: 'docs/old-dockers.md', has: '--anonymous push', anonymous: 'push' },
];
/** The hub is started already. */
const OF_THE_HUB = /^hub-v1 /;
/** What a block needs that begins with an image. */
const MAKES_IMAGE = /^(?:mkdir|echo|docker build)/;

/** The lines of the first block that has `part`, without comments. */
async function linesOf(file: string, part: string): Promise<string[]> {
  const blocks = (await readFile(file, 'utf8')).split('```').filter((_, at) => at % 2 === 1);
  const block = blocks.find((each) => each.includes(part)) ?? assert.fail(part);
  const lines = block.split('\n').slice(1, -1);
  return lines.map((line) => (line.split('  #')[0] ?? '').trim()).filter((line) => line !== '');
}

function shellAt(hub: OwnHub) {
  const shell = new Shell();
  const host = `127.0.0.1:${hub.port}`;
  const reach = { index: new URL(hub.url), hosts: [host], onConnection: () => {} };
  return async (line: string): Promise<{ readonly text: string; readonly exit: number }> => {
    let ran = await shell.run(line.replaceAll('127.0.0.1:5000', host), reach);
    for (const answer of ['jamtur01', PASSWORD, 'james@example.com']) {
      if (shell.asks === undefined) break;
      ran = await shell.run(answer, reach);
    }
    return ran;
  };
}

describe('what a manual says for an old docker', () => {
  for (const { file, has, anonymous, fails } of BLOCKS) {
    it(`can be typed: ${has}, in ${file}`, async () => {
      await using hub = await startTestHub(anonymous === undefined ? {} : { anonymous });
      const type = shellAt(hub);
      if (anonymous !== undefined) {
        for (const line of await linesOf(file, 'docker build')) {
          if (MAKES_IMAGE.test(line)) await type(line);
        }
      }
      for (const line of await linesOf(file, has)) {
        if (OF_THE_HUB.test(line)) continue;
        const { text, exit } = await type(line);
        assert.equal(exit, line === fails ? 1 : 0, `${line}: ${text}`);
        if (line === fails) assert.match(text, /Impossible to push a .*root.* repository/);
      }
    });
  }
});
