import { join } from 'node:path';
import { repositoryName, writeData } from '../support/data.js';
import { type Sample, summarise } from '../support/figures.js';
import { Client } from '../support/http.js';
import { startHubProcess } from '../support/hub-process.js';
import { cpuTime, memory } from '../support/proc.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const MANY = 50_000;

/** From the command to the answers that need everything to be there. */
export const starts: readonly Row[] = [
  {
    name: 'start-50000',
    work: `start with ${MANY} repositories, until it answers`,
    baseline: '',
    targets: [{ of: 'hub', figure: 'seconds', atMost: 3 }],
    run,
  },
];

async function run({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: MANY });
  // The first start writes what a new directory needs, and brings the files into memory.
  await startOnce(data);
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) samples.push(await startOnce(data));
  return { hub: summarise(samples) };
}

/** Ready means ready: a list from the last document, and a search over all of them. */
async function startOnce(data: string): Promise<Sample> {
  const started = performance.now();
  const hub = await startHubProcess(data);
  const client = new Client(hub.url);
  try {
    await client.call({ path: `/v1/repositories/${repositoryName(MANY - 1)}/images` });
    const { body } = await client.call({ path: '/v1/search?q=' });
    const seconds = (performance.now() - started) / 1000;
    const { num_results: found } = JSON.parse(body.toString()) as { num_results: number };
    if (found !== MANY) throw new Error(`${found} repositories were found, not ${MANY}`);
    const [cpu, used] = [cpuTime(hub.pid), memory(hub.pid)];
    return { seconds, ...(cpu && { cpu }), ...(used && { peak: used.peak }) };
  } finally {
    await hub.stop();
  }
}
