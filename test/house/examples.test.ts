/* The examples for Node, as they stand in the README and in docs/, run against a hub of their own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeBlocks, readText } from '../support/markdown.js';

describe('the example for Node', () => {
  for (const path of ['README.md', 'docs/testing.md']) {
    it(`of ${path} runs, with a client that uploads a layer and its checksum`, async () => {
      const [example] = codeBlocks(readText(path)).filter(({ language }) => language === 'js');
      assert.ok(example !== undefined);
      const folder = mkdtempSync(join(tmpdir(), 'hub-v1-example-'));
      const file = join(folder, 'example.mjs');
      const door = new URL('../../src/index.js', import.meta.url).href;
      writeFileSync(file, example.text.replace("'hub-v1'", `'${door}'`) + CLIENT);
      const { status, stdout, stderr } = await run(file);
      rmSync(folder, { recursive: true });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /upload/);
    });
  }
});

/** A client for the examples: its first upload of the layer is refused. */
const CLIENT = `
function yourClient(url) {
  const headers = { Authorization: 'Basic ' + btoa('jamtur01:secret') };
  const put = (path, body, more) =>
    fetch(url + path, { method: 'PUT', body, headers: { ...headers, ...more } });
  return {
    async push(name) {
      const image = '/v1/images/' + 'ab'.repeat(32);
      const json = JSON.stringify({ id: 'ab'.repeat(32) });
      const { createHash } = await import('node:crypto');
      const sum = createHash('sha256').update(json + '\\nlayer').digest('hex');
      await put('/v1/repositories/' + name + '/', JSON.stringify([{ id: 'ab'.repeat(32) }]));
      await put(image + '/json', json);
      for (let status = 503; status === 503; ) status = (await put(image + '/layer', 'layer')).status;
      await put(image + '/checksum', '', { 'X-Docker-Checksum-Payload': 'sha256:' + sum });
    },
  };
}
`;

/** Runs a script; what it printed. */
async function run(file: string): Promise<{ status: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [file], { timeout: 60_000 });
  const [printed, complained]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complained.push(chunk));
  const [status] = (await once(child, 'close')) as unknown[];
  return {
    status,
    stdout: Buffer.concat(printed).toString(),
    stderr: Buffer.concat(complained).toString(),
  };
}
