/* The journal tells a docker of today as it tells an old one, and says who made a request of v2. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import type { Hub, JournalRecord } from '../../src/index.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

const DOCKER = 'docker/28.2.2 go/go1.24.4 git-commit/45873be kernel/6.1 os/linux arch/amd64';
const LAYER = Buffer.from('any bytes are a blob');
const DIGEST = `sha256:${createHash('sha256').update(LAYER).digest('hex')}`;
const SHORT = DIGEST.slice('sha256:'.length, 'sha256:'.length + 8);
const APP = '/v2/alice/app';

let hub: Hub;
let token: string;

interface Request {
  readonly method?: string;
  readonly authorization?: string;
  readonly agent?: string;
  readonly type?: string;
  readonly body?: string | Buffer;
}

function ask(path: string, request: Request = {}): supertest.Test {
  const { method = 'GET', authorization: auth, agent = DOCKER, type, body } = request;
  const headers = { 'User-Agent': agent, ...(type === undefined ? {} : { 'Content-Type': type }) };
  return send(hub, `${method} ${path}`, { auth, headers, body });
}

/** The record of one request. */
async function recorded(path: string, request: Request = {}): Promise<JournalRecord> {
  await hub.reset('journal');
  await ask(path, request);
  return hub.requests.waitFor({});
}

before(async () => {
  hub = await startPlainHub();
  await hub.users.create({ username: 'alice', password: PASSWORD });
  const scope = 'scope=repository:alice/app:pull,push';
  const answer = await ask(`/v2/token?${scope}`, { authorization: basic('alice') });
  ({ token } = answer.body as { token: string });
});
after(() => hub.close());

