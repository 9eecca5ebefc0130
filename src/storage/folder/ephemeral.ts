import { existsSync, lstatSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLock, isInUse, LOCK_FILE } from './lock.js';

const PREFIX = 'hub-v1-ephemeral-';

/** A folder that goes with its hub. */
export interface EphemeralFolder {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Makes a folder among the temporary ones, claimed as a data directory is. */
export async function makeEphemeralFolder(): Promise<EphemeralFolder> {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  const lock = await DirectoryLock.take(folder).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    folder,
    remove: async () => {
      await rm(folder, { recursive: true, force: true });
      await lock.release();
    },
  };
}

/**
 * Removes such folders of this user whose hub was killed. One that has no claim may be just in the making,
 * and what can't be judged stays as well.
 */
export async function removeAbandonedFolders(): Promise<void> {
  for (const name of namesOfAll()) {
    const folder = join(tmpdir(), name);
    // Another start may be doing the same, and the folder may belong to a user who lets nobody look.
    const isLeft = await isAbandoned(folder).catch(() => false);
    if (isLeft) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function namesOfAll(): string[] {
  try {
    return readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  } catch {
    // A user who keeps everything needs no temporary folder.
    return [];
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid)) return false;
  return existsSync(join(folder, LOCK_FILE)) && !(await isInUse(folder));
}
