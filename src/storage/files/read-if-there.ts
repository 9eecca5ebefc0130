import { readFileSync } from 'node:fs';

/** What a file holds, undefined if there is none. Throws the error of the system. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    // The system does not say which.
    if (code === 'EISDIR') throw Object.assign(new Error(`${path} is a folder`), { code });
    throw error;
  }
}