describe('the journal of a docker of today', () => {
  const login = basic('alice');
  const form = 'application/x-www-form-urlencoded';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: DIGEST, size: LAYER.length },
    layers: [],
  });
  const withToken = (): Request => ({ authorization: `Bearer ${token}` });
  const steps: readonly (readonly [string, string, () => Request, string])[] = [
    [
      'the first question',
      '/v2/',
      () => ({}),
      'docker 28 asks whether a v2 registry is here: yes, and it wants a token: docker 28 asks for one, docker 1.5 goes on to v1',
    ],
    [
      'the first question of curl',
      '/v2/',
      () => ({ agent: 'curl/8.0' }),
      'curl asks whether a v2 registry is here: yes, and it wants a login: a token, or a name and password',
    ],
    [
      'a deletion by curl without a login',
      `${APP}/manifests/1.0`,
      () => ({ method: 'DELETE', agent: 'curl/8.0' }),
      'curl deletes the tag alice/app:1.0: it has to log in first, for which -u is enough',
    ],
    [
      'a login',
      '/v2/token?account=alice&client_id=docker&offline_token=true&service=x',
      () => ({ authorization: login }),
      'docker 28 logs alice in by asking for a token, where docker 1.5 asked whether its password is right, as alice: here it is',
    ],
    [
      'a wrong login',
      '/v2/token?account=alice&client_id=docker&offline_token=true&service=x',
      () => ({ authorization: basic('alice', 'wrong') }),
      'docker 28 logs alice in by asking for a token, where docker 1.5 asked whether its password is right: refused: "Wrong login/password, please try again"',
    ],
    [
      'its end',
      '/v2/',
      withToken,
      'docker 28 asks whether a v2 registry is here, with a token of alice: yes, and its token is good',
    ],
    [
      'a token of containerd',
      '/v2/token',
      () => ({
        method: 'POST',
        agent: 'containerd/2.0.5+unknown',
        type: form,
        body: `grant_type=password&username=alice&password=${PASSWORD}&scope=repository%3Aalice%2Fapp%3Apull+repository%3Aalice%2Fbase%3Apull`,
      }),
      'containerd asks for a token to pull alice/app, and to pull alice/base, by a form as containerd sends it, as alice: here it is',
    ],
    [
      'a blob that is not here',
      `${APP}/blobs/${DIGEST}`,
      () => ({ method: 'HEAD', ...withToken() }),
      `docker 28 asks whether blob ${SHORT} is already in alice/app, where docker 1.5 asked for the json of an image, with a token of alice: not here yet, so it will be sent`,
    ],
    [
      'an upload',
      `${APP}/blobs/uploads/`,
      () => ({ method: 'POST', ...withToken() }),
      'docker 28 begins the upload of a blob to alice/app, as docker 1.5 did with the json of an image, with a token of alice: begun',
    ],
    [
      'a mount of what is not there',
      `${APP}/blobs/uploads/?mount=${DIGEST}&from=alice/base`,
      () => ({ method: 'POST', ...withToken() }),
      `docker 28 asks alice/app to take over blob ${SHORT} from alice/base, so that it need not be sent, with a token of alice: it is not there, so it will be sent`,
    ],
    [
      'a whole blob',
      `${APP}/blobs/uploads/?digest=${DIGEST}`,
      () => ({ method: 'POST', body: LAYER, ...withToken() }),
      `docker 28 uploads blob ${SHORT} to alice/app at once, with a token of alice: done`,
    ],
    [
      'a manifest',
      `${APP}/manifests/1.0`,
      () => ({
        method: 'PUT',
        body: manifest,
        type: 'application/vnd.oci.image.manifest.v1+json',
        ...withToken(),
      }),
      'docker 28 pushes the manifest of alice/app:1.0, where docker 1.5 pointed the tag at an image, with a token of alice: done',
    ],
    [
      'a blob that is here',
      `${APP}/blobs/${DIGEST}`,
      () => ({ method: 'HEAD', ...withToken() }),
      `docker 28 asks whether blob ${SHORT} is already in alice/app, where docker 1.5 asked for the json of an image, with a token of alice: it is, so it need not be sent`,
    ],
    [
      'a manifest that is fetched',
      `${APP}/manifests/1.0`,
      () => ({}),
      'docker 28 asks for the manifest of alice/app:1.0, which names its config and layers, where docker 1.5 asked for ancestry and jsons: here it is',
    ],
    [
      'a manifest that is not here',
      `${APP}/manifests/2.0`,
      () => ({}),
      'docker 28 asks for the manifest of alice/app:2.0, which names its config and layers, where docker 1.5 asked for ancestry and jsons: not found: "There is no manifest 2.0 here"',
    ],
    [
      'a push without a login',
      `${APP}/blobs/uploads/`,
      () => ({ method: 'POST' }),
      'docker 28 begins the upload of a blob to alice/app, as docker 1.5 did with the json of an image: it has to get a token first',
    ],
    [
      'the names',
      '/v2/_catalog',
      () => ({ agent: 'curl/8.0' }),
      'curl asks for the names of all repositories that it may read: 1 listed',
    ],
    [
      'the tags',
      `${APP}/tags/list`,
      () => ({ agent: 'skopeo/1.18.0' }),
      'skopeo asks for the tags of alice/app: here they are',
    ],
    [
      'a tag that is deleted',
      `${APP}/manifests/1.0`,
      () => ({ method: 'DELETE', authorization: login, agent: 'curl/8.0' }),
      'curl deletes the tag alice/app:1.0, as alice: done',
    ],
  ];
  for (const [what, path, request, sentence] of steps) {
    it(`tells ${what}`, async () => {
      assert.equal((await recorded(path, request())).sentence, sentence);
    });
  }

  it('says who made a request, and how that was shown', async () => {
    const cases: readonly (readonly [Request, JournalRecord['who']])[] = [
      [{}, { by: 'none' }],
      [{ authorization: login }, { by: 'basic', user: 'alice' }],
      [withToken(), { by: 'bearer', user: 'alice' }],
      [{ authorization: 'Bearer nonsense' }, { by: 'none' }],
      [{ authorization: basic('alice', 'wrong') }, { by: 'none', claimed: 'alice' }],
    ];
    for (const [request, who] of cases) {
      assert.deepEqual((await recorded('/v2/_catalog', request)).who, who);
    }
  });

  it('shows what a token is asked for, and how; and no token', async () => {
    const challenge = (await recorded('/v2/')).responseHeaders['www-authenticate'];
    const host = new URL(hub.url).host;
    assert.equal(challenge, `Bearer realm="${hub.url}/v2/token",service="${host}"`);
    const query = 'account=alice&scope=repository%3Aalice%2Fapp%3Apull%2Cpush';
    const record = await recorded(`/v2/token?${query}&x=1`, { authorization: login });
    assert.equal(record.query, `${query}&x=***`);
    const { text = '' } = record.responseBody;
    assert.match(text, /^\{"token":\s?"\*\*\*",\s?"access_token":\s?"\*\*\*",\s?"expires_in":/);
    const used = await recorded('/v2/', withToken());
    assert.equal(used.headers.authorization, 'Bearer ***');
    const posted = await recorded('/v2/token', {
      method: 'POST',
      type: form,
      body: `grant_type=password&username=alice&password=${PASSWORD}`,
    });
    assert.equal(posted.body.text, 'grant_type=password&username=alice&password=***');
  });
});
