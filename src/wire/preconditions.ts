import type { IncomingMessage } from 'node:http';
import { parseHttpDate } from './http-date.js';

/** What can be told of a representation: its strong entity tag, quoted, and its HTTP date. */
export interface Validators {
  readonly etag: string;
  readonly modified: string;
}

/** What a GET or HEAD with conditions gets: the representation, 304, or 412. */
export type Verdict = 'proceed' | 'unchanged' | 'failed';

/**
 * Weighs the conditions of a GET or HEAD in the order of RFC 9110 §13.2.2. An invalid date
 * is ignored (§13.1.3, §13.1.4).
 */
export function weigh({ headers }: IncomingMessage, validators: Validators): Verdict {
  const { 'if-match': wanted, 'if-none-match': known } = headers;
  if (wanted !== undefined) {
    if (!names(wanted, validators.etag)) return 'failed';
  } else if (isBefore(headers['if-unmodified-since'], validators) === true) return 'failed';
  if (known !== undefined) {
    return names(known.replaceAll('W/"', '"'), validators.etag) ? 'unchanged' : 'proceed';
  }
  return isBefore(headers['if-modified-since'], validators) === false ? 'unchanged' : 'proceed';
}

/** Whether a date comes before that of the representation; undefined where none is given. */
function isBefore(date: string | undefined, { modified }: Validators): boolean | undefined {
  const given = date === undefined ? undefined : parseHttpDate(date);
  return given === undefined ? undefined : given < Date.parse(modified);
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((each) => ['*', etag].includes(each.trim()));
}
