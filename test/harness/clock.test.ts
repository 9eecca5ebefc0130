import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { liveThrough } from '../support/life.js';
import { createRepository } from '../support/pushes.js';

/* The clock and the randomness of a hub, as a test holds them. */

const NOON = '2014-06-09T12:00:00Z';
const HOUR = 3_600_000;

describe('the clock', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub({ tokenTtl: 60 });
    await hub.users.create({ username: 'jamtur01', password: PASSWORD });
  });
  beforeEach(() => hub.clock.reset());
  after(() => hub.close());

  it('is the system’s until it is touched', () => {
    assert.equal(hub.clock.isAltered, false);
    assert.ok(Math.abs(hub.clock.now() - Date.now()) < 1000);
  });

  it('stands still when it is frozen, now or at a moment', async () => {
    hub.clock.freeze();
    const now = hub.clock.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(hub.clock.now(), now);
    for (const moment of [NOON, Date.parse(NOON), new Date(NOON), '2014-06-09T14:00+02:00']) {
      hub.clock.freeze(moment);
      assert.equal(hub.clock.now(), Date.parse(NOON));
    }
  });

  it('can be set and moved while it stands, and goes on from there when it does not', async () => {
    hub.clock.freeze(NOON);
    hub.clock.advance(HOUR);
    assert.equal(hub.clock.now(), Date.parse(NOON) + HOUR);
    hub.clock.set('2015-01-01');
    assert.equal(new Date(hub.clock.now()).toISOString(), '2015-01-01T00:00:00.000Z');
    hub.clock.reset();
    hub.clock.set(NOON);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const passed = hub.clock.now() - Date.parse(NOON);
    assert.ok(passed > 0 && passed < 10_000, String(passed));
  });

  for (const bad of [
    'noon',
    '2014-02-31',
    '2014-13-01',
    '2014-06-09T12:00',
    '1402315200000',
    -1,
    Number.NaN,
    0.5,
    1e15,
    '',
  ]) {
    it(`refuses ${JSON.stringify(bad)} as a time, and stays as it was`, () => {
      hub.clock.freeze(NOON);
      const wrong = { name: 'InvalidInput', message: /expected a time between 1970 and 9999/ };
      assert.throws(() => hub.clock.set(bad), wrong);
      assert.throws(() => hub.clock.freeze(bad), wrong);
      assert.equal(hub.clock.now(), Date.parse(NOON));
    });
  }

  for (const bad of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, -2e12]) {
    it(`refuses to advance by ${bad}`, () => {
      hub.clock.freeze(NOON);
      assert.throws(() => hub.clock.advance(bad), { name: 'InvalidInput', message: /^advance: / });
      assert.equal(hub.clock.now(), Date.parse(NOON));
    });
  }

  it('ends the life of a token', async () => {
    const client = hub;
    hub.clock.freeze();
    const auth = await createRepository(client, basic('jamtur01'), 'jamtur01/web');
    const ask = () => send(client, 'GET /v1/repositories/jamtur01/web/tags', { auth });
    hub.clock.advance(59_000);
    await ask().expect(200);
    hub.clock.advance(1000);
    await ask().expect(401);
    hub.clock.reset();
    await ask().expect(200);
  });

  it('is what documents are dated by', async () => {
    hub.clock.freeze(NOON);
    const user = await hub.users.create({ username: 'punctual', password: PASSWORD });
    assert.equal(user.created, '2014-06-09T12:00:00.000Z');
    await hub.images.create({ repository: 'punctual/web', files: {} });
    const { body } = await send(hub, 'GET /v1/repositories/punctual/web/json');
    assert.equal(body.last_update, Date.parse(NOON) / 1000);
  });

  it('is what every answer is dated by, refusals and 204 too', async () => {
    hub.clock.freeze(NOON);
    const auth = basic('jamtur01');
    const client = hub;
    const answers = [
      await send(client, 'GET /v1/_ping').expect(200),
      await send(client, 'GET /v1/users/', { auth }).expect(200),
      await send(client, 'GET /v1/users/').expect(401),
      await send(client, 'GET /v1/nothing').expect(404),
      await send(client, 'PUT /v1/repositories/jamtur01/dated/', { auth, body: [] }).expect(200),
      await send(client, 'PUT /v1/repositories/jamtur01/dated/images', { auth, body: [] }).expect(
        204,
      ),
    ];
    for (const { headers } of answers) assert.equal(headers.date, 'Mon, 09 Jun 2014 12:00:00 GMT');
  });

  it('of the options is where it starts from', async () => {
    await using other = await startPlainHub({ clock: { now: () => Date.parse(NOON) } });
    assert.equal(other.clock.now(), Date.parse(NOON));
    const { headers } = await send(other, 'GET /v1/_ping');
    assert.equal(headers.date, 'Mon, 09 Jun 2014 12:00:00 GMT');
    other.clock.advance(HOUR);
    other.clock.reset();
    assert.equal(other.clock.now(), Date.parse(NOON));
  });
});

describe('the randomness', () => {
  /** The tokens and request ids of one life, under a clock that stands still. */
  async function tellTale(hub: Hub, seed?: string | number): Promise<string[]> {
    await hub.reset();
    hub.clock.freeze(NOON);
    if (seed !== undefined) hub.random.seed(seed);
    const told = await liveThrough(hub.url);
    return told.flatMap(({ headers }) => [
      headers['x-docker-token'] ?? '',
      headers['x-request-id'] ?? '',
    ]);
  }

  it('is the same after the same seed, in this hub and in another', async () => {
    await using one = await startPlainHub();
    await using two = await startPlainHub();
    const first = await tellTale(one, 42);
    assert.deepEqual(await tellTale(one, '42'), first);
    assert.deepEqual(await tellTale(two, 42), first);
    assert.notDeepEqual(await tellTale(two, 43), first);
  });

  it('is the system’s without one: nothing comes twice', async () => {
    await using hub = await startPlainHub();
    const all = [...(await tellTale(hub)), ...(await tellTale(hub))].filter((one) => one !== '');
    assert.equal(new Set(all).size, all.length);
  });

  it('is the same for what the seed of the start made', async () => {
    const image = makeImage('x');
    const token = async () => {
      const repositories = [{ name: 'jamtur01/web' }];
      const users = [{ username: 'jamtur01', password: PASSWORD }];
      await using hub = await startPlainHub({ seed: { users, repositories } });
      hub.clock.freeze(NOON);
      hub.random.seed('s');
      return await createRepository(hub, basic('jamtur01'), 'jamtur01/web', [image]);
    };
    assert.equal(await token(), await token());
  });

  it('refuses an invalid seed', async () => {
    await using hub = await startPlainHub();
    for (const seed of ['', 'x'.repeat(1001)]) {
      assert.throws(() => hub.random.seed(seed), { name: 'InvalidInput', message: /^seed: / });
    }
  });
});
