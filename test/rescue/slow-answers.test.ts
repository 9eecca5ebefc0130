/* Registries that never fall silent and never come to an end: `hub-v1 rescue` leaves them. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { V2Registry } from '../../src/rescue/v2-registry.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const EVERY = 10;

/** Answers each request with these words at once, and then a byte of `rest` at a time. */
async function drip(test: TestContext, begin: string, rest: string, times: number): Promise<URL> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(begin);
      let left = times;
      const timer = setInterval(() => {
        left -= 1;
        if (left < 0) socket.end();
        else socket.write(rest);
      }, EVERY);
      socket.once('close', () => clearInterval(timer));
    });
    sockets.add(socket);
  });
  const sockets = new Set<Socket>();
  await listening(server);
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

const ENDLESS = Number.POSITIVE_INFINITY;

describe('a registry that sends a byte now and then', () => {
  it('is left when a document has taken too long', async (test) => {
    const url = await drip(test, 'HTTP/1.1 200 OK\r\n\r\n{"repositories":["a/b"', ' ', ENDLESS);
    const source = new V2Registry(url, { patience: 2000, firstPause: 1, longest: 100 });
    test.after(() => source.close());
    await assert.rejects(source.repositories().next(), {
      name: 'RescueError',
      message: /_catalog has not ended after 0\.1 s$/,
    });
  });

  it('is left when an answer does not begin', async (test) => {
    const url = await drip(test, 'HTTP/1.1 200 OK\r\nX-A: ', 'a', ENDLESS);
    const source = new V2Registry(url, { patience: 50, firstPause: 1 });
    test.after(() => source.close());
    const silent = { name: 'RescueError', message: /does not answer: / };
    await assert.rejects(source.repositories().next(), silent);
    await assert.rejects(source.openBlob('a/b', DIGEST), silent);
  });

  it('may take its time for a blob', async (test) => {
    const url = await drip(test, 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n', 'x', 20);
    const source = new V2Registry(url, { patience: 2000, firstPause: 1, longest: 20 });
    test.after(() => source.close());
    const opened = await source.openBlob('a/b', DIGEST);
    assert.ok('stream' in opened);
    assert.equal(Buffer.concat(await opened.stream.toArray()).toString(), 'x'.repeat(20));
  });
});
