import { z } from 'zod';
import type { Exchange } from '../wire/exchange.js';
import { BodyStarts } from './body-starts.js';
import { readTime } from './clock.js';
import { checkShape, InvalidInput } from './invalid-input.js';
import {
  type JournalSize,
  NotSeen,
  type RecordFilter,
  type RecordPage,
  type WaitOptions,
} from './journal-record.js';
import { matchesPattern } from './path-pattern.js';
import {
  type JournalRecord,
  type RawRecord,
  type RecordMakers,
  takeRaw,
  toRecord,
} from './record.js';
import type { Resettable } from './resettable.js';
import { Narrator } from './sentences.js';

export { NotSeen, type RecordFilter };

const filterShape = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  user: z.string().optional(),
  status: z.number().int().optional(),
  since: z
    .union([z.date(), z.number(), z.string()])
    .transform((time) => readTime('since', time))
    .optional(),
  after: z.number().int().min(0).optional(),
});

/** A request as it was seen or, once somebody looked, as it is shown. */
type Entry = RawRecord | JournalRecord;

interface Waiter {
  /** Is told of every record; must not throw. */
  readonly see: (record: JournalRecord) => void;
  readonly giveUp: (reason: string) => void;
}

/** How many requests are named when the one that was waited for did not come. */
const NAMED = 20;
const LONGEST_WAIT = 2 ** 31 - 1;

/** What a hub saw, the newest `bound` requests; records are made when somebody looks. */
export class Journal implements Resettable {
  readonly #bound: number;
  readonly #onFull: (bound: number) => void;
  readonly #waiters = new Set<Waiter>();
  readonly #makers: RecordMakers;
  #entries: Entry[] = [];
  #count = 0;
  #dropped = 0;

  /** `onFull` is called when the first request is forgotten for another. */
  constructor(bound: number, onFull: (bound: number) => void = () => undefined) {
    this.#bound = bound;
    this.#makers = { narrator: new Narrator(), starts: new BodyStarts(bound) };
    this.#onFull = onFull;
  }

  /** Whether anything is remembered at all. */
  get isOn(): boolean {
    return this.#bound > 0;
  }

  /** Takes an exchange in. */
  add(exchange: Exchange): void {
    this.#count += 1;
    this.#entries.push(takeRaw(exchange, this.#count, this.#makers.starts));
    if (this.#count === this.#bound + 1) this.#onFull(this.#bound);
    // Cutting off in bulk keeps the price of one request the same however long the journal is.
    if (this.#entries.length >= this.#bound * 1.1 + 100) this.#trim();
    if (this.#waiters.size === 0) return;
    const record = this.#show(this.#entries.length - 1);
    for (const waiter of this.#waiters) waiter.see(record);
  }

  /** The records that a filter wants, the oldest first. Throws an InvalidInput for a wrong filter. */
  list(filter: RecordFilter = {}): JournalRecord[] {
    return [...this.#wanted(filter)];
  }

  /** As `list`, but at most so many. */
  page(filter: RecordFilter, limit: number): RecordPage {
    const records: JournalRecord[] = [];
    for (const record of this.#wanted(filter)) {
      if (records.length === limit) return { records, next: records.at(-1)?.number };
      records.push(record);
    }
    return { records, next: undefined };
  }

  get size(): JournalSize {
    const kept = this.#entries.length - this.#first;
    return { kept, dropped: this.#dropped + this.#first, bound: this.#bound };
  }

  /**
   * Resolves with the first record that is wanted, one that is here already or the next to come.
   * Rejects with a NotSeen after `timeout` milliseconds (5000).
   */
  async waitFor(
    wanted: RecordFilter | ((record: JournalRecord) => boolean),
    { timeout = 5000, signal }: WaitOptions = {},
  ): Promise<JournalRecord> {
    if (!this.isOn) throw new InvalidInput('journal', 'it is off, so there is nothing to wait for');
    if (!(timeout >= 0 && timeout <= LONGEST_WAIT)) {
      throw new InvalidInput('timeout', `expected 0 to ${LONGEST_WAIT} milliseconds`);
    }
    const isIt = typeof wanted === 'function' ? wanted : wantedBy(wanted);
    return this.list().find(isIt) ?? this.#next(isIt, timeout, signal);
  }

  /** Ends every wait, since nothing will come any more. */
  end(): void {
    for (const waiter of this.#waiters) waiter.giveUp('the hub was closed');
  }

  reset(): void {
    this.#entries = [];
    this.#count = 0;
    this.#dropped = 0;
  }

  #next(
    isIt: (record: JournalRecord) => boolean,
    timeout: number,
    signal: WaitOptions['signal'],
  ): Promise<JournalRecord> {
    return new Promise((resolve, reject) => {
      const giveUp = (reason: string): void => {
        end();
        reject(new NotSeen(reason, this.#newest()));
      };
      const see = (record: JournalRecord): void => {
        try {
          if (!isIt(record)) return;
          resolve(record);
        } catch (error) {
          reject(error);
        }
        end();
      };
      const waiter: Waiter = { see, giveUp };
      const timer = setTimeout(() => giveUp(`no such request within ${timeout} ms`), timeout);
      const abort = (): void => giveUp('the wait was ended');
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted === true) abort();
    });
  }

  *#wanted(filter: RecordFilter): Generator<JournalRecord> {
    const isIt = wantedBy(filter);
    const { after = 0 } = filter;
    for (let at = this.#first; at < this.#entries.length; at += 1) {
      // Looked at first, since a record that nobody wants need not be made.
      if ((this.#entries[at]?.number ?? 0) <= after) continue;
      const record = this.#show(at);
      if (isIt(record)) yield record;
    }
  }

  /** Where the newest `bound` entries begin. */
  get #first(): number {
    return Math.max(0, this.#entries.length - this.#bound);
  }

  #trim(): void {
    this.#dropped += this.#first;
    this.#entries = this.#entries.slice(this.#first);
  }

  #newest(): string[] {
    const records = [...this.#wanted({ after: Math.max(0, this.#count - NAMED) })];
    return records.map(({ method, path, status }) => `${method} ${path} ${status}`);
  }

  #show(at: number): JournalRecord {
    const entry = this.#entries[at];
    if (entry === undefined) throw new Error(`the journal has no entry ${at}`);
    if ('sentence' in entry) return entry;
    const record = toRecord(entry, this.#makers);
    // What it was made from is not kept beside it.
    this.#entries[at] = record;
    return record;
  }
}

function wantedBy(filter: RecordFilter): (record: JournalRecord) => boolean {
  const checked = checkShape(filterShape, filter);
  return (record) => isWanted(record, checked);
}

function isWanted(record: JournalRecord, filter: z.output<typeof filterShape>): boolean {
  const { method, path, user, status, since, after } = filter;
  if (method !== undefined && record.method !== method.toUpperCase()) return false;
  if (path !== undefined && !matchesPattern(path, record.path)) return false;
  if (user !== undefined && userOf(record) !== user) return false;
  if (status !== undefined && record.status !== status) return false;
  if (after !== undefined && record.number <= after) return false;
  return since === undefined || Date.parse(record.time) >= since;
}

function userOf({ who }: JournalRecord): string | undefined {
  if (who.by === 'basic') return who.user;
  return who.by === 'token' ? who.repository.split('/')[0] : who.claimed;
}
