import type { Storage } from '../storage/storage.js';
import type { HubClock } from './clock.js';
import { DataState } from './data-state.js';
import { Faults } from './faults.js';
import { InvalidInput } from './invalid-input.js';
import { Journal } from './journal.js';
import type { HubRandom } from './random.js';
import type { Resettable, Snapshottable } from './resettable.js';

/** Everything a test can change; each can be put back alone. */
export const PARTS = ['data', 'journal', 'faults', 'clock', 'random'] as const;
export type Part = (typeof PARTS)[number];

/** The parts of a harness. A part that could not be reset would not compile. */
export interface HarnessParts extends Record<Part, Resettable> {
  readonly data: DataState;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly clock: HubClock;
  readonly random: HubRandom;
}

/** Snapshots are lists of references, but not free; more than this many is a mistake. */
export const MOST_SNAPSHOTS = 100;

/** Puts one part back to a moment; the moment is inside. */
type Restore = () => void | Promise<void>;

/** What a test does to a hub from outside: reset it, remember how it is, put it back. */
export class Harness {
  readonly parts: HarnessParts;
  readonly #snapshots = new Map<string, readonly Restore[]>();

  constructor(parts: HarnessParts) {
    this.parts = parts;
  }

  /** Back to the seeded start, as a whole or one part of it. Snapshots stay. */
  async reset(part?: Part): Promise<void> {
    for (const each of part === undefined ? PARTS : [part]) await this.parts[each].reset();
  }

  /** Remembers data, faults, clock and randomness under a name; the journal goes on. */
  snapshot(name: string): void {
    if (!/^[\w.-]{1,100}$/.test(name)) {
      throw new InvalidInput('name', 'expected 1 to 100 letters, digits, dots or dashes');
    }
    if (this.#snapshots.size >= MOST_SNAPSHOTS && !this.#snapshots.has(name)) {
      throw new InvalidInput('name', `there are ${MOST_SNAPSHOTS} snapshots already, drop one`);
    }
    const { data, faults, clock, random } = this.parts;
    this.#snapshots.set(name, [
      remember(data),
      remember(faults),
      remember(clock),
      remember(random),
    ]);
  }

  /** Puts everything back to a snapshot. Throws an InvalidInput when there is none of that name. */
  async restore(name: string): Promise<void> {
    const snapshot = this.#snapshots.get(name);
    if (snapshot === undefined) throw new InvalidInput('name', `there is no snapshot "${name}"`);
    for (const restore of snapshot) await restore();
  }

  /** The names of all snapshots. */
  get snapshots(): string[] {
    return [...this.#snapshots.keys()];
  }

  /** Forgets a snapshot; false when there is none of that name. */
  dropSnapshot(name: string): boolean {
    return this.#snapshots.delete(name);
  }
}

/** A harness around a hub that is open; `journal` is how many requests are remembered. */
export function createHarness(
  { storage }: { readonly storage: Storage },
  options: { readonly clock: HubClock; readonly random: HubRandom; readonly journal: number },
): Harness {
  return new Harness({
    data: new DataState(storage),
    journal: new Journal(options.journal),
    faults: new Faults(),
    clock: options.clock,
    random: options.random,
  });
}

function remember<S>(part: Snapshottable<S>): Restore {
  const state = part.capture();
  return () => part.restore(state);
}
