import { dialectOf, isVersion, NEWEST, OLDEST } from '../eras/dialect.js';
import { wordingOf } from '../eras/wording.js';
import { OldDockerError } from '../requests/errors.js';
import { Graph } from '../store/graph.js';
import { Logins } from '../store/logins.js';
import { plainTerminal } from '../terminal/plain.js';
import { type Command, runCommand } from './command.js';
import { COMMANDS, NOT_PLAYED } from './commands.js';
import type { Context, Machine } from './context.js';
import { Exit, Failure, report, words } from './failure.js';

/**
 * Runs one command line of the played docker (without the word `docker`), and writes what it says to the
 * machine's terminal.
 * @returns the exit code
 */
export async function docker(machine: Machine, line: readonly string[]): Promise<number> {
  const { version, now } = machine;
  const terminal = plainTerminal(machine.terminal);
  if (!isVersion(version)) {
    await terminal.stderr.write(
      `hub-v1 docker plays ${OLDEST} to ${NEWEST}: there was no docker ${version}\n`,
    );
    return 2;
  }
  const wording = wordingOf(version);
  try {
    const context: Context = {
      ...machine,
      terminal,
      dialect: dialectOf(version),
      wording,
      logins: new Logins(machine.home, wording),
      images: await Graph.open(machine.graph, machine.layerLimits),
    };
    await dispatch(context, line);
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.code;
    const failure = error instanceof Failure ? error : new Failure('client', clientMessage(error));
    await report(wording, terminal.stderr, words(wording, failure), new Date(now()));
    return 1;
  }
}

/** What went wrong between this docker and the hub, in a line. */
function clientMessage(error: unknown): string {
  if (error instanceof OldDockerError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'dial tcp: connection refused (is the hub running?)';
  return message;
}

async function dispatch(context: Context, [name, ...rest]: readonly string[]): Promise<void> {
  const { terminal, version } = context;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    await terminal[context.wording.helpTo].write(help(context));
    return;
  }
  if (name === 'version' || name === '--version' || name === '-v') {
    const { commit } = context.dialect;
    await terminal.stdout.write(`Docker version ${version}, build ${commit}\n`);
    return;
  }
  const command = find(context, name);
  if (command !== undefined) return runCommand(context, command, rest);
  if (NOT_PLAYED.has(name)) {
    throw await said(context, `hub-v1 docker does not play "${name}": nothing runs here\n`);
  }
  await unknown(context, name);
}

function find({ wording }: Context, name: string): Command | undefined {
  if (name === 'logout' && !wording.hasLogout) return undefined;
  return COMMANDS.find((command) => command.name === name);
}

async function said({ terminal }: Context, text: string): Promise<Exit> {
  await terminal.stderr.write(text);
  return new Exit(1);
}

async function unknown(context: Context, name: string): Promise<void> {
  const { terminal, wording } = context;
  if (wording.unknownCommand === 'usage') {
    await terminal.stdout.write(`Error: Command not found: ${name}\n`);
    await terminal.stderr.write(help(context));
    return;
  }
  const space = wording.unknownCommand === 'one line' ? ' ' : '\n';
  const text = `docker: '${name}' is not a docker command.${space}See 'docker --help'.\n`;
  throw await said(context, text);
}

/** What this docker can do; the rest of the real one's list would promise too much. */
function help({ version, wording }: Context): string {
  const names = COMMANDS.filter(({ name }) => name !== 'logout' || wording.hasLogout).map(
    ({ name, about }) => `    ${name.padEnd(10)}${about[0][1]}\n`,
  );
  return (
    'Usage: docker [OPTIONS] COMMAND [arg...]\n\n' +
    `A docker ${version}, played by hub-v1: real requests and images, but nothing runs.\n\n` +
    `Commands:\n${names.join('')}`
  );
}
