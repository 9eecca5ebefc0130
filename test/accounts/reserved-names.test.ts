/* The name of an account that is gone, while what it pushed is not: nobody else's to take. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { register } from '../support/people.js';
import { createRepository, pushImage } from '../support/pushes.js';

const hub = useHub({ people: ['alice', 'bob_1'] }, async () => {
  const alice = basic('alice');
  await createRepository(hub, alice, 'alice/secret');
  const sent = { auth: alice, body: { access: 'private' } };
  await send(hub, `PUT ${path}/properties`, sent).expect(200);
  await pushImage(hub, alice, 'alice/secret', secret);
  await hub.users.delete('alice');
});
const secret = makeImage('secret of alice');
const path = '/v1/repositories/alice/secret';
const RESERVED = 'The username alice is reserved, please choose another';

function registerAlice() {
  const body = { username: 'alice', password: 'another', email: 'mallory@example.com' };
  return send(hub, 'POST /v1/users/', { body });
}

describe('the name of a removed account', () => {
  it('can not be registered while a repository is left, nor is its layer read', async () => {
    const refused = await registerAlice().expect(400);
    assert.equal(refused.body, RESERVED);
    const auth = basic('alice', 'another');
    await send(hub, 'GET /v1/users/', { auth }).expect(401);
    await send(hub, `GET /v1/images/${secret.id}/layer`, { auth }).expect(401);
  });

  it('nor while one is being deleted, nor after a restart', async () => {
    await send(hub, `DELETE ${path}/`, { auth: basic('admin') }).expect(202);
    assert.equal((await registerAlice().expect(400)).body, RESERVED);
    await hub.restart();
    assert.equal((await registerAlice().expect(400)).body, RESERVED);
  });

  it('is the operator to give away, with all that is in it', async () => {
    await hub.users.create({ username: 'alice', password: PASSWORD });
    await hub.users.delete('alice');
    await hub.restart(async ({ domain: { accounts } }) => {
      await accounts.register({ username: 'alice', password: PASSWORD, email: 'a@example.com' });
    });
    await send(hub, 'GET /v1/users/', { auth: basic('alice') }).expect(200);
    await hub.users.delete('alice');
  });

  it('is free again when nothing is left', async () => {
    await send(hub, `DELETE ${path}/`, { auth: basic('admin') }).expect(200);
    await registerAlice().expect(201);
  });
});

describe('a name that an admin pushed under', () => {
  it('can not be registered either', async () => {
    await createRepository(hub, basic('admin'), 'carol/app');
    const body = { username: 'carol', password: PASSWORD, email: 'carol@example.com' };
    const refused = await send(hub, 'POST /v1/users/', { body }).expect(400);
    assert.equal(refused.body, RESERVED.replace('alice', 'carol'));
  });
});

describe('a name under which nothing was ever pushed', () => {
  it('is free as soon as its account is removed', async () => {
    await register(hub, 'dave_1');
    await hub.users.delete('dave_1');
    await register(hub, 'dave_1');
  });
});
