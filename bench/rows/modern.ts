import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { BLOBS } from '../../src/storage/documents/shapes.js';
import { digestFile } from '../../src/storage/files/digests.js';
import { startChild } from '../support/child.js';
import { compare, type Run } from '../support/compare.js';
import { ACCOUNT, LOGIN, writeData } from '../support/data.js';
import { Client } from '../support/http.js';
import { startHubProcess } from '../support/hub-process.js';
import { newImage, newImages, push } from '../support/push.js';
import {
  type Blob,
  blobOf,
  chunksOf,
  newModernImage,
  pushModern,
  tokenFor,
  type UploadWay,
  upload,
} from '../support/push-v2.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';
import { row } from './reads.js';

const NAME = 'modern';
const REPOSITORY = `/v2/${ACCOUNT}/${NAME}`;
const MEGABYTE = 1024 * 1024;
const BLOB = 64 * MEGABYTE;
/** How many blobs one side of a round moves. */
const BLOBS_A_ROUND = 8;
const HUGE = 1024 * MEGABYTE;
const STORED = 100;
/** Milliseconds between two pings. */
const PAUSE = 20;
const LAYERS = 3;
const LAYER_SIZE = 10 * 1024;

/** What dockers of today do, over v2. */
export const modern: readonly Row[] = [
  row('v2-ping-basic', 'GET /v2/, Basic', 0.6, async () => ({ path: '/v2/', headers: LOGIN })),
  row('v2-ping-token', 'GET /v2/ with a token', 0.6, async (client) => ({
    path: '/v2/',
    headers: await tokenFor(client, NAME, 'pull'),
  })),
  row('v2-manifest', 'GET a manifest by tag, with a token', 0.6, async (client) => {
    await pushModern(client, NAME, newModernImage(LAYERS, LAYER_SIZE));
    return {
      path: `${REPOSITORY}/manifests/latest`,
      headers: await tokenFor(client, NAME, 'pull'),
    };
  }),
  row('v2-blob-head', 'HEAD of a blob, with a token', 0.6, async (client) => {
    const image = newModernImage(LAYERS, LAYER_SIZE);
    await pushModern(client, NAME, image);
    return {
      path: `${REPOSITORY}/blobs/${image.config.digest}`,
      headers: await tokenFor(client, NAME, 'pull'),
      method: 'HEAD',
    };
  }),
  ...(['put', 'patch', 'chunks'] as const).map(uploads),
  {
    name: 'v2-blob-down',
    work: 'GET a blob of 64 MB',
    baseline: 'node:http sending the same file in pieces of 1 MiB',
    targets: [{ of: 'ratio', figure: 'cpu', atMost: 1.5 }],
    run: down,
  },
  ...[1, 8].map(
    (clients): Row => ({
      name: `v2-push-${clients}`,
      work: `docker 28 push of ${LAYERS} layers, ${clients === 1 ? 'one client' : `${clients} clients`}`,
      baseline: 'a push of the same layers by docker 1.5',
      targets: [],
      run: (options) => pushing(options, clients),
    }),
  ),
  {
    name: 'v2-first-pull',
    work: 'the first manifest of an image that came over v1 with a layer of 1 GB',
    baseline: 'the same layer read, inflated and summed up once',
    targets: [
      { of: 'ratio', figure: 'each', atMost: 1.5 },
      { of: 'hub', figure: 'p99', atMost: 50 },
    ],
    run: firstPull,
  },
];

function uploads(way: UploadWay): Row {
  const how = { put: 'one PUT', patch: 'one streamed PATCH', chunks: 'chunks of 8 MB' }[way];
  return {
    name: `v2-blob-up-${way}`,
    work: `a blob of 64 MB by ${how}`,
    baseline: 'node:http taking it in with SHA-256, writes of 1 MiB and fsync',
    targets: [{ of: 'ratio', figure: 'cpu', atMost: 1.25 }],
    run: (options) => up(options, way),
  };
}

