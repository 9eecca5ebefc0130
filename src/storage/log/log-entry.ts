import { hash, randomBytes } from 'node:crypto';

/** A file as it is to be from now on, or that it is to go. */
export interface Change {
  /** Below the data directory. */
  readonly path: string;
  /** All that the file holds; undefined: there is no such file. */
  readonly bytes: Uint8Array | undefined;
}

/** A change, and what it took the place of. */
export interface LoggedChange extends Change {
  /** The sum (`sumOfFile`) of what the file held before; undefined: nothing, or an old log does not say. */
  readonly before?: string | undefined;
}

/** Changes that came to be durable together. */
export interface LogEntry {
  /** The log that it belongs to (`newRun`); undefined in a log of the first versions. */
  readonly run?: string | undefined;
  /** Counts the entries of a log, from 1 on. */
  readonly sequence: number;
  /** When it was written, in milliseconds since 1970; undefined in a log of the first version. */
  readonly time?: number | undefined;
  readonly changes: readonly LoggedChange[];
}

/** What the first line of an entry says; the bytes of the changes follow it, one after the other. */
interface Header {
  readonly run?: string | undefined;
  readonly sequence: number;
  readonly time?: number | undefined;
  /** Each with the number of its bytes, unless the file is to go. */
  readonly changes: readonly {
    readonly path: string;
    readonly length?: number | undefined;
    readonly before?: string | undefined;
  }[];
}

const LINE_END = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);
/** Of a SHA-256 in hex digits. */
const SUM_LENGTH = 64;
/** How the line of an entry begins, up to its `run`, and how many hex digits that has. */
const RUN = ' {"run":"';
const RUN_LENGTH = 32;

/** The SHA-256 of what a file holds, in hex digits. */
export function sumOfFile(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

/**
 * What the entries of one log have in common, and nobody else knows. An image json stands in the log as it
 * was pushed, and may itself hold what looks like an entry.
 */
export function newRun(): string {
  return randomBytes(RUN_LENGTH / 2).toString('hex');
}

/** The `run` of the entry at the beginning of a segment, whole or not; undefined where none can be read. */
export function runOf(segment: Buffer): string | undefined {
  const start = SUM_LENGTH + RUN.length;
  if (segment.toString('latin1', SUM_LENGTH, start) !== RUN) return undefined;
  const run = segment.toString('latin1', start, start + RUN_LENGTH);
  return /^[0-9a-f]{32}$/.test(run) ? run : undefined;
}

/**
 * An entry as it stands in a log: the SHA-256 of all that follows it, a line of JSON that says what was
 * changed, and the files' bytes. The sum tells an entry that was torn by a power cut from a whole one.
 */
export function encodeEntry({ run, sequence, time, changes }: LogEntry): Buffer {
  // The run first, so that it is found (`runOf`, `nextOf`).
  const header: Header = {
    run,
    sequence,
    time,
    changes: changes.map(({ path, bytes, before }) => ({ path, length: bytes?.length, before })),
  };
  const line = Buffer.from(` ${JSON.stringify(header)}\n`);
  const rest = Buffer.concat([line, ...changes.map(({ bytes }) => bytes ?? NOTHING), LINE_END]);
  return Buffer.concat([Buffer.from(hash('sha256', rest)), rest]);
}

/**
 * The whole entries of a segment, without those of an earlier turn behind them. Behind one that can't be
 * read it goes on with the next of the same `run`; where there is no run, that is the end.
 */
export function decodeEntries(segment: Buffer, run = runOf(segment)): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at = 0; at < segment.length; ) {
    const found = decodeEntry(segment.subarray(at));
    if (found !== undefined && follows(found.entry, entries.at(-1), run)) {
      entries.push(found.entry);
      at += found.length;
    } else {
      const next = run === undefined ? undefined : nextOf(segment, run, at + 1);
      if (next === undefined) break;
      at = next;
    }
  }
  return entries;
}

function follows(entry: LogEntry, before: LogEntry | undefined, run: string | undefined): boolean {
  if (entry.run !== run) return false;
  if (before === undefined) return true;
  return run === undefined
    ? entry.sequence === before.sequence + 1
    : entry.sequence > before.sequence;
}

/** Where from a place on the next entry of a run may begin. */
function nextOf(segment: Buffer, run: string, from: number): number | undefined {
  const line = segment.indexOf(`${RUN}${run}"`, from + SUM_LENGTH);
  return line === -1 ? undefined : line - SUM_LENGTH;
}

/** The entry that stands at the beginning, with the number of its bytes; undefined if none does. */
function decodeEntry(bytes: Buffer): { entry: LogEntry; length: number } | undefined {
  const lineEnd = bytes.indexOf(LINE_END);
  const header = readHeader(bytes.subarray(SUM_LENGTH, Math.max(lineEnd, SUM_LENGTH)));
  if (header === undefined) return undefined;
  let end = lineEnd + 1;
  const changes = header.changes.map(({ path, length, before }): LoggedChange => {
    const start = end;
    end += length ?? 0;
    return { path, bytes: length === undefined ? undefined : bytes.subarray(start, end), before };
  });
  const length = end + LINE_END.length;
  const sum = hash('sha256', bytes.subarray(SUM_LENGTH, length));
  if (bytes.toString('latin1', 0, SUM_LENGTH) !== sum) return undefined;
  const { run, sequence, time } = header;
  return { entry: { run, sequence, time, changes }, length };
}

/** What a line says; undefined where it is cut short. The sum is still to confirm it. */
function readHeader(line: Buffer): Header | undefined {
  try {
    const value = JSON.parse(line.toString()) as Header | null;
    return Array.isArray(value?.changes) ? value : undefined;
  } catch {
    return undefined;
  }
}
