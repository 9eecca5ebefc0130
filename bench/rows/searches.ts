import { join } from 'node:path';
import { compare, type Side } from '../support/compare.js';
import { repositoryName, writeData } from '../support/data.js';
import { type HubProcess, startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const FEW = 1000;
const MANY = 50_000;
/** A word of many, a word of fewer, a beginning, an exact name, one of nobody, and everything. */
const QUERIES = ['redis', 'small%20node', 'go', repositoryName(7), 'nobody', ''];

/** Search where there is much to search. */
export const searches: readonly Row[] = [
  {
    name: 'search-50000',
    work: `GET search among ${MANY}, 8 clients`,
    baseline: `the same among ${FEW}`,
    target: { of: 'hub', figure: 'p99', atMost: 20 },
    run,
  },
];

async function run({ folder, rounds, seconds }: BenchOptions): Promise<Outcome> {
  const [many, few] = [join(folder, 'many'), join(folder, 'few')];
  writeData(many, { repositories: MANY });
  writeData(few, { repositories: FEW });
  const [hub, baseline] = [await startHubProcess(many), await startHubProcess(few)];
  try {
    const sides = { hub: searching(hub, seconds), baseline: searching(baseline, seconds) };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

function searching({ url, pid }: HubProcess, seconds: number): Side {
  const path = QUERIES.map((query) => `/v1/search?q=${query}`);
  return { pid, run: () => load({ url, path, seconds, connections: 8 }) };
}
