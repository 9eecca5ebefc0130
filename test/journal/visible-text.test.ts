/* The terminal of somebody who reads the log or runs a command obeys nothing that a client sends. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LOG_FORMATS } from '../../src/journal/log-kinds.js';
import { visible, visibleJson } from '../../src/journal/visible-text.js';
import { send } from '../support/client.js';
import { run } from '../support/command.js';
import { startPlainHub } from '../support/hub.js';

const SHOWN: readonly (readonly [string, string])[] = [
  ['jamtur01/static_web', 'jamtur01/static_web'],
  ['a\tb', 'a\tb'],
  ['\x1b[2J', '\\x1b[2J'],
  ['\x9b2J', '\\x9b2J'],
  ['\x7f\x00\b', '\\x7f\\x00\\x08'],
  ['one\r\ntwo', 'one\\r\\ntwo'],
  ['\u202etxt.exe', '\\u202etxt.exe'],
  ['\u2066a\u2069\u061c\u200f', '\\u2066a\\u2069\\u061c\\u200f'],
  ['\u2028\u2029\ufeff\u200b', '\\u2028\\u2029\\ufeff\\u200b'],
  ['\ud800x', '\\ud800x'],
  ['镜像 🐳 é', '镜像 🐳 é'],
];

/** What no line may have in it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const ACTS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

describe('a text that is shown', () => {
  for (const [text, shown] of SHOWN) {
    it(`${JSON.stringify(shown)}`, () => {
      assert.equal(visible(text), shown);
      assert.deepEqual(JSON.parse(visibleJson(JSON.stringify({ text }))), { text });
      assert.doesNotMatch(visibleJson(JSON.stringify({ text })), ACTS);
    });
  }
});

describe('a log', () => {
  for (const logFormat of LOG_FORMATS) {
    it(`as ${logFormat} gives the terminal nothing to do`, async (t) => {
      const lines: string[] = [];
      const logTo = { write: (line: string) => void lines.push(line) };
      const hub = await startPlainHub({ logLevel: 'debug', logFormat, logTo });
      t.after(() => hub.close());
      const headers = { 'User-Agent': '\x9b2J/1.0 \x9b31m', Referer: 'http://hub/\x9b2J' };
      await send(hub, 'GET /v1/%1b[2J/%E2%80%AE', { headers });
      await send(hub, 'GET /v1/search?q=%1b]0;owned%07%C2%9b2J%E2%80%AE', { headers });
      const body = JSON.stringify({ username: 'x\x1b[2J\x9b\u202e', password: 'x', email: 'x' });
      await send(hub, 'POST /v1/users/', { headers, body });
      await send(hub, 'PUT /v1/repositories/jamtur01/x/tags/a', {
        headers,
        body: '"\x1b[2J\x9b2J\u202e"',
      });
      await hub.requests.waitFor(({ number }) => number === 4);
      assert.ok(lines.length >= 4);
      for (const line of lines) assert.doesNotMatch(line, ACTS);
    });
  }
});

describe('a command', () => {
  it('gives the terminal nothing to do', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'hub-v1-visible-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'x\x1b[2J\x9b\u202e\nhub-v1: all is well');
    await writeFile(file, '\x1b[2J');
    const commands = [
      ['import', file, '--data', join(folder, 'data')],
      ['check', '--data', `${file}-missing`],
      ['serve', '--ephemeral', '--port', '0', '--seed', file],
      ['export', 'a\x1b[2J\x9b/b', '--output', '-', '--data', `${file}-missing`],
      ['user', 'list', '--data', `${file}-missing`],
      ['serve', '--wrong\x1b[2J'],
    ];
    for (const command of commands) {
      const { output, errors, code } = await run(command);
      assert.notEqual(code, 0);
      assert.match(errors, /^hub-v1: /);
      assert.doesNotMatch(output + errors, ACTS, command.join(' '));
      assert.doesNotMatch(output + errors, /^hub-v1: all is well/m);
    }
  });
});
