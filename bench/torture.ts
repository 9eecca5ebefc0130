import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { failDisk } from './torture/failing-disk.js';
import { fillDisk } from './torture/full-disk.js';
import { killAtRandom } from './torture/kills.js';
import { CannotMount } from './torture/small-disk.js';
import type { World } from './torture/world.js';

const HELP = `npm run torture -- [options]

  --kills <number>    how often the hub is killed, 200
  --disk-full         lets a small disk fill up instead; needs the right to mount one
  --disk-fails        lets a disk fail after each kill, and mounts it again; needs the right to do so
  --fills <number>    how often it does, 60
  --seconds <number>  begins nothing new after this time, 3600
  --writers <number>  how many write at a time, 8
  --seed <text>       for the same choices and moments again
  --folder <folder>   where the data is kept meanwhile; the temporary folder
`;

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    'disk-full': { type: 'boolean', default: false },
    'disk-fails': { type: 'boolean', default: false },
    fills: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '3600' },
    writers: { type: 'string', default: '8' },
    seed: { type: 'string', default: randomBytes(4).toString('hex') },
    folder: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) print(HELP);
else await torture();

async function torture(): Promise<void> {
  const folder = mkdtempSync(join(flags.folder, 'hub-v1-torture-'));
  const common = {
    folder,
    seed: flags.seed,
    seconds: Number(flags.seconds),
    writers: Number(flags.writers),
  };
  const started = performance.now();
  print(`${machine()}, seed ${flags.seed}`);
  const world = flags['disk-full'] ? await fill(common) : await kill(common);
  if (world !== undefined) report(world, (performance.now() - started) / 1000);
  if (world === undefined || world.violations.length === 0) await rm(folder, { recursive: true });
  else print(`the data is left in ${folder}`);
}

type Common = Omit<Parameters<typeof killAtRandom>[0], 'kills'>;

async function kill(common: Common): Promise<World | undefined> {
  const options = { ...common, kills: Number(flags.kills) };
  const result = flags['disk-fails']
    ? await failDisk(options).catch(skipped)
    : await killAtRandom(options);
  if (result === undefined) return undefined;
  print(
    `${result.kills} times killed with SIGKILL, ${result.atStart} of them while it started; ` +
      `${result.repairs} times repaired before the next start`,
  );
  print(result.verdict);
  return result.world;
}

async function fill(common: Common): Promise<World | undefined> {
  try {
    const result = await fillDisk({ ...common, fills: Number(flags.fills) });
    print(`${result.fills} times a full disk, ${result.refused} requests answered 507`);
    print(`${result.kills} times killed with SIGKILL while it was full`);
    print(result.verdict);
    return result.world;
  } catch (error) {
    return skipped(error);
  }
}

/** Says so where no disk can be mounted; any other error is thrown. */
function skipped(error: unknown): undefined {
  if (!(error instanceof CannotMount)) throw error;
  print(`skipped: no disk of its own can be mounted here (${error.message})`);
  return undefined;
}

/** What was done, what was held against it, and what broke. */
function report({ tally, counts, violations }: World, seconds: number): void {
  const { accounts, passwords, pushes, modernPushes, crossings } = tally;
  const { repeatedPushes, images, bytes, tags, deletions } = tally;
  print(
    `acknowledged: ${accounts} accounts, ${passwords} password changes, ${pushes} pushes over v1 and ${modernPushes} over v2, ${crossings} images read over the other, ` +
      `${images} images (${Math.round(bytes / 1e6)} MB), ${tags} tags set or removed alone, ` +
      `${deletions} deletions`,
  );
  print(
    `requests: ${counts.answered} answered, ${counts.cutOff} cut off; ` +
      `pushes repeated to the end: ${repeatedPushes}`,
  );
  print(`looked at: ${counts.looks} answers and ${counts.files} files, in ${duration(seconds)}`);
  print(`violations: ${violations.length}`);
  for (const violation of violations) print(`  ${violation}`);
  if (violations.length === 0) return;
  print(`again: npm run torture -- ${again()}`);
  process.exitCode = 1;
}

/** The flags of a run that makes the same choices; how fast the machine is remains a matter of luck. */
function again(): string {
  const { seed, writers, kills, fills } = flags;
  const fails = flags['disk-fails'] ? '--disk-fails ' : '';
  const rounds = flags['disk-full'] ? `--disk-full --fills ${fills}` : `${fails}--kills ${kills}`;
  return `${rounds} --writers ${writers} --seed ${seed}`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** What it ran on. */
function machine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores, ${memory} GB, Node ${process.versions.node}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
