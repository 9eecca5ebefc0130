/*
 * How long the event loop of this process stood still.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The longest standstill so far. */
export interface Stall {
  /** As `monitorEventLoopDelay` saw it, in milliseconds. */
  readonly delay: number;
  /**
   * The same without the time in which the process was ready and had no processor, because the machine
   * was busy with others: what the process owes to nobody but itself.
   */
  readonly own: number;
  /** How much of the own time was spent computing; the rest the process waited, as for a disk. */
  readonly computing: number;
  /** When the longest own one ended, in milliseconds since 1970. */
  readonly at: number;
}

/** How often the loop is looked at, in milliseconds. */
const INTERVAL = 10;

/** Watches the loop until it is stopped. */
export class StallWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: INTERVAL });
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #times = threadTimes();
  #own = 0;
  #computing = 0;
  #at = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#look(), INTERVAL);
    this.#timer.unref();
  }

  /** The longest standstill since the watch began, or since it was last restarted. */
  get worst(): Stall {
    this.#look();
    return {
      delay: this.#histogram.max / 1e6,
      own: this.#own,
      computing: this.#computing,
      at: this.#at,
    };
  }

  /** Forgets what was: the next standstill counts from here. */
  restart(): void {
    this.#histogram.reset();
    this.#last = performance.now();
    this.#times = threadTimes();
    this.#own = 0;
    this.#computing = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #look(): void {
    const now = performance.now();
    const { computing, waiting } = threadTimes();
    const own = now - this.#last - INTERVAL - (waiting - this.#times.waiting);
    if (own > this.#own) {
      this.#own = own;
      this.#computing = computing - this.#times.computing;
      this.#at = Date.now();
    }
    this.#last = now;
    this.#times = { computing, waiting };
  }
}

/**
 * How long this thread has had a processor, and how long it has waited for one, in milliseconds; 0
 * where the system does not say.
 */
function threadTimes(): { readonly computing: number; readonly waiting: number } {
  try {
    const text = readFileSync('/proc/thread-self/schedstat', 'latin1');
    const [computing = 0, waiting = 0] = text.split(' ').map((time) => Number(time) / 1e6);
    return { computing, waiting };
  } catch {
    return { computing: 0, waiting: 0 };
  }
}
