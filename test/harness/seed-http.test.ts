import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import type { Hub } from '../../src/index.js';
import { PASSWORD, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/* Seeds that come over HTTP: what they are written in, and which files they may name. */

function plant(hub: Hub, body: string | object, type = 'application/json'): supertest.Test {
  const headers = { 'Content-Type': type };
  return send(hub, 'POST /_hub/seed', { headers, body });
}

describe('a seed over HTTP', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub({ control: true });
  });
  after(() => hub.close());

  for (const type of ['application/yaml', 'application/x-yaml', 'text/yaml; charset=utf-8']) {
    it(`may be ${type}`, async () => {
      const text = `users:\n  - username: jamtur01 # the one of the books\n    password: ${PASSWORD}\n`;
      const planted = { users: 1, repositories: 0, baseline: false };
      await plant(hub, text, type).expect(200, planted);
      assert.equal(hub.users.get('jamtur01')?.active, true);
      await hub.reset();
    });
  }

  const wrong: readonly (readonly [string, string, string, string | undefined])[] = [
    [
      'application/yaml',
      'users:\n  - username: jamtur01\n    pasword: sesame\n',
      'users[0].password: expected string, but it is missing (line 2)',
      'users[0].password',
    ],
    [
      'application/yaml',
      'repositories:\n- name: busybox\n  tags:\n    1.0: { files: {} }\n    1.0.1:\n      files: 7\n',
      'repositories[0].tags.1.0.1.files: expected record, received number (line 6)',
      'repositories[0].tags.1.0.1.files',
    ],
    [
      'application/yaml',
      'repositories:\n- name: busybox\n  tags:\n    a:\n      files: {}\n      from: none:1\n',
      'repositories[0].tags.a.from: there is no image none:1 (line 6)',
      'repositories[0].tags.a.from',
    ],
    [
      'application/json',
      '{\n"users": [\n{"username": "jamtur01",\n"password": 7}]}',
      'users[0].password: expected string, received number (line 4)',
      'users[0].password',
    ],
    ['application/yaml', 'users: []\nusers: []\n', 'a field is there twice (line 2)', undefined],
    [
      'application/yaml',
      'users:\n- {',
      'Flow map in block collection must be sufficiently',
      undefined,
    ],
    [
      'application/yaml',
      `users:\n  - ${'? '.repeat(2000)}`,
      'a key of the form "? key" is not understood here (line 2)',
      undefined,
    ],
    ['application/yaml', '['.repeat(100_000), 'this is nested too deeply (line 1)', undefined],
    ['application/yaml', '- '.repeat(20_000), 'this is nested too deeply (line 1)', undefined],
    [
      'application/yaml',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'this is nested too deeply (line 101)',
      undefined,
    ],
    ['application/json', '{"a":'.repeat(100_000), 'this is nested too deeply', undefined],
    [
      'application/yaml',
      `users: [] # ${'x'.repeat(1024 * 1024)}`,
      'YAML may be 1 MiB long at most, JSON may be longer (line 1)',
      undefined,
    ],
    ['application/yaml', 'users: [*nobody]', 'Unresolved alias', undefined],
    ['application/json', 'users: []', 'this is not JSON', undefined],
  ];
  for (const [type, text, message, field] of wrong) {
    it(`is refused with the line: ${message}`, async () => {
      const { body } = await plant(hub, text, type).expect(400);
      assert.ok(body.error.startsWith(message), body.error);
      assert.equal(body.field, field);
      assert.deepEqual([hub.users.list(), hub.repositories.list()], [[], []]);
    });
  }

  it('is read in a time that grows with its length and not with the square of it', async () => {
    const names = Array.from({ length: 20_000 }, (_, place) => `      f${place}: x`).join('\n');
    const text = `repositories:\n- name: many\n  tags:\n    a:\n      none: 1\n${names}\n`;
    const started = performance.now();
    await plant(hub, text, 'application/yaml').expect(400);
    assert.ok(performance.now() - started < 20_000);
  });
});

