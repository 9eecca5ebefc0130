/** Dockers of both ages over one hub: what one pushes, the other pulls, in public, private and official repositories. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { basic, PASSWORD, send } from '../support/client.js';
import { checkAnswer } from '../support/contract.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { type ModernImage, makeModernImage, repacked } from '../support/modern-docker/images.js';
import { ModernDocker, type PulledImage } from '../support/modern-docker/modern-docker.js';
import type { Kind } from '../support/modern-docker/ways.js';
import { makeImages, OldDocker, type Version } from '../support/old-docker.js';
import { createRepository, setAccess } from '../support/pushes.js';

const ERAS: readonly Version[] = ['0.7.6', '1.5.0', '1.12.6'];
const STORES: readonly Kind[] = ['docker 28', 'docker 28 with containerd'];
const PLACES = ['public', 'private', 'official'] as const;
type Place = (typeof PLACES)[number];

const hub: OwnHub = useHub({ people: ['alice'] });

function ownerOf(place: Place): { username: string; password: string } {
  return { username: place === 'official' ? 'admin' : 'alice', password: PASSWORD };
}

/** The name, and the same as dockers write it. */
async function repository(place: Place, seed: string): Promise<string> {
  const word = seed.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  if (place === 'official') return word;
  const name = `alice/${word}-${place}`;
  if (place === 'private') {
    await createRepository(hub, basic('alice'), name);
    await setAccess(hub, basic('alice'), name, 'private');
  }
  return name;
}

function old(version: Version, place: Place): OldDocker {
  const { username, password } = ownerOf(place);
  return new OldDocker({
    version,
    host: `127.0.0.1:${hub.port}`,
    credentials: { username, password, email: `${username}@example.com` },
    onAnswer: checkAnswer,
  });
}

async function today<R>(
  kind: Kind,
  place: Place,
  work: (docker: ModernDocker) => Promise<R>,
): Promise<R> {
  using docker = new ModernDocker({ port: hub.port, kind, credentials: ownerOf(place) });
  return work(docker);
}

/** As it lies in a docker of today that pulled it. */
function local({ config, layers }: PulledImage): ModernImage {
  const own = layers.map(({ blob, tar }) => {
    const mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
    return { bytes: blob, tar, mediaType };
  });
  const made = makeModernImage('pulled', { layers: own });
  return repacked({ ...made, config: { ...made.config, bytes: config } });
}

for (const version of ERAS) {
  for (const place of PLACES) {
    describe(`docker ${version} and dockers of today, ${place}`, () => {
      it('the old one pushes; those of today pull, and push it back with the same ids', async () => {
        const name = await repository(place, `old ${version}`);
        const images = makeImages(`${place} ${version}`, 3, { version, bigLayer: 40_000 });
        const top = images.at(-1)?.id ?? '';
        await old(version, place).push(name, images, { tags: { latest: top } });
        const ids = new Set<string>();
        for (const kind of STORES) {
          const pulled = await today(kind, place, (docker) => docker.pull(name, 'latest'));
          // To the byte, as they were pushed.
          assert.deepEqual(
            pulled.layers.map(({ blob }) => blob),
            images.map(({ layer }) => layer),
          );
          ids.add(pulled.id);
          const config = JSON.parse(pulled.config.toString()) as Record<string, unknown>;
          assert.equal((config.history as unknown[]).length, 3);
          assert.equal(config.architecture, 'amd64');
          assert.equal(config.id, undefined);
          const tag = `back-${kind.length}`;
          await today(kind, place, (docker) => docker.push(name, tag, local(pulled)));
          const again = await today(kind, place, (docker) => docker.pull(name, tag));
          assert.equal(again.id, pulled.id);
          const back = await old(version, place).pull(name, { tag });
          assert.equal(back.tags[tag], top);
          for (const image of images) {
            const got = back.images.get(image.id);
            assert.equal(got?.json.toString(), image.json.toString());
            assert.ok(got?.layer.equals(image.layer), 'the layer is the one that it had');
          }
        }
        assert.equal(ids.size, 1);
      });

      it('one of today pushes; the old one pulls it, layer by layer', async () => {
        for (const kind of STORES) {
          for (const form of ['docker', 'oci'] as const) {
            const seed = `new ${version} ${place} ${kind} ${form}`;
            const name = await repository(place, seed);
            const image = makeModernImage(seed, { form });
            await today(kind, place, (docker) => docker.push(name, 'latest', image));
            const pulled = await old(version, place).pull(name, { tag: 'latest' });
            assert.equal(pulled.tags.latest, image.id);
            assert.equal(pulled.images.size, 2);
            const jsons = [...pulled.images.values()].map(({ json }) => JSON.parse(String(json)));
            const top = jsons.find(({ id }) => id === image.id);
            const low = jsons.find(({ id }) => id !== image.id);
            assert.equal(top.parent, low.id);
            assert.equal(low.parent, undefined);
            assert.deepEqual(top.config.Cmd, ['/bin/true']);
            assert.equal(top.architecture, 'amd64');
            // What docker history shows of the lower one.
            assert.equal(low.created, '2025-03-04T05:06:00Z');
            assert.deepEqual(low.container_config.Cmd, [`RUN /bin/sh -c layer 0 <${seed}>`]);
            for (const [level, id] of [low.id, top.id].entries()) {
              const { layer } = pulled.images.get(id) ?? {};
              const own = image.layers[level];
              assert.ok(layer && own);
              assert.ok(gunzipSync(layer).equals(own.tar));
            }
          }
        }
      });
    });
  }
}

describe('a tag', () => {
  it('that is set on one side is there on the other at once, and is deleted on both', async () => {
    const [name, version, place] = ['alice/tags', '1.5.0', 'public'] as const;
    const images = makeImages('tags', 2, { version, bigLayer: 1_000 });
    const [low, top] = images;
    assert.ok(low && top);
    await old(version, place).push(name, images, { tags: { a: top.id, b: low.id } });
    const image = makeModernImage('tags');
    await today('docker 28', place, (docker) => docker.push(name, 'c', image));
    const auth = basic('alice');
    const v1 = async () => (await send(hub, `GET /v1/repositories/${name}/tags`).expect(200)).body;
    const v2 = async () => (await send(hub, `GET /v2/${name}/tags/list`).expect(200)).body.tags;
    assert.deepEqual(await v1(), { a: top.id, b: low.id, c: image.id });
    assert.deepEqual(await v2(), ['a', 'b', 'c']);
    // Moved over v1, to what came over v2, and the other way round.
    const body = JSON.stringify(image.id);
    await send(hub, `PUT /v1/repositories/${name}/tags/a`, { auth, body }).expect(200);
    const moved = await send(hub, `HEAD /v2/${name}/manifests/a`).expect(200);
    assert.equal(moved.headers['docker-content-digest'], image.manifest.digest);
    await today('docker 28', place, (docker) => docker.push(name, 'b', image));
    assert.deepEqual(await v1(), { a: image.id, b: image.id, c: image.id });
    await send(hub, `DELETE /v1/repositories/${name}/tags/a`, { auth }).expect(200);
    await send(hub, `DELETE /v2/${name}/manifests/b`, { auth }).expect(202);
    assert.deepEqual(await v1(), { c: image.id });
    assert.deepEqual(await v2(), ['c']);
    await send(hub, `DELETE /v2/${name}/manifests/${image.manifest.digest}`, { auth }).expect(202);
    assert.deepEqual(await v1(), {});
    assert.deepEqual(await v2(), []);
  });
});
