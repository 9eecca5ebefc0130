/** Compares versions part by part; negative if `left` is the older. */
export function compareVersions(left: string, right: string): number {
  const a = left.split('.').map(Number);
  const b = right.split('.').map(Number);
  for (let part = 0; part < Math.max(a.length, b.length); part += 1) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** What held from which version on, oldest first; the first entry is that of the oldest. */
export type History<T> = readonly [
  readonly [first: string, value: T],
  ...(readonly [first: string, value: T])[],
];

/** What held in `version`. */
export function inVersion<T>(version: string, history: History<T>): T {
  let [[, value]] = history;
  for (const [first, next] of history) {
    if (compareVersions(version, first) >= 0) value = next;
  }
  return value;
}

/** Whether the version in question is this one or a later one. */
export type Since = (first: string) => boolean;