async function up({ folder, rounds }: BenchOptions, way: UploadWay): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const received = join(folder, 'received');
  mkdirSync(received);
  const blobs = Array.from({ length: BLOBS_A_ROUND }, () => blobOf(repeated(BLOB)));
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ folder: string }, number>('receive-file');
  const client = new Client(hub.url, { keepAlive: true });
  try {
    const port = await baseline.ask({ folder: received });
    const bare = new Client(`http://127.0.0.1:${port}`, { keepAlive: true });
    const headers = await tokenFor(client, NAME, 'pull,push');
    const sides = {
      hub: {
        pid: hub.pid,
        // A blob that is here already would not be written again.
        prepare: async () => {
          for (const { digest } of blobs) {
            const path = `${REPOSITORY}/blobs/${digest}`;
            await client.call({ method: 'DELETE', path, headers: LOGIN }, [202, 404]);
          }
        },
        run: () => timed(blobs, (blob) => upload(client, REPOSITORY, headers, blob, way)),
      },
      baseline: {
        pid: baseline.pid,
        prepare: async () => {
          for (const name of readdirSync(received)) await rm(join(received, name));
        },
        run: () =>
          timed(blobs, ({ bytes }) => {
            // Sent as to the hub: what comes in chunks is taken in with less memory.
            const body = way === 'patch' ? chunksOf(bytes) : bytes;
            return bare.call({ method: 'PUT', path: '/', body });
          }),
      },
    };
    return await compare(sides, rounds);
  } finally {
    client.close();
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

async function down({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ path: string }, number>('stream-file');
  const client = new Client(hub.url, { keepAlive: true });
  try {
    const headers = await tokenFor(client, NAME, 'pull,push');
    const blob = blobOf(repeated(BLOB));
    await upload(client, REPOSITORY, headers, blob, 'put');
    const port = await baseline.ask({ path: join(data, BLOBS, digestFile(blob.digest)) });
    const bare = new Client(`http://127.0.0.1:${port}`, { keepAlive: true });
    const all = Array<Blob>(BLOBS_A_ROUND).fill(blob);
    const fetching = (from: Client) => () =>
      timed(all, async ({ digest }) => {
        const length = await from.download(`${REPOSITORY}/blobs/${digest}`, 0, headers);
        if (length !== BLOB) throw new Error(`${length} bytes came, not ${BLOB}`);
      });
    return await compare(
      {
        hub: { pid: hub.pid, run: fetching(client) },
        baseline: { pid: baseline.pid, run: fetching(bare) },
      },
      rounds,
    );
  } finally {
    client.close();
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

/** New images by dockers of today, and by one of 2015, each to a new repository of the same hub. */
async function pushing(
  { folder, rounds, seconds }: BenchOptions,
  clients: number,
): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const hub = await startHubProcess(data);
  let number = 0;
  const under = (work: (name: string) => Promise<void>) => async () => {
    const started = performance.now();
    const end = started + seconds * 1000;
    let done = 0;
    const pusher = async (): Promise<void> => {
      while (performance.now() < end) {
        await work(`pushed-${number++}`);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, pusher));
    return { done, seconds: (performance.now() - started) / 1000 };
  };
  const modernPush = async (name: string): Promise<void> => {
    const client = new Client(hub.url, { keepAlive: true });
    await pushModern(client, name, newModernImage(LAYERS, LAYER_SIZE));
    client.close();
  };
  const oldPush = (name: string): Promise<void> =>
    push(new Client(hub.url), name, newImages(LAYERS, LAYER_SIZE));
  try {
    return await compare(
      {
        hub: { pid: hub.pid, run: under(modernPush) },
        baseline: { pid: hub.pid, run: under(oldPush) },
      },
      rounds,
    );
  } finally {
    await hub.stop();
  }
}

/**
 * The manifest of an image that docker 1.5 pushed with a layer of a gigabyte, asked for the first time; beside it, how
 * long pings take meanwhile, and what it takes to read the layer, inflate it and sum both up once.
 */
async function firstPull({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const plain = join(folder, 'layer.gz');
  const layer = gzipSync(repeated(BLOB), { level: 1 });
  const members = Array<Buffer>(HUGE / BLOB).fill(layer);
  writeFileSync(plain, Buffer.concat(members));
  const hub = await startHubProcess(data);
  const baseline = await startChild<{ path: string }, Run>('read-layer');
  const old = new Client(hub.url);
  const reader = new Client(hub.url, { keepAlive: true });
  let number = 0;
  let name = '';
  try {
    return await compare(
      {
        hub: {
          pid: hub.pid,
          prepare: async () => {
            name = `huge-${number++}`;
            const image = { ...newImage(1), layer: members, size: layer.length * members.length };
            await push(old, name, [image]);
          },
          run: () => underPings(hub.url, () => firstManifest(reader, name)),
        },
        baseline: { pid: baseline.pid, run: () => baseline.ask({ path: plain }) },
      },
      rounds,
    );
  } finally {
    reader.close();
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

async function firstManifest(client: Client, name: string): Promise<void> {
  const path = `/v2/${ACCOUNT}/${name}/manifests/latest`;
  await client.call({ path, headers: LOGIN });
}

/** Some work, while somebody pings fifty times a second; their 99th percentile is told. */
async function underPings(url: string, work: () => Promise<void>): Promise<Run> {
  const client = new Client(url, { keepAlive: true });
  const took: number[] = [];
  let isOver = false;
  const pinging = (async () => {
    while (!isOver) {
      const asked = performance.now();
      await client.call({ path: '/v1/_ping' });
      took.push(performance.now() - asked);
      await sleep(PAUSE);
    }
  })();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  isOver = true;
  await pinging;
  client.close();
  took.sort((a, b) => a - b);
  return { done: 1, seconds, p99: took[Math.floor(took.length * 0.99)] ?? 0 };
}

/** Bytes that nobody has: a megabyte, over and over. */
function repeated(size: number): Buffer {
  const part = randomBytes(MEGABYTE);
  return Buffer.concat(Array<Buffer>(size / MEGABYTE).fill(part));
}

async function timed<T>(things: readonly T[], work: (thing: T) => Promise<unknown>): Promise<Run> {
  const started = performance.now();
  for (const thing of things) await work(thing);
  return { done: things.length, seconds: (performance.now() - started) / 1000 };
}
