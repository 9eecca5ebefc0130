import type { Exchange } from '../wire/exchange.js';
import { type JournalRecord, type RawRecord, takeRaw, toRecord } from './record.js';
import type { Resettable } from './resettable.js';
import { Narrator } from './sentences.js';

/** Which records are wanted; a field left out wants all. */
export interface RecordFilter {
  readonly method?: string;
  /** A whole path, or one with `*` for anything. */
  readonly path?: string;
  /** The account that made the request, or whose repository a token named. */
  readonly user?: string;
  readonly status?: number;
  /** Records with a higher number, or (a Date) later ones. */
  readonly since?: number | Date;
}

interface Entry {
  readonly raw: RawRecord;
  readonly number: number;
  record?: JournalRecord;
}

/** What a hub saw, the newest `bound` requests; records are made when somebody looks. */
export class Journal implements Resettable {
  readonly #bound: number;
  readonly #narrator = new Narrator();
  #entries: Entry[] = [];
  #count = 0;
  #dropped = 0;
  readonly #watchers = new Set<(record: JournalRecord) => void>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Whether anything is remembered at all. */
  get isOn(): boolean {
    return this.#bound > 0;
  }

  /** Takes an exchange in. */
  add(exchange: Exchange): void {
    this.#count += 1;
    const entry: Entry = { raw: takeRaw(exchange), number: this.#count };
    this.#entries.push(entry);
    // Cutting off in bulk keeps the price of one request the same however long the journal is.
    if (this.#entries.length >= this.#bound * 2) this.#trim();
    for (const watch of this.#watchers) watch(this.#show(entry));
  }

  /** The records that a filter wants, the oldest first. */
  list(filter: RecordFilter = {}): JournalRecord[] {
    return this.#kept()
      .map((entry) => this.#show(entry))
      .filter((record) => isWanted(record, filter));
  }

  /** How many records there are, how many the bound has cost, and the bound. */
  get size(): { readonly kept: number; readonly dropped: number; readonly bound: number } {
    const kept = this.#kept().length;
    return { kept, dropped: this.#dropped + this.#entries.length - kept, bound: this.#bound };
  }

  /**
   * Resolves with the first record that satisfies the predicate, one that is here already or the next
   * to come. Rejects after `timeout` milliseconds with what was seen instead.
   */
  waitFor(
    predicate: (record: JournalRecord) => boolean,
    { timeout = 5000 }: { readonly timeout?: number } = {},
  ): Promise<JournalRecord> {
    const known = this.list().find(predicate);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const watch = (record: JournalRecord): void => {
        if (!predicate(record)) return;
        end();
        resolve(record);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(this.#notSeen(timeout)));
      }, timeout);
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
      };
      this.#watchers.add(watch);
    });
  }

  reset(): void {
    this.#entries = [];
    this.#count = 0;
    this.#dropped = 0;
  }

  #show(entry: Entry): JournalRecord {
    entry.record ??= toRecord(entry.raw, entry.number, this.#narrator);
    return entry.record;
  }

  #kept(): Entry[] {
    return this.#bound === 0 ? [] : this.#entries.slice(-this.#bound);
  }

  #trim(): void {
    const kept = this.#kept();
    this.#dropped += this.#entries.length - kept.length;
    this.#entries = kept;
  }

  #notSeen(timeout: number): string {
    const seen = this.list()
      .slice(-20)
      .map(({ method, path, status }) => `${method} ${path} ${status}`);
    const instead = seen.length === 0 ? 'nothing' : `\n  ${seen.join('\n  ')}`;
    return `no such request within ${timeout} ms; seen instead: ${instead}`;
  }
}

function isWanted(record: JournalRecord, filter: RecordFilter): boolean {
  const { method, path, user, status, since } = filter;
  if (method !== undefined && record.method !== method.toUpperCase()) return false;
  if (path !== undefined && !matchesPath(path, record.path)) return false;
  if (user !== undefined && userOf(record) !== user) return false;
  if (status !== undefined && record.status !== status) return false;
  if (typeof since === 'number') return record.number > since;
  return since === undefined || Date.parse(record.time) >= since.getTime();
}

/** Whether a path fits a pattern in which `*` stands for anything. */
export function matchesPath(pattern: string, path: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(path);
}

function userOf({ who }: JournalRecord): string | undefined {
  if (who.by === 'basic') return who.user;
  return who.by === 'token' ? who.repository.split('/')[0] : undefined;
}
