import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

/* Clients that send a password only once they are asked for one: what a 401 names (RFC 9110 §11.6.1). */

const CHALLENGE = 'Basic realm="auth required",Token';
const NAME = 'jamtur01/private';

describe('a 401', () => {
  const image = makeImage('asked for');
  const hub = useHub({ people: ['jamtur01'] });
  before(async () => {
    await pushImage(hub, basic('jamtur01'), NAME, image);
    const body = { access: 'private' };
    const auth = basic('jamtur01');
    await send(hub, `PUT /v1/repositories/${NAME}/properties`, { auth, body }).expect(200);
  });

  const lines = [
    'GET /v1/users/',
    `PUT /v1/repositories/${NAME}/`,
    `PUT /v1/repositories/${NAME}/images`,
    `DELETE /v1/repositories/${NAME}/`,
    `PUT /v1/repositories/${NAME}/tags/latest`,
    `DELETE /v1/repositories/${NAME}/tags/latest`,
    `PUT /v1/repositories/${NAME}/properties`,
    `PUT /v1/images/${image.id}/json`,
    `PUT /v1/images/${image.id}/layer`,
    `PUT /v1/images/${image.id}/checksum`,
  ];
  for (const line of lines) {
    it(`names Basic and Token: ${line.replace(image.id, '(id)')}`, async () => {
      const answer = await send(hub, line).expect(401);
      assert.equal(answer.headers['www-authenticate'], CHALLENGE);
      const wrong = await send(hub, line, { auth: basic('jamtur01', 'wrong') }).expect(401);
      assert.equal(wrong.headers['www-authenticate'], CHALLENGE);
    });
  }

  /** Runs a client that logs in when it is asked to; undefined where it is not installed. */
  function run(command: string, args: readonly string[]): Promise<string | undefined> {
    if (spawnSync(command, ['--version']).error !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      child.stderr.resume();
      child.once('error', reject).once('close', () => resolve(said));
    });
  }

  const path = `/v1/repositories/${NAME}/tags/latest`;

  it("gets the password out of Python's urllib", async (t) => {
    const script = `
import urllib.request as r
passwords = r.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, '${hub.url}', 'jamtur01', 'sesame')
opener = r.build_opener(r.ProxyHandler({}), r.HTTPBasicAuthHandler(passwords))
asked = r.Request('${hub.url}${path}', data=b'"${image.id}"', method='PUT')
print(opener.open(asked, timeout=20).read().decode())
`;
    const said = await run('python3', ['-c', script]);
    if (said === undefined) return t.skip('there is no python3');
    assert.equal(said.trim(), 'true');
  });

  it('gets the password out of wget', async (t) => {
    const args = ['--no-proxy', '-qO-', '--tries=1', '--user=jamtur01', '--password=sesame'];
    const put = ['--method=PUT', `--body-data="${image.id}"`];
    const said = await run('wget', [...args, ...put, hub.url + path]);
    if (said === undefined) return t.skip('there is no wget');
    assert.equal(said, 'true');
  });
});
