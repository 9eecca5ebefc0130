import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type supertest from 'supertest';
import { routes } from '../../routes/index.js';
import type { Hub } from '../../src/index.js';
import { ENGLISH } from '../../src/journal/english.js';
import { basic, bearer, type Sent, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { makeRepository, OldDocker } from '../support/old-docker.js';

/* The journal tells each step of a push and a pull in a plain sentence, the same as a teacher would. */

describe('the sentences of the journal', () => {
  let hub: Hub;
  let docker: OldDocker;

  before(async () => {
    hub = await startPlainHub();
    docker = new OldDocker({
      version: '1.5.0',
      host: new URL(hub.url).host,
      credentials: { username: 'jamtur01', password: 'secret', email: 'jamtur01@example.com' },
    });
  });
  after(() => hub.close());

  const told = (): string[] => hub.requests.list().map(({ sentence }) => sentence);

  it('tells a login', async () => {
    await docker.login();
    assert.deepEqual(told().slice(-2), [
      'docker asks whether a v1 registry is here: yes',
      'docker registers jamtur01, as docker login does first: made',
    ]);
  });

  it('tells a push', async () => {
    await hub.reset('journal');
    const { images, tags } = makeRepository('sentences', { version: '1.5.0' });
    await docker.push('jamtur01/static_web', images, { tags });
    const id = String(images[0]?.id).slice(0, 8);
    const wanted = [
      'docker asks whether a v2 registry is here: yes, and it wants a token: docker 28 asks for one, docker 1.5 goes on to v1',
      'docker announces a push to jamtur01/static_web and asks for a token to push with, as jamtur01: done',
      `docker asks whether image ${id} is already here, with its write token: not here yet, so it will be sent`,
      `docker begins the upload of image ${id} with its json, with its write token: done`,
      `docker uploads the layer of image ${id}, with its write token: done`,
      `docker ends the upload of image ${id} with the checksum of what it sent, with its write token: done`,
      'docker tells the index that the push of jamtur01/static_web is over, as jamtur01: done',
    ];
    for (const sentence of wanted) assert.ok(told().includes(sentence), sentence);
  });

  it('tells what load balancers and people look at from time to time', async () => {
    for (const path of ['/_ping', '/metrics', '/']) {
      await ask('GET', path);
    }
    assert.deepEqual(told().slice(-3), [
      'curl asks whether a v1 registry is here: yes',
      'curl asks the hub about itself by /metrics: done',
      'curl asks the hub about itself by /: done',
    ]);
  });

  it('tells a push of what is here already, and of what is half here', async () => {
    const { images, tags } = makeRepository('sentences', { version: '1.5.0' });
    await hub.reset('journal');
    await docker.push('jamtur01/static_web', images, { tags });
    const id = String(images[0]?.id).slice(0, 8);
    const lookup = `docker asks whether image ${id} is already here, with its write token`;
    assert.ok(told().includes(`${lookup}: it is, so it need not be sent`), told().join('\n'));
    const half = 'cd'.repeat(32);
    const created = await ask('PUT', '/v1/repositories/jamtur01/half/', {
      auth: LOGIN,
      headers: { 'X-Docker-Token': 'true' },
      body: JSON.stringify([{ id: half }]),
    });
    const auth = bearer(created);
    const body = JSON.stringify({ id: half });
    await ask('PUT', `/v1/images/${half}/json`, { auth, body });
    await ask('GET', `/v1/images/${half}/json`, { auth });
    assert.equal(
      told().at(-1),
      'curl asks whether image cdcdcdcd is already here, with its write token: not all of it is here yet, so it will be sent',
    );
  });

  const LOGIN = basic('jamtur01', 'secret');
  const ID = 'ef'.repeat(32);

  function ask(method: string, path: string, sent: Sent = {}): supertest.Test {
    const headers = { 'User-Agent': 'curl/8.0', ...sent.headers };
    return send(hub, `${method} ${path}`, { ...sent, headers });
  }

  const OLD: Sent = { headers: { 'User-Agent': 'docker/1.12.6 go/go1.6.4' } };
  const STEPS: readonly (readonly [string, string, Sent, string])[] = [
    [
      'PUT',
      '/v1/repositories/static_web/',
      { auth: LOGIN, body: '[]' },
      'curl announces a push to library/static_web, as jamtur01: refused: "Impossible to push a "root" repository. Please rename your repository in <user>/<repo> (ex: jamtur01/static_web)"',
    ],
    [
      'GET',
      '/v1/users/',
      { auth: basic('jamtur01', 'wrong') },
      'curl asks whether its login is right, as docker login does second: refused: "Wrong login/password, please try again"',
    ],
    [
      'POST',
      '/v1/users/',
      { body: '{"username": "jamtur01", "password": "secret", "email": "x@example.com"}' },
      'curl registers jamtur01, as docker login does first: there is such an account, so docker logs in next ("Username or email already exists")',
    ],
    [
      'GET',
      '/v1/repositories/jamtur01/static_web/images',
      {},
      'curl asks for the images of jamtur01/static_web: here they are',
    ],
    [
      'GET',
      '/v1/repositories/jamtur01/static_web/images',
      { headers: { 'x-docker-token': 'true' } },
      'curl asks for the images of jamtur01/static_web, and for a token to pull them with: here they are',
    ],
    [
      // Refused before its body was read.
      'PUT',
      '/v1/repositories/jamtur01/static_web/tags/latest',
      { auth: 'Token signature=a', body: `"${ID}"` },
      'curl points the tag jamtur01/static_web:latest at an image: refused: "Requires authorization"',
    ],
    [
      'GET',
      '/v1/search?q=static',
      {},
      'curl searches for "static", as docker search does: 1 found',
    ],
    [
      'GET',
      `/v1/images/${ID}/json`,
      {},
      'curl fetches the json of image efefefef: not found: "Image not found"',
    ],
    ['GET', '/v2/', OLD, 'docker asks whether a v2 registry is here: no, only v1 is spoken here'],
    [
      'GET',
      '/v2/jamtur01/static_web/manifests/latest',
      OLD,
      'docker asks for the manifest of jamtur01/static_web:latest, which names its config and layers, where docker 1.5 asked for ancestry and jsons: there is no v2 here',
    ],
    [
      'POST',
      '/v2/jamtur01/static_web/blobs/uploads/',
      OLD,
      'docker begins the upload of a blob to jamtur01/static_web, as docker 1.5 did with the json of an image: there is no v2 here',
    ],
    [
      'GET',
      '/v2/a/b/c/tags/list',
      OLD,
      'docker asks a v2 registry for the tags of a/b/c: there is no v2 here',
    ],
    [
      'GET',
      '/nowhere',
      {},
      'curl asks for /nowhere, which is not a path of v1: not found: "Not found"',
    ],
    [
      'DELETE',
      '/v1/search',
      {},
      'curl sends DELETE to /v1/search, which has other methods: refused: "Method not allowed"',
    ],
  ];
  for (const [method, path, init, sentence] of STEPS) {
    it(`tells ${method} ${path} as it was`, async () => {
      await hub.reset('journal');
      await ask(method, path, init);
      assert.equal((await hub.requests.waitFor({})).sentence, sentence);
    });
  }

  it('tells a fault as one', async () => {
    hub.faults.add({ name: 'late', times: 1, then: { delay: 1 } });
    await hub.reset('journal');
    await ask('GET', '/v1/_ping');
    assert.equal(
      (await hub.requests.waitFor({})).sentence,
      'curl asks whether a v1 registry is here: yes; the fault "late" acted on it',
    );
  });

  it('is as long as a sentence, also where a request is long', async () => {
    await hub.reset('journal');
    await ask('GET', `/v1/${'x'.repeat(10_000)}`);
    await ask('GET', `/v1/search?q=${'x'.repeat(10_000)}`);
    await ask('GET', `/v1/repositories/${'x'.repeat(5000)}/${'y'.repeat(5000)}/tags`);
    assert.equal(told().length, 3);
    for (const sentence of told()) assert.ok(sentence.length < 400, sentence);
  });

  it('tells of official repositories by their whole name, however they are spelt', async () => {
    await hub.reset('journal');
    for (const name of ['foo', 'library/foo', 'library%2Ffoo']) {
      await send(hub, `GET /v1/repositories/${name}/images`);
      await send(hub, `GET /v1/repositories/${name}/tags`);
    }
    for (const sentence of told()) assert.match(sentence, / of library\/foo[,:]/);
    assert.equal(told().length, 6);
  });
});

describe('the words of the journal', () => {
  const OF_THE_HUB_ITSELF = ['getRoot', 'getStatus', 'getMetrics', 'getContract', 'getV1'];

  it('are there for every row that a client asks for, and for no other', () => {
    const rows = new Set(routes.map(({ row }) => row));
    const told = [...Object.keys(ENGLISH.tellings), ...OF_THE_HUB_ITSELF];
    assert.deepEqual(told.sort(), [...rows].sort());
  });
});
