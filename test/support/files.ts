/* What lies in a data directory. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sha256 } from './images.js';

/** Every file below a folder with the time and the sum of its last write, in order of names. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const lines = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeNs } = await stat(path, { bigint: true });
    return `${relative(folder, path)} ${mtimeNs} ${sha256(await readFile(path))}`;
  });
  return (await Promise.all(lines)).sort();
}

/** The images that have files in a data directory. */
export async function storedImages(folder: string): Promise<string[]> {
  return (await readdir(join(folder, 'images'))).sort();
}
