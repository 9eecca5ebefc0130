/*
 * A disk that fails at each single step of what people do over v2, and of what becomes of an image on its way from one
 * side to the other: once, and from then on until somebody mends it. What fails is said; what was answered is there after
 * a kill; and everything goes on.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { basic, type Client, tokenOf, Unexpected } from '../../bench/torture/client.js';
import { layerOf, makeImage, sha256 } from '../../bench/torture/images.js';
import {
  type Blob,
  blobOf,
  bringBlob,
  described,
  type ModernImage,
  makeModernImage,
  mountBlob,
  pushModern,
  putManifest,
  type Way,
} from '../../bench/torture/modern.js';
import { tarOfLength } from '../../bench/torture/tar.js';
import {
  assertIsTidy,
  complaintsOf,
  DISK_FAILURES,
  type DiskFailure,
  type FailingHub,
  failAtEachStep,
  killAndStart,
} from '../support/disk-failures.js';
import { storedAsZstd } from '../support/modern-docker/images.js';

const OWNER = 'jamtur01';
const auth = basic(OWNER, 'sesame');
const KEPT = `${OWNER}/kept`;
const KEPT_IMAGE = makeModernImage('kept', [{ name: 'kept', size: 3000 }]);

/** After one of so many steps at which a disk fills up, a kill and a start are tried too. */
const SAMPLE = 4;

/** What can be seen of a hub: throws where it is not so. */
type Fact = (client: Client) => Promise<unknown>;

/** What somebody does, which they may do again, and what is to be seen once it is answered, each under what it is about. */
interface Act {
  readonly name: string;
  readonly run: (client: Client) => Promise<unknown>;
  readonly facts: Readonly<Record<string, Fact>>;
}

/** Some acts on repositories of their own, and what must be there before them. */
interface Scene {
  readonly name: string;
  readonly stage: (number: number) => {
    readonly before: (client: Client) => Promise<unknown>;
    readonly acts: readonly Act[];
    /** The repositories that there may be afterwards. */
    readonly repositories: readonly string[];
  };
}

// Acts.

function bring(repository: string, name: string, blob: Blob, way: Way): Act {
  return {
    name: `bring ${name}`,
    run: (client) => bringBlob(client, repository, auth, blob, way),
    facts: { [`${repository} ${name}`]: hasBlob(repository, blob) },
  };
}

function mount(repository: string, name: string, blob: Blob, from: string): Act {
  return {
    name: `mount ${name}`,
    run: async (client) => {
      assert.ok(await mountBlob(client, repository, auth, blob, from));
    },
    facts: { [`${repository} ${name}`]: hasBlob(repository, blob) },
  };
}

function put(repository: string, image: ModernImage, tag: string): Act {
  return {
    name: `put ${tag}`,
    run: (client) => putManifest(client, repository, auth, image, tag),
    facts: {
      [`${repository} ${tag}`]: hasManifest(repository, tag, image),
      [`${repository} manifest`]: hasManifest(repository, image.manifest.digest, image),
    },
  };
}

function remove(what: string, line: string, facts: Act['facts']): Act {
  return { name: `remove ${what}`, run: (c) => c.expect([202, 404], line, { auth }), facts };
}

// Facts.

function hasBlob(repository: string, { digest, bytes }: Blob): Fact {
  return async (client) => {
    const got = await client.expect(200, `GET /v2/${repository}/blobs/${digest}`, { auth });
    assert.ok(got.body.equals(bytes));
  };
}

function hasManifest(repository: string, reference: string, { manifest }: ModernImage): Fact {
  return async (client) => {
    const got = await client.expect(200, `GET /v2/${repository}/manifests/${reference}`, { auth });
    assert.ok(got.body.equals(manifest.bytes));
  };
}

function isGone(path: string): Fact {
  return (client) => client.expect(404, `GET ${path}`, { auth });
}

