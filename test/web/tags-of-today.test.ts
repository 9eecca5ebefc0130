/* The page of a repository of both ages: the ids of an image, what is for several machines, and what v1 can't carry. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import {
  type ModernManifest,
  makeAttestation,
  makeIndex,
  makeModernImage,
} from '../support/modern-docker/images.js';
import { ModernDocker } from '../support/modern-docker/modern-docker.js';
import { pushImage } from '../support/pushes.js';
import { textOf, Visitor } from '../support/visitor.js';

const hub = useHub({ people: ['alice'] });

const credentials = { username: 'alice', password: PASSWORD };
const today = makeModernImage('today');
const arm = makeModernImage('arm', { config: { architecture: 'arm64' } });
const windows = makeModernImage('windows', { config: { os: 'windows' } });
const { image: attestation, member } = makeAttestation(today);
const index: ModernManifest = makeIndex([
  { manifest: today.manifest, platform: { os: 'linux', architecture: 'amd64' } },
  { manifest: arm.manifest, platform: { os: 'linux', architecture: 'arm64' } },
  member,
]);
const old = makeImage('of an old docker');

async function pageOf(path: string): Promise<string> {
  const visitor = new Visitor(hub);
  await visitor.logIn('alice');
  const { status, html } = await visitor.open(`/u/alice/app/${path}`);
  assert.equal(status, 200, path);
  return textOf(html);
}

/** The row of a tag, from its name to the next row. */
async function rowOf(tag: string): Promise<string> {
  const visitor = new Visitor(hub);
  await visitor.logIn('alice');
  const { html } = await visitor.open('/u/alice/app/tags/manage/');
  const row = html.split('<tr>').find((each) => each.includes(`value="${tag}"`));
  assert.ok(row !== undefined, tag);
  return textOf(row);
}

const short = (digest: string): string => digest.replace('sha256:', '').slice(0, 8);

describe('the page of a repository', () => {
  before(async () => {
    using docker = new ModernDocker({ port: hub.port, kind: 'docker 28', credentials });
    await docker.push('alice/app', 'today', today);
    await docker.push('alice/app', 'several', [today, arm, attestation], { index });
    await docker.push('alice/app', 'windows', windows);
    await pushImage(hub, basic('alice'), 'alice/app', old, 'old');
  });

  it('has the lines for docker and podman of today, with a tag that is there', async () => {
    const text = await pageOf('');
    const name = `127.0.0.1:${hub.port}/alice/app`;
    assert.match(text, new RegExp(`docker pull ${name}:(?:old|several|today) `));
    assert.doesNotMatch(text, new RegExp(`pull ${name} `));
    assert.ok(text.includes(`podman pull --tls-verify=false ${name}:`));
    assert.ok(text.includes('/v2/alice/app/tags/list'));
  });

  it('shows the layers of what no v1 client has asked for yet', async () => {
    const text = await pageOf('layers/?tag=today');
    assert.match(text, /Layer 2/);
    assert.doesNotMatch(text, /no such tag/);
    assert.match(await pageOf('layers/?tag=several'), /Layer 2/);
  });

  it('shows both ids of an image, and its digest', async () => {
    const row = await rowOf('today');
    assert.match(row, new RegExp(`Image id in docker of today: ${short(today.id)}`));
    assert.match(row, new RegExp(`Digest: ${short(today.manifest.digest)}`));
  });

  it('shows the second id of an image of v1 once somebody has pulled it over v2', async () => {
    assert.doesNotMatch(await rowOf('old'), /Digest/);
    await send(hub, 'HEAD /v2/alice/app/manifests/old', { auth: basic('alice') }).expect(200);
    const row = await rowOf('old');
    assert.ok(row.includes(old.id.slice(0, 8)), row);
    assert.match(row, /Image id in docker of today: [0-9a-f]{8}/);
  });

  it('says that there is a tag where v1 can carry none, and offers it to clients of today', async () => {
    using docker = new ModernDocker({ port: hub.port, kind: 'docker 28', credentials });
    await docker.push('alice/foreign', 'v1', windows);
    const visitor = new Visitor(hub);
    await visitor.logIn('alice');
    const text = textOf((await visitor.open('/u/alice/foreign/')).html);
    assert.doesNotMatch(text, /Nothing has been pushed/);
    const pull = `docker pull 127.0.0.1:${hub.port}/alice/foreign:v1`;
    assert.equal(text.split(pull).length, 3, text);
    const found = textOf((await visitor.open('/search?q=foreign')).html);
    assert.match(found, /1 tag/);
  });

  it('marks what is for several machines', async () => {
    assert.match(await rowOf('several'), /For linux\/amd64, linux\/arm64/);
  });

  it('shows a tag that v1 cannot carry, with the reason, and deletes it', async () => {
    assert.match(await rowOf('windows'), /Not for API v1: [a-z]/);
    assert.match(await pageOf('layers/?tag=windows'), /Not for API v1: [a-z]/);
    const visitor = new Visitor(hub);
    await visitor.logIn('alice');
    const { status } = await visitor.send('/u/alice/app/tags/manage/', { tag: 'windows' });
    assert.equal(status, 303);
    const auth = basic('alice');
    await send(hub, 'GET /v2/alice/app/manifests/windows', { auth }).expect(404);
  });
});
