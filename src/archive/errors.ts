import { HubError } from '../domain/errors.js';

/** Why an archive can't be taken in, or an image not be given out: one line for the person who asked. */
export class ArchiveError extends HubError<'archive'> {
  constructor(message: string) {
    super('archive', message);
  }
}

/** The longest text of an archive that a message repeats. */
const LONGEST_QUOTE = 120;

/** A text of an archive as a message shows it: on one line, and not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}
