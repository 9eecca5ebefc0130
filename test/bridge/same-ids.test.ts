/* One image has the same ids on every way in, and on every way out. */
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exportImage, importArchive } from '../../src/archive/archive.js';
import { parseRepositoryName } from '../../src/domain/repositories/names.js';
import { openHub } from '../../src/open-hub.js';
import {
  digestOf,
  dockerLayout,
  dockerLoad,
  type ModernImage,
  modernImage,
  oldDockerLoad,
  tarOf,
} from '../support/archives.js';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { layerOf, makeImage, sha256 } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

const hub = useHub({ onDisk: true, people: ['jamtur01'] });

async function putBlob(name: string, bytes: Buffer): Promise<string> {
  const begun = await send(hub, `POST /v2/${name}/blobs/uploads/`, { auth: OWNER }).expect(202);
  const { pathname, search } = new URL(String(begun.headers.location), hub.url);
  const digest = digestOf(bytes);
  const line = `PUT ${pathname}${search}${search === '' ? '?' : '&'}digest=${digest}`;
  await send(hub, line, { auth: OWNER, body: bytes }).expect(201);
  return digest;
}

/** As docker of today pushes an image; the digest of its config, which is its id. */
async function pushToday(name: string, { config, layers }: ModernImage): Promise<string> {
  const settings = Buffer.from(JSON.stringify(config));
  const packed = layers.map((layer) => gzipSync(layer));
  for (const layer of packed) await putBlob(name, layer);
  const mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: settings.length,
      digest: await putBlob(name, settings),
    },
    layers: packed.map((each) => ({ mediaType, size: each.length, digest: digestOf(each) })),
  });
  const headers = { 'Content-Type': MANIFEST };
  await send(hub, `PUT /v2/${name}/manifests/latest`, { auth: OWNER, headers, body }).expect(201);
  return digestOf(settings);
}

/** The id that docker of today gives an image when it pulls it. */
async function idToday(name: string): Promise<string> {
  const answer = await asBytes(send(hub, `GET /v2/${name}/manifests/latest`, { auth: OWNER }));
  const { config } = JSON.parse(String(answer.body)) as { config: { digest: string } };
  return config.digest;
}

/** The ids of its images to a docker of then, the uppermost first. */
async function idsThen(name: string): Promise<string[]> {
  const { body: id } = await send(hub, `GET /v1/repositories/${name}/tags/latest`, {
    auth: OWNER,
  }).expect(200);
  const { body: ids } = await send(hub, `GET /v1/images/${id}/ancestry`, { auth: OWNER }).expect(
    200,
  );
  return ids;
}

async function exported(name: string): Promise<Buffer> {
  let tar: Buffer = Buffer.of();
  await hub.restart(async (open) => {
    const output = new PassThrough();
    [tar] = await Promise.all([buffer(output), exportImage(open, name, output)]);
  });
  return tar;
}

describe('an image of today', () => {
  const image = modernImage(['base', 'middle', 'base'], { author: 'Somebody' });
  const name = 'jamtur01/today';

  it('is exported as it was pushed over v2, before and after it was asked for over v1', async () => {
    const id = await pushToday(name, image);
    const before = await exported(name);
    const ids = await idsThen(name);
    const after = await exported(name);
    assert.deepEqual(dockerLoad(after)[0]?.id, id);
    assert.deepEqual(oldDockerLoad(after), { [`${name}:latest`]: ids });
    assert.ok(before.equals(after));
    assert.equal(await idToday(name), id);
  });

  it('has the ids of v1 on every way in', async () => {
    const ids = await idsThen(name);
    assert.equal(ids[0], sha256(JSON.stringify(image.config)));
    const archive = tarOf(...dockerLayout([image]));
    await hub.restart(async (open) => {
      const repository = 'jamtur01/imported';
      const { stored } = await importArchive(open, Readable.from([archive]), { repository });
      assert.deepEqual(stored, [], 'all of them are here already');
    });
    assert.deepEqual(await idsThen('jamtur01/imported'), ids);
  });

  it('keeps its id when it comes in an archive, over v2 and in an export', async () => {
    const other = modernImage(['archived', 'image'], { moby: 'unknown', config: { Cmd: ['x'] } });
    const archive = tarOf(...dockerLayout([other]));
    const repository = 'jamtur01/archived';
    await hub.restart(async (open) => {
      await importArchive(open, Readable.from([archive]), { repository });
    });
    const id = digestOf(Buffer.from(JSON.stringify(other.config)));
    assert.equal(dockerLoad(await exported(repository))[0]?.id, id);
    assert.equal(await idToday(repository), id);
    const tar = await exported(repository);
    assert.equal(dockerLoad(tar)[0]?.id, id);
    const copy = await openHub({ ephemeral: true });
    try {
      await importArchive(copy, Readable.from([tar]));
      const output = new PassThrough();
      const [again] = await Promise.all([buffer(output), exportImage(copy, repository, output)]);
      assert.ok(again.equals(tar));
    } finally {
      await copy.close();
    }
  });

  it('leaves no config behind when it goes', async () => {
    const other = modernImage(['gone'], { history: [] });
    const repository = 'jamtur01/gone';
    const name = parseRepositoryName('jamtur01', 'gone');
    const blob = join('blobs', `sha256-${sha256(JSON.stringify(other.config))}`);
    await hub.restart(async (open) => {
      const archive = tarOf(...dockerLayout([other]));
      await importArchive(open, Readable.from([archive]), { repository });
      await access(join(hub.folder, blob));
      await open.domain.deletions.remove(name);
      await assert.rejects(access(join(hub.folder, blob)), { code: 'ENOENT' });
    });
  });

  it('is not exported if v1 does not list it, and the error says why', async () => {
    await pushToday('jamtur01/windows', modernImage(['windows'], { os: 'windows' }));
    await hub.restart(async (open) => {
      await assert.rejects(exportImage(open, 'jamtur01/windows', new PassThrough()), {
        message: /^jamtur01\/windows:latest can't be exported: it is for "windows", and/,
      });
    });
  });
});

describe('an old image', () => {
  it('is exported with the id of a pull over v2', async () => {
    const base = makeImage('base of then');
    const top = makeImage('top of then', { parent: base, layer: layerOf([{ name: './top' }]) });
    await pushImage(hub, OWNER, 'jamtur01/then', [base, top]);
    const [before] = dockerLoad(await exported('jamtur01/then'));
    const id = await idToday('jamtur01/then');
    const [after] = dockerLoad(await exported('jamtur01/then'));
    assert.deepEqual([before?.id, after?.id], [id, id]);
  });
});
