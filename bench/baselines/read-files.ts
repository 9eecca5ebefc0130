import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Run } from '../support/compare.js';
import { answerRequests } from './answer-requests.js';

/*
 * Baseline of the rescue: reads files once and computes the SHA-256 of each, in as many threads as there are cores. A
 * thread has one piece of memory, that it uses over and over.
 */

const PIECE = 1024 * 1024;

if (isMainThread) {
  const threads = Array.from(
    { length: availableParallelism() },
    () => new Worker(fileURLToPath(import.meta.url)),
  );
  answerRequests<{ paths: readonly string[] }, Run>(async ({ paths }) => {
    const started = performance.now();
    const rest = paths.values();
    await Promise.all(threads.map((thread) => readAll(thread, rest)));
    return { done: paths.length, seconds: (performance.now() - started) / 1000 };
  });
} else {
  const memory = Buffer.allocUnsafeSlow(PIECE);
  parentPort?.on('message', (path: string) => parentPort?.postMessage(sum(path, memory)));
}

/** Gives a thread one path after the other, until there are none. */
function readAll(thread: Worker, rest: Iterator<string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const goOn = (): void => {
      const { value, done } = rest.next();
      if (done !== true) {
        thread.postMessage(value);
        return;
      }
      thread.off('message', goOn).off('error', reject);
      resolve();
    };
    thread.on('message', goOn).on('error', reject);
    goOn();
  });
}

function sum(path: string, memory: Buffer): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  for (let length = 1; length > 0; ) {
    length = readSync(file, memory, 0, PIECE, null);
    hash.update(memory.subarray(0, length));
  }
  closeSync(file);
  return hash.digest('hex');
}
