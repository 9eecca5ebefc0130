import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';

/** The data directory where nothing else is said. */
const DEFAULT_DATA = 'data';

/** `--data`, the same for every command that works on a data directory. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'where everything is kept')
    .env('HUB_DATA')
    .default(DEFAULT_DATA)
    .argParser(folderName);
}

/** For commands that have nothing to do where nothing is: a mistyped folder must not be made. */
export function requireDataDirectory(folder: string): void {
  if (!existsSync(folder)) throw new InvalidArgumentError(`--data: there is no folder ${folder}`);
}

/** No name would mean the folder that the command happens to run in. */
function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}
