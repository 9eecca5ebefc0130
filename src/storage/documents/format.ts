import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hubShape } from './shapes.js';

/**
 * The format of a data directory, if it is not this hub's: one of other rules, by which nothing may be
 * judged or changed here. Undefined for this hub's own, and where there is none that can be read.
 */
export function foreignFormat(folder: string): number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(folder, hubShape.place('')), 'utf8'));
  } catch {
    // Missing or broken: that is for others to say.
    return undefined;
  }
  const format = (value as { format?: unknown } | null)?.format;
  return typeof format === 'number' && format !== 1 ? format : undefined;
}
