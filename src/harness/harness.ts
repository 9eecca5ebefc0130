import type { Logins } from '../domain/accounts/logins.js';
import type { Domain } from '../domain/domain.js';
import { InvalidInput } from '../input/invalid-input.js';
import type { Journal } from '../journal/journal.js';
import type { Storage } from '../storage/storage.js';
import type { HubClock } from './clock.js';
import { DataState } from './data-state.js';
import type { Faults } from './faults.js';
import type { Gate } from './gate.js';
import type { Part } from './part.js';
import type { HubRandom } from './random.js';
import type { Resettable, Snapshottable } from './resettable.js';

export type { Part };

/** Everything a test can change; each can be put back alone. */
export const PARTS = [
  'data',
  'journal',
  'faults',
  'clock',
  'random',
  'logins',
] as const satisfies readonly Part[];

/** The parts of a harness. A part that could not be reset would not compile. */
export interface HarnessParts extends Record<Part, Resettable> {
  readonly data: DataState;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly clock: HubClock;
  readonly random: HubRandom;
  /** The counts of wrong passwords, which slow logins down. */
  readonly logins: Logins;
}

/** Snapshots are lists of references, but not free; more than this many is a mistake. */
export const MOST_SNAPSHOTS = 100;
/** What a snapshot may be called. */
export const SNAPSHOT_NAME = /^[\w.-]{1,100}$/;

/** One part at one moment; the moment is inside. */
interface Memory {
  restore(): void | Promise<void>;
  release(): void | Promise<void>;
}

/** How a harness has the hub to itself. */
export interface HarnessWays {
  /** Closed while it has. */
  readonly gate: Gate;
  /** Ends the requests under way, so that none reaches into what comes after a reset. */
  readonly endRequests: () => Promise<void>;
  /** Removes what is nobody's, at the end. */
  readonly tidy: () => Promise<void>;
}

/** What a test does to a hub from outside: reset it, remember how it is, put it back. */
export class Harness {
  readonly parts: HarnessParts;
  /** What a reset waits for, and what waits for a reset. */
  readonly gate: Gate;
  readonly #endRequests: () => Promise<void>;
  readonly #tidy: () => Promise<void>;
  readonly #ending = new AbortController();
  readonly #snapshots = new Map<string, readonly Memory[]>();

  constructor(parts: HarnessParts, { gate, endRequests, tidy }: HarnessWays) {
    this.parts = parts;
    this.gate = gate;
    this.#endRequests = endRequests;
    this.#tidy = tidy;
  }

  /**
   * Back to the seeded start, as a whole or one part of it, once nothing is under way any more.
   * Snapshots stay. Throws an InvalidInput.
   */
  async reset(part?: Part): Promise<void> {
    if (part !== undefined && !PARTS.includes(part)) {
      throw new InvalidInput('part', `expected one of ${PARTS.join(', ')}`);
    }
    await this.#alone(async () => {
      for (const each of part === undefined ? PARTS : [part]) await this.parts[each].reset();
    });
  }

  /**
   * Remembers data, faults, clock and randomness under a name, in the place of an earlier snapshot of that name;
   * the journal goes on. Throws an InvalidInput for a bad name, or when there are too many.
   */
  async snapshot(name: string): Promise<void> {
    if (!SNAPSHOT_NAME.test(name)) {
      throw new InvalidInput('name', 'expected 1 to 100 letters, digits, dots or dashes');
    }
    const { data, faults, clock, random } = this.parts;
    await this.gate.enter(async () => {
      if (this.#snapshots.size >= MOST_SNAPSHOTS && !this.#snapshots.has(name)) {
        throw new InvalidInput('name', `there are ${MOST_SNAPSHOTS} snapshots already, drop one`);
      }
      const former = this.#snapshots.get(name);
      this.#snapshots.set(name, [
        remember(data),
        remember(faults),
        remember(clock),
        remember(random),
      ]);
      await release(former);
    });
  }

  /** Puts everything back to a snapshot. Throws an InvalidInput when there is none of that name. */
  async restore(name: string): Promise<void> {
    this.#require(name);
    await this.#alone(async () => {
      // It may have been dropped or taken again meanwhile.
      for (const part of this.#require(name)) await part.restore();
    });
  }

  #require(name: string): readonly Memory[] {
    const snapshot = this.#snapshots.get(name);
    if (snapshot === undefined) throw new InvalidInput('name', `there is no snapshot "${name}"`);
    return snapshot;
  }

  /** Runs work while nothing else does, neither a request nor what was asked of a handle. */
  #alone(work: () => Promise<void>): Promise<void> {
    return this.gate.alone(async () => {
      await this.#endRequests();
      await work();
    });
  }

  /** The names of all snapshots. */
  get snapshots(): string[] {
    return [...this.#snapshots.keys()];
  }

  /** Forgets a snapshot; false when there is none of that name. */
  async dropSnapshot(name: string): Promise<boolean> {
    return this.gate.enter(async () => {
      const snapshot = this.#snapshots.get(name);
      this.#snapshots.delete(name);
      await release(snapshot);
      return snapshot !== undefined;
    });
  }

  /** Aborted when the hub is closed: nothing waits any longer. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends all that waits: for a request that is to come, or because a fault delays it. */
  end(): void {
    this.parts.journal.end();
    this.#ending.abort();
  }

  /** Leaves no file behind that only a snapshot needed, nor one that is nobody's. Once nobody is served any more. */
  async close(): Promise<void> {
    for (const name of this.snapshots) await this.dropSnapshot(name);
    const isOn = await this.parts.data.dropBaseline();
    // What a failing disk does not let go now goes at the next start.
    if (isOn) await this.#alone(() => this.#tidy()).catch(() => undefined);
  }
}

/** A harness around a hub that is open. */
export function createHarness(
  { storage, domain }: { readonly storage: Storage; readonly domain: Domain },
  parts: Omit<HarnessParts, 'data' | 'logins'>,
  ways: Omit<HarnessWays, 'tidy'>,
): Harness {
  const { library, logins, blobs } = domain;
  const data = new DataState(storage, (id, files) => library.removeUnusedFiles(id, files));
  const all = { data, logins, ...parts };
  // A snapshot can be taken in the middle of a push, so what it puts back may be nobody's.
  const tidy = async (): Promise<void> => {
    await library.removeOrphans();
    await blobs.recover();
    await storage.tidy();
  };
  return new Harness(all, { ...ways, tidy });
}

function remember<S>(part: Snapshottable<S>): Memory {
  const state = part.capture();
  return { restore: () => part.restore(state), release: () => part.release?.(state) };
}

async function release(memories: readonly Memory[] = []): Promise<void> {
  for (const memory of memories) await memory.release();
}
