/** Clients of today at work: log in, push, push again, mount, pull, delete, and what they are refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { filesOf, makeImage } from '../support/images.js';
import {
  type Form,
  makeAttestation,
  makeIndex,
  makeLayer,
  makeModernImage,
  repacked,
} from '../support/modern-docker/images.js';
import { ModernDocker, type PulledImage } from '../support/modern-docker/modern-docker.js';
import { type Credentials, ModernDockerError } from '../support/modern-docker/session.js';
import { KINDS, type Kind } from '../support/modern-docker/ways.js';
import { createRepository, pushImage, setAccess } from '../support/pushes.js';

const ALICE = { username: 'alice', password: PASSWORD };
const BOB = { username: 'robert', password: PASSWORD };
const ADMIN = { username: 'admin', password: PASSWORD };

const hub: OwnHub = useHub({ people: ['alice', 'robert'] });

/** What `work` does with a client of this kind. */
async function as<R>(
  kind: Kind,
  credentials: Credentials | undefined,
  work: (docker: ModernDocker) => Promise<R>,
): Promise<R> {
  using docker = new ModernDocker({ port: hub.port, kind, ...(credentials && { credentials }) });
  return work(docker);
}

function same(pulled: PulledImage, image: ReturnType<typeof makeModernImage>): void {
  assert.ok(pulled.manifest.equals(image.manifest.bytes));
  assert.equal(pulled.mediaType, image.manifest.mediaType);
  assert.equal(pulled.id, image.id);
  assert.deepEqual(
    pulled.layers.map(({ blob }) => blob),
    image.layers.map(({ bytes }) => bytes),
  );
}

async function refused(work: Promise<unknown>, status: number, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ModernDockerError, String(error));
    assert.equal(error.status, status, error.message);
    assert.match(error.message, message);
    return true;
  });
}

for (const kind of KINDS) {
  describe(kind, () => {
    const word = kind.replaceAll(' ', '-');

    it('logs in, and is told of a wrong password', async () => {
      await as(kind, ALICE, (docker) => docker.login());
      const wrong = { ...ALICE, password: 'wrong' };
      await refused(
        as(kind, wrong, (docker) => docker.login()),
        401,
        /^unauthorized: /,
      );
    });

    for (const form of ['docker', 'oci'] satisfies Form[]) {
      it(`pushes, pushes again and pulls an image of the ${form} form`, async () => {
        const name = `alice/${word}-${form}`;
        const image = makeModernImage(name, { form });
        const digest = await as(kind, ALICE, (docker) => docker.push(name, '1', image));
        assert.equal(await as(kind, ALICE, (docker) => docker.push(name, '2', image)), digest);
        same(await as(kind, ALICE, (docker) => docker.pull(name, '1')), image);
        same(await as(kind, undefined, (docker) => docker.pull(name, '2')), image);
        same(await as(kind, BOB, (docker) => docker.pull(name, '1')), image);
      });
    }

    it('mounts blobs of another repository that it may read', async () => {
      const image = makeModernImage(`${word} mounted`);
      const [from, to] = [`alice/${word}-from`, `alice/${word}-to`];
      await as(kind, ALICE, (docker) => docker.push(from, '1', image));
      await setAccess(hub, basic('alice'), from, 'private');
      await as(kind, ALICE, (docker) => docker.push(to, '1', image, { from }));
      same(await as(kind, undefined, (docker) => docker.pull(to, '1')), image);
      // Another account uploads what it may not mount.
      await as(kind, BOB, (docker) => docker.push(`robert/${word}-to`, '1', image, { from }));
      same(await as(kind, undefined, (docker) => docker.pull(`robert/${word}-to`, '1')), image);
    });

    it('pushes an index as buildx does, and pulls its own platform of it', async () => {
      const name = `alice/${word}-index`;
      const amd64 = makeModernImage(`${name} amd64`, { form: 'oci' });
      const arm64 = makeModernImage(`${name} arm64`, {
        form: 'oci',
        config: { architecture: 'arm64' },
      });
      const attestation = makeAttestation(amd64);
      const index = makeIndex([
        { manifest: arm64.manifest, platform: { os: 'linux', architecture: 'arm64' } },
        { manifest: amd64.manifest, platform: { os: 'linux', architecture: 'amd64' } },
        attestation.member,
      ]);
      const images = [arm64, amd64, attestation.image];
      const digest = await as(kind, ALICE, (docker) => docker.push(name, '1', images, { index }));
      assert.equal(digest, index.digest);
      same(await as(kind, undefined, (docker) => docker.pull(name, '1')), amd64);
    });

    it('pulls what is private as its owner alone', async () => {
      const name = `alice/${word}-private`;
      const image = makeModernImage(name);
      await createRepository(hub, basic('alice'), name);
      await setAccess(hub, basic('alice'), name, 'private');
      await as(kind, ALICE, (docker) => docker.push(name, '1', image));
      same(await as(kind, ALICE, (docker) => docker.pull(name, '1')), image);
      same(await as(kind, ADMIN, (docker) => docker.pull(name, '1')), image);
      // docker of today would ask for a password at a 401 (v2.md §0.7).
      await refused(
        as(kind, BOB, (docker) => docker.pull(name, '1')),
        403,
        /./,
      );
      await refused(
        as(kind, undefined, (docker) => docker.pull(name, '1')),
        403,
        /./,
      );
      await refused(
        as(kind, BOB, (docker) => docker.pull('alice/missing', '1')),
        403,
        /./,
      );
      await refused(
        as(kind, undefined, (docker) => docker.pull('alice/missing', '1')),
        403,
        /./,
      );
    });

    it('says in its own words what is missing', async () => {
      const name = `alice/${word}-docker`;
      await refused(
        as(kind, ALICE, (docker) => docker.pull(name, 'none')),
        404,
        /./,
      );
      await refused(
        as(kind, ALICE, (docker) => docker.pull('alice/none', '1')),
        404,
        /./,
      );
    });

    it('pushes official images as an admin, and tells others which name they may use', async () => {
      const image = makeModernImage(`${word} official`);
      await as(kind, ADMIN, (docker) => docker.push(word, '1', image));
      same(await as(kind, undefined, (docker) => docker.pull(`library/${word}`, '1')), image);
      await refused(
        as(kind, ALICE, (docker) => docker.push('root-name', '1', image)),
        403,
        /Impossible to push a "root" repository\. Please rename your repository in <user>\/<repo> \(ex: alice\/root-name\)/,
      );
      await refused(
        as(kind, BOB, (docker) => docker.push('alice/foreign', '1', image)),
        403,
        /./,
      );
      await refused(
        as(kind, undefined, (docker) => docker.push('alice/none', '1', image)),
        403,
        /./,
      );
    });

    it('deletes a tag by its digest, and then finds nothing there', async () => {
      const name = `alice/${word}-deleted`;
      const image = makeModernImage(name);
      const digest = await as(kind, ALICE, (docker) => docker.push(name, '1', image));
      await refused(
        as(kind, BOB, (docker) => docker.delete(name, digest)),
        403,
        /^denied: /,
      );
      await as(kind, ALICE, (docker) => docker.delete(name, digest));
      await refused(
        as(kind, ALICE, (docker) => docker.pull(name, '1')),
        404,
        /./,
      );
      await refused(
        as(kind, ALICE, (docker) => docker.delete(name, digest)),
        404,
        /^manifest unknown: /,
      );
    });

    it('pulls what an old docker pushed, pushes it back, and pulls it again', async () => {
      const name = `alice/${word}-old`;
      const old = makeImage(name);
      await pushImage(hub, basic('alice'), name, old, '1');
      const pulled = await as(kind, undefined, (docker) => docker.pull(name, '1'));
      assert.ok(pulled.layers[0]?.blob.equals(old.layer));
      const image = makeModernImage(name, {
        layers: pulled.layers.map(({ blob, tar }) => ({
          bytes: blob,
          tar,
          mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        })),
      });
      const config = { bytes: pulled.config, mediaType: image.config.mediaType };
      const back = repacked({ ...image, config });
      await as(kind, ALICE, (docker) => docker.push(name, '2', back));
      const again = await as(kind, undefined, (docker) => docker.pull(name, '2'));
      assert.equal(again.id, pulled.id);
      const tags = await send(hub, `GET /v1/repositories/${name}/tags`).expect(200);
      assert.deepEqual(tags.body, { 1: old.id, 2: old.id });
    });
  });
}

