import { checkFaultRule } from './fault-rules.js';
import { InvalidInput, within } from './invalid-input.js';
import { matchesPath } from './path-pattern.js';
import type { Snapshottable } from './resettable.js';

/** Which requests a rule is about; a field left out matches every request. */
export interface FaultMatch {
  readonly method?: string;
  /** A whole path, or one with `*` for anything. */
  readonly path?: string;
  /** The account named in the credentials, or the owner of the token's repository. */
  readonly user?: string;
  /** A part of the User-Agent. */
  readonly userAgent?: string;
}

/** What happens instead of, or to, the answer. */
export type FaultAction =
  /** An error with this status and the Hub's own words for it, in the voice of the path. */
  | { readonly status: number; readonly retryAfter?: number; readonly message?: string }
  /** Milliseconds before the request is looked at. */
  | { readonly delay: number }
  /** Milliseconds before each chunk of the answer's body. */
  | { readonly chunkDelay: number; readonly chunkSize?: number }
  /** The connection is reset before the answer, or in the middle of its body. */
  | { readonly reset: 'before' | 'middle' }
  /** The body ends after so many bytes, short of its Content-Length. */
  | { readonly cutAfter: number }
  /** The byte at this place of the body is turned into another. */
  | { readonly corruptByte: number }
  /** Answered with a redirect to another host or address; docker follows it with PUT itself. */
  | { readonly redirect: string }
  /** As if the token had expired on the way. */
  | { readonly expiredToken: true }
  /** As if the disk were full. */
  | { readonly diskFull: true };

/** A fault to come: never by chance, always counted. */
export interface FaultRule {
  /** A name to find it by; one is made up when it is left out. */
  readonly name?: string;
  readonly match?: FaultMatch;
  /** How many matching requests pass before it acts; 0. */
  readonly after?: number;
  /** How many times it acts; without end. */
  readonly times?: number;
  readonly then: FaultAction;
}

/** A rule, and what became of it. */
export interface Fault extends FaultRule {
  readonly name: string;
  /** Requests that matched, and those among them that it acted on. */
  readonly matched: number;
  readonly acted: number;
}

/** What the rules look at. */
export interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly user: string | undefined;
  readonly userAgent: string;
}

/** Every request asks every rule; more than this many are a mistake. */
const MOST_FAULTS = 1000;

/** Faults on demand: rules, asked in their order; the first that acts is the only one. */
export class Faults implements Snapshottable<readonly Fault[]> {
  readonly #start: readonly FaultRule[];
  #faults: Fault[] = [];

  /** `start` is what a reset goes back to. Throws an InvalidInput when one of them is wrong. */
  constructor(start: readonly FaultRule[] = []) {
    for (const [place, rule] of start.entries()) within(`faults[${place}]`, () => this.add(rule));
    this.#start = structuredClone(start);
  }

  /** Adds a rule after the others. Throws an InvalidInput that names the field that is wrong. */
  add(rule: FaultRule): Fault {
    checkFaultRule(rule);
    if (this.#faults.length >= MOST_FAULTS) {
      throw new InvalidInput('', `there are ${MOST_FAULTS} faults already, clear some`);
    }
    const name = rule.name ?? this.#freeName();
    if (this.#has(name)) throw new InvalidInput('name', `there is a fault "${name}" already`);
    const fault: Fault = { ...structuredClone(rule), name, matched: 0, acted: 0 };
    this.#faults = [...this.#faults, fault];
    return fault;
  }

  /** All rules in their order, with their counts. */
  list(): readonly Fault[] {
    return this.#faults;
  }

  /** The rules that never acted, so that a test can say so. */
  unhit(): Fault[] {
    return this.#faults.filter(({ acted }) => acted === 0);
  }

  /** Takes one rule away, or all of them. False when there is none of that name. */
  clear(name?: string): boolean {
    const kept = name === undefined ? [] : this.#faults.filter((fault) => fault.name !== name);
    const found = name === undefined || kept.length < this.#faults.length;
    this.#faults = kept;
    return found;
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

  /** A fault acted on nothing after all, and is as due as before. */
  takeBack(name: string): void {
    this.#faults = this.#faults.map((fault) =>
      fault.name === name ? { ...fault, acted: Math.max(0, fault.acted - 1) } : fault,
    );
  }

  /** Whether there is any rule: without one, requests take no detour. */
  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  /** Back to the rules of the start, none of them counted. */
  reset(): void {
    this.#faults = [];
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

  #freeName(): string {
    let number = this.#faults.length + 1;
    while (this.#has(`fault-${number}`)) number += 1;
    return `fault-${number}`;
  }
}

function isDue({ after = 0, times, matched, acted }: Fault): boolean {
  return matched >= after && (times === undefined || acted < times);
}

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  const { method, path, user, userAgent } = match;
  if (method !== undefined && method.toUpperCase() !== subject.method) return false;
  if (path !== undefined && !matchesPath(path, subject.path)) return false;
  if (user !== undefined && user !== subject.user) return false;
  return userAgent === undefined || subject.userAgent.includes(userAgent);
}
