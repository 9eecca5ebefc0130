import { isAbsolute, normalize } from 'node:path';
import { StorageError } from '../errors.js';
import { readIfThere } from '../files/read-if-there.js';
import { type Change, decodeEntries, type LogEntry, runOf, sumOfFile } from './log-entry.js';
import { logFiles } from './log-files.js';

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
  /** Whether something is missing in it that was written: a person may find more there. */
  readonly isDamaged: boolean;
}

interface Segment {
  readonly path: string;
  readonly bytes: Buffer;
  readonly run: string | undefined;
}

interface DecodedSegment extends Segment {
  readonly entries: readonly LogEntry[];
}

/**
 * Reads the log of a data directory, and changes nothing. Throws a StorageError that names the log if it
 * was not written by a hub, or the error of the system.
 */
export function readHistory(folder: string): LogHistory {
  const segments = readSegments(folder).sort(byAge);
  const files = new Map<string, FileHistory>();
  for (const { time, changes } of segments.flatMap(({ entries }) => entries)) {
    for (const { path, bytes, before } of changes) {
      const sums = new Set(files.get(path)?.sums);
      if (before !== undefined) sums.add(before);
      if (bytes !== undefined) sums.add(sumOfFile(bytes));
      files.set(path, { last: { path, bytes }, time, sums });
    }
  }
  return { segments: segments.map(({ path }) => path), files, isDamaged: isDamaged(segments) };
}

function readSegments(folder: string): DecodedSegment[] {
  const found = logFiles(folder).flatMap((path): Segment[] => {
    const bytes = readIfThere(path);
    return bytes === undefined ? [] : [{ path, bytes, run: runOf(bytes) }];
  });
  return found.map((segment) => {
    const run = segment.run ?? found.find((each) => each.run !== undefined)?.run;
    const entries = decodeEntries(segment.bytes, run);
    const odd = entries.flatMap(({ changes }) => changes).find((change) => !isBelow(change.path));
    if (odd !== undefined) throw StorageError.strangeLog(segment.path, odd.path);
    return { ...segment, entries };
  });
}

/** Whether a path leads to a place below the folder that it starts from. */
function isBelow(path: string): boolean {
  return (
    path !== '' && !isAbsolute(path) && normalize(path) === path && !/^\.\.?(?:\/|$)/.test(path)
  );
}

/** Of one run as they are counted; an older run before a younger one. */
function byAge(one: DecodedSegment, other: DecodedSegment): number {
  const [first, second] = [one.entries[0], other.entries[0]];
  if (first === undefined || second === undefined) return first === undefined ? -1 : 1;
  if (first.run === second.run) return first.sequence - second.sequence;
  return (first.time ?? 0) - (second.time ?? 0);
}

/** Of a log as hubs leave it every entry is there, from the first on unless its segment was written over. */
function isDamaged(segments: readonly DecodedSegment[]): boolean {
  const entries = segments.flatMap((segment) => segment.entries);
  const hasGap = entries.some(({ run, sequence }, index) => {
    const before = entries[index - 1];
    return before !== undefined && (run !== before.run || sequence !== before.sequence + 1);
  });
  const lacksFirst = segments.some(isBlank) && (entries[0]?.sequence ?? 1) !== 1;
  return hasGap || lacksFirst || segments.some(isUnreadable);
}

/** Nothing was ever written there. */
function isBlank({ bytes }: Segment): boolean {
  return bytes.equals(Buffer.alloc(bytes.length));
}

function isUnreadable(segment: DecodedSegment): boolean {
  return segment.entries.length === 0 && segment.run === undefined && !isBlank(segment);
}