/** What is asked for one layer and its config, as recorded; `blob` is the layer, then the config. */
const ORDERS: Readonly<Record<Kind, { readonly push: string; readonly pull: string }>> = {
  'docker 20': {
    push: 'ping token POST PATCH PUT HEAD:blob HEAD:blob POST PATCH PUT HEAD:blob PUT:manifest',
    pull: 'ping token HEAD:manifest GET:manifest GET:blob GET:blob',
  },
  'docker 28': {
    push: 'ping token POST PATCH PUT HEAD:blob HEAD:blob POST PATCH PUT HEAD:blob PUT:manifest',
    pull: 'ping token HEAD:manifest GET:manifest GET:blob GET:blob',
  },
  'docker 28 with containerd': {
    push: 'HEAD:blob token HEAD:blob POST PUT HEAD:blob POST PUT HEAD:manifest PUT:manifest',
    pull: 'HEAD:manifest token HEAD:manifest GET:manifest GET:blob GET:blob',
  },
  'podman 5': {
    push: 'ping token HEAD:blob POST PATCH PUT HEAD:blob POST PATCH PUT PUT:manifest',
    pull: 'ping token GET:manifest GET:blob GET:blob',
  },
  crane: {
    push: 'ping token HEAD:blob POST PATCH PUT HEAD:blob POST PATCH PUT HEAD:manifest PUT:manifest',
    pull: 'ping token GET:manifest GET:blob GET:blob',
  },
};

describe('what the models ask', () => {
  for (const kind of KINDS) {
    it(`is what was recorded of ${kind}`, async () => {
      const name = `alice/${kind.replaceAll(' ', '-')}-order`;
      const image = makeModernImage(name, { layers: [makeLayer(filesOf(name))] });
      // What is private makes containerd ask for a token too.
      await createRepository(hub, basic('alice'), name);
      await setAccess(hub, basic('alice'), name, 'private');
      const asked = async (work: (docker: ModernDocker) => Promise<unknown>): Promise<string> => {
        const lines = await as(kind, ALICE, async (docker) => {
          await work(docker);
          return docker.lines;
        });
        return lines.map(shorten).join(' ');
      };
      assert.equal(await asked((docker) => docker.push(name, '1', image)), ORDERS[kind].push);
      assert.equal(await asked((docker) => docker.pull(name, '1')), ORDERS[kind].pull);
    });
  }
});

function shorten(line: string): string {
  const [method = '', path = ''] = line.split(' ');
  if (path === '/v2/') return 'ping';
  if (path.startsWith('/v2/token')) return 'token';
  if (path.includes('/blobs/uploads/')) return method;
  return `${method}:${path.includes('/manifests/') ? 'manifest' : 'blob'}`;
}
