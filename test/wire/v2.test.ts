/* /v2/ to those who get no v2: nothing to a docker, a login to podman (clients.md, /v2/). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { basic } from '../support/client.js';
import { startTestHub, type TestHub } from '../support/hub.js';
import { ask } from '../support/manners.js';

const OWNER = basic('jamtur01');

let hub: TestHub;
let withV2: TestHub;

before(async () => {
  // Wrong passwords are a matter of other tests: here they are sent by the dozen.
  const people = ['jamtur01', { username: 'dormant', active: false }];
  hub = await startTestHub({ people, loginLimit: 0, v2: 'off' });
  withV2 = await startTestHub({ people, loginLimit: 0 });
});

after(() => Promise.all([hub.close(), withV2.close()]));

describe('/v2/', () => {
  const OLD_DOCKERS = [
    'docker/0.7.6',
    'docker/1.5.0 go/go1.4.1 git-commit/a8a31ef kernel/3.13.0 os/linux arch/amd64',
    'docker/1.12.6 go/go1.6.4 kernel/3.13 os/linux arch/amd64 UpstreamClient(Docker-Client/1.12.6 \\(linux\\))',
  ];
  const OTHERS = [
    ...[
      'docker/20.10.24',
      'Go-http-client/1.1',
      'Go 1.1 package http',
      'curl/7.88.1',
      'x containers/5.24',
    ],
    ...['containers', 'Containers/5.24.1'],
  ];
  const PATHS = [
    ...['/v2/', '/v2', '/v2/_catalog', '/v2/jamtur01/static_web/manifests/latest'],
    ...['/v2/jamtur01/static_web/blobs/uploads/', '/v2/jamtur01/static_web/tags/list', '/v2//x'],
  ];
  const cases = [
    ...OLD_DOCKERS.map((agent) => ['with --v2 auto', agent, () => withV2] as const),
    ...[...OLD_DOCKERS, ...OTHERS].map((agent) => ['with --v2 off', agent, () => hub] as const),
  ];
  for (const [how, agent, asked] of cases) {
    it(`is nothing at all to ${agent.slice(0, 40)} ${how}`, async () => {
      for (const path of PATHS) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
          for (const auth of [
            {},
            { Authorization: OWNER },
            { Authorization: basic('jamtur01', 'wrong') },
          ]) {
            const answer = await ask(asked(), {
              method,
              path,
              headers: { 'User-Agent': agent, ...auth },
            });
            assert.equal(answer.status, 404, `${method} ${path}`);
            assert.match(answer.headers['content-type']?.[0] ?? '', /^text\/plain/);
            assert.throws(() => JSON.parse(answer.body.toString()));
            assert.equal(answer.headers['docker-distribution-api-version'], undefined);
            assert.equal(answer.headers['www-authenticate'], undefined);
          }
        }
      }
    });
  }

  const PODMAN = 'containers/5.24.1 (github.com/containers/image)';
  const logins: readonly [auth: string | undefined, status: number][] = [
    [undefined, 401],
    [OWNER, 200],
    [basic('jamtur01', 'wrong'), 401],
    [basic('nobody'), 401],
    ['Bearer x', 401],
    ['Token x', 401],
    [basic('dormant'), 403],
  ];
  for (const [auth, status] of logins) {
    it(`is a login to podman: ${status} to ${auth ?? 'nobody'}`, async () => {
      const headers = {
        'User-Agent': PODMAN,
        ...(auth === undefined ? {} : { Authorization: auth }),
      };
      const answer = await ask(hub, { method: 'GET', path: '/v2/', headers });
      assert.equal(answer.status, status);
      const challenge = status === 401 ? ['Basic realm="hub-v1"'] : undefined;
      assert.deepEqual(answer.headers['www-authenticate'], challenge);
      if (status === 200) assert.equal(answer.body.toString(), '{}');
    });
  }

  it('has nothing else for podman', async () => {
    for (const path of PATHS.slice(2)) {
      const headers = { 'User-Agent': PODMAN, Authorization: OWNER };
      assert.equal((await ask(hub, { method: 'GET', path, headers })).status, 404);
    }
  });
});