/** Pulls an image over v1; resolves to its layers, the uppermost first. */
async function pullOld(client: Client, repository: string, tag: string): Promise<Buffer[]> {
  const tagged = await client.expect(200, `GET /v1/repositories/${repository}/tags/${tag}`);
  const top = `/v1/images/${JSON.parse(tagged.body.toString())}`;
  const ancestry = await client.expect(200, `GET ${top}/ancestry`);
  const layers: Buffer[] = [];
  for (const id of JSON.parse(ancestry.body.toString()) as string[]) {
    await client.expect(200, `GET /v1/images/${id}/json`);
    layers.push((await client.expect(200, `GET /v1/images/${id}/layer`)).body);
  }
  return layers;
}

/** Pulls an image over v2, all that its manifest names. */
async function pullNew(client: Client, repository: string, tag: string): Promise<void> {
  const got = await client.expect(200, `GET /v2/${repository}/manifests/${tag}`);
  const { config, layers } = JSON.parse(got.body.toString());
  for (const { digest, size } of [config, ...layers]) {
    const blob = await client.expect(200, `GET /v2/${repository}/blobs/${digest}`);
    assert.deepEqual([blobOf(blob.body).digest, blob.body.length], [digest, size]);
  }
}

// Images.

function newImage(name: string): ModernImage {
  const lower = { name: `${name} lower`, size: 20_000 };
  return makeModernImage(name, [lower, { name: `${name} upper`, size: 300 }]);
}

/** One whose only layer no old docker reads. */
function zstdImage(name: string): ModernImage {
  const tar = tarOfLength(name, 8192);
  const diffIds = [blobOf(tar).digest];
  const [os, rootfs] = ['linux', { type: 'layers', diff_ids: diffIds }];
  const config = blobOf(JSON.stringify({ architecture: 'amd64', os, comment: name, rootfs }));
  const layer = blobOf(storedAsZstd(tar));
  const type = 'application/vnd.oci.image';
  const manifest = blobOf(
    JSON.stringify({
      schemaVersion: 2,
      config: described(config, `${type}.config.v1+json`),
      layers: [described(layer, `${type}.layer.v1.tar+zstd`)],
    }),
  );
  return { config, layers: [layer], manifest, ancestry: [config.digest.slice('sha256:'.length)] };
}

/** A push over v1 of an image of this layer. */
async function pushOld(client: Client, repository: string, layer: Buffer): Promise<void> {
  const path = `/v1/repositories/${repository}`;
  const id = sha256(repository).toString('hex');
  const json = Buffer.from(JSON.stringify({ id, comment: repository }));
  const payload = sha256(Buffer.concat([json, Buffer.from('\n'), layer])).toString('hex');
  const sum = { 'X-Docker-Checksum-Payload': `sha256:${payload}` };
  const headers = { 'X-Docker-Token': 'true' };
  const begun = await client.expect(200, `PUT ${path}/`, { auth, headers, body: [{ id }] });
  const token = { auth: tokenOf(begun) };
  await client.expect(200, `PUT /v1/images/${id}/json`, { ...token, body: json });
  await client.expect(200, `PUT /v1/images/${id}/layer`, { ...token, body: layer });
  const end = { ...token, headers: sum, body: Buffer.alloc(0) };
  await client.expect(200, `PUT /v1/images/${id}/checksum`, end);
  await client.expect(200, `PUT ${path}/tags/latest`, { ...token, body: id });
}

