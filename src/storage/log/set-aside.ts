import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { replaceUnforced } from '../files/disk.js';

/** The folder for files taken out of use, below the data directory. */
export const SET_ASIDE = 'set-aside';

/** A place for what is taken out of use in one go, so that a person can have it back. */
export interface Aside {
  /** A path below the data directory where nothing is, for what was at `path`. */
  placeFor(path: string): string;
  /** Writes there what was at `path`, and leaves it to the caller to force it to the disk; returns where. */
  keep(path: string, bytes: Uint8Array): Promise<string>;
}

/** The place for what is taken out of use now: `set-aside/<time>/…`; made with the first file in it. */
export function newAside(folder: string): Aside {
  const root = join(SET_ASIDE, new Date().toISOString().replaceAll(':', '-'));
  const placeFor = (path: string): string => {
    const place = join(root, path);
    for (let count = 1; ; count += 1) {
      const candidate = count === 1 ? place : `${place}.${count}`;
      if (!existsSync(join(folder, candidate))) return candidate;
    }
  };
  return {
    placeFor,
    keep: async (path, bytes) => {
      const place = placeFor(path);
      await replaceUnforced(join(folder, place), bytes);
      return place;
    },
  };
}
