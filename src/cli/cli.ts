import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { visible } from '../journal/visible-text.js';
import { version } from '../version.js';
import { addCertsCommand } from './certs.js';
import { addCheckCommand } from './check.js';
import { addDockerCommand } from './docker.js';
import { addExportCommand } from './export.js';
import { addHealthCommand } from './health.js';
import { addImportCommand } from './import.js';
import { addRescueCommand } from './rescue.js';
import { addServeCommand } from './serve.js';
import { complain, outliveReaders } from './terminal.js';
import { addUserCommands } from './user.js';

/** Exit codes: the command line was wrong, or what it asked for failed. */
const BAD_USAGE = 2;
const FAILED = 1;

/**
 * Does what the command line asks for, and sets the exit code. `parent` is the process that started this
 * one.
 */
export async function runCommand(parent: number): Promise<void> {
  outliveReaders();
  try {
    await commands(parent).parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** The whole command line, ready to be parsed. */
export function commands(parent: number): Command {
  const program = new Command('hub-v1')
    .description(
      'the legacy Docker Hub (API v1) on one machine, and a registry of today (API v2) beside it',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) });
  addServeCommand(program, parent);
  addUserCommands(program);
  addCheckCommand(program);
  addCertsCommand(program);
  addImportCommand(program);
  addExportCommand(program);
  addRescueCommand(program);
  addHealthCommand(program);
  addDockerCommand(program);
  return program;
}

/** Says what went wrong in one line, and which exit code that is. */
function report(error: unknown): number {
  if (error instanceof InvalidArgumentError) {
    complain(error.message);
    return BAD_USAGE;
  }
  // commander has said it already; it also throws after --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
  complain((error as Error).message);
  return FAILED;
}

/** What commander says, in which there are words from the command line. */
function usageError(text: string): string {
  return text
    .replace(/^error: /, 'hub-v1: ')
    .split('\n')
    .map(visible)
    .join('\n');
}
