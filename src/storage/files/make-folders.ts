import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and its missing parents; returns the topmost that was missing, as the path names it. By
 * hand, since Node's own way never ends where a folder can't be made in one that is there, as below /proc.
 */
export function makeFolders(path: string): string | undefined {
  try {
    return makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    const first = makeFolders(parent);
    const made = makeOne(path);
    return first ?? made;
  }
}

/** Makes one folder; undefined if it is there already. */
function makeOne(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (isThere && statSync(path).isDirectory()) return undefined;
    throw error;
  }
}
