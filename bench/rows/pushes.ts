import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { startHub } from '../../src/index.js';
import type { DurableWrites } from '../baselines/durable-writes.js';
import { startChild } from '../support/child.js';
import { compare, type Run, type Side } from '../support/compare.js';
import { writeData } from '../support/data.js';
import { Client } from '../support/http.js';
import { type HubProcess, startHubProcess } from '../support/hub-process.js';
import { newImages, push } from '../support/push.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const LAYERS = 3;
const LAYER_SIZE = 10 * 1024;
const STORED = 100;

/** Whole pushes as docker makes them, from the first request to the last. */
export const pushes: readonly Row[] = [1, 8].map((clients) => ({
  name: `push-${clients}`,
  work: `docker push of ${LAYERS} layers, ${clients === 1 ? 'one client' : `${clients} clients`}`,
  baseline: 'the same number of durable writes',
  targets: [
    { of: 'ratio', figure: 'perSecond', atLeast: 0.4 },
    ...(clients === 1 ? [{ of: 'hub', figure: 'cpu', atMost: 16 } as const] : []),
  ],
  run: (options) => run(options, clients),
}));

async function run({ folder, rounds, seconds }: BenchOptions, clients: number): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const sizes = await writesOfOnePush(join(folder, 'counted'));
  const hub = await startHubProcess(data);
  const threads = Math.max(4, clients);
  const baseline = await startChild<DurableWrites, Run>('durable-writes', { threads });
  try {
    let turn = 0;
    const write = () => {
      turn += 1;
      const target = join(folder, `writes-${turn}`);
      return baseline.ask({ folder: target, sizes, atOnce: clients, seconds });
    };
    const sides = {
      hub: pushing(hub, clients, seconds),
      baseline: { pid: baseline.pid, run: write },
    };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

/** Clients that push one new repository after the other. */
function pushing({ url, pid }: HubProcess, clients: number, seconds: number): Side {
  let number = 0;
  return {
    pid,
    run: async () => {
      const started = performance.now();
      const end = started + seconds * 1000;
      let done = 0;
      const pusher = async (): Promise<void> => {
        const client = new Client(url);
        while (performance.now() < end) {
          await push(client, `pushed-${number++}`, newImages(LAYERS, LAYER_SIZE));
          done += 1;
        }
      };
      await Promise.all(Array.from({ length: clients }, pusher));
      return { done, seconds: (performance.now() - started) / 1000 };
    },
  };
}

/** How long the files are that one push makes durable; counted in a hub within this process. */
async function writesOfOnePush(data: string): Promise<number[]> {
  writeData(data, { repositories: STORED });
  const sizes: number[] = [];
  const hub = await startHub({
    data,
    onDiskStep: (step, path) => {
      if (step === 'rename') sizes.push(statSync(writtenAside(path)).size);
    },
  });
  const client = new Client(hub.url);
  // The start has written something too, and so does the first push of an account: a folder.
  await push(client, 'first', newImages(1, 1));
  sizes.length = 0;
  await push(client, 'counted', newImages(LAYERS, LAYER_SIZE));
  await hub.close();
  return sizes;
}

/** Where the file is that is about to be given the name `path`. */
function writtenAside(path: string): string {
  const aside = readdirSync(dirname(path)).find((name) => name.startsWith(`${basename(path)}.`));
  if (aside === undefined) throw new Error(`nothing is written aside for ${path}`);
  return join(dirname(path), aside);
}
