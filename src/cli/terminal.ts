import { visible } from '../journal/visible-text.js';

/** A line for the person at the terminal, with nothing in it that a terminal obeys. */
export function print(line: string): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** The same beside what the command is for, where standard output may be that. */
export function note(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

/** What went wrong, as one line that looks like nothing else. */
export function complain(message: string): void {
  process.stderr.write(complaint(message));
}

/** A line, and further ones that are set in, so that nobody takes them for lines of their own. */
export function complaint(message: string): string {
  return `hub-v1: ${message.split('\n').map(visible).join('\n  ')}\n`;
}

/**
 * Lets a command go on when nobody reads what it prints any more, as with `hub-v1 check | head`: what it does
 * is done to its end, and its exit code says how that went. Anything else that keeps it from printing is said.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || stream === process.stderr) return;
      complain(`cannot write to standard output: ${error.message}`);
      process.exitCode = 1;
    });
  }
}
