import { isAbsolute, normalize } from 'node:path';
import { StorageError } from './errors.js';
import { type Change, decodeEntries, type LogEntry, sumOfFile } from './log-entry.js';
import { logFiles } from './log-files.js';
import { readIfThere } from './read-if-there.js';

/** What a log says of one file. */
export interface FileHistory {
  /** How the file is to be in the end. */
  readonly last: Change;
  /** When the last entry that speaks of it was written, in milliseconds since 1970, if the log says. */
  readonly time: number | undefined;
  /** The sums of everything that the file held, from before the first entry up to the last. */
  readonly sums: ReadonlySet<string>;
}

/** All that the log of a data directory says. */
export interface LogHistory {
  /** The segments that are there, the older one first. */
  readonly segments: readonly string[];
  /** By their paths below the data directory, in the order of the log. */
  readonly files: ReadonlyMap<string, FileHistory>;
}

interface Segment {
  readonly path: string;
  readonly entries: readonly LogEntry[];
}

/**
 * Reads the log of a data directory, and changes nothing. Throws a StorageError that names the log if it
 * was not written by a hub, or the error of the system.
 */
export function readHistory(folder: string): LogHistory {
  const segments = logFiles(folder).flatMap(readSegment).sort(byAge);
  const files = new Map<string, FileHistory>();
  for (const { time, changes } of segments.flatMap(({ entries }) => entries)) {
    for (const { path, bytes, before } of changes) {
      const sums = new Set(files.get(path)?.sums);
      if (before !== undefined) sums.add(before);
      if (bytes !== undefined) sums.add(sumOfFile(bytes));
      files.set(path, { last: { path, bytes }, time, sums });
    }
  }
  return { segments: segments.map(({ path }) => path), files };
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