describe('the archives of a seed over HTTP', () => {
  let folder: string;
  let files: string;
  let hub: Hub;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-seed-files-'));
    files = join(folder, 'files');
    mkdirSync(join(files, 'inner'), { recursive: true });
    mkdirSync(`${files}-beside`);
    for (const path of [`${files}/inside.tar`, `${folder}/outside.tar`, `${files}-beside/x.tar`]) {
      writeFileSync(path, 'no tar');
    }
    symlinkSync(join(folder, 'outside.tar'), join(files, 'out.tar'));
    symlinkSync('..', join(files, 'up'));
    symlinkSync('inside.tar', join(files, 'alias.tar'));
    symlinkSync('loop', join(files, 'loop'));
    symlinkSync('/dev/null', join(files, 'null'));
    execFileSync('mkfifo', [join(files, 'pipe')]);
    hub = await startPlainHub({ control: true, seedFiles: files });
  });
  after(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });

  async function refusal(archive: string, asked = hub): Promise<string> {
    const { body } = await plant(asked, { repositories: [{ name: 'busybox', archive }] }).expect(
      400,
    );
    assert.equal(body.field, 'repositories[0].archive');
    return body.error.replace('repositories[0].archive: ', '');
  }

  it('are not read at all where no folder is named for them', async () => {
    await using closed = await startPlainHub({ control: true });
    const said = 'over HTTP a seed may name files only below --seed-files, which is off';
    for (const archive of [`${files}/inside.tar`, '/etc/passwd', 'none', '/dev/zero']) {
      assert.equal(await refusal(archive, closed), said);
    }
  });

  it('are read below it, also by a link that stays there', async () => {
    for (const archive of [
      'inside.tar',
      './inner/../inside.tar',
      `${files}/inside.tar`,
      'alias.tar',
    ]) {
      // It is read, and found to be no archive.
      assert.match(await refusal(archive), /^\/.*inside\.tar: /);
    }
  });

  const outside = 'it is not below --seed-files';
  const nowhere = 'there is no such file below --seed-files';
  const led: readonly (readonly [string, string])[] = [
    ['../outside.tar', outside],
    ['inner/../../outside.tar', outside],
    ['../files-beside/x.tar', outside],
    ['/etc/passwd', outside],
    ['/etc/there is no such file', outside],
    ['.', outside],
    ['out.tar', outside],
    ['up/outside.tar', outside],
    ['null', outside],
    ['none.tar', nowhere],
    ['inside.tar/x', nowhere],
    ['loop', nowhere],
    ['x'.repeat(4000), nowhere],
    ['pipe', 'it is not a file'],
    ['inner', 'it is not a file'],
    ['a\0b', 'expected the path of a file'],
  ];
  for (const [archive, message] of led) {
    it(`are not looked for anywhere else: ${JSON.stringify(archive).slice(0, 40)}`, async () => {
      assert.equal(await refusal(archive), message);
    });
  }

  it('are as free as before in the seeds of who starts the hub', async () => {
    const seed = { repositories: [{ name: 'busybox', archive: join(folder, 'outside.tar') }] };
    await assert.rejects(startPlainHub({ seed }), /outside\.tar: /);
    await assert.rejects(hub.seed(seed), /outside\.tar: /);
  });

  it('need a folder that is one, and a control', async () => {
    const wrong = [
      [{ control: true, seedFiles: `${files}/inside.tar` }, /^--seed-files: .* is not a folder$/],
      [{ control: true, seedFiles: `${files}/none` }, /^--seed-files: .* is not a folder$/],
      [{ seedFiles: files }, /^--seed-files: it goes together with --control$/],
    ] as const;
    for (const [options, message] of wrong) {
      await assert.rejects(startPlainHub(options), { name: 'InvalidInput', message });
    }
  });
});
