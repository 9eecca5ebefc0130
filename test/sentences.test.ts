import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Hub, startHub } from '../src/hub.js';
import { makeRepository, OldDocker } from './support/old-docker.js';

/* The journal tells each step of a push and a pull in a plain sentence, the same as a teacher would. */

describe('the sentences of the journal', () => {
  let hub: Hub;
  let docker: OldDocker;

  before(async () => {
    hub = await startHub({ bcryptRounds: 4 });
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
      'docker asks whether a v2 registry is here: there is no such thing',
      'docker announces a push to jamtur01/static_web and asks for a token to push with, as jamtur01: done',
      `docker asks whether image ${id} is already here, with its write token: there is no such thing`,
      `docker begins the upload of image ${id} with its json, with its write token: done`,
      `docker uploads the layer of image ${id}, with its write token: done`,
      `docker ends the upload of image ${id} with the checksum of what it sent, with its write token: done`,
      'docker tells the index that the push of jamtur01/static_web is over, as jamtur01: done',
    ];
    for (const sentence of wanted) assert.ok(told().includes(sentence), sentence);
  });

  it('tells what load balancers and people look at from time to time', async () => {
    for (const path of ['/_ping', '/metrics', '/']) {
      await fetch(hub.url + path, { headers: { 'user-agent': 'curl/8.0' } });
    }
    assert.deepEqual(told().slice(-3), [
      'curl asks whether a v1 registry is here: yes',
      'curl asks the hub about itself by /metrics: yes',
      'curl asks the hub about itself by /: yes',
    ]);
  });

  it('tells what is refused', async () => {
    const login = `Basic ${Buffer.from('jamtur01:secret').toString('base64')}`;
    await fetch(`${hub.url}/v1/repositories/static_web/`, {
      method: 'PUT',
      headers: { authorization: login, 'user-agent': 'curl/8.0' },
      body: '[]',
    });
    await fetch(`${hub.url}/nowhere`, { headers: { 'user-agent': '' } });
    assert.deepEqual(told().slice(-2), [
      'curl announces a push to library/static_web and asks for a token to push with, as jamtur01: refused, this is not allowed',
      'somebody asks for /nowhere, which is no path of v1: there is no such thing',
    ]);
  });

  it('tells of official repositories by their whole name, however they are spelt', async () => {
    await hub.reset('journal');
    for (const name of ['foo', 'library/foo', 'library%2Ffoo']) {
      await fetch(`${hub.url}/v1/repositories/${name}/images`);
      await fetch(`${hub.url}/v1/repositories/${name}/tags`);
    }
    for (const sentence of told()) assert.match(sentence, / of library\/foo[,:]/);
    assert.equal(told().length, 6);
  });
});
