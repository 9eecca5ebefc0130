import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { networkOf, plainAddress } from '../../src/wire/client-address.js';
import { basic } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/* A hub that listens on `::` sees clients of IPv4 as `::ffff:127.0.0.1`; nobody else need. */

/** What a client of HTTP/1.0, which names no host, is told about where the registry is. */
function endpointsFor(hub: Hub): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(hub.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(/\r\nX-Docker-Endpoints: (\S+)/.exec(received)?.[1]));
    const line = 'PUT /v1/repositories/jamtur01/static_web/ HTTP/1.0';
    socket.write(`${line}\r\nAuthorization: ${basic('jamtur01')}\r\nContent-Length: 0\r\n\r\n`);
  });
}

/** A hub on `::`; undefined on a machine without IPv6. */
async function startEverywhere(): Promise<Hub | undefined> {
  try {
    return await startPlainHub({ host: '::' });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(code)) return undefined;
    throw error;
  }
}

describe('an address of IPv4 on a socket of IPv6', () => {
  it('is shown as one of IPv4', async (t) => {
    const hub = await startEverywhere();
    if (hub === undefined) return t.skip('there is no IPv6');
    try {
      await hub.users.create({ username: 'jamtur01', password: 'sesame' });
      assert.equal(await endpointsFor(hub), `127.0.0.1:${hub.port}`);
    } finally {
      await hub.close();
    }
  });

  const table: readonly (readonly [string, string, string])[] = [
    ['::ffff:127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['::FFFF:10.0.0.7', '10.0.0.7', '10.0.0.7'],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['::1', '::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::ffff:7f00:1', '::ffff:7f00:1', '0:0:0:0::/64'],
    ['unknown', 'unknown', 'unknown'],
  ];
  for (const [seen, plain, network] of table) {
    it(`is undone where it is one: ${seen}`, () => {
      assert.deepEqual([plainAddress(seen), networkOf(seen)], [plain, network]);
    });
  }
});
