import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { imageShape } from '../../src/storage/documents/shapes.js';
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
export const LAYER = 64 * MEGABYTE;
const HUGE = 1024 * MEGABYTE;
const STORED = 100;
/** Where the layers of the rows lie. */
const NAME = 'layers';
/** How many layers one side of a round moves: the system tells the CPU of a process in steps of 10 ms. */
export const LAYERS = 8;
/** How long a slow reader rests after each part of up to 64 KB, in milliseconds. */
const REST = 1;

/** Layers up and down, each over a connection of its own. */
export const layers: readonly Row[] = [
  uploads('layer-up', { atOnce: 1 }),
  uploads('layer-up-8', { atOnce: 8 }),
  downloads('layer-down', { atOnce: 1 }),
  downloads('layer-down-8', { atOnce: 8 }),
  downloads('layer-down-slow', { atOnce: 8, rest: REST }),
  {
    name: 'layer-1gb',
    work: '1 GB layer up and down',
    baseline: 'what the hub had before',
    targets: [{ of: 'hub', figure: 'added', atMost: 100 }],
    run: huge,
  },
];

/** How many layers are on their way at the same time, and how slow their readers are. */
interface Transfer {
  readonly atOnce: number;
  readonly rest?: number;
}

function uploads(name: string, { atOnce }: Transfer): Row {
  return {
    name,
    work: `PUT layer of 64 MB, ${atOnce} at a time`,
    baseline: 'node:http taking it in with SHA-256, writes of 1 MiB and fsync',
    targets: [{ of: 'ratio', figure: 'cpu', atMost: 1.25 }],
    run: (options) => up(options, atOnce),
  };
}

function downloads(name: string, transfer: Transfer): Row {
  const { atOnce, rest } = transfer;
  return {
    name,
    work: `GET layer of 64 MB, ${atOnce} at a time${rest === undefined ? '' : ', slow readers'}`,
    baseline: 'node:http sending the same file in pieces of 1 MiB',
    targets: [{ of: 'ratio', figure: 'cpu', atMost: 1.5 }],
    run: (options) => down(options, transfer),
  };
}

async function up({ folder, rounds }: BenchOptions, atOnce: number): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const images = Array.from({ length: LAYERS }, () => newImage(LAYER));
  const received = join(folder, 'received');
  mkdirSync(received);
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ folder: string }, number>('receive-file');
  try {
    const port = await baseline.ask({ folder: received });
    const bare = new Client(`http://127.0.0.1:${port}`);
    const receiving: Side = {
      pid: baseline.pid,
      // As the hub's side does: memory that was given back is taken faster than new.
      prepare: async () => {
        for (const name of readdirSync(received)) await rm(join(received, name));
      },
      run: () => timed(images, atOnce, (image) => bare.call(layerCall({}, image))),
    };
    return await compare({ hub: takingLayers(hub, images, atOnce), baseline: receiving }, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

/** The layers alone are timed; what goes before them in a push, and removing them, is not. */
export function takingLayers(
  { url, pid }: HubProcess,
  images: readonly NewImage[],
  atOnce: number,
): Side {
  const client = new Client(url);
  let token: Record<string, string> = {};
  return {
    pid,
    prepare: async () => {
      await remove(client);
      token = await beginPush(client, NAME, images);
      for (const image of images) await beginImage(client, token, image);
    },
    run: () => timed(images, atOnce, (image) => client.call(layerCall(token, image))),
  };
}

async function down({ folder, rounds }: BenchOptions, transfer: Transfer): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ path: string }, number>('stream-file');
  try {
    const image = newImage(LAYER);
    await push(new Client(hub.url), NAME, [image]);
    const port = await baseline.ask({ path: layerFile(data, image.id) });
    const sides = {
      hub: sendingLayer(hub.pid, hub.url, image, transfer),
      baseline: sendingLayer(baseline.pid, `http://127.0.0.1:${port}`, image, transfer),
    };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

function sendingLayer(pid: number, url: string, image: NewImage, transfer: Transfer): Side {
  const client = new Client(url);
  const { atOnce, rest } = transfer;
  const images = Array<NewImage>(LAYERS).fill(image);
  return { pid, run: () => timed(images, atOnce, (each) => download(client, each, rest)) };
}

async function download(client: Client, { id, size }: NewImage, rest?: number): Promise<void> {
  const length = await client.download(`/v1/images/${id}/layer`, rest);
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
      const { seconds } = await timed([HUGE], 1, (size) => upAndDown(client, size));
      const after = memory(hub.pid);
      const added = before && after && { added: after.peak - before.now, peak: after.peak };
      samples.push({ seconds, ...added });
    } finally {
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

/** Does a work with each of many things, so many at a time. */
async function timed<T>(
  things: readonly T[],
  atOnce: number,
  work: (thing: T) => Promise<unknown>,
): Promise<Run> {
  const started = performance.now();
  const rest = things.values();
  const worker = async (): Promise<void> => {
    for (const thing of rest) await work(thing);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { done: things.length, seconds: (performance.now() - started) / 1000 };
}

/** Where the hub keeps the layer of an image. */
function layerFile(data: string, id: string): string {
  const folder = join(data, imageShape.folder, id);
  const file = readdirSync(folder).find((name) => name.startsWith('layer-'));
  if (file === undefined) throw new Error(`${folder} holds no layer`);
  return join(folder, file);
}
