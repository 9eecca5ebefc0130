import type { Parts, Step } from './step.js';

/** A part of a sentence, whose subject takes the step: "asks whether …", "uploads …". */
export type Deed = (step: Step, parts: Parts) => string;

/** How a step ended, in words of its operation; undefined: as for every operation. */
export type End = (step: Step) => string | undefined;

/** One operation in words. */
export interface Telling {
  readonly deed: Deed;
  /** By status; undefined or none: as for every operation. */
  readonly ends?: Readonly<Record<number, End>>;
}

/** Always the same words. */
export const is = (text: string) => (): string => text;
