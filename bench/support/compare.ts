import { ratiosOf, type Sample, summarise } from './figures.js';
import { cpuTime, memory } from './proc.js';
import type { Outcome } from './row.js';

/** What one run did. */
export interface Run {
  /** Pieces of work: requests, pushes, layers. */
  readonly done: number;
  readonly seconds: number;
  /** Milliseconds that 99 of 100 were answered within. */
  readonly p99?: number;
}

/** One side of a comparison, in a process of its own. */
export interface Side {
  readonly pid: number;
  /** Puts the side under load once. */
  run(): Promise<Run>;
  /** What has to be done before each run and is not measured. */
  prepare?(): Promise<void>;
}

/**
 * Measures the hub and its baseline in turns, A B A B …, so that what else the machine does meets
 * both; each has had a run before that counts for nothing, as its code is compiled on the way.
 */
export async function compare(
  { hub, baseline }: { readonly hub: Side; readonly baseline: Side },
  rounds: number,
): Promise<Outcome> {
  await measure(hub);
  await measure(baseline);
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await measure(hub));
    theirs.push(await measure(baseline));
  }
  return { hub: summarise(ours), baseline: summarise(theirs), ratios: ratiosOf(ours, theirs) };
}

/** Runs a side once, looking at what its process used. */
export async function measure(side: Side): Promise<Sample> {
  await side.prepare?.();
  const before = cpuTime(side.pid);
  const { done, seconds, p99 } = await side.run();
  const after = cpuTime(side.pid);
  const peak = memory(side.pid)?.peak;
  return {
    perSecond: done / seconds,
    each: (seconds * 1000) / done,
    ...(before === undefined || after === undefined ? {} : { cpu: (after - before) / done }),
    ...(p99 === undefined ? {} : { p99 }),
    ...(peak === undefined ? {} : { peak }),
  };
}
