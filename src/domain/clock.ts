/** Where the time comes from, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Where randomness comes from, so that a test can repeat it. */
export type RandomBytes = (count: number) => Buffer;

/** Randomness of somebody's own, whose bytes need be no Buffer. */
export function randomBytesOf(source: (count: number) => Uint8Array): RandomBytes {
  return (count) => Buffer.from(source(count));
}

/** The time of a document: ISO 8601, UTC. */
export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
