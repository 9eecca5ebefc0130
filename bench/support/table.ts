import { FIGURES, type FigureName, type Figures } from './figures.js';
import type { Outcome, Row, Target } from './row.js';
import type { Spread } from './spread.js';

/** A row that was run. */
export interface Result {
  readonly row: Row;
  readonly outcome: Outcome;
}

/** What came of a target. */
export interface Verdict {
  readonly target: Target;
  /** What the target is about; undefined where it can't be measured. */
  readonly value: Spread | undefined;
  /** Whether the median reaches it. */
  readonly met: boolean;
}

/** What came of each target of a row. */
export function verdicts({ row, outcome }: Result): Verdict[] {
  return row.targets.map((target) => {
    const { of, figure, atLeast = -Infinity, atMost = Infinity } = target;
    const value = (of === 'hub' ? outcome.hub : outcome.ratios)?.[figure];
    const met = value !== undefined && value.median >= atLeast && value.median <= atMost;
    return { target, value, met };
  });
}

/** A result for people, in a few lines. */
export function describe(result: Result): string {
  const { row, outcome } = result;
  const lines = [
    `${row.name}: ${row.work}`,
    ...verdicts(result).map((each) => `  ${judgement(each).join('  ')}`),
    `  hub       ${figures(outcome.hub)}`,
  ];
  if (outcome.baseline !== undefined) {
    lines.push(`  baseline  ${figures(outcome.baseline)}   (${row.baseline})`);
  }
  if (outcome.ratios !== undefined) lines.push(`  ratio     ${figures(outcome.ratios)}`);
  return `${lines.join('\n')}\n`;
}

/** All results, a line each. */
export function summary(results: readonly Result[]): string {
  const lines = results.flatMap((result) =>
    verdicts(result).map((each) => {
      const [met = '', ...rest] = judgement(each);
      return [met, result.row.name, ...rest];
    }),
  );
  return table(lines);
}

/** Whether a target was met, what it is, and what was measured. */
function judgement({ target, value, met }: Verdict): string[] {
  const measured = value === undefined ? 'not measurable here' : spread(value);
  return [met ? 'reached' : 'MISSED ', describeTarget(target), measured];
}

/** Columns, each as wide as its widest cell. */
function table(lines: readonly (readonly string[])[]): string {
  const widthOf = (column: number) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widthOf(column)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function describeTarget({ of, figure, atLeast, atMost }: Target): string {
  const what = of === 'ratio' ? `hub / baseline, ${FIGURES[figure]}` : FIGURES[figure];
  return atLeast === undefined ? `${what} at most ${atMost}` : `${what} at least ${atLeast}`;
}

function figures(all: Figures): string {
  return Object.entries(all)
    .map(([name, value]) => `${FIGURES[name as FigureName]} ${spread(value)}`)
    .join('  |  ');
}

/** The median, with the least and the greatest. */
function spread({ min, median, max }: Spread): string {
  return `${number(median)} (${number(min)}–${number(max)})`;
}

function number(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
