import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BLOBS, HUB_KEY, hubShape, KINDS } from '../documents/shapes.js';
import { logFiles } from '../log/log-files.js';
import { SET_ASIDE } from '../log/set-aside.js';

/** What everybody but the owner may do with a file. */
const OTHERS = 0o077;

/**
 * Closes what is the hub's own in a data directory to everybody but its owner: the key of all tokens, the
 * folders of accounts with their hashes, of repositories, uploads and private layers, what was set aside,
 * and the log. The hub makes them so; a copy, or a restored backup, has what the umask left. The
 * directory itself may be shared with others and stays as it is. What belongs to somebody else can't be
 * closed, and is left too.
 */
export function closeToOthers(folder: string): void {
  const folders = [...KINDS.map((kind) => kind.folder), BLOBS, SET_ASIDE].map((name) =>
    join(folder, name),
  );
  const own = [join(folder, hubShape.place(HUB_KEY)), ...logFiles(folder), ...folders];
  for (const path of own) close(path);
}

function close(path: string): void {
  try {
    const { mode } = statSync(path);
    if ((mode & OTHERS) !== 0) chmodSync(path, mode & 0o7777 & ~OTHERS);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EPERM' && code !== 'EROFS') throw error;
  }
}
