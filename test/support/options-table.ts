import { readFileSync, writeFileSync } from 'node:fs';
import { flagName, isOnByItself, type OptionRow, rows } from '../../src/options/table.js';
import { packageRoot } from '../../src/version.js';

/* The tables of options in the manual, made from the rows of src/options/table.ts. */

const BEGIN = '<!-- options: npm run options -->';
const END = '<!-- /options -->';

type NamedRow = (typeof rows)[number];

/** Where the tables stand. */
export const OPTIONS_DOCUMENT = new URL('docs/options.md', packageRoot);

/** The part of a document that is made from the rows. Throws an Error where it has none. */
export function tablesIn(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`there is no ${BEGIN} … ${END}`);
  return document.slice(begin, end + END.length);
}

/** The same part, as it has to be. */
export function makeTables(): string {
  const flags = rows.filter(({ only }) => only !== 'startHub').map((row) => line(flagOf(row), row));
  const fields = rows.filter(({ only }) => only === 'startHub').map((row) => line(row.name, row));
  return [
    BEGIN,
    '| flag | meaning | default |',
    '|---|---|---|',
    ...flags,
    '',
    'Of `startHub` alone:',
    '',
    '| field | meaning | default |',
    '|---|---|---|',
    ...fields,
    END,
  ].join('\n');
}

/** Writes the tables into their document. */
export function writeTables(): void {
  const document = readFileSync(OPTIONS_DOCUMENT, 'utf8');
  const tables = makeTables();
  writeFileSync(
    OPTIONS_DOCUMENT,
    document.replace(tablesIn(document), () => tables),
  );
}

function flagOf({ name, kind, value = '' }: NamedRow): string {
  const shown = kind.choices?.length === 1 ? String(kind.choices[0]) : value.toUpperCase();
  return `--${flagName(name)} ${shown}`.trim();
}

function line(name: string, row: OptionRow): string {
  const { kind, more, only } = row;
  const { choices = [] } = kind;
  const parts = [
    row.help,
    ...(choices.length > 1 ? [choices.map((each) => `\`${String(each)}\``).join(', ')] : []),
    ...(more === undefined ? [] : [more]),
    ...(only === 'command line' ? ['not of `startHub`'] : []),
  ];
  return `| \`${name}\` | ${parts.join('; ')} | ${defaultOf(row)} |`.replaceAll(/ +\|/g, ' |');
}

/** A value of an option as people are shown it. */
export function show({ kind }: OptionRow, value: unknown): string {
  return kind.unit === 'bytes' ? inBytes(value) : inWords(value);
}

function defaultOf(row: OptionRow): string {
  const { kind, otherwise = '', default: usual, commandDefault } = row;
  if (commandDefault !== undefined) {
    const ofStartHub = usual === undefined ? '' : ` (\`startHub\`: ${show(row, usual)})`;
    return `${show(row, commandDefault)}${ofStartHub}`;
  }
  if (isOnByItself(row)) return 'off';
  if (usual !== undefined) return show(row, usual);
  return kind.isSwitch ? 'off' : otherwise;
}

function inWords(value: unknown): string {
  return typeof value === 'number' && value >= 10_000
    ? value.toLocaleString('en-US')
    : String(value);
}

function inBytes(value: unknown): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let amount = Number(value);
  let unit = 0;
  while (amount % 1024 === 0 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount} ${units[unit]}`;
}
