/* How `hub-v1 serve` ends when it is told to: in good order, or at once when told twice. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { serve } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { makeImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { register } from '../support/people.js';
import { createRepository, pushImage, putJson } from '../support/pushes.js';
import { openUpload } from '../support/uploads.js';

const OWNER = basic('jamtur01');
const NAME = 'jamtur01/static_web';
const ADMIN = ['--admin', 'admin:sesame'];

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-signals-'));
});

after(() => rm(folder, { recursive: true, force: true }));

/** Whether anybody answers at a port. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

describe('a signal', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} stops new connections, lets a running request end, and exits 0`, async (t) => {
      const data = join(folder, signal);
      const hub = await serve(t, ['--data', data, ...ADMIN]);
      await register(hub, 'jamtur01');
      const image = makeImage('running', { layer: noise('running', 2_000_000) });
      const auth = await createRepository(hub, OWNER, NAME, [image]);
      await putJson(hub, auth, image).expect(200);
      const upload = await openUpload(hub.url, auth, image.id);
      await upload.write(image.layer.subarray(0, 1_000_000));
      hub.signal(signal);
      await eventually('nobody is let in', async () => !(await accepts(hub.port)));
      const answer = await upload.end(image.layer.subarray(1_000_000));
      assert.deepEqual(answer, { status: 200, body: 'true' });
      const { code } = await hub.ended;
      assert.equal(code, 0);
      assert.ok(!(await readdir(data)).includes('hub.lock'));
      const again = await serve(t, ['--data', data]);
      const headers = { 'X-Docker-Checksum-Payload': image.payload };
      const line = `PUT /v1/images/${image.id}/checksum`;
      await send(again, line, { auth, headers }).expect(200, 'true');
    });
  }

  it('lets a slow reader have the rest of its layer', async (t) => {
    const hub = await serve(t, ['--ephemeral', ...ADMIN]);
    const image = makeImage('slow', { layer: noise('slow', 20_000_000) });
    await pushImage(hub, basic('admin'), 'admin/slow', image);
    const chunks: Buffer[] = [];
    const socket = connect(hub.port, '127.0.0.1');
    socket.write(`GET /v1/images/${image.id}/layer HTTP/1.1\r\nHost: hub\r\n\r\n`);
    await new Promise<void>((resolve) => {
      socket.once('data', (chunk) => {
        chunks.push(chunk);
        socket.pause();
        resolve();
      });
    });
    hub.signal('SIGTERM');
    await eventually('nobody is let in', async () => !(await accepts(hub.port)));
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const received = Buffer.concat(chunks);
    assert.ok(received.subarray(received.indexOf('\r\n\r\n') + 4).equals(image.layer));
    assert.equal((await hub.ended).code, 0);
  });

  it('waits for nobody who has nothing to ask', async (t) => {
    const hub = await serve(t, ['--ephemeral', ...ADMIN]);
    const socket = connect(hub.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const silent = connect(hub.port, '127.0.0.1');
    silent.on('error', () => undefined);
    await new Promise((resolve) => silent.once('connect', resolve));
    assert.equal((await hub.end()).code, 0);
    for (const each of [socket, silent]) each.destroy();
  });

  it('sent twice ends it at once', async (t) => {
    const hub = await serve(t, ['--ephemeral', ...ADMIN]);
    const image = makeImage('held open');
    const auth = await createRepository(hub, basic('admin'), 'admin/held', [image]);
    await putJson(hub, auth, image).expect(200);
    const upload = await openUpload(hub.url, auth, image.id);
    hub.signal('SIGTERM');
    await eventually('nobody is let in', async () => !(await accepts(hub.port)));
    const { code } = await hub.end('SIGINT');
    assert.notEqual(code, 0);
    await upload.abort();
  });
});
