import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { InvalidInput } from '../input/invalid-input.js';

/** Where an archive lies that a seed names. Rejects with an InvalidInput when the seed may not name it. */
export type ArchiveFinder = (archive: string) => Promise<string>;

/** For seeds of the person who starts the hub: any file; relative paths start at this folder. */
export function anyFile(folder: string): ArchiveFinder {
  return async (archive) => resolve(folder, archive);
}

/**
 * For seeds that come over HTTP: the files below this folder, also where links and `..` lead, or without a
 * folder none. What lies elsewhere is not even looked at.
 */
export function filesBelow(folder: string | undefined): ArchiveFinder {
  return async (archive) => {
    if (folder === undefined) {
      throw new InvalidInput(
        '',
        'over HTTP a seed may name files only below --seed-files, which is off',
      );
    }
    const root = await realpath(folder);
    const path = resolve(root, archive);
    if (!isBelow(root, path)) throw outside();
    const found = await follow(path);
    if (found === undefined) throw new InvalidInput('', 'there is no such file below --seed-files');
    if (!isBelow(root, found)) throw outside();
    if (!(await stat(found)).isFile()) throw new InvalidInput('', 'it is not a file');
    return found;
  };
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Where a path leads in the end; undefined where it leads nowhere. */
async function follow(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

function outside(): InvalidInput {
  return new InvalidInput('', 'it is not below --seed-files');
}
