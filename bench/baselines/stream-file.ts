import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { answerRequests } from './answer-requests.js';
import { listenAnywhere } from './listen-anywhere.js';

const readInThread = promisify(read);

/** How much is read at a time. */
const PIECE = 1024 * 1024;

/*
 * Baseline of layers down: node:http and nothing else sends a file in pieces of 1 MiB. One piece of
 * memory does, since the next is read when the last is out.
 */
answerRequests<{ path: string }, number>(async ({ path }) => {
  const server = createServer(async (_request, response) => {
    const descriptor = openSync(path, 'r');
    const size = fstatSync(descriptor).size;
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': size,
    });
    const piece = Buffer.allocUnsafeSlow(PIECE);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await readInThread(descriptor, piece, 0, PIECE, at);
      at += bytesRead;
      await sent(response, piece.subarray(0, bytesRead));
    }
    closeSync(descriptor);
    response.end();
  });
  return listenAnywhere(server);
});

function sent(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
