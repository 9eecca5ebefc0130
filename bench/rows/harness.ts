import { join } from 'node:path';
import { type Hub, startHub } from '../../src/index.js';
import { startChild } from '../support/child.js';
import { compare } from '../support/compare.js';
import { ACCOUNT, PASSWORD, writeData, writeFullRepository } from '../support/data.js';
import { type Sample, summarise } from '../support/figures.js';
import { startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const REPOSITORIES = 1000;
const CONNECTIONS = 8;
/** A repository whose list and tags have this many entries. */
const ENTRIES = 20;

/** What a test suite pays for a hub of its own, and for what it can do with it. */
export const harness: readonly Row[] = [
  {
    name: 'hub-start',
    work: 'startHub in a fresh process, until the first answer',
    baseline: '',
    targets: [{ of: 'hub', figure: 'each', atMost: 250 }],
    run: starts,
  },
  {
    name: 'hub-reset',
    work: `reset() with ${REPOSITORIES} repositories, after one was made and one changed`,
    baseline: '',
    targets: [{ of: 'hub', figure: 'each', atMost: 10 }],
    run: (options) => resets(options, changeOne),
  },
  {
    name: 'hub-reset-all',
    work: `reset() with ${REPOSITORIES} repositories, after all were changed`,
    baseline: '',
    targets: [{ of: 'hub', figure: 'each', atMost: 100 }],
    run: (options) => resets(options, changeAll),
  },
  journalRow('journal-ping', 'GET _ping with the journal', '/v1/_ping'),
  journalRow(
    'journal-images',
    `GET images of ${ENTRIES} with the journal`,
    `/v1/repositories/${ACCOUNT}/full/images`,
  ),
];

async function starts({ rounds }: BenchOptions): Promise<Outcome> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const child = await startChild<object, number>('start-hub');
    try {
      samples.push({ each: await child.ask({}) });
    } finally {
      await child.stop();
    }
  }
  return { hub: summarise(samples) };
}

async function resets(
  { rounds }: BenchOptions,
  change: (hub: Hub) => Promise<unknown>,
): Promise<Outcome> {
  const names = Array.from({ length: REPOSITORIES }, (_, number) => `${ACCOUNT}/r${number}`);
  const users = [{ username: ACCOUNT, password: PASSWORD }];
  const seed = { users, repositories: names.map((name) => ({ name })) };
  const samples: Sample[] = [];
  await using hub = await startHub({ ephemeral: true, seed });
  for (let round = 0; round < rounds; round += 1) {
    await change(hub);
    const started = performance.now();
    await hub.reset();
    samples.push({ each: performance.now() - started });
    if (hub.repositories.list().length !== REPOSITORIES) throw new Error('it is not as it was');
  }
  return { hub: summarise(samples) };
}

async function changeOne(hub: Hub): Promise<void> {
  await hub.images.create({ repository: `${ACCOUNT}/new`, files: { 'etc/motd': 'hello' } });
  await hub.repositories.create({ name: `${ACCOUNT}/r0`, stars: 1 });
}

async function changeAll(hub: Hub): Promise<void> {
  for (const { name } of hub.repositories.list()) await hub.repositories.create({ name, stars: 1 });
}

function journalRow(name: string, work: string, path: string): Row {
  return {
    name,
    work,
    baseline: 'the same hub without its journal',
    targets: [{ of: 'ratio', figure: 'each', atMost: 1.15 }],
    run: (options) => journal(options, path),
  };
}

/** Two hubs on the same data, the journal of one of them off. */
async function journal({ folder, rounds, seconds }: BenchOptions, path: string): Promise<Outcome> {
  const start = (name: string, bound: number) => {
    const data = join(folder, name);
    writeData(data, { repositories: REPOSITORIES });
    writeFullRepository(data, 'full', ENTRIES);
    return startHubProcess(data, ['--control', '--journal', String(bound)]);
  };
  const watched = await start('watched', 10_000);
  const blind = await start('blind', 0);
  try {
    const under = (url: string) => () => load({ url, path, seconds, connections: CONNECTIONS });
    return await compare(
      {
        hub: { pid: watched.pid, run: under(watched.url) },
        baseline: { pid: blind.pid, run: under(blind.url) },
      },
      rounds,
    );
  } finally {
    await Promise.all([watched.stop(), blind.stop()]);
  }
}
