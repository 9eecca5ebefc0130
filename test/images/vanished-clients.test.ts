/* Clients that are gone before their answer: nothing goes on waiting for them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import type { HubContext } from '../../src/wire/context.js';
import { sendLayer } from '../../src/wire/send-layer.js';
import { eventually } from '../support/eventually.js';
import { startPlainHub } from '../support/hub.js';

describe('a layer', () => {
  it('is not waited for when the client is gone before its only piece', async () => {
    const server = createServer();
    const asked = once(server, 'request');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      client.write('GET / HTTP/1.1\r\nHost: hub\r\n\r\n');
      const [req, res] = await asked;
      client.destroy();
      await once(res, 'close');
      const ctx = { req, res, app: server } as unknown as HubContext;
      await sendLayer(ctx, { length: 10, each: (use) => use(Buffer.alloc(10)) });
    } finally {
      server.close();
    }
  });
});

describe('answers that wait for their turn on a connection', () => {
  it('end with it', async () => {
    const hub = await startPlainHub({
      seed: { repositories: [{ name: 'busybox', tags: { latest: { files: { motd: 'hello' } } } }] },
    });
    try {
      const [image] = hub.images.list();
      hub.faults.add({ match: { path: '/v1/_ping' }, then: { delay: 600_000 } });
      const client = connect(hub.port, '127.0.0.1');
      const host = 'HTTP/1.1\r\nHost: hub\r\n\r\n';
      client.write(
        `GET /v1/_ping ${host}GET /v1/images/${image?.id}/layer ${host}GET /v1/ ${host}`,
      );
      await eventually('the first request waits', () => hub.faults.unhit().length === 0);
      // Who only ends may still be listening.
      client.resetAndDestroy();
      await hub.requests.waitFor(({ path }) => path === '/v1/');
      assert.equal(hub.requests.size.kept, 3);
      await hub.reset();
    } finally {
      await hub.close();
    }
  });
});
