import type { FigureName, Figures } from './figures.js';

/** How a run of the bench is to be done. */
export interface BenchOptions {
  readonly rounds: number;
  /** How long one side of one round is under load. */
  readonly seconds: number;
  /** How many images an old registry has that is rescued. */
  readonly images: number;
  /** A folder of the row's own, on a real disk; removed afterwards. */
  readonly folder: string;
}

/** What a row has to reach: the median of a figure of the hub, or of its ratio to the baseline's. */
export interface Target {
  readonly of: 'hub' | 'ratio';
  readonly figure: FigureName;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What a row measured. */
export interface Outcome {
  readonly hub: Figures;
  readonly baseline?: Figures;
  readonly ratios?: Figures;
}

/** One line of the table: some work, and what it is held against. */
export interface Row {
  readonly name: string;
  readonly work: string;
  readonly baseline: string;
  readonly targets: readonly Target[];
  run(options: BenchOptions): Promise<Outcome>;
}
