import type { FaultRule } from './harness/fault-rule.js';
import type { Seed } from './harness/seed-content.js';
import type { Time } from './input/time.js';
import type { Settings } from './options/settings.js';
import type { DiskStep } from './storage/files/disk-step.js';

/*
 * What a hub is started with. Nothing here needs another package, so that the types of startHub are whole
 * by themselves.
 */

/** Everything that can be set about a hub: its settings, and what a test has in store for it. */
export interface HubOptions extends Settings {
  /** What the hub begins with, and goes back to on a reset: an object, or a JSON or YAML file. */
  readonly seed?: Seed | string;
  /** Faults to begin with. */
  readonly faults?: readonly FaultRule[];
  /** The time: a clock, or a moment at which it stands still. */
  readonly clock?: { now(): number } | Time;
  readonly random?: (count: number) => Uint8Array;
  /** Called before each step of a write to the disk; what it throws fails that step. For tests. */
  readonly onDiskStep?: (step: DiskStep, path: string) => void;
}
