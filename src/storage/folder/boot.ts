import { readFileSync } from 'node:fs';

/** Which boot of the system this is, or undefined where it does not say; processes are told apart by it. */
export function thisBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
