/** Spaces between two columns, at least. */
const PADDING = 3;

/**
 * Text in columns as Go's tabwriter sets it: each column but the last is as wide as its widest cell and
 * three spaces, and at least `narrowest`.
 */
export function table(rows: readonly (readonly string[])[], narrowest: number): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(narrowest, ...rows.map((row) => lettersIn(row[column] ?? '') + PADDING)),
  );
  return rows
    .map((row) => `${row.map((cell, at) => pad(cell, at, row, widths)).join('')}\n`)
    .join('');
}

function pad(cell: string, at: number, row: readonly string[], widths: readonly number[]): string {
  if (at === row.length - 1) return cell;
  return cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - lettersIn(cell)));
}

function lettersIn(text: string): number {
  return [...text].length;
}
