import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';

/**
 * Writes a file that was not there before, for its owner alone, and forces it to the disk; nothing is left of
 * it where that fails. Each step is waited for, so this is for a thread of its own. Rejects with the error of
 * the system, or of the source.
 */
export async function writeForced(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    for await (const chunk of source) writeAll(descriptor, chunk);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written);
  }
}

/** Removes a file that a thread was writing when it was ended; never throws, since something else failed before. */
export function removeForced(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A start removes it.
  }
}
