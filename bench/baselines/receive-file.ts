import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, write } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { keepFreedMemory } from '../../src/server/freed-memory.js';
import { answerRequests } from './answer-requests.js';
import { listenAnywhere } from './listen-anywhere.js';

const writeInThread = promisify(write);
const fsyncInThread = promisify(fsync);

/** How much is written at a time. */
const PIECE = 1024 * 1024;

/*
 * Baseline of layers up: node:http and nothing else takes a body in, with its SHA-256, in pieces of 1 MiB,
 * forces the file to the disk and answers. Two pieces of memory take turns: one is filled while the other
 * is written. As the hub does, it keeps the memory that it has freed: without that it took up to half as much again.
 */
answerRequests<{ folder: string }, number>(async ({ folder }) => {
  let number = 0;
  keepFreedMemory();
  const server = createServer(async (request, response) => {
    number += 1;
    await receive(request, `${folder}/received-${process.pid}-${number}`);
    response.end('true');
  });
  return listenAnywhere(server);
});

async function receive(request: IncomingMessage, path: string): Promise<void> {
  const descriptor = openSync(path, 'wx');
  const hash = createHash('sha256');
  let [filling, spare] = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  let filled = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const writePiece = async (): Promise<void> => {
    await writing;
    writing = writeInThread(descriptor, filling.subarray(0, filled));
    [filling, spare] = [spare, filling];
    filled = 0;
  };
  const gather = (chunk: Uint8Array): void => {
    filling.set(chunk, filled);
    filled += chunk.length;
  };
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      if (filled + chunk.length <= PIECE) return gather(chunk);
      request.pause();
      writePiece().then(() => {
        gather(chunk);
        request.resume();
      }, reject);
    });
    request.on('end', resolve).on('error', reject);
  });
  await writePiece();
  await writing;
  hash.digest();
  await fsyncInThread(descriptor);
  closeSync(descriptor);
}
