import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { logIn } from '../support/people.js';
import { rawHttp } from '../support/raw.js';

/* Floods of wrong passwords: who waits, and who does not. */

const SLOWED = 'Too many failed logins, please try again later';
const BUSY = 'The hub is busy, please try again later';

/** A hub with two people, whose clock the tests move. */
async function startHubWithPeople(options = {}): Promise<Hub> {
  const hub = await startPlainHub({ loginLimit: 3, loginWindow: 60, ...options });
  for (const username of ['jamtur01', 'bob01', 'carol01']) {
    await hub.users.create({ username, password: PASSWORD });
  }
  return hub;
}

async function guess(hub: Hub, username: string, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await logIn(hub, username, `wrong ${n}`).expect(401);
}

/** The status of a login from another address of the same machine. */
async function logInFrom(hub: Hub, localAddress: string, password: string): Promise<number> {
  const agent = new Agent({ localAddress });
  const auth = basic('jamtur01', password);
  return (await send(hub, 'GET /v1/users/', { agent, auth })).status;
}

describe('a flood of wrong passwords for one account', () => {
  let hub: Hub;
  before(async () => {
    hub = await startHubWithPeople();
    hub.clock.freeze();
  });
  after(() => hub.close());

  it('has to wait, in both voices, with the right password too', async () => {
    await guess(hub, 'jamtur01', 3);
    const slowed = await logIn(hub, 'jamtur01', PASSWORD).expect(429);
    assert.equal(slowed.body, SLOWED);
    assert.equal(slowed.headers['retry-after'], '60');
    const registry = await send(hub, 'GET /v1/repositories/jamtur01/static_web/tags', {
      auth: basic('jamtur01', 'wrong'),
    }).expect(429);
    assert.deepEqual(registry.body, { error: SLOWED });
    assert.equal(registry.headers['retry-after'], '60');
  });

  it('slows nobody else, and nobody at another address', async () => {
    await logIn(hub, 'bob01', PASSWORD).expect(200);
    assert.equal(await logInFrom(hub, '127.0.0.2', PASSWORD), 200);
  });

  it('is over after a while, by the clock of the hub', async () => {
    await guess(hub, 'carol01', 3);
    hub.clock.advance(59_000);
    const slowed = await logIn(hub, 'carol01', PASSWORD).expect(429);
    assert.equal(slowed.headers['retry-after'], '1');
    hub.clock.advance(1000);
    await logIn(hub, 'carol01', PASSWORD).expect(200);
  });

  it('does not slow a login that was right before', async () => {
    await guess(hub, 'carol01', 3);
    await logIn(hub, 'carol01', 'wrong').expect(429);
    await logIn(hub, 'carol01', PASSWORD).expect(200);
  });

  it('is forgotten on a reset, of everything or of logins alone', async () => {
    for (const part of [undefined, 'logins'] as const) {
      await guess(hub, 'bob02', 3);
      await logIn(hub, 'bob02', 'wrong').expect(429);
      await hub.reset(part);
      await logIn(hub, 'bob02', 'wrong').expect(401);
      await hub.reset('logins');
    }
  });

  it('is forgotten after the right password, so that few mistakes never add up', async () => {
    await using other = await startHubWithPeople();
    for (let n = 0; n < 3; n += 1) {
      await guess(other, 'jamtur01', 2);
      assert.equal(await logInFrom(other, '127.0.0.1', PASSWORD), 200);
      // So that the next login is not one that is remembered.
      await other.users.deactivate('jamtur01');
      await other.users.activate('jamtur01');
    }
  });

  it('is slowed for a name that does not exist just the same', async () => {
    await guess(hub, 'nobody01', 3);
    const slowed = await logIn(hub, 'nobody01', 'wrong').expect(429);
    assert.equal(slowed.body, SLOWED);
  });

  it('is no flood where there is no limit', async () => {
    await using open = await startHubWithPeople({ loginLimit: 0 });
    await guess(open, 'jamtur01', 30);
  });

  it('does not get more guesses by asking all at once', async () => {
    await hub.reset('logins');
    const statuses = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, n) => (await logIn(hub, 'bob03', `at once ${n}`)).status,
      ),
    );
    const count = (wanted: number) => statuses.filter((status) => status === wanted).length;
    assert.deepEqual([count(401), count(429)], [3, 17]);
  });

  it('is not what a client makes that logs in many times at once', async () => {
    await using fresh = await startHubWithPeople();
    const all = Array.from({ length: 50 }, () => logIn(fresh, 'jamtur01', PASSWORD).expect(200));
    await Promise.all(all);
  });
});

