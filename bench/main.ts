import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rows } from './rows/index.js';
import type { Row } from './support/row.js';
import { describe, type Result, verdict } from './support/table.js';

const HELP = `npm run bench -- [row …] [options]

  --rounds <number>   rounds of each comparison, 5
  --seconds <number>  how long one side of a round is under load, 4
  --folder <folder>   where the data is kept meanwhile; a real disk
  --json              one JSON object instead of text
  --list              the names of the rows
`;

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) print(HELP);
else if (flags.list) print(rows.map(({ name, work }) => `${name.padEnd(20)}${work}\n`).join(''));
else await bench(choose(names));

async function bench(chosen: readonly Row[]): Promise<void> {
  const results: Result[] = [];
  if (!flags.json) print(`${machine()}\n\n`);
  for (const row of chosen) {
    const result = await runRow(row);
    results.push(result);
    if (!flags.json) print(`${describe(result)}\n`);
  }
  if (flags.json) print(`${JSON.stringify(report(results), null, 2)}\n`);
}

async function runRow(row: Row): Promise<Result> {
  const folder = mkdtempSync(join(flags.folder, 'hub-v1-bench-'));
  try {
    const [rounds, seconds] = [Number(flags.rounds), Number(flags.seconds)];
    return { row, outcome: await row.run({ rounds, seconds, folder }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function choose(wanted: readonly string[]): readonly Row[] {
  for (const name of wanted) {
    if (!rows.some((row) => row.name === name)) throw new Error(`there is no row ${name}`);
  }
  return wanted.length === 0 ? rows : rows.filter(({ name }) => wanted.includes(name));
}

function report(results: readonly Result[]) {
  return {
    date: new Date().toISOString(),
    machine: machine(),
    rounds: Number(flags.rounds),
    seconds: Number(flags.seconds),
    rows: results.map(({ row, outcome }) => {
      const { name, work, baseline, target } = row;
      return { name, work, baseline, target, ...verdict({ row, outcome }), ...outcome };
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
