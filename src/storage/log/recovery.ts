import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HUB_FILE, KINDS } from '../documents/shapes.js';
import { StorageError } from '../errors.js';
import { replaceUnforced } from '../files/disk.js';
import { forceBelow } from '../files/force.js';
import { readIfThere } from '../files/read-if-there.js';
import { type Change, sumOfFile } from './log-entry.js';
import { removeInOrder } from './log-files.js';
import { type FileHistory, type LogHistory, readHistory } from './log-history.js';
import { isSoundDocument } from './recognition.js';
import { newAside } from './set-aside.js';

/** A file that is not as the log says, and how it is to be. */
export interface Repair extends Change {
  /** What is to be kept aside: the hub never wrote it, so that a person may miss it. */
  readonly strange: Buffer | undefined;
}

/**
 * Finishes what a hub was doing when it was killed, when the power went or when the file system failed: when
 * this resolves, everything that its log (`ChangeLog`) speaks of is durable in the data directory, and the
 * log is gone. The boot of the system and the mount prove nothing; each file is held
 * against the log. What gives way goes to `set-aside`, and so does a log that is damaged: resolves to their
 * paths there, below the data directory. Throws a StorageError if the log was not written by a hub, or if
 * files do not become as it says; or the error of the system. The log then stays.
 */
export async function recoverChanges(folder: string): Promise<readonly string[]> {
  const history = readHistory(folder);
  const repairs = pendingRepairs(folder, history);
  const aside = newAside(folder);
  const kept: string[] = [];
  for (const { path, bytes } of givingWay(folder, history, repairs)) {
    kept.push(await aside.keep(path, bytes));
  }
  for (const { path, bytes } of repairs) {
    const place = join(folder, path);
    if (bytes === undefined) rmSync(place, { force: true });
    else await replaceUnforced(place, bytes);
  }
  await forceBelow(folder, [...history.files.keys(), ...kept]);
  const [left] = pendingRepairs(folder, history);
  if (left !== undefined) throw StorageError.notAsLogged(folder, left.path);
  await removeInOrder(folder, history.segments);
  return kept;
}

/** What a person may miss after a recovery. */
function givingWay(
  folder: string,
  { files, segments, isDamaged }: LogHistory,
  repairs: readonly Repair[],
): Written[] {
  const found = repairs.map(({ path, strange: bytes }) => ({ path, bytes }));
  // An older copy whose times were not kept looks like an edit.
  const logged = [...files.values()].filter((each) => verdict(folder, each).is === 'edited');
  const logs = isDamaged ? segments : [];
  return [
    ...found,
    ...logged.map(({ last }) => last),
    ...logs.map((path) => ({ path: basename(path), bytes: readIfThere(path) })),
  ].filter((each): each is Written => each.bytes !== undefined);
}

interface Written extends Change {
  readonly bytes: Uint8Array;
}

/**
 * The files that are not as the log says: missing, torn, or as they were before. One that somebody has
 * changed after the hub's end is not one of them (`wasEdited`). Reads alone. Throws a StorageError if the
 * document of the hub itself is lost, without which nothing else may be judged.
 */
export function pendingRepairs(folder: string, { files, segments }: LogHistory): Repair[] {
  const repairs = [...files.values()].flatMap((history) => repairOf(folder, history));
  const hub = repairs.find(({ path }) => path === HUB_FILE);
  const isLost = hub?.bytes === undefined && readIfThere(join(folder, HUB_FILE)) === undefined;
  const isBegun = files.size > 0 || (segments.length > 0 && hasDocuments(folder));
  if (isBegun && isLost) throw StorageError.lostHub(folder, HUB_FILE);
  return repairs;
}

/** The first thing that a hub writes is its own document. */
function hasDocuments(folder: string): boolean {
  return KINDS.some((kind) => {
    const place = join(folder, kind.folder);
    return existsSync(place) && readdirSync(place).length > 0;
  });
}

function repairOf(folder: string, history: FileHistory): Repair[] {
  const { path, bytes } = history.last;
  const { is, found } = verdict(folder, history);
  if (is === 'lost') return [{ path, bytes, strange: undefined }];
  return is === 'strange' ? [{ path, bytes, strange: found }] : [];
}

interface Verdict {
  readonly is: 'as logged' | 'lost' | 'strange' | 'edited';
  readonly found: Buffer | undefined;
}

function verdict(folder: string, history: FileHistory): Verdict {
  const place = join(folder, history.last.path);
  const found = readIfThere(place);
  const sum = found && sumOfFile(found);
  const { bytes } = history.last;
  if (sum === (bytes && sumOfFile(bytes))) return { is: 'as logged', found };
  if (found === undefined || sum === undefined) return { is: 'lost', found };
  // What the hub wrote before has come back.
  if (history.sums.has(sum) || isBlank(found)) return { is: 'lost', found };
  return { is: wasEdited(place, found, history) ? 'edited' : 'strange', found };
}

/**
 * Whether somebody changed a file by hand after the hub's end: it is a sound document of its place, which
 * the hub never wrote, and it is younger than what the log says of it. A disk that lost something shows
 * nothing of the kind: it has an older document of the hub, or a torn one, or none.
 */
function wasEdited(place: string, found: Buffer, { last, time }: FileHistory): boolean {
  if (time === undefined || statSync(place).mtimeMs <= time) return false;
  return isSoundDocument(last.path, found);
}

/** As a file is that was never forced to the disk: empty, or of zeros. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