describe('a flood from an address that others share', () => {
  let hub: Hub;
  before(async () => {
    hub = await startHubWithPeople({ loginQueue: 1, trustedProxy: '127.0.0.1' });
    hub.clock.freeze();
  });
  after(() => hub.close());

  /** A flood of wrong passwords for one account, and for many that do not exist. */
  const flood = (): Promise<number>[] =>
    Array.from({ length: 30 }, async (_, n) => {
      const name = n % 2 === 0 ? 'jamtur01' : `nobody${n}`;
      return (await logIn(hub, name, `wrong ${n}`)).status;
    });

  it('shuts nobody out who logged in before, however long ago', async () => {
    await logIn(hub, 'jamtur01', PASSWORD).expect(200);
    hub.clock.advance(24 * 60 * 60 * 1000);
    const flooding = flood();
    for (let n = 0; n < 10; n += 1) await logIn(hub, 'jamtur01', PASSWORD).expect(200);
    assert.ok(!(await Promise.all(flooding)).includes(200));
    // It still has no more guesses than it had.
    await hub.reset('logins');
    await guess(hub, 'jamtur01', 3);
    await logIn(hub, 'jamtur01', 'wrong').expect(429);
    await logIn(hub, 'jamtur01', PASSWORD).expect(200);
  });

  it('nor those who change their password meanwhile', async () => {
    await send(hub, 'PUT /v1/users/jamtur01/', {
      auth: basic('jamtur01'),
      body: { password: 'another' },
    }).expect(204);
    await logIn(hub, 'jamtur01', 'another').expect(200);
    await logIn(hub, 'jamtur01', PASSWORD).expect(429);
  });

  it('but who was deactivated logs in as everybody does', async () => {
    await hub.users.deactivate('jamtur01');
    await hub.users.activate('jamtur01');
    await logIn(hub, 'jamtur01', 'another').expect(429);
  });

  it('is told from its neighbours by a proxy that is trusted, on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const logInFor = async (client: string, password: string): Promise<number> => {
      const headers = { 'X-Forwarded-For': client };
      const auth = basic('bob01', password);
      return (await send(hub, 'GET /v1/users/', { agent, auth, headers })).status;
    };
    for (let n = 0; n < 3; n += 1) assert.equal(await logInFor('192.0.2.1', 'wrong'), 401);
    assert.equal(await logInFor('192.0.2.1', 'wrong'), 429);
    // What the client itself says stands further ahead, and changes nothing.
    assert.equal(await logInFor('198.51.100.1, 192.0.2.1', 'wrong'), 429);
    assert.equal(await logInFor('192.0.2.2', PASSWORD), 200);
    agent.destroy();
  });
});

describe('more passwords than can be checked in good time', () => {
  it('are refused with 503 beyond a limit, in both voices', async () => {
    await using hub = await startHubWithPeople({ loginQueue: 1, loginLimit: 0, bcryptRounds: 11 });
    const ask = (path: string) =>
      Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          send(hub, `GET ${path}`, { auth: basic('jamtur01', `wrong ${n}`) }),
        ),
      );
    const index = (await ask('/v1/users/')).filter(({ status }) => status === 503);
    assert.ok(index.length > 0);
    for (const { body, headers } of index) {
      assert.equal(body, BUSY);
      assert.match(headers['retry-after'] ?? '', /^\d+$/);
    }
    const registry = (await ask('/v1/images/aaaaaaaaaaaaaaaa/json')).filter(
      ({ status }) => status === 503,
    );
    assert.deepEqual(registry[0]?.body, { error: BUSY });
    const received = await rawHttp(hub.url, { method: 'GET', path: '/v1/_ping' });
    assert.match(received.toString('latin1'), /true$/);
  });
});

describe('logins on one connection', () => {
  let hub: Hub;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  before(async () => {
    hub = await startHubWithPeople();
  });
  after(async () => {
    agent.destroy();
    await hub.close();
  });

  /** The status of a login on the one connection that there is. */
  const logInHere = async (username: string, password: string): Promise<number> =>
    (await send(hub, 'GET /v1/users/', { agent, auth: basic(username, password) })).status;

  it('are told apart', async () => {
    assert.equal(await logInHere('jamtur01', PASSWORD), 200);
    assert.equal(await logInHere('bob01', PASSWORD), 200);
    assert.equal(await logInHere('bob01', 'wrong'), 401);
    assert.equal(await logInHere('jamtur01', PASSWORD), 200);
    assert.equal(Object.values(agent.freeSockets).flat().length, 1);
  });

  it('are right for as long as the password is', async () => {
    assert.equal(await logInHere('carol01', PASSWORD), 200);
    assert.equal(await logInHere('carol01', PASSWORD), 200);
    await send(hub, 'PUT /v1/users/carol01/', {
      auth: basic('carol01', PASSWORD),
      body: { password: 'another' },
    }).expect(204);
    assert.equal(await logInHere('carol01', PASSWORD), 401);
    assert.equal(await logInHere('carol01', 'another'), 200);
    await hub.users.deactivate('carol01');
    assert.equal(await logInHere('carol01', 'another'), 403);
    await hub.users.delete('carol01');
    assert.equal(await logInHere('carol01', 'another'), 401);
  });
});
