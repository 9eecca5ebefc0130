import type { WireAnswer, WireRequest } from './client.js';
import type { Operation } from './operations.js';

/** One line of a table. */
export interface Line {
  readonly operation: Operation;
  /** How often each status was answered. */
  readonly seen: ReadonlyMap<number, number>;
}

/** Counts what was asked and answered, and remembers what is on its way. */
export class Tally {
  #requests = 0;
  #cut = 0;
  readonly #statuses = new Map<number, number>();
  readonly #byOperation = new Map<Operation, Map<number, number>>();
  readonly #patterns: readonly { readonly operation: Operation; readonly pattern: RegExp }[];
  /** The requests of the last seconds, with when they began and ended. */
  #recent: { request: WireRequest; from: number; to: number }[] = [];

  constructor(operations: readonly Operation[]) {
    this.#patterns = operations.map((operation) => ({ operation, pattern: patternOf(operation) }));
    for (const operation of operations) this.#byOperation.set(operation, new Map());
  }

  /** How many requests were sent. */
  get requests(): number {
    return this.#requests;
  }

  /** How many of them were broken off in the middle. */
  get cut(): number {
    return this.#cut;
  }

  /** How often each status was answered. */
  get statuses(): ReadonlyMap<number, number> {
    return this.#statuses;
  }

  /** Per operation, how often each status was answered. */
  get lines(): Line[] {
    return [...this.#byOperation].map(([operation, seen]) => ({ operation, seen }));
  }

  begin(request: WireRequest): void {
    this.#requests += 1;
    this.#recent.push({ request, from: Date.now(), to: Number.POSITIVE_INFINITY });
  }

  end(request: WireRequest, answer: WireAnswer | undefined): void {
    const now = Date.now();
    const entry = this.#recent.findLast((each) => each.request === request);
    if (entry !== undefined) entry.to = now;
    this.#recent = this.#recent.filter(({ to }) => to > now - 60_000).slice(-2000);
    if (answer === undefined) {
      this.#cut += 1;
      return;
    }
    increment(this.#statuses, answer.status);
    const path = request.path.replace(/[?#].*$/s, '');
    for (const { operation, pattern } of this.#patterns) {
      if (operation.method !== request.method || !pattern.test(path)) continue;
      increment(this.#byOperation.get(operation) ?? new Map(), answer.status);
    }
  }

  /** What was on its way within `slack` milliseconds before a time, the slowest first. */
  around(time: number, slack: number): WireRequest[] {
    return this.#recent
      .filter(({ from, to }) => from <= time && to >= time - slack)
      .sort((a, b) => b.to - b.from - (a.to - a.from))
      .map(({ request }) => request);
  }
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function patternOf({ path }: Operation): RegExp {
  const parts = path.split(/\{(\w+)\}/).map((part, at) => {
    if (at % 2 === 1) return part === 'rest' ? '.+' : '[^/]+';
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}/?$`);
}
