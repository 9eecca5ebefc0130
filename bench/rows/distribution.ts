import { join } from 'node:path';
import { compare, type Run } from '../support/compare.js';
import { ACCOUNT, writeData } from '../support/data.js';
import { hasDistribution, startDistribution } from '../support/distribution-process.js';
import { Client } from '../support/http.js';
import { startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import {
  type LogIn,
  MANIFEST_TYPE,
  newModernImage,
  pushModern,
  tokenFor,
} from '../support/push-v2.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';
import { heads, type Reading } from './reads.js';

const BASELINE = 'a distribution that asks nobody for a login';
const CONNECTIONS = 8;
const NAME = 'compared';
const REPOSITORY = `/v2/${ACCOUNT}/${NAME}`;
const STORED = 100;
const LAYERS = 3;
const LAYER_SIZE = 10 * 1024;

const image = newModernImage(LAYERS, LAYER_SIZE);

/** What a registry of today costs beside the one that everybody runs; only where that is installed. */
export const distribution: readonly Row[] = hasDistribution()
  ? [
      reading('distribution-ping', 'GET /v2/ with a token', { path: '/v2/' }),
      reading('distribution-manifest', 'GET a manifest by tag, with a token', {
        path: `${REPOSITORY}/manifests/latest`,
      }),
      reading('distribution-blob-head', 'HEAD of a blob, with a token', {
        path: `${REPOSITORY}/blobs/${image.config.digest}`,
        method: 'HEAD',
      }),
      ...[1, 8].map(
        (clients): Row => ({
          name: `distribution-push-${clients}`,
          work: `docker 28 push of ${LAYERS} layers, ${clients === 1 ? 'one client' : `${clients} clients`}`,
          baseline: BASELINE,
          targets: [{ of: 'ratio', figure: 'perSecond', atLeast: 4 }],
          run: (options) => pushing(options, clients),
        }),
      ),
    ]
  : [];

/** Nobody logs in to the distribution. */
const asNobody: LogIn = async (client) => {
  await client.call({ path: '/v2/' });
  return {};
};

function reading(name: string, work: string, what: Omit<Reading, 'headers'>): Row {
  return {
    name,
    work,
    baseline: BASELINE,
    targets: [{ of: 'ratio', figure: 'cpu', atMost: 0.2 }],
    run: (options) => read(options, what),
  };
}

async function read(
  { folder, rounds, seconds }: BenchOptions,
  { path, method = 'GET' }: Omit<Reading, 'headers'>,
): Promise<Outcome> {
  const under = (url: string, headers: Record<string, string>) => () =>
    method === 'GET'
      ? load({ url, path, headers, seconds, connections: CONNECTIONS })
      : heads({ url, path, headers, seconds });
  return besides(folder, async (hub, other) => {
    await pushModern(new Client(hub.url), NAME, image);
    await pushModern(new Client(other.url), NAME, image, asNobody);
    const accepts = { Accept: MANIFEST_TYPE };
    const headers = { ...accepts, ...(await tokenFor(new Client(hub.url), NAME, 'pull')) };
    const sides = {
      hub: { pid: hub.pid, run: under(hub.url, headers) },
      baseline: { pid: other.pid, run: under(other.url, accepts) },
    };
    return compare(sides, rounds);
  });
}

async function pushing(
  { folder, rounds, seconds }: BenchOptions,
  clients: number,
): Promise<Outcome> {
  let number = 0;
  const under = (url: string, logIn: LogIn) => async (): Promise<Run> => {
    const started = performance.now();
    let done = 0;
    const pusher = async (): Promise<void> => {
      while (performance.now() - started < seconds * 1000) {
        const client = new Client(url, { keepAlive: true });
        const pushed = newModernImage(LAYERS, LAYER_SIZE);
        await pushModern(client, `pushed-${number++}`, pushed, logIn);
        client.close();
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, pusher));
    return { done, seconds: (performance.now() - started) / 1000 };
  };
  return besides(folder, (hub, other) => {
    const sides = {
      hub: { pid: hub.pid, run: under(hub.url, tokenFor) },
      baseline: { pid: other.pid, run: under(other.url, asNobody) },
    };
    return compare(sides, rounds);
  });
}

interface Started {
  readonly pid: number;
  readonly url: string;
}

/** Some work with a hub and a distribution beside it. */
async function besides(
  folder: string,
  work: (hub: Started, distribution: Started) => Promise<Outcome>,
): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const hub = await startHubProcess(data);
  try {
    const other = await startDistribution(join(folder, 'distribution'));
    try {
      return await work(hub, other);
    } finally {
      await other.stop();
    }
  } finally {
    await hub.stop();
  }
}
