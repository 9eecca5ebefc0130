/** A line for the person at the terminal. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line about what went wrong. */
export function complain(message: string): void {
  process.stderr.write(`hub-v1: ${message}\n`);
}
