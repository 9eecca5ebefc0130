import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../support/compare.js';
import { answerRequests } from './answer-requests.js';

/** What is to be written, over and over, until the time is up. */
export interface DurableWrites {
  /** A folder that does not exist yet. */
  readonly folder: string;
  /** How long the files are that make one piece of work, written one after the other. */
  readonly sizes: readonly number[];
  /** How many pieces of work are under way at once. */
  readonly atOnce: number;
  readonly seconds: number;
}

/*
 * Baseline of all that the hub makes durable: files of the same lengths, each written aside, fsynced
 * and renamed. The folder is not fsynced, which the hub does as well.
 */
answerRequests<DurableWrites, Run>(async ({ folder, sizes, atOnce, seconds }) => {
  await mkdir(folder);
  const contents = sizes.map((size) => Buffer.alloc(size, 'x'));
  const started = performance.now();
  const end = started + seconds * 1000;
  let done = 0;
  const writer = async (): Promise<void> => {
    while (performance.now() < end) {
      const number = done++;
      for (const [part, content] of contents.entries()) {
        await writeDurably(join(folder, `${number}-${part}`), content);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, writer));
  return { done, seconds: (performance.now() - started) / 1000 };
});

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(`${path}.tmp`, 'wx');
  await file.write(content);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
}
