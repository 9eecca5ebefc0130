import { DocumentError } from '../domain/bridge/document-error.js';

export { quote } from '../domain/bridge/document-error.js';

/** Why an archive can't be taken in, or an image not be given out: one line for the person who asked. */
export class ArchiveError extends DocumentError {}

/** The same as an ArchiveError, if it is the fault of a document that a rule of the domain has read. */
export function asArchiveError(error: unknown): unknown {
  if (!(error instanceof DocumentError) || error instanceof ArchiveError) return error;
  return new ArchiveError(error.message);
}
