/** Who gets v2, and who finds nothing there (v2.md §1). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { WAYS } from '../support/modern-docker/ways.js';
import { dialectOf, VERSIONS } from '../support/old-docker.js';

const hub = useHub({ people: ['alice'] });
const auth = basic('alice');

/** Paths of every sort, which a docker of v1 must not find. */
const PATHS = ['/v2/', '/v2/_catalog', '/v2/alice/app/manifests/1', '/v2/token', '/v2/x'];

const OF_TODAY = [
  ...Object.values(WAYS).map(({ agent }) => agent),
  'docker/1.13.1 go/go1.7.5 git-commit/092cba3 kernel/4.4.0 os/linux arch/amd64',
  'docker/17.03.2-ce go/go1.7.5 git-commit/f5ec1e2 kernel/4.4.0 os/linux arch/amd64',
  'docker/18.09.9 go/go1.11.13 git-commit/039a7df kernel/4.4.0 os/linux arch/amd64',
  'skopeo/1.9.3',
  'Buildah/1.28.2',
  'containerd/1.7.24~ds1',
  'node-docker-registry-client/3.4.0 (linux; node)',
  'curl/7.88.1',
];

const GO = ['Go-http-client/1.1', 'Go 1.1 package http'];

describe('with --v2 auto', () => {
  for (const agent of OF_TODAY) {
    it(`${agent} has to get a token, and is told the version`, async () => {
      const headers = { 'User-Agent': agent };
      const asked = await send(hub, 'GET /v2/', { headers }).expect(401);
      const { host } = new URL(hub.url);
      assert.equal(
        asked.headers['www-authenticate'],
        `Bearer realm="http://${host}/v2/token",service="${host}"`,
      );
      const answer = await send(hub, 'GET /v2/', { headers, auth }).expect(200, {});
      for (const each of [asked, answer]) {
        assert.equal(each.headers['docker-distribution-api-version'], 'registry/2.0');
      }
    });
  }

  for (const agent of GO) {
    it(`${agent} gets v2, and is not told the version`, async () => {
      const headers = { 'User-Agent': agent };
      const asked = await send(hub, 'GET /v2/', { headers }).expect(401);
      const answer = await send(hub, 'GET /v2/', { headers, auth }).expect(200, {});
      for (const each of [asked, answer]) {
        assert.equal(each.headers['docker-distribution-api-version'], undefined);
      }
    });
  }

  for (const version of VERSIONS) {
    it(`docker ${version} finds nothing, in plain text`, async () => {
      const headers = { 'User-Agent': dialectOf(version).agent };
      for (const path of PATHS) {
        for (const shown of [undefined, auth]) {
          const answer = await send(hub, `GET ${path}`, { headers, auth: shown });
          assert.equal(answer.status, 404);
          assert.equal(answer.text, '404 page not found\n');
          assert.match(String(answer.headers['content-type']), /^text\/plain/);
          assert.equal(answer.headers['docker-distribution-api-version'], undefined);
          assert.equal(answer.headers['www-authenticate'], undefined);
        }
      }
    });
  }
});

describe('with --v2 always', () => {
  it('docker 1.5 gets it too', async () => {
    await using always = await startTestHub({ v2: 'always' });
    const headers = { 'User-Agent': dialectOf('1.5.0').agent };
    await send(always, 'GET /v2/', { headers }).expect(401);
    await send(always, 'GET /v2/', { headers, auth: basic('admin') }).expect(200);
  });
});

describe('with --v2 off', () => {
  it('nobody gets it', async () => {
    await using off = await startTestHub({ v2: 'off' });
    for (const agent of [...OF_TODAY, ...GO]) {
      // podman searches only where it finds a registry of v2.
      if (agent.startsWith('containers/')) continue;
      const headers = { 'User-Agent': agent };
      for (const path of PATHS) {
        const answer = await send(off, `GET ${path}`, { headers, auth: basic('admin') });
        assert.equal(answer.status, 404, `${agent} ${path}`);
        assert.equal(answer.text, '404 page not found\n');
      }
      await send(off, 'POST /v2/admin/x/blobs/uploads/', { headers }).expect(404);
    }
  });
});
