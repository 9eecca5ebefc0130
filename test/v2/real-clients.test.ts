/** Clients of today themselves, where they are installed: what an old docker pushed, they pull and push back. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** Rejects unless the program ends in failure and says so. */
async function fails(says: RegExp, program: string, ...words: readonly string[]): Promise<void> {
  await assert.rejects(run(program, ...words), ({ stderr }: { stderr?: string }) =>
    says.test(stderr ?? ''),
  );
}

const INSECURE = '--tls-verify=false';

describe('skopeo', { skip: missing('skopeo', '--version') }, () => {
  const place = () => `docker://127.0.0.1:${hub.port}/alice`;
  const policy = '--insecure-policy';
  const copy = (from: string, to: string, ...words: string[]) => {
    const creds = `--dest-creds=alice:${PASSWORD}`;
    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    return run('skopeo', policy, 'copy', ...insecure, creds, ...words, from, to);
  };

  it('lists, copies and deletes', async () => {
    const name = `${place()}/real`;
    const listed = await run('skopeo', 'list-tags', INSECURE, name);
    assert.ok((JSON.parse(listed) as { Tags: string[] }).Tags.includes('1'));
    const kept = `dir:${join(folder, 'skopeo')}`;
    await copy(`${name}:1`, kept);
    await copy(kept, `${name}:skopeo`);
    assert.equal((await tags()).skopeo, old.id);
    // In another form it is another image, which leaves alone; skopeo deletes by digest.
    await copy(kept, `${name}:oci`, '--format=oci');
    assert.notEqual((await tags()).oci ?? old.id, old.id);
    await run('skopeo', 'delete', INSECURE, `--creds=alice:${PASSWORD}`, `${name}:oci`);
    const left = await tags();
    assert.deepEqual([left.oci, left['1']], [undefined, old.id]);
  });

  it('copies within the hub, by mounts', async () => {
    const to = `${place()}/copied`;
    await copy(`${place()}/real:1`, `${to}:1`);
    const { body } = await send(hub, 'GET /v1/repositories/alice/copied/tags').expect(200);
    assert.deepEqual(body, { 1: old.id });
    const inspected = await run('skopeo', 'inspect', INSECURE, `${to}:1`);
    assert.deepEqual((JSON.parse(inspected) as { RepoTags: string[] }).RepoTags, ['1']);
  });

  it('is told what is wrong', async () => {
    const inspect = ['inspect', INSECURE];
    await fails(/manifest unknown/, 'skopeo', ...inspect, `${place()}/real:none`);
    await fails(/denied: There is no repository/, 'skopeo', ...inspect, `${place()}/none`);
    const file = `--authfile=${join(folder, 'skopeo.json')}`;
    const [host, as] = [`127.0.0.1:${hub.port}`, ['-u', 'alice', '-p']];
    const login = ['login', INSECURE, file, ...as];
    await fails(/invalid username\/password/, 'skopeo', ...login, 'wrong', host);
    await run('skopeo', ...login, PASSWORD, host);
  });
});

describe('podman', { skip: missing('podman', '--version') }, () => {
  const podman = (...words: string[]) => {
    const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
    return run('podman', ...storage, '--storage-driver=vfs', ...words);
  };

  it('pulls and pushes back', async () => {
    const name = `127.0.0.1:${hub.port}/alice/real`;
    await podman('pull', INSECURE, `${name}:1`);
    const creds = `--creds=alice:${PASSWORD}`;
    await podman('push', INSECURE, creds, '--format=v2s2', `${name}:1`, `${name}:podman`);
    assert.equal((await tags()).podman, old.id);
    await podman('rmi', '--all', '--force');
  });

  it('searches', async () => {
    const host = `127.0.0.1:${hub.port}`;
    assert.match(await podman('search', INSECURE, `${host}/real`), /\/alice\/real\b/);
    const listed = await podman('search', INSECURE, '--list-tags', `${host}/alice/real`);
    assert.match(listed, /\/alice\/real +1$/m);
  });
});

describe('buildah', { skip: missing('buildah', '--version') }, () => {
  it('builds an image that a client of v1 finds', async () => {
    const storage = ['--root', join(folder, 'built'), '--runroot', join(folder, 'run')];
    const buildah = (...words: string[]) =>
      run('buildah', ...storage, '--storage-driver=vfs', ...words);
    const file = join(folder, 'Dockerfile');
    await writeFile(file, 'FROM scratch\nCOPY Dockerfile /of\nENV OF=today\n');
    const to = `127.0.0.1:${hub.port}/alice/built:1`;
    await buildah('bud', '--isolation=chroot', '--tag', to, '--file', file, folder);
    await buildah('push', INSECURE, `--creds=alice:${PASSWORD}`, to);
    const { body } = await send(hub, 'GET /v1/repositories/alice/built/tags').expect(200);
    const id = (body as Record<string, string>)['1'];
    const auth = basic('alice');
    const json = await send(hub, `GET /v1/images/${id}/json`, { auth }).expect(200);
    const { config } = json.body as { config: { Env: string[] } };
    assert.ok(config.Env.includes('OF=today'), String(config.Env));
    await send(hub, `GET /v1/images/${id}/layer`, { auth }).expect(200);
    await buildah('rmi', '--all', '--force');
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
