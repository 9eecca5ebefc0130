import { LANGUAGE_TAGS, type Language } from './catalogues/index.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
];

/** Milliseconds within which something counts as happening now. */
const MOMENT_LONG = 2 * SECOND;

const NOW: Readonly<Record<Language, string>> = { en: 'just now', zh: '刚刚' };

/** Made once, since making one takes longer than a line of a list. */
const RELATIVE: Readonly<Record<Language, Intl.RelativeTimeFormat>> = {
  en: new Intl.RelativeTimeFormat(LANGUAGE_TAGS.en, { numeric: 'auto' }),
  zh: new Intl.RelativeTimeFormat(LANGUAGE_TAGS.zh, { numeric: 'auto' }),
};

const MOMENT = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;
const ABSOLUTE: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  en: new Intl.DateTimeFormat(LANGUAGE_TAGS.en, MOMENT),
  zh: new Intl.DateTimeFormat(LANGUAGE_TAGS.zh, MOMENT),
};

/** "3 hours ago"; an invalid time stays as it is. `then` is ISO 8601, `now` milliseconds since 1970. */
export function ago(then: string, now: number, language: Language): string {
  const passed = Date.parse(then) - now;
  if (Number.isNaN(passed)) return then;
  if (Math.abs(passed) < MOMENT_LONG) return NOW[language];
  const [unit, length] = STEPS.find(([, each]) => Math.abs(passed) >= each) ?? ['second', SECOND];
  return spaced(RELATIVE[language].format(Math.trunc(passed / length), unit));
}

/** A blank between digits and Chinese letters, as everywhere on the pages. */
function spaced(text: string): string {
  return text.replace(/(\d)(?=\p{Script=Han})/gu, '$1 ');
}

/** "14 November 2014, 04:38 UTC". */
export function moment(then: string, language: Language): string {
  const time = Date.parse(then);
  if (Number.isNaN(time)) return then;
  return `${ABSOLUTE[language].format(time)} UTC`;
}

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

/** "67.2 MB", in thousands as docker of the time counted. */
export function size(bytes: number): string {
  let [value, unit]: [number, string] = [bytes, 'B'];
  for (const next of UNITS) {
    if (value < 1000) break;
    [value, unit] = [value / 1000, next];
  }
  const digits = unit === 'B' || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${unit}`;
}

/** The eight digits by which people and scripts of the time named images. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
