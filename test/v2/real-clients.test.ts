/** Clients of today themselves, where they are installed: they meet what old dockers pushed, and push back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { createRepository, pushImage, setAccess } from '../support/pushes.js';
import { missing, run, startDocker } from '../support/real-programs.js';

const old = makeImage('for real clients');
const hub: OwnHub = useHub({ people: ['alice', 'carol'] }, async () => {
  await pushImage(hub, basic('alice'), 'alice/real', old, '1');
  await createRepository(hub, basic('carol'), 'carol/private');
  await setAccess(hub, basic('carol'), 'carol/private', 'private');
});

const folder = await mkdtemp(join(tmpdir(), 'hub-v1-test-'));
const real = await startDocker(folder);
after(async () => {
  await real?.end();
  await rm(folder, { recursive: true, force: true });
});

const creds = `alice:${PASSWORD}`;
const at = (name: string): string => `127.0.0.1:${hub.port}/${name}`;

/** The images of v1 that the tags of a repository name. */
async function tags(name: string): Promise<Record<string, string>> {
  const { body } = await send(hub, `GET /v1/repositories/${name}/tags`).expect(200);
  return body as Record<string, string>;
}

/** The layer of an image goes out over v1 as any old docker reads it. */
async function isOld(name: string, tag: string): Promise<void> {
  const id = (await tags(name))[tag] ?? '';
  const ids = (await send(hub, `GET /v1/images/${id}/ancestry`).expect(200)).body as string[];
  for (const each of ids) await send(hub, `GET /v1/images/${each}/layer`).expect(200);
}

