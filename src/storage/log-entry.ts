import { hash } from 'node:crypto';

/** A file as it is to be from now on, or that it is to go. */
export interface Change {
  /** Below the data directory. */
  readonly path: string;
  /** All that the file holds; undefined: there is no such file. */
  readonly bytes: Uint8Array | undefined;
}

/** A change, and what it took the place of. */
export interface LoggedChange extends Change {
  /** The sum (`sumOfFile`) of what the file held before; undefined: there was no such file, or a log of old does not say. */
  readonly before?: string | undefined;
}

/** Changes that came to be durable together. */
export interface LogEntry {
  /** Counts the entries of a log, from 1 on. */
  readonly sequence: number;
  /** When it was written, in milliseconds since 1970; undefined in a log of the first version. */
  readonly time?: number | undefined;
  readonly changes: readonly LoggedChange[];
}

/** What the first line of an entry says; the bytes of the changes follow it, one after the other. */
interface Header {
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

/** The SHA-256 of what a file holds, in hex digits. */
export function sumOfFile(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

/**
 * An entry as it stands in a log: the SHA-256 of all that follows it, a line of JSON that says what was
 * changed, and the files' bytes. The sum tells an entry that was torn by a power cut from a whole one.
 */
export function encodeEntry({ sequence, time, changes }: LogEntry): Buffer {
  const header: Header = {
    sequence,
    time,
    changes: changes.map(({ path, bytes, before }) => ({ path, length: bytes?.length, before })),
  };
  const line = Buffer.from(` ${JSON.stringify(header)}\n`);
  const rest = Buffer.concat([line, ...changes.map(({ bytes }) => bytes ?? NOTHING), LINE_END]);
  return Buffer.concat([Buffer.from(hash('sha256', rest)), rest]);
}

/** The whole entries from the beginning of a log, up to the first that is torn or of an earlier turn. */
export function decodeEntries(log: Buffer): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at = 0; at < log.length; ) {
    const found = decodeEntry(log.subarray(at));
    const before = entries.at(-1);
    if (found === undefined) break;
    if (before !== undefined && found.entry.sequence !== before.sequence + 1) break;
    entries.push(found.entry);
    at += found.length;
  }
  return entries;
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
  return { entry: { sequence: header.sequence, time: header.time, changes }, length };
}

/** What a line says; undefined where it is cut short. Whatever it says, the sum is still to confirm it. */
function readHeader(line: Buffer): Header | undefined {
  try {
    const value = JSON.parse(line.toString()) as Header | null;
    return Array.isArray(value?.changes) ? value : undefined;
  } catch {
    return undefined;
  }
}
