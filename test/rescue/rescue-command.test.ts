/* `hub-v1 rescue`, as it is typed: lines, JSON, exit codes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withFolder } from '../../src/rescue/rescue.js';
import { PASSWORD } from '../support/client.js';
import { run } from '../support/command.js';
import { useHub } from '../support/hub.js';
import { imageId, makeChain } from '../support/images.js';
import { OldRegistry } from '../support/old-registry.js';
import { serveOldRegistry } from '../support/old-registry-server.js';

let folder: string;
let old: OldRegistry;

const target = useHub({ people: ['alice'] });
const CHAIN = makeChain('rescue command', 2);
const TOP = CHAIN[1]?.id ?? '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-rescue-command-'));
  old = new OldRegistry(join(folder, 'old'));
  await old.addChain(CHAIN);
  await old.addRepository('jamtur01/web', { tags: { latest: TOP, gone: imageId('gone') } });
  await old.addRepository('library/ok', { tags: { latest: TOP } });
  const made = ['user', 'add', 'alice', PASSWORD, '--data', 'hub'];
  assert.equal((await run(made, { cwd: folder })).code, 0);
});
after(() => rm(folder, { recursive: true, force: true }));

const rescue = (data: string, ...more: string[]) =>
  run(['rescue', old.folder, '--data', data, ...more], { cwd: folder });

describe('hub-v1 rescue', () => {
  it('says what came and what did not, and ends with 3 if something was left out', async () => {
    const { code, output, errors } = await rescue('lines');
    assert.deepEqual([code, errors], [3, '']);
    const bytes = CHAIN.reduce((sum, { layer }) => sum + layer.length, 0);
    const gone = imageId('gone').slice(0, 12);
    assert.deepEqual(output.trimEnd().split('\n').sort(), [
      `2 images came (${bytes} bytes); 0 were here`,
      `jamtur01/web:latest is image ${TOP}`,
      `library/ok:latest is image ${TOP}`,
      'note: there is no account jamtur01 yet; create it with: hub-v1 user add jamtur01',
      `skipped jamtur01/web:gone: image ${gone}: it is not there`,
    ]);
    assert.equal((await run(['check', '--data', 'lines'], { cwd: folder })).code, 0);
  });

  it('ends with 0 if everything came, or was here already', async () => {
    await old.remove('repositories/jamtur01/web/tag_gone');
    assert.equal((await rescue('lines')).code, 0);
    const { code, output } = await rescue('lines');
    assert.deepEqual([code, /^0 images came/m.test(output)], [0, true]);
  });

  it('reports as JSON, and nothing else', async () => {
    const { code, output } = await rescue('json', '--json', '--as-owner', 'jamtur02');
    const report = JSON.parse(output);
    assert.equal(code, 0);
    assert.deepEqual(
      report.repositories.map(({ from, to }: { from: string; to: string }) => [from, to]),
      [
        ['jamtur01/web', 'jamtur02/web'],
        ['library/ok', 'jamtur02/ok'],
      ],
    );
    assert.equal(report.images.taken, 2);
  });

  it('notes what only an admin can push to, also in JSON, and that dockers of today do not get every name', async () => {
    await old.addRepository('jamtur01/Web', { tags: { latest: TOP } });
    const owned = ['--as-owner', 'ann', '--dry-run'];
    const notes = [
      'no account can be called ann, so only an admin can push to ann/…: a name has 4 to 30 lower-case letters, digits and _',
    ];
    const { output } = await rescue('notes', ...owned);
    assert.deepEqual(
      output.split('\n').filter((line) => line.startsWith('note: ')),
      [
        "note: jamtur01/Web: dockers of today can't pull ann/Web, since API v2 has no such names: --rename gives it another",
        ...notes.map((note) => `note: ${note}`),
      ],
    );
    assert.deepEqual(JSON.parse((await rescue('notes', ...owned, '--json')).output).notes, notes);
    await old.remove('repositories/jamtur01/Web');
  });

  it('leaves out what --rename names and nothing is called', async () => {
    const { code, output } = await rescue('renamed', '--rename', 'jamtur01/Wbe=jamtur01/site');
    assert.equal(code, 3);
    assert.match(
      output,
      /^skipped jamtur01\/Wbe: nothing that was to come is called so \(--rename\)$/m,
    );
    const fine = await rescue(
      'renamed',
      '--rename',
      'ok=jamtur01/ok',
      '--rename',
      'jamtur01/web=team/web',
    );
    assert.equal(fine.code, 0);
  });

  it('shows no empty default in its help', async () => {
    const { output } = await run(['rescue', '--help']);
    assert.ok(!output.includes('{}'));
  });

  it('makes nothing in a dry run', async () => {
    const { code, output } = await rescue('dry', '--dry-run');
    assert.deepEqual([code, existsSync(join(folder, 'dry'))], [0, false]);
    assert.match(output, /2 images would come/);
  });

  it('with --to says what was pushed, and the second time what was there', async () => {
    const to = ['--to', target.url.replace('//', `//alice:${PASSWORD}@`)];
    const push = async () => {
      const args = ['rescue', old.folder, '--as-owner', 'alice', ...to];
      const { code, output, errors } = await run(args, { cwd: folder });
      assert.deepEqual([code, errors], [0, '']);
      return output.trimEnd().split('\n').sort();
    };
    const bytes = CHAIN.reduce((sum, { layer }) => sum + layer.length, 0);
    const first = await push();
    assert.ok(first.includes(`2 images read (${bytes} bytes)`));
    assert.ok(first.includes(`2 tags pushed to ${target.url}/; 0 were there already`));
    const again = await push();
    assert.ok(again.includes(`0 tags pushed to ${target.url}/; 2 were there already`));
    assert.ok(again.includes('alice/web:latest is there already'));
    for (const line of [...first, ...again]) assert.ok(!/ were here/.test(line), line);
  });

  it('asks the registry of --to before it reads or makes anything', async (test) => {
    const other = await serveOldRegistry(old.folder);
    test.after(() => other.close());
    for (const [url, message] of [
      ['http://127.0.0.1:1', /^hub-v1: http:\/\/127\.0\.0\.1:1 does not answer: .*\n$/],
      [
        target.url.replace('//', '//alice:wrong@'),
        /^hub-v1: .+ does not take the name and password\n$/,
      ],
      [other.url, /^hub-v1: .+ does not speak API v2: \/v2\/ answers 404\n$/],
    ] as const) {
      const { code, output, errors } = await rescue('unasked', '--to', url);
      assert.deepEqual([code, output], [1, '']);
      assert.match(errors, message);
      assert.ok(!existsSync(join(folder, 'unasked')));
    }
  });

  it('says after a Ctrl-C that the same command goes on', async (test) => {
    let ask = (): void => {};
    const until = new Promise<void>((resolve) => {
      ask = resolve;
    });
    // It is asked, and never answers.
    const silent = createServer(() => ask());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    test.after(() => {
      silent.close();
      silent.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { code, errors } = await run(['rescue', url], { cwd: folder, until });
    assert.deepEqual(
      [code, errors],
      [130, 'hub-v1: stopped; the same command goes on where it was\n'],
    );
  });

  it('tells the same in the same order every time', async () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `library/${name}`);
    const ordered = new OldRegistry(join(folder, 'ordered'));
    // The first one takes longest.
    const chains = names.map((name, index) => makeChain(name, 5 - index));
    for (const [index, name] of names.entries()) {
      const chain = chains[index] ?? [];
      await ordered.addChain(chain, { checksum: 'none' });
      await ordered.addRepository(name, { tags: { latest: chain.at(-1)?.id ?? '' } });
    }
    const { output } = await run(['rescue', ordered.folder, '--data', 'in-order'], { cwd: folder });
    const told = output.split('\n').flatMap((line) => /^(\S+):latest is/.exec(line)?.[1] ?? []);
    assert.deepEqual(told, names);
  });

  it('names the folder of a full disk', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    });
    const ofThread = new Error(full.message);
    for (const error of [full, ofThread]) {
      assert.match(
        (withFolder(error, 'data') as Error).message,
        /^there is no space left for data: ENOSPC/,
      );
    }
    const other = new Error('something else');
    assert.equal(withFolder(other, 'data'), other);
  });

  const refused: readonly [what: string, args: string[], code: number, message: RegExp][] = [
    ['a folder that is not there', ['no'], 1, /^hub-v1: no: there is no such folder\n$/],
    ['a folder of something else', ['.'], 1, /^hub-v1: \. is no registry's storage.*\n$/],
    ['a name that nothing can have', ['old', '--as-owner', 'A/b'], 1, /^hub-v1: "A\/b\/name".*\n$/],
    [
      'the data folder of a hub',
      ['hub'],
      1,
      /^hub-v1: hub is the data folder of a hub-v1.*--data hub.*\n$/,
    ],
    [
      'an address without its scheme',
      ['127.0.0.1:5612'],
      1,
      /^hub-v1: 127\.0\.0\.1:5612: there is no such folder; a registry that runs is http:\/\/127\.0\.0\.1:5612 or https:/,
    ],
    [
      '--link over HTTP',
      ['http://127.0.0.1:1', '--link'],
      2,
      /^hub-v1: --link needs a folder.*\n$/,
    ],
    ['a renaming to nowhere', ['old', '--rename', 'a'], 2, /^hub-v1: .*OLD=NS\/REPO/],
  ];
  for (const [what, args, code, message] of refused) {
    it(`refuses ${what}, and makes no data directory`, async () => {
      const ended = await run(['rescue', ...args, '--data', 'refused'], { cwd: folder });
      assert.deepEqual([ended.code, ended.output], [code, '']);
      assert.match(ended.errors, message);
      assert.ok(!existsSync(join(folder, 'refused')));
    });
  }
});
