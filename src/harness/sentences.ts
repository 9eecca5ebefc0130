import type { Who } from './record.js';

/** What a sentence is made from. */
export interface Step {
  readonly method: string;
  readonly path: string;
  /** The route's pattern, or undefined where no route answered. */
  readonly route: string | undefined;
  readonly status: number;
  readonly userAgent: string;
  readonly who: Who;
  /** The start of the request's body. */
  readonly requestBody: string;
}

/** One plain sentence that tells what a step is in the protocol, as a teacher would. */
export function describeStep(step: Step): string {
  return `${step.method} ${step.path} was answered ${step.status}`;
}
