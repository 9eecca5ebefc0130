import { type History, inVersion } from '../eras/versions.js';
import type { Context } from './context.js';
import { Exit } from './failure.js';
import { type Flag, type Given, readFlags, UnknownFlag, usageOfFlags } from './flags.js';

/** A command that the played docker has. */
export interface Command {
  readonly name: string;
  /** What follows the name in its usage: `[OPTIONS] NAME[:TAG]`. */
  readonly synopsis: History<string>;
  readonly about: History<string>;
  /** How many words it takes. */
  readonly least: number;
  readonly most: number;
  readonly flags: readonly Flag[];
  run(context: Context, given: Given): Promise<void>;
}

/**
 * Reads the words of a command, and runs it.
 * @throws Exit when they are wrong, after saying so as the version did
 */
export async function runCommand(
  context: Context,
  command: Command,
  words: readonly string[],
): Promise<void> {
  if (words.includes('--help')) {
    await context.terminal.stdout.write(usage(context, command));
    throw new Exit(0);
  }
  const given = await readGiven(context, command, words);
  const count = given.words.length;
  if (count < command.least || count > command.most) await refuseCount(context, command);
  await command.run(context, given);
}

async function readGiven(
  context: Context,
  command: Command,
  words: readonly string[],
): Promise<Given> {
  const { version, wording, terminal } = context;
  try {
    return readFlags(version, wording, command.flags, words);
  } catch (error) {
    if (!(error instanceof UnknownFlag)) throw error;
    const rest =
      wording.badOption === 'usage'
        ? usage(context, command)
        : `See 'docker ${command.name} --help'.\n`;
    await terminal.stderr.write(`${error.message}\n${rest}`);
    throw new Exit(wording.badOptionExit);
  }
}

async function refuseCount(context: Context, command: Command): Promise<never> {
  const { wording, terminal } = context;
  const { name, least, most } = command;
  const isExact = least === most;
  const help = `See 'docker ${name} --help'.`;
  const plural = least === 1 ? 'argument' : 'arguments';
  const needs = isExact ? `${least} ${plural}` : `a minimum of ${least} ${plural}`;
  const cobra = `requires ${isExact ? 'exactly' : 'at least'} ${least} argument(s).`;
  const text = {
    usage: usage(context, command),
    'one line': `docker: "${name}" requires ${needs}. ${help}\n`,
    'and usage': `docker: "${name}" requires ${needs}.\n${help}\n${shortUsage(context, command, '\t')}`,
    cobra: `"docker ${name}" ${cobra}\n${help}\n${shortUsage(context, command, '  ')}`,
  }[wording.missingArguments];
  await terminal.stderr.write(text);
  throw new Exit(wording.missingArguments === 'usage' ? 2 : 1);
}

function usage(context: Context, command: Command): string {
  const flags = usageOfFlags(context.version, command.flags);
  return shortUsage(context, command, ' ') + (flags === '' ? '' : `\n${flags}`);
}

function shortUsage({ version }: Context, command: Command, space: string): string {
  const { name, synopsis, about } = command;
  const words = inVersion(version, synopsis);
  return `\nUsage:${space}docker ${name} ${words}\n\n${inVersion(version, about)}\n`;
}