describe('skopeo', { skip: missing('skopeo') }, () => {
  const skopeo = (...words: string[]): Promise<string> =>
    run('skopeo', ['--insecure-policy', ...words]);
  const copy = (from: string, to: string, ...more: string[]): Promise<string> => {
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    return skopeo('copy', ...plain, '--dest-creds', creds, ...more, from, to);
  };

  it('lists and inspects', async () => {
    const name = `docker://${at('alice/real')}`;
    const listed = await skopeo('list-tags', '--tls-verify=false', name);
    assert.ok((JSON.parse(listed) as { Tags: string[] }).Tags.includes('1'));
    const seen = await skopeo('inspect', '--tls-verify=false', `${name}:1`);
    assert.equal((JSON.parse(seen) as { Os: string }).Os, 'linux');
  });

  it('copies to a folder and back, with the same v1 id', async () => {
    const place = `dir:${join(folder, 'skopeo')}`;
    await copy(`docker://${at('alice/real')}:1`, place);
    await copy(place, `docker://${at('alice/real')}:skopeo`);
    assert.equal((await tags('alice/real')).skopeo, old.id);
  });

  for (const [form, ...more] of [
    ['oci', '--format=oci'],
    ['zstd', '--format=oci', '--dest-compress-format=zstd'],
  ] as const) {
    it(`copies as ${form}, and v1 reads it`, async () => {
      const place = `dir:${join(folder, form)}`;
      await copy(`docker://${at('alice/real')}:1`, place, '--dest-decompress');
      await copy(place, `docker://${at('alice/skopeo')}:${form}`, ...more);
      await isOld('alice/skopeo', form);
    });
  }

  it('copies within the hub, by mounts, and deletes a tag with its manifest', async () => {
    const to = `docker://${at('alice/copied')}:1`;
    await copy(`docker://${at('alice/real')}:1`, to);
    assert.deepEqual(await tags('alice/copied'), { 1: old.id });
    await skopeo('delete', '--tls-verify=false', '--creds', creds, to);
    assert.deepEqual(await tags('alice/copied'), {});
    assert.equal((await tags('alice/real'))['1'], old.id);
  });

  it('is told what is wrong', async () => {
    const inspect = (name: string) =>
      skopeo('inspect', '--tls-verify=false', `docker://${at(name)}`);
    await assert.rejects(inspect('alice/real:none'), /manifest unknown/);
    await assert.rejects(inspect('alice/none'), /denied: There is no repository/);
    const place = `dir:${join(folder, 'refused')}`;
    await copy(`docker://${at('alice/real')}:1`, place);
    await assert.rejects(copy(place, `docker://${at('a/b')}:1`), /There can't be a repository/);
    const file = `--authfile=${join(folder, 'skopeo.json')}`;
    const logIn = (password: string) => {
      const words = ['login', '--tls-verify=false', file, '-u', 'alice', '-p', password];
      return skopeo(...words, `127.0.0.1:${hub.port}`);
    };
    await assert.rejects(logIn('wrong'), /invalid username\/password/);
    await logIn(PASSWORD);
  });
});

describe('podman', { skip: missing('podman') }, () => {
  const storage = ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run')];
  const env = { REGISTRY_AUTH_FILE: join(folder, 'podman-login'), HOME: folder };
  const podman = (command: string, ...words: string[]): Promise<string> =>
    run('podman', [...storage, '--storage-driver=vfs', command, ...words], env);
  const plain = '--tls-verify=false';

  it('logs in, pulls, pushes back, and pushes as zstd', async () => {
    const name = at('alice/real');
    const wrong = podman('login', plain, '-u', 'alice', '-p', 'wrong', `127.0.0.1:${hub.port}`);
    await assert.rejects(wrong, /invalid username\/password/);
    await podman('login', plain, '-u', 'alice', '-p', PASSWORD, `127.0.0.1:${hub.port}`);
    await podman('pull', plain, `${name}:1`);
    await podman('push', plain, '--format=v2s2', `${name}:1`, `${name}:podman`);
    assert.equal((await tags('alice/real')).podman, old.id);
    const zstd = ['--format=oci', '--compression-format=zstd'];
    await podman('push', plain, ...zstd, `${name}:1`, at('alice/podman:zstd'));
    await isOld('alice/podman', 'zstd');
    await assert.rejects(
      podman('push', plain, `${name}:1`, at('root_name')),
      /Impossible to push a "root" repository/,
    );
    await podman('rmi', '--all', '--force');
  });

  it('searches', async () => {
    const name = at('alice/real');
    assert.match(await podman('search', plain, at('real')), new RegExp(`^${name}\\s*$`, 'm'));
    const listed = await podman('search', plain, '--list-tags', name);
    assert.match(listed, new RegExp(`^${name}\\s+1\\s*$`, 'm'));
  });
});

describe('buildah', { skip: missing('buildah') }, () => {
  const storage = ['--root', join(folder, 'buildah'), '--runroot', join(folder, 'buildah-run')];
  const buildah = (command: string, ...words: string[]): Promise<string> =>
    run('buildah', [...storage, '--storage-driver=vfs', command, ...words], { HOME: folder });

  const plain = '--tls-verify=false';

  it('builds an image from nothing, which v1 reads', async () => {
    const file = join(folder, 'Dockerfile');
    await writeFile(file, 'FROM scratch\nCOPY Dockerfile /of\nENV OF=today\n');
    const to = at('alice/built:1');
    await buildah('bud', '--isolation=chroot', '--tag', to, '--file', file, folder);
    await buildah('push', plain, '--creds', creds, to);
    await isOld('alice/built', '1');
    const id = (await tags('alice/built'))['1'];
    const json = await send(hub, `GET /v1/images/${id}/json`).expect(200);
    const { config } = json.body as { config: { Env: string[] } };
    assert.ok(config.Env.includes('OF=today'), String(config.Env));
    await buildah('rmi', '--all', '--force');
  });

  it('builds on an old image, and pushes that and an index', async () => {
    const [container] = (await buildah('from', plain, at('alice/real:1'))).split('\n');
    assert.ok(container);
    await buildah('config', '--label', 'made=with buildah', container);
    const to = `docker://${at('alice/buildah')}`;
    await buildah('commit', plain, '--creds', creds, container, `${to}:1`);
    await isOld('alice/buildah', '1');
    await buildah('manifest', 'create', 'both');
    await buildah('manifest', 'add', plain, 'both', `${to}:1`);
    await buildah('manifest', 'push', plain, '--creds', creds, '--all', 'both', `${to}:index`);
    const { index, 1: alone } = await tags('alice/buildah');
    assert.equal(index, alone);
    await buildah('rm', '--all');
    await buildah('rmi', '--all', '--force');
  });
});

describe('docker', { skip: real === undefined && 'no dockerd starts here' }, () => {
  const docker = (...words: string[]): Promise<string> => {
    assert.ok(real);
    return real.docker(...words);
  };
  const logIn = (password: string): Promise<string> =>
    docker('login', '-u', 'alice', '-p', password, `127.0.0.1:${hub.port}`);

  it('says what is wrong with a password, and what needs a login', async () => {
    await assert.rejects(logIn('wrong'), /Wrong login\/password, please try again/);
    await docker('pull', at('alice/real:1'));
    await docker('tag', at('alice/real:1'), at('alice/real:nobody'));
    await assert.rejects(docker('push', at('alice/real:nobody')), /denied: Log in to push/);
  });

  it('logs in, pulls and pushes back, with the same v1 id', async () => {
    await logIn(PASSWORD);
    await docker('pull', at('alice/real:1'));
    await docker('tag', at('alice/real:1'), at('alice/real:docker'));
    await docker('push', at('alice/real:docker'));
    assert.equal((await tags('alice/real')).docker, old.id);
  });

  it('pulls by digest, and gets the image that it had', async () => {
    await docker('pull', at('alice/real:1'));
    const show = (format: string) => docker('inspect', '--format', format, at('alice/real:1'));
    const [id, digest] = [await show('{{.Id}}'), await show('{{index .RepoDigests 0}}')];
    await docker('rmi', '--force', id.trim());
    await docker('pull', digest.trim());
    assert.equal(await docker('inspect', '--format', '{{.Id}}', digest.trim()), id);
  });

  it('mounts layers from a repository to another', async () => {
    await logIn(PASSWORD);
    await docker('pull', at('alice/real:1'));
    await docker('tag', at('alice/real:1'), at('alice/mounted:1'));
    assert.match(await docker('push', at('alice/mounted:1')), /Mounted from alice\/real/);
    await isOld('alice/mounted', '1');
  });

  it('is refused in the words of 2014', async () => {
    await logIn(PASSWORD);
    await docker('pull', at('alice/real:1'));
    const refused: readonly [name: string, words: RegExp][] = [
      ['static_web', /Impossible to push a "root" repository\. .*\(ex: alice\/static_web\)/],
      ['carol/web', /Access Denied: Not allowed to create Repo at given location/],
      ['my.team/web', /There can't be a repository of that name here/],
    ];
    for (const [name, words] of refused) {
      await docker('tag', at('alice/real:1'), at(name));
      await assert.rejects(docker('push', at(name)), words);
    }
  });

  it('is told the same of what is private and of what is not there', async () => {
    await logIn(PASSWORD);
    for (const name of ['carol/private', 'carol/nothing']) {
      await assert.rejects(docker('pull', at(name)), {
        message: new RegExp(`denied: There is no repository ${name}, or you may not read it`),
      });
    }
  });

  it('searches over v1', async () => {
    assert.match(await docker('search', at('real')), /^alice\/real\s/m);
  });
});

describe('containerd', { skip: real === undefined && 'no dockerd starts here' }, () => {
  it('pulls, and pushes to another repository', async () => {
    assert.ok(real);
    const images = (command: string, ...words: string[]): Promise<string> => {
      assert.ok(real);
      return real.ctr('images', command, ...words);
    };
    const plain = ['--plain-http', '--user', creds];
    await images('pull', ...plain, '--snapshotter=native', at('alice/real:1'));
    await images('tag', at('alice/real:1'), at('alice/containerd:1'));
    await images('push', ...plain, at('alice/containerd:1'));
    assert.equal((await tags('alice/containerd'))['1'], old.id);
  });
});
