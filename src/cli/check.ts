import { join } from 'node:path';
import type { Command } from 'commander';
import { type CheckCounts, type CheckListener, checkDirectory } from '../domain/check/check.js';
import type { Finding, Note } from '../domain/check/findings.js';
import { commandOption } from '../options/command-line.js';
import { DataDirectory } from '../storage/folder/data-directory.js';
import { SET_ASIDE } from '../storage/log/set-aside.js';
import { formatBytes, type Progress, showProgress } from './progress.js';
import { print } from './terminal.js';

/** `hub-v1 check`: is a data directory sound? Exit code 0 when it is, 1 when not. */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('verify the data directory: documents, references, checksums')
    .addOption(commandOption('data'))
    .option(
      '--repair',
      `put right what is wrong, of a stopped hub; what is taken out of use goes to ${SET_ASIDE}/`,
    )
    .action(({ data, repair }: { data: string; repair?: true }) => check(data, repair === true));
}

async function check(folder: string, repair: boolean): Promise<void> {
  const directory = await (repair ? DataDirectory.open(folder) : DataDirectory.openToRead(folder));
  try {
    const report = new Report(folder, repair);
    if (directory.isInUse) print(`${folder} is in use: what is being written is left out.`);
    if (directory.unfinished > 0) {
      const files = count(directory.unfinished, 'file');
      print(`The hub was killed: its next start makes ${files} as its log has them.`);
    }
    const { faulty, left } = await checkDirectory(directory, repair, report);
    report.conclude(faulty, left);
    if (left > 0) process.exitCode = 1;
  } finally {
    await directory.close();
  }
}

/** What the person at the terminal sees of a check. */
class Report implements CheckListener {
  readonly #folder: string;
  readonly #repair: boolean;
  /** Said at the end: nothing is done about them. */
  readonly #notes: string[] = [];
  #progress: Progress | undefined;

  constructor(folder: string, repair: boolean) {
    this.#folder = folder;
    this.#repair = repair;
  }

  counted({ users, repositories, images, manifests, uploads, bytes }: CheckCounts): void {
    const ofV2 = manifests === 0 ? '' : `${count(manifests, 'manifest')}, `;
    print(
      `${this.#folder}: ${count(users, 'account')}, ${count(repositories, 'repository')}, ` +
        `${count(images, 'image')}, ${ofV2}${count(uploads, 'upload')} under way, ` +
        `${formatBytes(bytes)} of layers`,
    );
    this.#progress = showProgress('reading layers', bytes);
  }

  read(bytes: number): void {
    this.#progress?.advance(bytes);
  }

  found({ path, problems }: Finding): void {
    this.#endProgress();
    const would = this.#repair ? 'repaired:' : 'a repair would';
    for (const { what, remedy } of problems) {
      print(`${join(this.#folder, path)}: ${what}; ${would} ${remedy}.`);
    }
  }

  noted({ path, what }: Note): void {
    this.#notes.push(`${join(this.#folder, path)}: ${what}.`);
  }

  conclude(faulty: number, left: number): void {
    this.#endProgress();
    for (const note of this.#notes) print(note);
    if (faulty === 0) print('Everything is sound.');
    else if (left > 0 && !this.#repair)
      print(`${count(faulty, 'file')} at fault; nothing was changed.`);
    else if (left > 0) print(`${count(left, 'file')} still at fault; please look yourself.`);
    else print(`${count(faulty, 'file')} put right; what was there before is in ${SET_ASIDE}/.`);
  }

  #endProgress(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }
}

function count(number: number, thing: string): string {
  if (number === 1) return `1 ${thing}`;
  return `${number} ${thing.endsWith('y') ? `${thing.slice(0, -1)}ies` : `${thing}s`}`;
}
