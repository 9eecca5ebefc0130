import { readFileSync } from 'node:fs';

/**
 * Which boot of the system this is, or undefined where it does not say. As long as it is the same one, what
 * a killed process has written can be read, forced to the disk or not.
 */
export function thisBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
