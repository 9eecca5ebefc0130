/** What old dockers pushed moves on to a real distribution, where one is installed, and comes back from it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { run, serve } from '../support/command.js';
import { type OwnHub, useHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { makeModernImage } from '../support/modern-docker/images.js';
import { pushImage } from '../support/pushes.js';
import { startDistribution } from '../support/real-programs.js';
import { pushModern } from '../support/registry-v2.js';

const folder = await mkdtemp(join(tmpdir(), 'hub-v1-test-'));
const registry = await startDistribution(folder);
after(async () => {
  await registry?.end();
  await rm(folder, { recursive: true, force: true });
});

const auth = basic('alice');
const hub: OwnHub = useHub({ people: ['alice'] }, async () => {
  await pushImage(hub, auth, 'alice/old', makeChain('moves on', 3), '1');
  await pushImage(hub, auth, 'alice/old', makeImage('alone'), 'alone');
  await pushModern(hub, auth, 'alice/new', makeModernImage('moves too', { form: 'oci' }), '1');
});
const NAMES = ['alice/old:1', 'alice/old:alone', 'alice/new:1'] as const;

async function digestOf(at: { readonly url: string }, name: string): Promise<string> {
  const [repository, tag] = name.split(':');
  const types = ['docker.distribution.manifest.v2+json', 'oci.image.manifest.v1+json'];
  const headers = { Accept: types.map((type) => `application/vnd.${type}`).join(', ') };
  const line = `HEAD /v2/${repository}/manifests/${tag}`;
  const answer = await send(at, line, { headers }).expect(200);
  return answer.headers['docker-content-digest'] ?? '';
}

describe('a distribution of today', { skip: registry === undefined && 'none is installed' }, () => {
  it('takes what is pushed on to it, and gives it back over HTTP and by its folder', async (test) => {
    assert.ok(registry);
    const { url } = registry;
    const from = hub.url.replace('//', `//alice:${PASSWORD}@`);
    const moved = await run(['rescue', from, '--data', join(folder, 'moved'), '--to', url]);
    assert.equal(moved.code, 0, moved.errors);
    for (const name of NAMES) {
      assert.equal(await digestOf(registry, name), await digestOf(hub, name));
    }
    for (const source of [url, join(folder, 'storage')]) {
      const data = join(folder, source === url ? 'by-http' : 'by-folder');
      const back = await run(['rescue', source, '--data', data]);
      assert.equal(back.code, 0, back.errors);
      await using again = await serve(test, ['--data', data]);
      for (const name of NAMES) {
        assert.equal(await digestOf(again, name), await digestOf(hub, name));
      }
    }
  });
});
