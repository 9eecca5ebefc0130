import { HubError } from '../domain/errors.js';

/** Why a rescue can't be done at all: one line for the person who asked. */
export class RescueError extends Error {
  override readonly name = 'RescueError';
}

/** Why one thing of an old registry can't come: it is reported and left out. */
export class BrokenError extends Error {
  override readonly name = 'BrokenError';
}

/** The longest text of an old registry that a message repeats. */
const LONGEST_QUOTE = 120;

/** A text of an old registry as a message shows it: on one line, and not too long. */
export function quote(text: string, longest = LONGEST_QUOTE): string {
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/**
 * Why one thing is left out. Throws again what the next thing would meet as well: a full disk, or a mistake in
 * the program.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof BrokenError || error instanceof HubError) return error.message;
  throw error;
}

/** An error of a full disk, with the folder on it; any other error as it is. Those of threads have no code. */
export function withFolder(error: unknown, folder: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!/^(?:ENOSPC|EDQUOT)\b/.test(code ?? message)) return error;
  return new RescueError(`there is no space left for ${folder}: ${message}`);
}
