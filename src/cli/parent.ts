import { fstatSync } from 'node:fs';

/** How often it is looked whether the parent is still there, in milliseconds. */
const PAUSE = 500;

/**
 * Calls `gone` once when `parent`, the process that started this one, has ended (it may have done so
 * already), or has closed the pipe that is standard input here. A terminal, a file and /dev/null are
 * nobody's, and are not read.
 */
export function whenParentIsGone(parent: number, gone: () => void): void {
  const timer = setInterval(() => {
    // Somebody else's child: that of process 1, or of the process that takes orphans.
    if (process.ppid !== parent) tell();
  }, PAUSE);
  const tell = (): void => {
    clearInterval(timer);
    process.stdin.off('end', tell).off('close', tell).off('error', tell).destroy();
    gone();
  };
  if (!isPipe()) return;
  process.stdin.on('end', tell).on('close', tell).on('error', tell).resume();
}

/** Whether somebody holds the other end of standard input. */
function isPipe(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket();
  } catch {
    // There is no standard input at all.
    return false;
  }
}
