import { compareVersions, type History, inVersion } from '../eras/versions.js';
import type { Wording } from '../eras/wording.js';

/** An option of a command. */
export interface Flag {
  /** `no-trunc`; 0.6 to 0.8 had it with one dash. */
  readonly name: string;
  readonly short?: string;
  /** What 0.6 to 0.8 called it. */
  readonly old?: string;
  /** The empty value as a usage shows it: `false`, `""`, `0` or `[]`. */
  readonly empty: 'false' | '""' | '0' | '[]';
  readonly help: History<string>;
  readonly since?: string;
  readonly before?: string;
  /** From here on it is taken, but no usage tells of it. */
  readonly hiddenFrom?: string;
}

/** What was given: the options by their long names, and what follows them. */
export interface Given {
  readonly options: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

/** An option that the version does not know, as it names it. */
export class UnknownFlag extends Error {
  override readonly name = 'UnknownFlag';
}

/** Whether a version has an option. */
export function hasFlag(version: string, { since = '0', before }: Flag): boolean {
  const isOld = before === undefined || compareVersions(version, before) < 0;
  return compareVersions(version, since) >= 0 && isOld;
}

/**
 * Reads options up to the first other word; from 1.12 on they may stand anywhere.
 * @throws UnknownFlag
 */
export function readFlags(
  version: string,
  wording: Wording,
  flags: readonly Flag[],
  given: readonly string[],
): Given {
  const options = new Map<string, string>();
  const words: string[] = [];
  const waiting = [...given];
  const known = flags.filter((flag) => hasFlag(version, flag));
  for (let word = waiting.shift(); word !== undefined; word = waiting.shift()) {
    if (word === '--') return { options, words: [...words, ...waiting] };
    if (!/^-./.test(word)) {
      if (wording.badOption !== 'unknown flag') return { options, words: [word, ...waiting] };
      words.push(word);
      continue;
    }
    const [left = '', ...right] = word.split('=');
    const flag = known.find((each) => isCalled(each, left));
    if (flag === undefined) throw new UnknownFlag(shownFlag(version, wording, left));
    const isSwitch = flag.empty === 'false';
    const value = right.length > 0 ? right.join('=') : isSwitch ? 'true' : (waiting.shift() ?? '');
    options.set(flag.name, value);
  }
  return { options, words };
}

function isCalled({ name, short, old }: Flag, left: string): boolean {
  const letters = left.replace(/^--?/, '');
  return letters === name || letters === short || letters === old;
}

function shownFlag(version: string, { badOption }: Wording, left: string): string {
  if (badOption === 'unknown flag') return `unknown flag: ${left}`;
  const oneDash = compareVersions(version, '0.9') < 0;
  return `flag provided but not defined: ${oneDash ? left.replace(/^--/, '-') : left}`;
}

function isHidden(version: string, { hiddenFrom }: Flag): boolean {
  return hiddenFrom !== undefined && compareVersions(version, hiddenFrom) >= 0;
}

/** The options of a usage text, a line each. */
export function usageOfFlags(version: string, flags: readonly Flag[]): string {
  const known = flags.filter((flag) => hasFlag(version, flag) && !isHidden(version, flag));
  if (compareVersions(version, '0.9') < 0) {
    return known
      .map(({ name, short, old, empty, help }) => {
        const called = old ?? short ?? name;
        return `  -${called}=${empty}: ${inVersion(version, help)}\n`;
      })
      .join('');
  }
  const lines = known.map(({ name, short, empty, help }) => {
    const called = short === undefined ? `--${name}` : `-${short}, --${name}`;
    return [`${called}=${empty}`, inVersion(version, help)] as const;
  });
  if (compareVersions(version, '1.0') < 0) {
    return lines.map(([called, help]) => `  ${called}: ${help}\n`).join('');
  }
  const width = Math.max(0, ...lines.map(([called]) => called.length)) + 4;
  return lines.map(([called, help]) => `  ${called.padEnd(width)}${help}\n`).join('');
}
