import { InvalidInput } from '../input/invalid-input.js';
import type { Unreadable } from '../wire/unreadable.js';
import type { Exchange } from './exchange.js';
import {
  type JournalSize,
  NotSeen,
  type RecordFilter,
  type RecordPage,
  type WaitOptions,
} from './journal-record.js';
import { KeptTexts } from './kept-texts.js';
import {
  type JournalRecord,
  type RawRecord,
  type Shown,
  sizeOf,
  takeRaw,
  toShown,
} from './record.js';
import { wantedBy } from './record-filter.js';
import { recordUnreadable } from './unreadable-record.js';

export { NotSeen, type RecordFilter, type Shown };

/** A request as it was seen or, once somebody looked, as it is shown. */
type Entry = RawRecord | Shown;

interface Waiter {
  /** Is told of every record; must not throw. */
  readonly see: (record: JournalRecord) => void;
  readonly giveUp: (reason: string) => void;
}

/** A listener. */
export interface Watcher {
  /** Is told of every request once it is over; must not throw. */
  readonly see: (shown: Shown) => void;
  /** Is told that nothing will follow on what came: the journal begins again, or the hub is closed. */
  readonly end: (reason: 'reset' | 'closed') => void;
}

/** How many requests are named when the one that was waited for did not come. */
const NAMED = 20;
const LONGEST_WAIT = 2 ** 31 - 1;

/** What the requests that are remembered may come to, in bytes: a single one may have a megabyte of headers. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** About how long a record is of something that was not a request. */
const SMALL = 1000;

/** What a hub saw, the newest `bound` requests or 64 MiB of them; records are made when somebody looks. */
export class Journal {
  readonly #bound: number;
  readonly #onFull: (bound: number) => void;
  readonly #waiters = new Set<Waiter>();
  readonly #watchers = new Set<Watcher>();
  readonly #texts = new KeptTexts();
  #isOver = false;
  #entries: (Entry | undefined)[] = [];
  /** About how many bytes each entry keeps, and all that are remembered together. */
  #sizes: number[] = [];
  #bytes = 0;
  /** Where the entries begin that are remembered; those before are cut off in bulk. */
  #first = 0;
  #count = 0;
  #dropped = 0;

  /** `onFull` is called when the first request is forgotten for another. */
  constructor(bound: number, onFull: (bound: number) => void = () => undefined) {
    this.#bound = bound;
    this.#onFull = onFull;
  }

  /** Whether anything is remembered at all. */
  get isOn(): boolean {
    return this.#bound > 0;
  }

  /** Takes an exchange in. */
  add(exchange: Exchange): void {
    this.#count += 1;
    const raw = takeRaw(exchange, this.#count, this.#texts);
    this.#remember(raw, sizeOf(raw));
  }

  /** Takes in something that was not a request; `id` as requests have one. */
  addUnreadable(unreadable: Unreadable, id: string): void {
    this.#count += 1;
    const record = recordUnreadable({ id, number: this.#count }, unreadable);
    this.#remember({ record, step: undefined }, SMALL + unreadable.target.length);
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

  /** The newest, at most so many, the oldest of them first; with `after` only those with a higher number. */
  newest(limit: number, after = 0): Shown[] {
    const least = Math.max(this.#first, this.#entries.length - limit);
    const found: Shown[] = [];
    for (let at = least; at < this.#entries.length; at += 1) {
      if (this.#numberAt(at) > after) found.push(this.#show(at));
    }
    return found;
  }

  /** The request of this number, if it is remembered. */
  find(number: number): Shown | undefined {
    const at = this.#entries.length - 1 - (this.#count - number);
    return at >= this.#first && at < this.#entries.length ? this.#show(at) : undefined;
  }

  /** The number of the newest request; 0 before the first. */
  get newestNumber(): number {
    return this.#count;
  }

  /** Tells somebody of what comes from here on, until the function that is returned is called. */
  watch(watcher: Watcher): () => void {
    if (this.#isOver) watcher.end('closed');
    else this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
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
    this.#isOver = true;
    for (const waiter of this.#waiters) waiter.giveUp('the hub was closed');
    this.#endWatching('closed');
  }

  reset(): void {
    this.#entries = [];
    this.#sizes = [];
    this.#bytes = 0;
    this.#first = 0;
    this.#count = 0;
    this.#dropped = 0;
    this.#endWatching('reset');
  }

  #endWatching(reason: 'reset' | 'closed'): void {
    const all = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of all) watcher.end(reason);
  }

  #remember(entry: Entry, bytes: number): void {
    this.#entries.push(entry);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    this.#forget();
    if (this.#waiters.size === 0 && this.#watchers.size === 0) return;
    const shown = this.#show(this.#entries.length - 1);
    for (const waiter of this.#waiters) waiter.see(shown.record);
    for (const watcher of this.#watchers) watcher.see(shown);
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
      if (this.#numberAt(at) <= after) continue;
      const { record } = this.#show(at);
      if (isIt(record)) yield record;
    }
  }

  /** Forgets the oldest until both bounds are kept, but never the newest. */
  #forget(): void {
    const before = this.#dropped + this.#first;
    while (this.#isTooMuch()) {
      this.#bytes -= this.#sizes[this.#first] ?? 0;
      this.#entries[this.#first] = undefined;
      this.#first += 1;
    }
    if (before === 0 && this.#first > 0) this.#onFull(this.#bound);
    // Cutting off in bulk keeps the price of one request the same however long the journal is.
    if (this.#first >= this.#bound * 0.1 + 100) this.#trim();
  }

  #isTooMuch(): boolean {
    const kept = this.#entries.length - this.#first;
    return kept > 1 && (kept > this.#bound || this.#bytes > MOST_BYTES);
  }

  #trim(): void {
    this.#dropped += this.#first;
    this.#entries = this.#entries.slice(this.#first);
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
  }

  #newest(): string[] {
    const records = [...this.#wanted({ after: Math.max(0, this.#count - NAMED) })];
    return records.map(({ method, path, status }) => `${method} ${path} ${status}`);
  }

  /** Numbers have no gaps: the newest has that of the count. */
  #numberAt(at: number): number {
    return this.#count - (this.#entries.length - 1 - at);
  }

  #show(at: number): Shown {
    const entry = this.#entries[at];
    if (entry === undefined) throw new Error(`the journal has no entry ${at}`);
    if ('record' in entry) return entry;
    const shown = toShown(entry);
    // What it was made from is not kept beside it.
    this.#entries[at] = shown;
    return shown;
  }
}
