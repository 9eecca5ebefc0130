import { InvalidInput } from './invalid.js';

/** A moment: a Date, milliseconds since 1970, or ISO 8601 text with its time zone. */
export type Time = Date | number | string;

/** The last moment that ISO 8601 writes with four digits for the year. */
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds since 1970 of a moment. Throws an InvalidInput for anything else. */
export function readTime(field: string, value: Time): number {
  const time = typeof value === 'string' ? parseIso(value) : millisecondsOf(value);
  if (Number.isSafeInteger(time) && time >= 0 && time <= LATEST) return time;
  throw new InvalidInput(
    field,
    'expected a time between 1970 and 9999, as ISO 8601 text such as "2014-06-09T12:00:00Z" or in milliseconds',
  );
}

function millisecondsOf(value: Date | number): number {
  return value instanceof Date || typeof value === 'number' ? Number(value) : Number.NaN;
}

function parseIso(text: string): number {
  if (!ISO.test(text)) return Number.NaN;
  const day = text.slice(0, 10);
  const midnight = Date.parse(day);
  // Date.parse takes the 31st of February for the 3rd of March.
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
  return isDay ? Date.parse(text) : Number.NaN;
}
