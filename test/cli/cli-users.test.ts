/* `hub-v1 user …`: the operator's hand on the accounts of a stopped hub. */

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { type Ended, run, serve } from '../support/command.js';
import { startPlainHub } from '../support/hub.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-users-'));
});

after(() => rm(folder, { recursive: true, force: true }));

/** Runs a `user` command on a data directory below the test's folder. */
function user(data: string, args: readonly string[], input = ''): Promise<Ended> {
  return run(['user', ...args, '--data', join(folder, data)], { input });
}

async function assertDone(ended: Promise<Ended>): Promise<void> {
  const { code, output, errors } = await ended;
  assert.deepEqual([code, output, errors], [0, '', '']);
}

/** What a login gets from a hub on the data directory, and what a push of an official image gets. */
async function tried(data: string, username: string, password: string): Promise<number[]> {
  const hub = await startPlainHub({ data: join(folder, data) });
  try {
    const auth = basic(username, password);
    const login = await send(hub, 'GET /v1/users/', { auth });
    const push = send(hub, 'PUT /v1/repositories/official/', { auth, body: [] });
    return [login.status, (await push).status];
  } finally {
    await hub.close();
  }
}

describe('hub-v1 user', () => {
  it('add makes an account, in a data directory that need not be there', async () => {
    await assertDone(user('add', ['add', 'jamtur01', 'sesame', 'james@example.com']));
    assert.deepEqual(await tried('add', 'jamtur01', 'sesame'), [200, 403]);
    assert.ok(!(await readdir(join(folder, 'add'))).includes('hub.lock'));
  });

  it('the others want one that is there, and make none', async () => {
    for (const args of [['list'], ['passwd', 'jamtur01', 'another'], ['admin', 'jamtur01']]) {
      const { code, errors } = await user('mistyped', args);
      assert.equal(code, 2);
      assert.match(errors, /^hub-v1: --data: there is no folder .*mistyped\n$/);
    }
    assert.ok(!(await readdir(folder)).includes('mistyped'));
  });

  it('passwd sets a password, which ends the old one', async () => {
    await user('passwd', ['add', 'jamtur01', 'sesame']);
    await assertDone(user('passwd', ['passwd', 'jamtur01', 'another']));
    assert.deepEqual(await tried('passwd', 'jamtur01', 'sesame'), [401, 401]);
    assert.deepEqual(await tried('passwd', 'jamtur01', 'another'), [200, 403]);
  });

  it('takes a password from standard input, where no list of processes shows it', async () => {
    await assertDone(user('stdin', ['add', 'jamtur01'], 'from stdin\n'));
    assert.deepEqual(await tried('stdin', 'jamtur01', 'from stdin'), [200, 403]);
    await assertDone(user('stdin', ['passwd', 'jamtur01'], 'another one\n'));
    assert.deepEqual(await tried('stdin', 'jamtur01', 'another one'), [200, 403]);
  });

  it('deactivate and activate say who may log in', async () => {
    await user('active', ['add', 'jamtur01', 'sesame']);
    await assertDone(user('active', ['deactivate', 'jamtur01']));
    assert.deepEqual(await tried('active', 'jamtur01', 'sesame'), [403, 403]);
    await assertDone(user('active', ['activate', 'jamtur01']));
    assert.deepEqual(await tried('active', 'jamtur01', 'sesame'), [200, 403]);
  });

  it('admin makes an admin, who may push official images', async () => {
    await user('admin', ['add', 'jamtur01', 'sesame']);
    await assertDone(user('admin', ['admin', 'jamtur01']));
    assert.deepEqual(await tried('admin', 'jamtur01', 'sesame'), [200, 200]);
  });

  it('list shows who there is', async () => {
    await user('list', ['add', 'jamtur01', 'sesame', 'james@example.com']);
    await user('list', ['add', 'rivendel', 'sesame', 'elrond@example.com']);
    await user('list', ['admin', 'rivendel']);
    await user('list', ['deactivate', 'jamtur01']);
    const { code, output, errors } = await user('list', ['list']);
    assert.deepEqual([code, errors], [0, '']);
    assert.deepEqual(output.trim().split('\n').sort(), [
      'jamtur01\tuser, inactive\tjames@example.com',
      'rivendel\tadmin\telrond@example.com',
    ]);
    assert.doesNotMatch(output, /sesame|\$2/);
  });

  it('leaves a hub that has accounts without a made-up admin', async (t) => {
    await user('serve', ['add', 'jamtur01', 'sesame']);
    const hub = await serve(t, ['--data', join(folder, 'serve')]);
    assert.doesNotMatch((await hub.end()).output, /made the account/);
  });
});

describe('hub-v1 user, asked for what can not be', () => {
  const cases: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
    'a name that is taken': [['add', 'jamtur01', 'sesame'], /already exists/],
    'an address that is taken': [
      ['add', 'rivendel', 'sesame', 'James@example.com'],
      /already exists/,
    ],
    'a bad name': [['add', 'No Name', 'sesame'], /username/],
    'a reserved name': [['add', 'library', 'sesame'], /reserved/],
    'a short password': [['add', 'rivendel', 'tiny'], /password/],
    'a long password': [['passwd', 'jamtur01', 'x'.repeat(73)], /password/],
    'no password': [['passwd', 'jamtur01'], /password/i],
    'a bad address': [['add', 'rivendel', 'sesame', 'nowhere'], /email/],
    'a password for nobody': [['passwd', 'nobody', 'sesame'], /User not found/],
    'an activation of nobody': [['activate', 'nobody'], /User not found/],
    'a deactivation of nobody': [['deactivate', 'nobody'], /User not found/],
    'an admin who is nobody': [['admin', '__proto__'], /User not found/],
  };
  before(() => user('wrong', ['add', 'jamtur01', 'sesame', 'james@example.com']));

  for (const [what, [args, says]] of Object.entries(cases)) {
    it(`says so on one line, and exits with an error: ${what}`, async () => {
      const { code, output, errors } = await user('wrong', args);
      assert.equal(output, '');
      assert.ok(code === 1 || code === 2, String(code));
      assert.match(errors, /^hub-v1: [^\n]+\n$/);
      assert.match(errors, says);
    });
  }

  it('changes nothing of it', async () => {
    const { output } = await user('wrong', ['list']);
    assert.equal(output, 'jamtur01\tuser\tjames@example.com\n');
    assert.deepEqual(await tried('wrong', 'jamtur01', 'sesame'), [200, 403]);
  });

  it('says whose the data directory is while a hub runs', async (t) => {
    const hub = await serve(t, ['--data', join(folder, 'running')]);
    const { code, output, errors } = await user('running', ['add', 'jamtur01', 'sesame']);
    assert.deepEqual([code, output], [1, '']);
    assert.match(errors, new RegExp(`^hub-v1: .*in use by process ${hub.pid}\\n$`));
  });
});
