/*
 * Loaded into the hub's process before the hub (`node --expose-gc --import`): tells the fuzz, whenever
 * it asks, how long the event loop stood still and how much memory is in use.
 */
import { memory } from './memory.js';
import { StallWatch } from './stalls.js';

/** What the process says of itself. */
export interface Vitals {
  readonly stall: import('./stalls.js').Stall;
  /** Bytes in use on and off the heap, after everything unused has been freed. */
  readonly used: number;
  readonly rss: number;
  readonly warnings: readonly string[];
}

const watch = new StallWatch();
const warnings: string[] = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));
process.on('message', (question) => {
  if (question !== 'how are you?') return;
  const stall = watch.worst;
  const vitals: Vitals = { stall, ...memory(), warnings };
  // A collection that was asked for does not count as a standstill of the hub.
  watch.restart();
  process.send?.(vitals);
});
// The hub ends when it wants to, not when nobody asks any more.
process.channel?.unref();
