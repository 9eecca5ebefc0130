import { statSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryShape } from '../../src/storage/documents/shapes.js';
import type { DurableWrites } from '../baselines/durable-writes.js';
import { startChild } from '../support/child.js';
import { compare, type Run, type Side } from '../support/compare.js';
import { ACCOUNT, LOGIN, writeData } from '../support/data.js';
import { Client } from '../support/http.js';
import { type HubProcess, startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const FEW = 100;
const MANY = 50_000;
const HEADERS = { ...LOGIN, 'X-Docker-Token': 'true', 'Content-Type': 'application/json' };
/** What a docker lists in the first request of a push: three images, the last one tagged. */
const LIST = JSON.stringify(
  ['a', 'b', 'c'].map((digit) => ({
    id: digit.repeat(64),
    ...(digit === 'c' ? { Tag: 'latest' } : {}),
  })),
);

/** Creating repositories, each a durable document. */
export const creates: readonly Row[] = [
  ...[1, 8, 32].map(
    (clients): Row => ({
      name: `create-${clients}`,
      work: `PUT repository, ${clients === 1 ? 'one client' : `${clients} clients`}`,
      baseline: 'write, fsync, rename the same bytes',
      targets: [{ of: 'ratio', figure: 'perSecond', atLeast: 0.5 }],
      run: (options) => againstTheDisk(options, clients),
    }),
  ),
  {
    name: 'create-50000',
    work: `PUT repository with ${MANY} stored, 8 clients`,
    baseline: `the same with ${FEW} stored`,
    targets: [{ of: 'ratio', figure: 'each', atMost: 1.3 }],
    run: (options) => manyAgainstFew(options),
  },
];

async function againstTheDisk(
  { folder, rounds, seconds }: BenchOptions,
  clients: number,
): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: FEW });
  const hub = await startHubProcess(data);
  const threads = Math.max(4, clients);
  const baseline = await startChild<DurableWrites, Run>('durable-writes', { threads });
  try {
    const sizes = [await documentSize(hub, data)];
    let run = 0;
    const write = () => {
      run += 1;
      const target = join(folder, `writes-${run}`);
      return baseline.ask({ folder: target, sizes, atOnce: clients, seconds });
    };
    const sides = {
      hub: creating(hub, clients, seconds),
      baseline: { pid: baseline.pid, run: write },
    };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

async function manyAgainstFew({ folder, rounds, seconds }: BenchOptions): Promise<Outcome> {
  const [many, few] = [join(folder, 'many'), join(folder, 'few')];
  writeData(many, { repositories: MANY });
  writeData(few, { repositories: FEW });
  const [hub, baseline] = [await startHubProcess(many), await startHubProcess(few)];
  try {
    const sides = { hub: creating(hub, 8, seconds), baseline: creating(baseline, 8, seconds) };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

/** Clients that create one repository after the other. */
function creating(hub: HubProcess, clients: number, seconds: number): Side {
  let number = 0;
  const path = (): string => `/v1/repositories/${ACCOUNT}/new-${number++}/`;
  const { url, pid } = hub;
  return {
    pid,
    run: () =>
      load({
        url,
        connections: clients,
        method: 'PUT',
        headers: HEADERS,
        body: LIST,
        path,
        seconds,
      }),
  };
}

/** How long the document of such a repository is. */
async function documentSize(hub: HubProcess, data: string): Promise<number> {
  const client = new Client(hub.url);
  const path = `/v1/repositories/${ACCOUNT}/new-document/`;
  await client.call({ method: 'PUT', path, headers: HEADERS, body: LIST });
  const place = repositoryShape.place(`${ACCOUNT}/new-document`);
  return statSync(join(data, repositoryShape.folder, place)).size;
}
