import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** For commands that have nothing to do where nothing is: a mistyped folder must not be made. */
export function requireDataDirectory(folder: string): void {
  if (!existsSync(folder)) throw new InvalidArgumentError(`--data: there is no folder ${folder}`);
}
