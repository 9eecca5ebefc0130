import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Run } from '../support/compare.js';
import { answerRequests } from './answer-requests.js';

/** How much is read at a time: what a stream over a file reads. */
const CHUNK = 64 * 1024;

/*
 * Baseline of a layer up: copies a file that the system has in memory to another while computing its
 * SHA-256, and forces the copy to the disk.
 */
answerRequests<{ from: string; to: string }, Run>(async ({ from, to }) => {
  const started = performance.now();
  const [source, target] = [await open(from), await open(to, 'wx')];
  const hash = createHash('sha256');
  for await (const chunk of source.createReadStream({ highWaterMark: CHUNK })) {
    hash.update(chunk as Buffer);
    await target.write(chunk as Buffer);
  }
  hash.digest();
  await target.sync();
  await target.close();
  return { done: 1, seconds: (performance.now() - started) / 1000 };
});
