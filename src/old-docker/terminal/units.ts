const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size as docker prints it: four significant digits, in steps of 1000. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${fourDigits(value)} ${UNITS[unit]}`;
}

/** `%.4g`, for numbers below a million. */
function fourDigits(value: number): string {
  return String(Number(value.toPrecision(4)));
}

const SECONDS = { minute: 60, hour: 3600, day: 86_400, year: 365 * 86_400 };

/** The longest span that Go's time.Duration holds, in milliseconds: 2^63 nanoseconds, 292 years. Go stops there. */
const LONGEST = 2 ** 63 / 1e6;

/**
 * A span of time as docker prints it, without "ago".
 * @param exactYears to six decimals, as before 1.7
 */
export function humanDuration(milliseconds: number, exactYears: boolean): string {
  const span = Math.min(milliseconds, LONGEST);
  const seconds = Math.trunc(span / 1000);
  const minutes = Math.trunc(seconds / SECONDS.minute);
  const hours = Math.trunc(seconds / SECONDS.hour);
  if (seconds < 1) return 'Less than a second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 3) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  const years = span / 1000 / SECONDS.year;
  return `${exactYears ? years.toFixed(6) : Math.trunc(years)} years`;
}

/** A time left as Go prints a duration of whole seconds: `0`, `9s`, `1m2s`, `1h0m3s`. */
export function goDuration(seconds: number): string {
  if (seconds <= 0) return '0';
  const [hours, minutes] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60];
  const parts = [
    ...(hours > 0 ? [`${hours}h`] : []),
    ...(hours > 0 || minutes > 0 ? [`${minutes}m`] : []),
    `${seconds % 60}s`,
  ];
  return parts.join('');
}

/** The first twelve digits of an id, without its algorithm. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
