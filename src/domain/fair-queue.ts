import { errors } from './errors.js';

export interface QueueOptions {
  /** How many run at a time. */
  readonly atOnce: number;
  /** How many may wait; the operator's own do not count. */
  readonly mostWaiting: number;
}

interface Waiting {
  start(): void;
  refuse(error: Error): void;
}

/** Who waits for what; the operator has no address, and is never refused. */
type Lane = string | undefined;

/**
 * Runs a few things at a time and lets a bounded number wait, each in a lane. Lanes take turns, and
 * when all places are taken the longest lane gives one up: a client that sends a flood waits behind itself,
 * and nobody else does.
 */
export class FairQueue {
  readonly #options: QueueOptions;
  /** The lane whose turn is next comes first; none is ever empty. */
  readonly #lanes = new Map<Lane, Waiting[]>();
  #running = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get waiting(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.length;
    return count;
  }

  /** Runs `work` when its turn comes. Throws `busy` when it would be too far behind. */
  async run<R>(lane: Lane, work: () => Promise<R>): Promise<R> {
    if (this.#running >= this.#options.atOnce) await this.#turn(lane);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#startNext();
    }
  }

  /** Refuses all that wait; what runs, runs to its end. */
  close(): void {
    const waiting = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    for (const each of waiting) each.refuse(errors.busy());
  }

  #turn(lane: Lane): Promise<void> {
    if (lane !== undefined) this.#makeRoom(lane);
    return new Promise((resolve, reject) => {
      const waiting = { start: resolve, refuse: reject };
      const others = this.#lanes.get(lane);
      if (others === undefined) this.#lanes.set(lane, [waiting]);
      else others.push(waiting);
    });
  }

  #makeRoom(lane: string): void {
    const operators = this.#lanes.get(undefined)?.length ?? 0;
    if (this.waiting - operators < this.#options.mostWaiting) return;
    const [name, longest] = this.#longestLane();
    const own = this.#lanes.get(lane)?.length ?? 0;
    if (longest.length <= own + 1) throw errors.busy();
    longest.pop()?.refuse(errors.busy());
    if (longest.length === 0) this.#lanes.delete(name);
  }

  #longestLane(): [Lane, Waiting[]] {
    let found: [Lane, Waiting[]] = [undefined, []];
    for (const [name, lane] of this.#lanes) {
      if (name !== undefined && lane.length > found[1].length) found = [name, lane];
    }
    return found;
  }

  /** Hands the place that became free to the next lane, which then goes to the end of the row. */
  #startNext(): void {
    const [next] = this.#lanes;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    const [name, lane] = next;
    const first = lane.shift();
    this.#lanes.delete(name);
    if (lane.length > 0) this.#lanes.set(name, lane);
    first?.start();
  }
}
