import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Memory of a process, in bytes. */
export interface Memory {
  /** In use on the heap and in buffers. */
  readonly used: number;
  readonly rss: number;
}

/** What this process really needs, after everything unused has been freed. */
export function memory(): Memory {
  const collect = collector();
  // What the first round finalizes, the second frees.
  for (let round = 0; round < 3; round += 1) collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}

function collector(): () => void {
  if (globalThis.gc !== undefined) return globalThis.gc;
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
