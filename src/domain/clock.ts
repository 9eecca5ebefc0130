/** Where the time comes from, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Where randomness comes from, so that a test can repeat it. */
export type RandomBytes = (count: number) => Buffer;

/** The time of a document: ISO 8601, UTC. */
export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