const SCENES: readonly Scene[] = [
  {
    name: 'a push',
    stage: (number) => {
      const app = `${OWNER}/app${number}`;
      const image = newImage(`app ${number}`);
      const [lower, upper] = image.layers as [Blob, Blob];
      return {
        before: async () => undefined,
        repositories: [app],
        acts: [
          bring(app, 'lower', lower, 'streamed'),
          bring(app, 'upper', upper, 'chunks'),
          bring(app, 'config', image.config, 'at once'),
          put(app, image, 'latest'),
          put(app, image, 'v1'),
        ],
      };
    },
  },
  {
    name: 'mounts',
    stage: (number) => {
      const [app, work] = [`${OWNER}/app${number}`, `${OWNER}/work${number}`];
      const image = newImage(`work ${number}`);
      const [lower, upper] = image.layers as [Blob, Blob];
      return {
        before: (client) => pushModern(client, app, auth, image, 'latest'),
        repositories: [app, work],
        acts: [
          mount(work, 'lower', lower, app),
          mount(work, 'upper', upper, app),
          mount(work, 'config', image.config, app),
          put(work, image, 'v1'),
        ],
      };
    },
  },
  {
    name: 'a first pull over v1',
    stage: (number) => {
      const [app, packed] = [`${OWNER}/app${number}`, `${OWNER}/packed${number}`];
      const [image, zstd] = [newImage(`pulled ${number}`), zstdImage(`zstd ${number}`)];
      const isPulled: Fact = async (client) => {
        const layers = await pullOld(client, app, 'latest');
        assert.deepEqual(
          layers.map((layer) => blobOf(layer).digest),
          image.layers.map(({ digest }) => digest).reverse(),
        );
      };
      return {
        before: async (client) => {
          await pushModern(client, app, auth, image, 'latest');
          await pushModern(client, packed, auth, zstd, 'latest');
        },
        repositories: [app, packed],
        acts: [
          { name: 'pull', run: isPulled, facts: { [app]: isPulled } },
          {
            name: 'pull what was zstd',
            run: (client) => pullOld(client, packed, 'latest'),
            facts: { [packed]: (client) => pullOld(client, packed, 'latest') },
          },
        ],
      };
    },
  },
  {
    name: 'a first pull over v2',
    stage: (number) => {
      const [old, odd] = [`${OWNER}/old${number}`, `${OWNER}/odd${number}`];
      const tar = layerOf(makeImage(`old ${number}`, 8192));
      // No client of today reads this, so that it is compressed again.
      const garbage = Buffer.concat([gzipSync(tar), Buffer.from('garbage')]);
      return {
        before: async (client) => {
          await pushOld(client, old, tar);
          await pushOld(client, odd, garbage);
        },
        repositories: [old, odd],
        acts: [old, odd].map((repository): Act => {
          const isPulled: Fact = (client) => pullNew(client, repository, 'latest');
          const isOld: Fact = (client) => pullOld(client, repository, 'latest');
          const facts = { [repository]: isPulled, [`${repository} over v1`]: isOld };
          return { name: `pull ${repository}`, run: isPulled, facts };
        }),
      };
    },
  },
  {
    name: 'deletions',
    stage: (number) => {
      const [app, old] = [`${OWNER}/app${number}`, `${OWNER}/old${number}`];
      const image = newImage(`doomed ${number}`);
      const spare = blobOf(`spare ${number}`);
      const { digest } = image.manifest;
      const [lower] = image.layers as [Blob];
      const paths = { manifests: `/v2/${app}/manifests`, blobs: `/v2/${app}/blobs` };
      const deletion = `DELETE /v1/repositories/${old}/`;
      return {
        before: async (client) => {
          await pushModern(client, app, auth, image, 'latest');
          await putManifest(client, app, auth, image, 'other');
          await bringBlob(client, app, auth, spare);
          await pullOld(client, app, 'latest');
          await pushOld(client, old, layerOf(makeImage(`doomed ${number}`, 8192)));
          await pullNew(client, old, 'latest');
        },
        repositories: [app, old],
        acts: [
          remove('a tag', `DELETE ${paths.manifests}/other`, {
            other: isGone(`${paths.manifests}/other`),
          }),
          remove('a blob', `DELETE ${paths.blobs}/${spare.digest}`, {
            spare: isGone(`${paths.blobs}/${spare.digest}`),
          }),
          remove('a manifest', `DELETE ${paths.manifests}/${digest}`, {
            manifest: isGone(`${paths.manifests}/${digest}`),
            tag: isGone(`${paths.manifests}/latest`),
            'tag of v1': isGone(`/v1/repositories/${app}/tags/latest`),
            lower: isGone(`${paths.blobs}/${lower.digest}`),
            image: isGone(`/v1/images/${image.ancestry[0]}/json`),
          }),
          {
            name: 'remove a repository over v1',
            run: async (client) => {
              const { status } = await client.expect([202, 200, 404], deletion, { auth });
              if (status === 202) await client.expect([200, 404], deletion, { auth });
            },
            facts: { old: isGone(`/v2/${old}/tags/list`) },
          },
        ],
      };
    },
  },
];

