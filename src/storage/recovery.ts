import { rmSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { thisBoot } from './boot.js';
import { replaceUnforced } from './disk.js';
import { StorageError } from './errors.js';
import { forceBelow } from './force.js';
import { type Change, decodeEntries, type LogEntry } from './log-entry.js';
import { logFiles, removeInOrder } from './log-files.js';
import { readIfThere } from './read-if-there.js';

/** What a segment of a log holds. */
interface Segment {
  readonly path: string;
  readonly entries: readonly LogEntry[];
}

/**
 * Ends what a hub was about when it was killed or the power went: when this resolves, everything that its
 * log (`ChangeLog`) speaks of is durable in the data directory, and the log is gone. After the system was
 * started anew, files are made again as the log says. If only the process ended, they are as it left them,
 * or as somebody has changed them since, and stay so. Throws a StorageError that names the log if it was
 * not written by a hub, or the error of the system.
 */
export async function recoverChanges(folder: string): Promise<void> {
  const segments = logFiles(folder).flatMap(readSegment).sort(byAge);
  const entries = segments.flatMap((segment) => segment.entries);
  const changes = lastChanges(entries);
  const boot = entries.at(-1)?.boot;
  if (boot === undefined || boot !== thisBoot()) await makeGood(folder, changes);
  await forceBelow(folder, changes.keys());
  await removeInOrder(
    folder,
    segments.map(({ path }) => path),
  );
}

function readSegment(path: string): Segment[] {
  const bytes = readIfThere(path);
  if (bytes === undefined) return [];
  const entries = decodeEntries(bytes);
  const odd = entries.flatMap(({ changes }) => changes).find((change) => !isBelow(change.path));
  if (odd === undefined) return [{ path, entries }];
  throw StorageError.strangeLog(path, odd.path);
}

/** Whether a path leads to a place below the folder that it starts from. */
function isBelow(path: string): boolean {
  return (
    path !== '' && !isAbsolute(path) && normalize(path) === path && !/^\.\.?(?:\/|$)/.test(path)
  );
}

function byAge(one: Segment, other: Segment): number {
  return firstOf(one) - firstOf(other);
}

/** The sequence number that a segment begins with. */
function firstOf({ entries }: Segment): number {
  return entries[0]?.sequence ?? 0;
}

/** How each file is to be in the end. */
function lastChanges(entries: readonly LogEntry[]): Map<string, Change> {
  return new Map(
    entries.flatMap(({ changes }) => changes).map((change) => [change.path, change] as const),
  );
}

/** Makes the files anew, also those that look as they should: nobody knows whether they will last. */
async function makeGood(folder: string, changes: ReadonlyMap<string, Change>): Promise<void> {
  for (const { path, bytes } of changes.values()) {
    const place = join(folder, path);
    if (bytes === undefined) rmSync(place, { force: true });
    else await replaceUnforced(place, bytes);
  }
}
