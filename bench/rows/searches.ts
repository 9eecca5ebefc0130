import { join } from 'node:path';
import { compare, type Side } from '../support/compare.js';
import { repositoryName, WORDS, writeData } from '../support/data.js';
import { type HubProcess, startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const FEW = 1000;
const MANY = 50_000;
/**
 * More searches than a hub could remember, one after the other: of each word itself, its beginning, a
 * phrase, and one exact name.
 */
const PATHS = WORDS.flatMap((word, number) => [
  `/v1/search?q=${word}`,
  `/v1/search?q=${word.slice(0, 3)}`,
  `/v1/search?q=image%20of%20${word}`,
  `/v1/search?q=${repositoryName(number * 23)}`,
]);

/** Search where there is much to search. */
export const searches: readonly Row[] = [
  {
    name: 'search-50000',
    work: `GET search among ${MANY}, 8 clients`,
    baseline: `the same among ${FEW}`,
    targets: [{ of: 'hub', figure: 'p99', atMost: 20 }],
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
  return { pid, run: () => load({ url, path: PATHS, seconds, connections: 8 }) };
}
