import { readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { imageShape } from '../../src/storage/shapes.js';
import { startChild } from '../support/child.js';
import { compare, type Run, type Side } from '../support/compare.js';
import { ACCOUNT, LOGIN, writeData } from '../support/data.js';
import { type Sample, summarise } from '../support/figures.js';
import { Client } from '../support/http.js';
import { type HubProcess, startHubProcess } from '../support/hub-process.js';
import { forgetPeak, memory } from '../support/proc.js';
import {
  beginImage,
  beginPush,
  layerCall,
  type NewImage,
  newImage,
  push,
} from '../support/push.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const MEGABYTE = 1024 * 1024;
const LAYER = 64 * MEGABYTE;
const HUGE = 1024 * MEGABYTE;
const STORED = 100;
/** Where the layer of the row lies. */
const NAME = 'layers';

/** Layers up and down. */
export const layers: readonly Row[] = [
  {
    name: 'layer-up',
    work: 'PUT layer of 64 MB',
    baseline: 'copy it to a file with SHA-256, then fsync',
    target: { of: 'ratio', figure: 'perSecond', atLeast: 0.7 },
    run: up,
  },
  {
    name: 'layer-down',
    work: 'GET layer of 64 MB',
    baseline: 'node:http streaming the same file',
    target: { of: 'ratio', figure: 'perSecond', atLeast: 0.8 },
    run: down,
  },
  {
    name: 'layer-1gb',
    work: '1 GB layer up and down',
    baseline: 'what the hub had before',
    target: { of: 'hub', figure: 'added', atMost: 100 },
    run: huge,
  },
];

async function up({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const image = newImage(LAYER);
  const [from, to] = [join(folder, 'layer'), join(folder, 'copy')];
  writeFileSync(from, Buffer.concat(image.layer));
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ from: string; to: string }, Run>('copy-file');
  try {
    const copying: Side = {
      pid: baseline.pid,
      prepare: () => rm(to, { force: true }),
      run: () => baseline.ask({ from, to }),
    };
    return await compare({ hub: sendingLayer(hub, image), baseline: copying }, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

/** The layer alone is timed; what goes before it in a push, and removing it, is not. */
function sendingLayer({ url, pid }: HubProcess, image: NewImage): Side {
  const client = new Client(url);
  let token: Record<string, string> = {};
  return {
    pid,
    prepare: async () => {
      await remove(client);
      token = await beginPush(client, NAME, [image]);
      await beginImage(client, token, image);
    },
    run: () => timed(() => client.call(layerCall(token, image))),
  };
}

async function down({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ path: string }, number>('stream-file');
  const client = new Client(hub.url);
  try {
    const image = newImage(LAYER);
    await push(client, NAME, [image]);
    const port = await baseline.ask({ path: layerFile(data, image.id) });
    const sides = {
      hub: readingLayer(hub.pid, hub.url, image),
      baseline: readingLayer(baseline.pid, `http://127.0.0.1:${port}`, image),
    };
    return await compare(sides, rounds);
  } finally {
    client.close();
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

function readingLayer(pid: number, url: string, image: NewImage): Side {
  const client = new Client(url);
  return { pid, run: () => timed(() => download(client, image)) };
}

async function download(client: Client, { id, size }: NewImage): Promise<void> {
  const length = await client.download(`/v1/images/${id}/layer`);
  if (length !== size) throw new Error(`${length} bytes came, not ${size}`);
}

/** The peak of the process while a layer goes up and comes down, over what it had after a small one. */
async function huge({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const data = join(folder, `data-${round}`);
    writeData(data, { repositories: STORED });
    const hub = await startHubProcess(data);
    const client = new Client(hub.url);
    try {
      await upAndDown(client, MEGABYTE);
      const before = memory(hub.pid);
      forgetPeak(hub.pid);
      const { seconds } = await timed(() => upAndDown(client, HUGE));
      const after = memory(hub.pid);
      const added = before && after && { added: after.peak - before.now, peak: after.peak };
      samples.push({ seconds, ...added });
    } finally {
      client.close();
      await hub.stop();
      await rm(data, { recursive: true });
    }
  }
  return { hub: summarise(samples) };
}

async function upAndDown(client: Client, size: number): Promise<void> {
  const image = newImage(size);
  await push(client, NAME, [image]);
  await download(client, image);
}

/** Removes the repository with all that is on its way to it: the index's two DELETEs. */
async function remove(client: Client): Promise<void> {
  const path = `/v1/repositories/${ACCOUNT}/${NAME}/`;
  for (let step = 0; step < 2; step += 1) {
    await client.call({ method: 'DELETE', path, headers: LOGIN }, [200, 202, 404]);
  }
}

async function timed(work: () => Promise<unknown>): Promise<Run> {
  const started = performance.now();
  await work();
  return { done: 1, seconds: (performance.now() - started) / 1000 };
}

/** Where the hub keeps the layer of an image. */
function layerFile(data: string, id: string): string {
  const folder = join(data, imageShape.folder, id);
  const file = readdirSync(folder).find((name) => name.startsWith('layer-'));
  if (file === undefined) throw new Error(`${folder} holds no layer`);
  return join(folder, file);
}
