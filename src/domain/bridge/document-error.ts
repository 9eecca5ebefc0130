import { HubError } from '../errors.js';

/**
 * Why a document of an image (its json, config or manifest) can't be read: one line that says where and
 * what was expected.
 */
export class DocumentError extends HubError<'archive'> {
  constructor(message: string) {
    super('archive', message);
  }
}

/** The longest text of a document that a message repeats. */
const LONGEST_QUOTE = 120;

/** A text of a document as a message shows it: on one line, and not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}
