/*
 * The three forms of a date that a recipient must take (RFC 9110 §5.6.7). `Date.parse` takes many more.
 */

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const TODAY =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const OLD =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d) GMT$/;
/** `Sun Nov  6 08:49:37 1994` */
const OF_ASCTIME =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** An HTTP date in milliseconds since 1970, at `now` for years of two digits; undefined for an invalid one. */
export function parseHttpDate(text: string, now = Date.now()): number | undefined {
  const [day = '', month = '', year = '', time = ''] = partsOf(text);
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  const date = `${number}-${day.replace(' ', '0')}`;
  const parsed = Date.parse(`${fullYear(year, now)}-${date}T${time}Z`);
  // A 30th of February is moved to March.
  const isReal = !Number.isNaN(parsed) && new Date(parsed).toISOString().slice(5, 10) === date;
  return isReal ? parsed : undefined;
}

/** Day, month, year and time; nothing for an invalid date. */
function partsOf(text: string): string[] {
  const parts = (TODAY.exec(text) ?? OLD.exec(text))?.slice(1);
  if (parts !== undefined) return parts;
  const [, month, day, time, year] = OF_ASCTIME.exec(text) ?? [];
  return month && day && time && year ? [day, month, year, time] : [];
}

/** One that seems to be more than 50 years away is a past one (RFC 9110 §5.6.7). */
function fullYear(year: string, now: number): string {
  if (year.length !== 2) return year;
  const thisYear = new Date(now).getUTCFullYear();
  const century = thisYear - (thisYear % 100);
  const full = century + Number(year);
  return String(full > thisYear + 50 ? full - 100 : full);
}
