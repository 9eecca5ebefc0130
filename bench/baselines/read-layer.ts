import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Run } from '../support/compare.js';
import { answerRequests } from './answer-requests.js';

/*
 * Baseline of the first pull over v2: reads a gzipped file once, and computes the SHA-256 of its bytes and of what
 * they hold.
 */
answerRequests<{ path: string }, Run>(async ({ path }) => {
  const started = performance.now();
  const [stored, plain] = [createHash('sha256'), createHash('sha256')];
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  source.on('data', (chunk) => stored.update(chunk));
  source.pipe(gunzip);
  for await (const chunk of gunzip) plain.update(chunk as Buffer);
  stored.digest();
  plain.digest();
  return { done: 1, seconds: (performance.now() - started) / 1000 };
});
