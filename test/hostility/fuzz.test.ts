/*
 * What nobody planned: requests to every operation of openapi.yaml with something wrong, and pushes that
 * go astray. `npm run fuzz` does the same for longer, against the hub in a process of its own.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Hub } from '../../src/index.js';
import { basic } from '../support/client.js';
import { check } from '../support/damaged-data.js';
import { newKeeper } from '../support/fuzz/cast.js';
import { Fuzzer } from '../support/fuzz/fuzzer.js';
import { memory } from '../support/fuzz/memory.js';
import { readOperations } from '../support/fuzz/operations.js';
import { prepareFolder, pushAndPull, strayFiles } from '../support/fuzz/setup.js';
import { StallWatch } from '../support/fuzz/stalls.js';
import { Tally } from '../support/fuzz/tally.js';
import { startPlainHub } from '../support/hub.js';
import { rawHttp } from '../support/raw.js';

/** The same requests each time; `npm run fuzz` is there to find others. */
const SEED = Number(process.env.FUZZ_SEED ?? 2013);
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1500);

/** Milliseconds of computing; what is found here took no less than half a second for a single word. */
const LONGEST_STALL = 400;
/** How much more memory may be in use afterwards, in bytes; the judge is in this process, too. */
const MOST_GROWTH = 48 * 1024 * 1024;

describe(`a fuzz with FUZZ_SEED=${SEED}`, () => {
  const keeper = newKeeper();
  const warnings: string[] = [];
  const note = ({ name, message }: Error): unknown => warnings.push(`${name}: ${message}`);
  let folder: string;
  let hub: Hub;

  before(async () => {
    process.on('warning', note);
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-fuzz-'));
    await prepareFolder({ data: folder, bcryptRounds: 4 }, keeper);
    // With a log and a journal, since what they show of a request is made of all that it says.
    const watched = { journal: 100, logLevel: 'debug', logTo: { write: () => undefined } } as const;
    hub = await startPlainHub({ data: folder, loginLimit: 200, ...watched });
  });

  after(async () => {
    process.off('warning', note);
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('gets nothing but what openapi.yaml says, and the hub stays as it was', async () => {
    const tally = new Tally(readOperations());
    const fuzzer = new Fuzzer({ url: hub.url, keeper, tally });
    try {
      // What is made once for all, such as the judge's own schemas, is made by the first requests.
      await fuzzer.run(SEED, REQUESTS / 2);
      const before = memory();
      const watch = new StallWatch();
      await fuzzer.run(SEED + 100_000, REQUESTS / 2);
      const { computing } = watch.worst;
      watch.stop();
      assert.ok(computing < LONGEST_STALL, `the event loop was kept for ${computing} ms`);
      const growth = memory().used - before.used;
      assert.ok(growth < MOST_GROWTH, `${growth} bytes more are in use than before`);
    } finally {
      fuzzer.close();
    }
    assert.ok((tally.statuses.get(200) ?? 0) > REQUESTS / 10, 'hardly anything succeeded');
    const seen = (id: string) => tally.lines.find(({ operation }) => operation.id === id)?.seen;
    assert.ok((seen('putChecksum')?.get(200) ?? 0) > 0, 'not a single image was pushed');
    assert.ok((seen('putManifest')?.get(201) ?? 0) > 0, 'not a single manifest was pushed');
    await pushAndPull(hub.url, keeper);
    assert.deepEqual(warnings, []);
  });

  // Each kept the event loop for half a second and more, when a pattern started over at each letter.
  for (const name of ['Authorization', 'User-Agent']) {
    it(`reads a long word as ${name} in no time`, async () => {
      const value = name === 'Authorization' ? `Token ${'a'.repeat(15_000)}` : 'a'.repeat(15_000);
      const auth = basic(keeper.username, keeper.password);
      const path = `/v1/repositories/${keeper.username}/none/tags/latest`;
      const watch = new StallWatch();
      await rawHttp(hub.url, {
        method: 'PUT',
        path,
        headers: { 'Content-Type': 'application/json', Authorization: auth, [name]: value },
        body: JSON.stringify('0'.repeat(64)),
      });
      const { computing } = watch.worst;
      watch.stop();
      assert.ok(computing < LONGEST_STALL, `${computing} ms`);
    });
  }

  // To be shown in a log line, secrets are looked for in them.
  const LONG_TARGETS = {
    'a query of escapes': `/v1/_ping?${'%'.repeat(15_000)}`,
    'a query of semicolons': `/v1/_ping?${'%;'.repeat(7500)}`,
    'a query of secrets': `/v1/_ping?${'pass;'.repeat(3000)}`,
    'a path of colons': `/v1/${':'.repeat(15_000)}`,
    'a path of logins': `/v1/${':@'.repeat(7500)}`,
  };
  for (const [what, path] of Object.entries(LONG_TARGETS)) {
    it(`logs ${what} in no time`, async () => {
      const lines: string[] = [];
      const logTo = { write: (line: string) => lines.push(line) };
      await using logged = await startPlainHub({ logLevel: 'debug', logTo });
      const watch = new StallWatch();
      const headers = { Referer: `http://hub${path}` };
      for (const asked of [{ path }, { path: '/v1/_ping', headers }]) {
        await rawHttp(logged.url, { method: 'GET', ...asked });
      }
      const { computing } = watch.worst;
      watch.stop();
      assert.ok(computing < LONGEST_STALL / 4, `${computing} ms`);
      assert.ok(lines.length >= 2, 'it is logged');
    });
  }

  it('refuses what unpacks to far more than a body may be, and at once', async () => {
    const started = performance.now();
    const answer = await rawHttp(hub.url, {
      method: 'POST',
      path: '/v1/users/',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(100 * 1024 * 1024), { level: 1 }),
    });
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 413 /);
    assert.ok(performance.now() - started < 4000);
  });

  it('leaves no files behind', async () => {
    await hub.close();
    assert.deepEqual(await strayFiles(folder), []);
    assert.deepEqual((await check(folder, false)).lines, []);
  });
});
