import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rows } from './rows/index.js';
import type { Row } from './support/row.js';
import { describe, type Result, summary, verdicts } from './support/table.js';

const HELP = `npm run bench -- [row …] [options]

  --rounds <number>   rounds of each comparison, 5
  --seconds <number>  how long one side of a round is under load, 4
  --images <number>   how many images of 10 MB are rescued, 100
  --folder <folder>   where the data is kept meanwhile; a real disk
  --json              one JSON object instead of text
  --list              the names of the rows

How to read the figures: bench/README.md
`;

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    images: { type: 'string', default: '100' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

try {
  if (flags.help) print(HELP);
  else if (flags.list) print(rows.map(({ name, work }) => `${name.padEnd(20)}${work}\n`).join(''));
  else await bench(choose(names));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function bench(chosen: readonly Row[]): Promise<void> {
  const results: Result[] = [];
  if (!flags.json) print(`${machine()}\n\n`);
  const folder = mkdtempSync(join(flags.folder, 'hub-v1-bench-'));
  try {
    for (const row of chosen) {
      const result = await runRow(row, folder);
      results.push(result);
      if (!flags.json) print(`${describe(result)}\n`);
    }
  } finally {
    // At the end alone: ext4 makes new files slowly for minutes after many have been removed.
    await rm(folder, { recursive: true, force: true });
  }
  print(flags.json ? `${JSON.stringify(report(results), null, 2)}\n` : summary(results));
}

async function runRow(row: Row, folders: string): Promise<Result> {
  const folder = mkdtempSync(join(folders, `${row.name}-`));
  try {
    const options = {
      rounds: numberOf('rounds'),
      seconds: numberOf('seconds'),
      images: numberOf('images'),
      folder,
    };
    return { row, outcome: await row.run(options) };
  } catch (error) {
    throw new Error(`${row.name}: ${(error as Error).message}`, { cause: error });
  }
}

function choose(wanted: readonly string[]): readonly Row[] {
  const known = rows.map(({ name }) => name);
  for (const name of wanted) {
    if (!known.includes(name)) throw new Error(`there is no row ${name}: ${known.join(', ')}`);
  }
  return wanted.length === 0 ? rows : rows.filter(({ name }) => wanted.includes(name));
}

/** A flag that is a number from 1 on. */
function numberOf(flag: 'rounds' | 'seconds' | 'images'): number {
  const number = Number(flags[flag]);
  if (!(number >= 1)) throw new Error(`--${flag} must be a number from 1 on`);
  return number;
}

function report(results: readonly Result[]) {
  return {
    date: new Date().toISOString(),
    machine: machine(),
    rounds: numberOf('rounds'),
    seconds: numberOf('seconds'),
    rows: results.map(({ row, outcome }) => {
      const { name, work, baseline } = row;
      return { name, work, baseline, targets: verdicts({ row, outcome }), ...outcome };
    }),
  };
}

/** What the figures were measured on. */
function machine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const model = cpus()[0]?.model ?? 'an unknown processor';
  return `${availableParallelism()} cores (${model}), ${memory} GB, Node ${process.versions.node}, ${process.platform}`;
}

function print(text: string): void {
  process.stdout.write(text);
}
