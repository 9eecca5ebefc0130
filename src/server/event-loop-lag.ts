import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop is asked whether it is late, in milliseconds. */
const RESOLUTION = 10;
const NANOSECONDS = 1e9;

/** How late the event loop was, in seconds, by quantile. */
export type Lag = Readonly<Record<'0.5' | '0.99' | '1', number>>;

/** Watches the event loop from the first question on: without questions there is no timer. */
export class EventLoopLag {
  #histogram: IntervalHistogram | undefined;

  /** The lag since the last question; zeros the first time. */
  take(): Lag {
    const histogram = this.#histogram;
    if (histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
      this.#histogram.enable();
      return { '0.5': 0, '0.99': 0, '1': 0 };
    }
    const { max } = histogram;
    const lag = {
      '0.5': late(histogram.percentile(50)),
      '0.99': late(histogram.percentile(99)),
      '1': late(max),
    };
    histogram.reset();
    return lag;
  }

  /** Stops watching. */
  close(): void {
    this.#histogram?.disable();
  }
}

/** Node measures from one question to the next; what is beyond the pause between them is lag. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION / 1000);
}
