import { InvalidArgumentError, Option } from 'commander';
import {
  type FlagOptions,
  flagName,
  isOnByItself,
  OPTIONS,
  type OptionName,
  type OptionRow,
  rows,
  variableName,
} from './table.js';

/*
 * The rows of table.ts as commander's options.
 */

/** What `hub-v1 serve` is told: the fields of startHub's options, by the same names. */
export type ServeFlags = FlagOptions & Required<Pick<FlagOptions, 'host' | 'port'>>;

/** Every option of `hub-v1 serve`, in the order of its help. */
export function serveOptions(): Option[] {
  return rows.filter(({ only }) => only !== 'startHub').map(({ name }) => commandOption(name));
}

/** One option, the same for every command that has it; `meaning` is its help where it means something else there. */
export function commandOption(name: OptionName, meaning?: string): Option {
  const row: OptionRow = OPTIONS[name];
  const { kind, value, otherwise, default: usual, commandDefault = usual } = row;
  const { read, choices, isSwitch } = kind;
  const help = meaning ?? row.help;
  const flags = isSwitch ? `--${flagName(name)} [on]` : `--${flagName(name)} <${value}>`;
  const description = otherwise === undefined ? help : `${help} (default: ${otherwise})`;
  const option = new Option(flags, description).env(variableName(name));
  if (read !== undefined) option.argParser(reading(isOnByItself(row) ? negated(read) : read));
  if (choices !== undefined) option.choices(choices.map(String));
  return commandDefault === undefined ? option : option.default(commandDefault);
}

/** What `--no-web` and HUB_NO_WEB=1 say is the opposite of what the option is. */
function negated(read: (text: string) => unknown): (text: string) => unknown {
  return (text) => read(text) !== true;
}

/** Lets commander say what is wrong with a text, and of which flag. */
function reading<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}
