import { Option } from 'commander';

/** The data directory where nothing else is said. */
export const DEFAULT_DATA = 'data';

/** `--data`, the same for every command that works on a data directory. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'where everything is kept')
    .env('HUB_DATA')
    .default(DEFAULT_DATA);
}