async function bringKept(client: Client): Promise<void> {
  const account = { username: OWNER, password: 'sesame', email: 'james@example.com' };
  await client.expect(201, 'POST /v1/users/', { body: account });
  await pushModern(client, KEPT, auth, KEPT_IMAGE, 'latest');
}

/** A scene on a disk that fails at a step of it; false when all is done before it comes to that step. */
async function failsAt(
  step: number,
  { client, disk, data, copy }: FailingHub,
  { stage }: Scene,
  failure: DiskFailure,
): Promise<boolean> {
  const { before, acts, repositories } = stage(step);
  await before(client);
  // What could not be removed before lies about until the next start.
  const known = complaintsOf(data);
  disk.failAt(step, failure);
  const facts = await play(client, acts, failure);
  if (disk.steps < step) return false;
  if (!disk.mayHaveFailedToRemove) assertIsTidy(data, known);
  // A disk that stays full leaves much the same at one step as at the next.
  if (failure.lasts === 'once' || step % SAMPLE === 0) {
    await killAndStart(data, copy, (restarted) => see(restarted, facts));
  }
  disk.mend();
  for (const act of acts) await act.run(client);
  await see(client, Object.assign({}, ...acts.map((act) => act.facts)));
  // Else the copies would grow from step to step.
  for (const name of repositories) await drop(client, name);
  return true;
}

/** Takes the acts until one is refused. Resolves to what must be so from then on. */
async function play(
  client: Client,
  acts: readonly Act[],
  failure: DiskFailure,
): Promise<Record<string, Fact>> {
  const facts: Record<string, Fact> = { kept: hasManifest(KEPT, 'latest', KEPT_IMAGE) };
  for (const act of acts) {
    try {
      await act.run(client);
      Object.assign(facts, act.facts);
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      assertSaysWhy(error, failure);
      // It may have been done by half.
      for (const each of Object.keys(act.facts)) delete facts[each];
      break;
    }
  }
  return facts;
}

async function see(client: Client, facts: Readonly<Record<string, Fact>>): Promise<void> {
  for (const [name, fact] of Object.entries(facts)) {
    await fact(client).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    });
  }
}

async function drop(client: Client, repository: string): Promise<void> {
  const line = `DELETE /v1/repositories/${repository}/`;
  const { status } = await client.expect([202, 404], line, { auth });
  if (status === 202) await client.expect(200, line, { auth });
}

/** In the form of the side that was asked. */
function assertSaysWhy({ line, reply, message }: Unexpected, failure: DiskFailure): void {
  assert.equal(reply.status, failure.status, message);
  const said = JSON.parse(reply.body.toString());
  if (line.includes(' /v2/')) assert.equal(said.errors[0].message, failure.sentence);
  else assert.equal(said.error ?? said, failure.sentence);
}

describe('a disk that fails at one step over v2', { concurrency: 2 }, () => {
  for (const scene of SCENES) {
    for (const failure of DISK_FAILURES) {
      it(`of ${scene.name}: ${failure.name}`, async (t) => {
        const steps = await failAtEachStep({
          prepare: bringKept,
          failsAt: (step, hub) => failsAt(step, hub, scene, failure),
        });
        t.diagnostic(`${steps} steps`);
        assert.ok(steps > 10, `there were ${steps} steps`);
      });
    }
  }
});
