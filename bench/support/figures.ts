import { type Spread, spreadOf } from './spread.js';

/** What can be measured, and how a table calls it. */
export const FIGURES = {
  perSecond: 'a second',
  each: 'ms each',
  cpu: 'CPU ms each',
  p99: 'p99 ms',
  seconds: 'seconds',
  added: 'added MB',
  peak: 'peak MB',
} as const;

export type FigureName = keyof typeof FIGURES;

/** What one run came to; what can't be measured here is missing. */
export type Sample = Readonly<Partial<Record<FigureName, number>>>;

/** What all rounds came to. */
export type Figures = Readonly<Partial<Record<FigureName, Spread>>>;

/** Least, middle and greatest of every figure that all samples have. */
export function summarise(samples: readonly Sample[]): Figures {
  const figures: Partial<Record<FigureName, Spread>> = {};
  for (const name of Object.keys(FIGURES) as FigureName[]) {
    const values = samples.map((sample) => sample[name]).filter((value) => value !== undefined);
    if (values.length > 0 && values.length === samples.length) figures[name] = spreadOf(values);
  }
  return figures;
}

/** What the hub came to, divided by the baseline beside it in time: round by round, then summed up. */
export function ratiosOf(hub: readonly Sample[], baseline: readonly Sample[]): Figures {
  const pairs = hub.map((sample, round) => ratioOf(sample, baseline[round] ?? {}));
  return summarise(pairs);
}

function ratioOf(hub: Sample, baseline: Sample): Sample {
  const ratio: Partial<Record<FigureName, number>> = {};
  for (const name of Object.keys(FIGURES) as FigureName[]) {
    const [ours, theirs] = [hub[name], baseline[name]];
    // Some CPU times are too short for the system's clock, whose ticks are 10 ms long.
    if (ours !== undefined && theirs) ratio[name] = ours / theirs;
  }
  return ratio;
}
