import { readFileSync } from 'node:fs';

/** What a file holds, undefined if there is none. Throws the error of the system. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
