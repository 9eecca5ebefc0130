import { Presets, SingleBar } from 'cli-progress';

/** Something that takes its time, in bytes. */
export interface Progress {
  advance(bytes: number): void;
  end(): void;
}

/** A bar on a terminal, on standard error; nothing where nobody watches. */
export function showProgress(title: string, bytes: number): Progress {
  if (!process.stderr.isTTY || bytes === 0) return { advance: () => {}, end: () => {} };
  const bar = new SingleBar(
    { format: `${title} {bar} {percentage} % of ${formatBytes(bytes)}, {eta_formatted} left` },
    Presets.shades_classic,
  );
  bar.start(bytes, 0);
  return { advance: (count) => bar.increment(count), end: () => bar.stop() };
}

/** A length for people: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}
