import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { force } from '../files/force.js';

/** Where the two segments of a log lie. */
export function logFiles(folder: string): readonly [string, string] {
  return [join(folder, 'changes-0.log'), join(folder, 'changes-1.log')];
}

/**
 * Removes segments of a log, the older one first, each durably before the next: left alone, the older one
 * would take back what the newer one says. What is gone already counts as removed.
 */
export async function removeInOrder(folder: string, segments: readonly string[]): Promise<void> {
  for (const segment of segments) {
    await rm(segment, { force: true });
    await force(folder);
  }
}
