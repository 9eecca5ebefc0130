import type { JournalRecord } from './record.js';
import { visible } from './visible-text.js';

/** What a line of the log has in it: of a request, or of anything else. */
type Entry = Partial<Omit<JournalRecord, 'time'>> & {
  readonly level?: number;
  /** ISO 8601. */
  readonly time?: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
};

/** Columns that a line has at most. */
const WIDTH = 100;
/** What comes below a time is set in as far. */
const INDENT = ' '.repeat('12:00:00 '.length);
/** pino's numbers of levels, from which on a line is about something that went wrong. */
const [WARN, ERROR] = [40, 50];

type Colour = 'bold' | 'dim' | 'red' | 'yellow';
const SGR: Readonly<Record<Colour, number>> = { bold: 1, dim: 2, red: 31, yellow: 33 };

/** Whether people see colours: on a terminal, unless they said NO_COLOR (no-color.org). */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  return isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
}

/**
 * Shows the log's lines to people, as a story: a heading when another day begins or another client speaks, then a
 * request a line with the local time, below it the sentence, nothing wider than 100 columns. Takes pino's
 * JSON, gives back one or more lines.
 */
export function storyOf(inColour: boolean): (line: string) => string {
  const paint = (text: string, colour: Colour): string =>
    inColour ? `\x1b[${SGR[colour]}m${text}\x1b[0m` : text;
  let [day, client] = ['', ''];
  return (line) => {
    const entry = JSON.parse(line) as Entry;
    const time = new Date(entry.time ?? 0);
    const lines: string[] = [];
    if (dayOf(time) !== day) {
      day = dayOf(time);
      lines.push(paint(`-- ${day} --`, 'bold'));
    }
    if (entry.address !== undefined && entry.address !== client) {
      client = entry.address;
      lines.push(paint(visible(client), 'bold'));
    }
    lines.push(...(entry.method === undefined ? remark(entry, time) : request(entry, time)));
    return `${lines.join('\n')}\n`;
  };

  function request(entry: Entry, time: Date): string[] {
    const { status = 0, duration = 0, msg = '' } = entry;
    const end = ` ${status === 0 ? '-' : status} ${Math.round(duration)}ms`;
    const what = cut(addressOf(entry), WIDTH - INDENT.length - end.length);
    const tint = tintOf(status);
    const first = `${clockOf(time)} ${what}`;
    return [
      `${paint(first, 'dim')}${tint === undefined ? end : paint(end, tint)}`,
      ...wrap(msg).map((part) => `${INDENT}${part}`),
    ];
  }

  function remark({ level = 0, msg = '', err }: Entry, time: Date): string[] {
    const tint = level >= ERROR ? 'red' : level >= WARN ? 'yellow' : undefined;
    const [first = '', ...more] = wrap(msg);
    const shown = tint === undefined ? first : paint(first, tint);
    const stack = err?.stack?.split('\n').map(visible) ?? [];
    return [`${clockOf(time)} ${shown}`, ...[...more, ...stack].map((part) => INDENT + part)];
  }
}

/** `GET /v1/images/8dbd9e39…/json?…`. */
function addressOf({ method = '', path = '', query = '' }: Entry): string {
  if (method === '' && path === '') return '(unreadable)';
  const short = path.split('/').map(shortened).join('/');
  return visible(`${method || '?'} ${short}${query === '' ? '' : `?${query}`}`);
}

function shortened(part: string): string {
  return /^[0-9a-f]{64}$/.test(part) ? `${part.slice(0, 8)}…` : part;
}

function tintOf(status: number): Colour | undefined {
  if (status >= 500 || status === 0) return 'red';
  return status >= 400 ? 'yellow' : undefined;
}

function dayOf(time: Date): string {
  return [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
}

function clockOf(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** A text in pieces that fit beside a time, cut between words where there are any. */
function wrap(text: string): string[] {
  const room = WIDTH - INDENT.length;
  const lines: string[] = [];
  let line = '';
  for (const word of visible(text).split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (widthOf(line) > room) {
      const piece = fitting(line, room);
      lines.push(piece);
      line = line.slice(piece.length);
    }
  }
  return [...lines, line];
}

/** A text, or what of it fits with a mark that there was more. */
function cut(text: string, room: number): string {
  return widthOf(text) <= room ? text : `${fitting(text, room - 1)}…`;
}

/** The start of a text that has so many columns at most. */
function fitting(text: string, room: number): string {
  let [width, end] = [0, 0];
  for (const character of text) {
    width += columnsOf(character);
    if (width > room) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** Where characters begin that take two columns on a terminal, and punctuation and symbols that do not. */
const WIDE = 0x1100;
const SYMBOLS = { from: 0x2000, to: 0x2e80 };

/** Two for letters of East Asia and pictures; for a few others that is one too many, which does no harm. */
function columnsOf(character: string): 1 | 2 {
  const code = character.codePointAt(0) ?? 0;
  return code >= WIDE && !(code >= SYMBOLS.from && code < SYMBOLS.to) ? 2 : 1;
}
