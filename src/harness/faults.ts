import { InvalidInput, within } from '../input/invalid-input.js';
import { matchesPattern } from '../journal/path-pattern.js';
import type { Operation } from '../wire/operation.js';
import type { Fault, FaultMatch, FaultRule } from './fault-rule.js';
import { checkFaultRule } from './fault-rules.js';
import { shown } from './fault-view.js';
import type { Snapshottable } from './resettable.js';

/** What the rules look at. */
export interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation | undefined;
  readonly user: string | undefined;
  readonly userAgent: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The start of the body; undefined while nobody has looked at it. */
  readonly body?: string;
}

/** Every request asks every rule; more than this many are a mistake. */
const MOST_FAULTS = 1000;

/** Faults on demand: rules, asked in their order; the first that acts is the only one. */
export class Faults implements Snapshottable<readonly Fault[]> {
  readonly #start: readonly FaultRule[];
  readonly #operations: ReadonlySet<string>;
  #faults: Fault[] = [];
  #added = 0;

  /**
   * `operations` are the ids that a rule can name, `start` is what a reset goes back to. Throws an InvalidInput
   * when one of its rules is wrong.
   */
  constructor(operations: ReadonlySet<string>, start: readonly FaultRule[] = []) {
    this.#operations = operations;
    for (const [place, rule] of start.entries()) within(`faults[${place}]`, () => this.add(rule));
    this.#start = structuredClone(start);
  }

  /** Adds a rule after the others. Throws an InvalidInput that names the field that is wrong. */
  add(rule: FaultRule): Fault {
    checkFaultRule(rule);
    const { operation = [] } = rule.match ?? {};
    if (![operation].flat().every((each) => this.#operations.has(each))) {
      throw new InvalidInput(
        'match.operation',
        'there is no such operation: openapi.yaml names them',
      );
    }
    if (this.#faults.length >= MOST_FAULTS) {
      throw new InvalidInput('', `there are ${MOST_FAULTS} faults already, clear some`);
    }
    const name = rule.name ?? this.#freeName();
    if (this.#has(name)) throw new InvalidInput('name', `there is a fault "${name}" already`);
    const fault: Fault = { ...structuredClone(rule), name, matched: 0, acted: 0 };
    this.#faults = [...this.#faults, fault];
    this.#added += 1;
    return shown(fault);
  }

  /** All rules in their order, with their counts. */
  list(): Fault[] {
    return this.#faults.map(shown);
  }

  /** The rules that never acted, so that a test can say so. */
  unhit(): Fault[] {
    return this.list().filter(({ acted }) => acted === 0);
  }

  /** Takes one rule away, or all of them. False when there is none of that name. */
  clear(name?: string): boolean {
    const kept = name === undefined ? [] : this.#faults.filter((fault) => fault.name !== name);
    const found = name === undefined || kept.length < this.#faults.length;
    this.#faults = kept;
    return found;
  }

  /** Whether some rule needs the body to tell whether it matches a request. */
  needsBody(subject: FaultSubject): boolean {
    return this.#faults.some(
      ({ match = {} }) => match.body !== undefined && matches({ ...match, body: '' }, subject),
    );
  }

  /** The fault that acts on a request, counted; undefined for none. */
  next(subject: FaultSubject): Fault | undefined {
    for (const [place, fault] of this.#faults.entries()) {
      if (!matches(fault.match ?? {}, subject)) continue;
      const acts = isDue(fault);
      const counted = { ...fault, matched: fault.matched + 1, acted: fault.acted + (acts ? 1 : 0) };
      this.#faults = this.#faults.with(place, counted);
      if (acts) return counted;
    }
    return undefined;
  }

  /** Takes a count back: the fault acted on nothing after all, and is as due as before. */
  takeBack(name: string): void {
    this.#faults = this.#faults.map((fault) =>
      fault.name === name ? { ...fault, acted: Math.max(0, fault.acted - 1) } : fault,
    );
  }

  /** Whether there is any rule: without one, requests take no detour. */
  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  /** Back to the rules of the start, with all counts at 0. */
  reset(): void {
    this.#faults = [];
    this.#added = 0;
    for (const rule of this.#start) this.add(rule);
  }

  capture(): readonly Fault[] {
    return this.#faults;
  }

  restore(faults: readonly Fault[]): void {
    this.#faults = [...faults];
  }

  #has(name: string): boolean {
    return this.#faults.some((fault) => fault.name === name);
  }

  /** One that no rule had before, so that the journal is not misread. */
  #freeName(): string {
    let number = this.#added + 1;
    while (this.#has(`fault-${number}`)) number += 1;
    return `fault-${number}`;
  }
}

function isDue({ after = 0, times, matched, acted }: Fault): boolean {
  return matched >= after && (times === undefined || acted < times);
}

/** The hub's own pages; a rule that names neither a path nor an operation is not about them. */
const OWN_PAGES: ReadonlySet<string | undefined> = new Set([
  'getStatus',
  'getMetrics',
  'getContract',
]);

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  const { method, operation, path, user, userAgent, query = {}, headers = {}, body } = match;
  if (method !== undefined && method.toUpperCase() !== subject.method) return false;
  if (path === undefined && operation === undefined && OWN_PAGES.has(subject.operation?.id))
    return false;
  if (path !== undefined && !matchesPattern(path, subject.path)) return false;
  if (operation !== undefined && !isOf(operation, subject.operation)) return false;
  if (user !== undefined && user !== subject.user) return false;
  if (userAgent !== undefined && !subject.userAgent.includes(userAgent)) return false;
  if (!allSaid(query, (name) => subject.query.getAll(name))) return false;
  if (!allSaid(headers, (name) => headerLines(subject, name))) return false;
  return body === undefined || (subject.body ?? '').includes(body);
}

/** The id of a row stands for all that is made from it. */
function isOf(wanted: string | readonly string[], operation: Operation | undefined): boolean {
  return [wanted].flat().some((each) => each === operation?.id || each === operation?.row);
}

function headerLines({ headers }: FaultSubject, name: string): readonly string[] {
  const value = headers[name.toLowerCase()];
  return value === undefined ? [] : [value].flat();
}

/** Whether each name has a wanted value, at least once, or is missing where it should be. */
function allSaid(
  wanted: Readonly<Record<string, string | null>>,
  said: (name: string) => readonly string[],
): boolean {
  return Object.entries(wanted).every(([name, pattern]) => {
    const values = said(name);
    if (pattern === null) return values.length === 0;
    return values.some((value) => matchesPattern(pattern, value));
  });
}
