import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newKeeper } from '../test/support/fuzz/cast.js';
import { Fuzzer } from '../test/support/fuzz/fuzzer.js';
import { HubChild } from '../test/support/fuzz/hub-child.js';
import { readOperations } from '../test/support/fuzz/operations.js';
import type { Vitals } from '../test/support/fuzz/preload.js';
import { showRequest } from '../test/support/fuzz/request.js';
import { prepareFolder, pushAndPull, strayFiles } from '../test/support/fuzz/setup.js';
import { Tally } from '../test/support/fuzz/tally.js';

const HELP = `npm run fuzz -- [options]

  --requests <number>  how many requests to send, 20000
  --seed <number>      where to begin; any
  --clients <number>   how many send at a time, 4
  --stall <ms>         how long the event loop may stand still, 200
  --folder <folder>    where the data is kept meanwhile
  --table              what each operation answered
`;

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '4' },
    stall: { type: 'string', default: '200' },
    folder: { type: 'string', default: tmpdir() },
    table: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** In how many parts a run is looked at. */
const PARTS = 10;
/** How much more memory may be in use at the end than after the first part, in bytes. */
const GROWTH = 64 * 1024 * 1024;
/** Seeds of the clients are this far apart: a run uses one for every some hundred requests. */
const APART = 1_000_000;

if (flags.help) print(HELP);
else await main();

async function main(): Promise<void> {
  const folder = await mkdtemp(join(flags.folder, 'hub-v1-fuzz-'));
  try {
    const problems = await fuzz(join(folder, 'data'));
    for (const problem of problems) print(`FAILED: ${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fuzz(folder: string): Promise<string[]> {
  const keeper = newKeeper();
  await prepareFolder({ data: folder, bcryptRounds: 4 }, keeper);
  const hub = await HubChild.start(folder, [
    '--port',
    '0',
    '--bcrypt-rounds',
    '4',
    '--login-limit',
    '200',
  ]);
  const tally = new Tally(readOperations());
  const clients = Array.from({ length: Number(flags.clients) }, () => {
    return new Fuzzer({ url: hub.url, keeper, tally, isAlive: () => hub.isAlive });
  });
  print(
    `seed ${flags.seed}, ${flags.requests} requests, ${clients.length} at a time\n${machine()}\n`,
  );
  const problems: string[] = [];
  try {
    problems.push(...(await watch(hub, tally, clients)));
    await pushAndPull(hub.url, keeper);
  } catch (error) {
    problems.push((error as Error).message);
  }
  for (const client of clients) client.close();
  const code = await hub.stop();
  if (code !== 0) problems.push(`the hub ended with ${code ?? 'a signal'}`);
  problems.push(...(await hub.complaints()).map((line) => `on standard error: ${line}`));
  const strays = [...(await strayFiles(folder)), ...(await hub.temporaryFiles())];
  problems.push(...strays.map((file) => `a stray file: ${file}`));
  report(tally);
  return problems;
}

/** Fuzzes in parts, and asks the hub after each how it is. */
async function watch(hub: HubChild, tally: Tally, clients: readonly Fuzzer[]): Promise<string[]> {
  const share = Math.ceil(Number(flags.requests) / PARTS / clients.length);
  const problems: string[] = [];
  const levels: Vitals[] = [];
  const started = performance.now();
  // What it took to start does not count.
  await hub.vitals();
  for (let part = 0; part < PARTS; part += 1) {
    const runs = clients.map((client, lane) => {
      return client.run(Number(flags.seed) + lane * APART + part * (APART / PARTS), share);
    });
    const ends = await Promise.allSettled(runs);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const vitals = await hub.vitals();
    levels.push(vitals);
    print(line(tally, vitals, await hub.openFiles(), performance.now() - started));
    if (vitals.stall.computing > Number(flags.stall)) problems.push(describeStall(tally, vitals));
  }
  problems.push(...growth(levels), ...new Set(levels.flatMap(({ warnings }) => warnings)));
  return problems;
}

function line(tally: Tally, vitals: Vitals, files: number | undefined, time: number): string {
  const { stall, used, rss } = vitals;
  return (
    `${String(tally.requests).padStart(8)} requests ${(time / 1000).toFixed(0).padStart(5)} s` +
    `   stall ${stall.own.toFixed(0)} ms (${stall.computing.toFixed(0)} computing, ${stall.delay.toFixed(0)} in all)` +
    `   in use ${megabytes(used)} MB, rss ${megabytes(rss)} MB, ${files ?? '?'} files\n`
  );
}

function describeStall(tally: Tally, { stall }: Vitals): string {
  const near = tally.around(stall.at, stall.own).slice(0, 5).map(showRequest);
  return `the event loop stood still for ${stall.own.toFixed(0)} ms (computing ${stall.computing.toFixed(0)}), around\n${near.join('\n')}`;
}

/** The first part warms everything up; from then on memory stays, but for what is stored. */
function growth(levels: readonly Vitals[]): string[] {
  const [first, last] = [levels[0], levels.at(-1)];
  if (first === undefined || last === undefined) return [];
  const more = last.used - first.used;
  return more > GROWTH ? [`${megabytes(more)} MB more are in use than after the first part`] : [];
}

function report(tally: Tally): void {
  const statuses = [...tally.statuses].sort(([a], [b]) => a - b);
  const shown = statuses.map(([status, count]) => `${status}: ${count}`).join(', ');
  print(`${tally.requests} requests, ${tally.cut} cut off; ${shown}\n`);
  for (const { operation, seen } of flags.table ? tally.lines : []) {
    const counts = [...seen]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`);
    const never = operation.statuses.filter((status) => !seen.has(status));
    print(`${operation.method.padEnd(6)} ${operation.path}\n         ${counts.join(', ')}`);
    print(never.length === 0 ? '\n' : `; never ${never.join(', ')}\n`);
  }
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'an unknown processor';
  return `${availableParallelism()} cores (${model}), Node ${process.versions.node}, ${process.platform}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

function print(text: string): void {
  process.stdout.write(text);
}
