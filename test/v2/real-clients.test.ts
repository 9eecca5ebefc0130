/** Clients of today themselves, where they are installed: what an old docker pushed, they pull and push back. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { basic, PASSWORD, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

const old = makeImage('for real clients');
const hub: OwnHub = useHub({ people: ['alice'] }, () =>
  pushImage(hub, basic('alice'), 'alice/real', old, '1'),
);
const LONGEST = 120_000;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Why a client is not used, or false; `docker` needs its daemon too. */
function missing(program: string, ...check: readonly string[]): string | false {
  const { status } = spawnSync(program, check, { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? false : `there is no ${program}`;
}

async function run(program: string, ...words: readonly string[]): Promise<string> {
  // The hub answers in this process, so that nothing here may wait for the program.
  const { stdout } = await promisify(execFile)(program, words, { timeout: LONGEST });
  return stdout;
}

/** The images of v1 that the tags name. */
async function tags(): Promise<Record<string, string>> {
  const { body } = await send(hub, 'GET /v1/repositories/alice/real/tags').expect(200);
  return body as Record<string, string>;
}

describe('skopeo', { skip: missing('skopeo', '--version') }, () => {
  it('lists, copies and deletes', async () => {
    const name = `docker://127.0.0.1:${hub.port}/alice/real`;
    const listed = await run('skopeo', 'list-tags', '--tls-verify=false', name);
    assert.ok((JSON.parse(listed) as { Tags: string[] }).Tags.includes('1'));
    const place = `dir:${join(folder, 'skopeo')}`;
    const policy = '--insecure-policy';
    await run('skopeo', policy, 'copy', '--src-tls-verify=false', `${name}:1`, place);
    const creds = `--dest-creds=alice:${PASSWORD}`;
    await run('skopeo', policy, 'copy', '--dest-tls-verify=false', creds, place, `${name}:skopeo`);
    assert.equal((await tags()).skopeo, old.id);
  });
});

describe('podman', { skip: missing('podman', '--version') }, () => {
  it('pulls and pushes back', async () => {
    const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
    const podman = (...words: string[]) =>
      run('podman', ...storage, '--storage-driver=vfs', ...words);
    const name = `127.0.0.1:${hub.port}/alice/real`;
    await podman('pull', '--tls-verify=false', `${name}:1`);
    const creds = `--creds=alice:${PASSWORD}`;
    const form = '--format=v2s2';
    await podman('push', '--tls-verify=false', creds, form, `${name}:1`, `${name}:podman`);
    assert.equal((await tags()).podman, old.id);
    await podman('rmi', '--all', '--force');
  });
});

describe('docker', { skip: missing('docker', 'version') }, () => {
  it('logs in, pulls and pushes back', async () => {
    const host = `127.0.0.1:${hub.port}`;
    const docker = (...words: string[]) => run('docker', '--config', folder, ...words);
    const [from, to] = [`${host}/alice/real:1`, `${host}/alice/real:docker`];
    await docker('login', '-u', 'alice', '-p', PASSWORD, host);
    try {
      await docker('pull', from);
      await docker('tag', from, to);
      await docker('push', to);
      assert.equal((await tags()).docker, old.id);
    } finally {
      await docker('rmi', from, to).catch(() => undefined);
    }
  });
});
