import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HubOptions, startHub } from '../../src/index.js';
import { send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/* What startHub makes of options: a wrong one is refused by its name, and none is passed over. */

describe('startHub', () => {
  const wrong: readonly (readonly [field: string, options: Record<string, unknown>])[] = [
    ['ephemerl', { ephemerl: true }],
    ['port', { port: 99_999 }],
    ['journal', { journal: -1 }],
    ['journal', { journal: Number.NaN }],
    ['tokenTtl', { tokenTtl: -5 }],
    ['registration', { registration: 'maybe' }],
    ['as', { as: 'docker.io' }],
    ['bcryptRounds', { bcryptRounds: 99 }],
    ['maxJson', { maxJson: 'a' }],
    ['maxLayer', { maxLayer: 0 }],
    ['maxFiles', { maxFiles: 0 }],
    ['loginLimit', { loginLimit: -1 }],
    ['idleTimeout', { idleTimeout: 0 }],
    ['admin', { admin: {} }],
    ['logLevel', { logLevel: 'loud' }],
    ['logTo', { logTo: {} }],
    ['faults', { faults: 'x' }],
    ['clock', { clock: {} }],
    ['clock', { clock: 'noon' }],
    ['seed', { seed: '' }],
    ['tls.key', { tls: { cert: 'x' } }],
    ['control.keys', { control: { keys: 'x' } }],
    ['random', { random: 7 }],
    ['sandbox', { sandbox: true }],
  ];
  for (const [field, options] of wrong) {
    it(`refuses ${JSON.stringify(options)}, naming ${field}`, async () => {
      await assert.rejects(startHub(options as HubOptions), { name: 'InvalidInput', field });
    });
  }

  it('takes options that are left undefined', async () => {
    const options: Record<string, unknown> = { ephemeral: true, port: undefined, seed: undefined };
    await using hub = await startHub(options as HubOptions);
    await hub.close();
  });

  it('takes a moment for a clock, to which a reset goes back', async () => {
    const noon = '2014-06-09T12:00:00.000Z';
    await using hub = await startPlainHub({ clock: noon });
    const dated = async () => (await send(hub, 'GET /v1/_ping')).headers.date;
    assert.equal(await dated(), 'Mon, 09 Jun 2014 12:00:00 GMT');
    hub.clock.advance(1000);
    assert.equal(await dated(), 'Mon, 09 Jun 2014 12:00:01 GMT');
    await hub.reset();
    assert.equal(hub.clock.now(), Date.parse(noon));
  });
});
