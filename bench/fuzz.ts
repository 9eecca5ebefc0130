import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openHub } from '../src/open-hub.js';
import { newKeeper } from '../test/support/fuzz/cast.js';
import { Fuzzer } from '../test/support/fuzz/fuzzer.js';
import { HubChild } from '../test/support/fuzz/hub-child.js';
import { readOperations } from '../test/support/fuzz/operations.js';
import type { Vitals } from '../test/support/fuzz/preload.js';
import { showRequest } from '../test/support/fuzz/request.js';
import { prepareFolder, pushAndPull, strayFiles } from '../test/support/fuzz/setup.js';
import { Tally } from '../test/support/fuzz/tally.js';
import { playWalks } from '../test/support/model/walks.js';

const HELP = `npm run fuzz -- [options]

  --requests <number>  how many requests to send, 20000
  --seed <number>      where to begin; any
  --clients <number>   how many send at a time, 4
  --stall <ms>         how long the event loop may stand still, 200
  --folder <folder>    where the data is kept meanwhile
  --table              what each operation answered
  --model <number>     instead: how many steps to play to the hub and to a model of the rules
`;

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '4' },
    stall: { type: 'string', default: '200' },
    folder: { type: 'string', default: tmpdir() },
    table: { type: 'boolean', default: false },
    model: { type: 'string' },
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
else if (flags.model !== undefined) await compare(Number(flags.model));
else await main();

/** Plays random walks until hub and model disagree, or there were enough. */
async function compare(count: number): Promise<void> {
  const started = performance.now();
  const tally = new Map<string, number>();
  const time = (): string => `${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s`;
  print(`seed ${flags.seed}, ${count} steps\n${machine()}\n`);
  let shown = 0;
  const onRound = (steps: number): void => {
    if (steps - shown < count / PARTS) return;
    shown = steps;
    print(`${String(steps).padStart(8)} steps ${time()}\n`);
  };
  try {
    const steps = await playWalks(Number(flags.seed), count, tally, onRound);
    print(`${steps} steps in ${time().trim()}, and no disagreement\n`);
  } catch (error) {
    print(`FAILED: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
  const counts = [...tally].sort().map(([what, times]) => `${what}: ${times}`);
  if (flags.table) print(`${counts.join('\n')}\n`);
}

/** One run: against a hub of its own, with these flags. */
interface Phase {
  readonly requests: number;
  readonly clients: number;
  readonly seed: number;
  readonly flags: readonly string[];
  /** Whether the hub's own control is on. */
  readonly control: boolean;
}

async function main(): Promise<void> {
  const [requests, clients, seed] = [flags.requests, flags.clients, flags.seed].map(Number);
  if (requests === undefined || clients === undefined || seed === undefined) return;
  print(`seed ${seed}, ${requests} requests, ${clients} at a time\n${machine()}\n`);
  const common = ['--port', '0', '--bcrypt-rounds', '4', '--login-limit', '200', '--class', '2'];
  await run({ requests, clients, seed, flags: common, control: false });
  print('and with --control\n');
  // One at a time, since each may turn the hub upside down.
  const control = { requests: Math.ceil(requests / 10), clients: 1, control: true };
  await run({ ...control, seed, flags: [...common, '--control', 'true'] });
}

async function run(phase: Phase): Promise<void> {
  const folder = await mkdtemp(join(flags.folder, 'hub-v1-fuzz-'));
  try {
    const problems = await fuzz(join(folder, 'data'), phase);
    for (const problem of problems) print(`FAILED: ${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fuzz(folder: string, phase: Phase): Promise<string[]> {
  const keeper = newKeeper();
  const options = { data: folder, bcryptRounds: 4 };
  await prepareFolder(options, keeper);
  const hub = await HubChild.start(folder, phase.flags);
  const tally = new Tally(readOperations());
  const { control } = phase;
  const clients = Array.from({ length: phase.clients }, () => {
    return new Fuzzer({ url: hub.url, keeper, tally, control, isAlive: () => hub.isAlive });
  });
  const problems: string[] = [];
  try {
    problems.push(...(await watch(hub, tally, clients, phase)));
    await pushAndPull(hub.url, keeper);
  } catch (error) {
    problems.push((error as Error).message);
  }
  for (const client of clients) client.close();
  const code = await hub.stop();
  if (code !== 0) problems.push(`the hub ended with ${code ?? 'a signal'}`);
  problems.push(...(await hub.complaints()).map((line) => `on standard error: ${line}`));
  // What snapshots needed goes at the next start.
  if (control) await (await openHub(options)).close();
  const strays = [...(await strayFiles(folder)), ...(await hub.temporaryFiles())];
  problems.push(...strays.map((file) => `a stray file: ${file}`));
  report(tally);
  return problems;
}

/** Fuzzes in parts, and asks the hub after each how it is. */
async function watch(
  hub: HubChild,
  tally: Tally,
  clients: readonly Fuzzer[],
  { requests, seed }: Phase,
): Promise<string[]> {
  const share = Math.ceil(requests / PARTS / clients.length);
  const problems: string[] = [];
  const levels: Vitals[] = [];
  const started = performance.now();
  // What it took to start does not count.
  await hub.vitals();
  for (let part = 0; part < PARTS; part += 1) {
    const runs = clients.map((client, lane) => {
      return client.run(seed + lane * APART + part * (APART / PARTS), share);
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
