/*
 * What is chance in what a docker prints, taken away: dates, ids of what was made then and there, how a
 * transfer came in pieces, and the order of what was done at once.
 */

/** Marks of a recording for what it leaves out: `[[… 8 more such …]]`. */
const MORE_SUCH = /\[\[… \d+ more such …\]\]/g;
const LEFT_OUT = /\n?\[\[… \d+ characters left out here, all of it in raw\/ …\]\]\n?/;

/** The escapes of a terminal, written so that they can be seen. */
const ESCAPE = '\u001b';

/** A line of a layer on a terminal, its cursor moves before and behind it. */
const FRAME = /\n?␛\[\d+A␛\[2K\r([0-9a-f]{12}|ID): ([^\r␛]*)\r␛\[\d+B/g;

/** The numbers of a transfer. */
const NUMBERS = /^(?:Pushing|Downloading|Extracting|Buffering to disk) +(?:\[=*> *\] *)?\d/;

/** Where a line ends, and where one begins, also a layer's on a terminal. */
const END_OF_LINE = new RegExp(`\\n|${ESCAPE}\\[\\d+B`, 'g');
const START_OF_LINE = new RegExp(`${ESCAPE}\\[\\d+A|\\n`);

/** How two texts are compared. */
export interface Looseness {
  /** Lines may come in another order. */
  readonly anyOrder?: boolean;
  /** Ids are those of that run. */
  readonly ownIds?: boolean;
  /** Columns are as wide as a name with a port is long. */
  readonly ownColumns?: boolean;
}

/** A text without chance. */
export function settle(text: string, loose: Looseness): string {
  let settled = text
    .replaceAll('\r\n', '\n')
    .replaceAll(ESCAPE, '␛')
    .replace(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, 'DATE')
    .replace(/time="[^"]*"/g, 'time="…"')
    .replace(/Headers: map\[.*\]\)/g, 'Headers: …)')
    .replace(/\d+(?:\.\d{6})? years ago {1,20}/g, 'YEARS ')
    .replace(MORE_SUCH, '');
  settled = withoutTransfers(settled);
  if (loose.ownIds) settled = settled.replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID');
  if (loose.ownColumns) settled = settled.replace(/ {2,}/g, '  ');
  if (loose.anyOrder) {
    settled = settled.replace(FRAME, '\n$1: $2\n');
    settled = settled.split('\n').filter(Boolean).sort().join('\n');
  }
  return settled;
}

/** Without the numbers of what goes up or comes down: how often they are told is chance. */
function withoutTransfers(text: string): string {
  return (
    text
      .replace(FRAME, (frame, _id, said: string) => (NUMBERS.test(said) ? '' : frame))
      // 0.6 pushes without ids.
      .replace(/(?:␛\[2K\rPushing +[\d.]+ k?M?B\/[\d.]+ k?M?B \(\d+%\)\r)+/g, '…')
      .replace(/Buffering to disk \d+\/\?/g, 'Buffering to disk …/?')
  );
}

/** Whether a recorded text, of which the middle may be left out, is like another. */
export function isLike(recorded: string, played: string, loose: Looseness): boolean {
  const gap = LEFT_OUT.exec(recorded);
  if (gap === null) return settle(recorded, loose) === settle(played, loose);
  const head = upToWhole(recorded.slice(0, gap.index));
  const tail = fromWhole(recorded.slice(gap.index + gap[0].length));
  const whole = settle(played, loose);
  if (loose.anyOrder) {
    const lines = new Set(whole.split('\n').map((line) => line.trim()));
    const both = `${settle(head, loose)}\n${settle(tail, loose)}`.split('\n');
    return both.every((line) => line === '' || lines.has(line.trim()));
  }
  return whole.startsWith(settle(head, loose)) && whole.endsWith(settle(tail, loose));
}

/** Up to the end of the last whole line, or of the last whole line of a layer. */
function upToWhole(text: string): string {
  const ends = [...text.matchAll(END_OF_LINE)];
  const last = ends.at(-1);
  return last === undefined ? '' : text.slice(0, last.index + last[0].length);
}

/** From the beginning of the first whole line. */
function fromWhole(text: string): string {
  const start = text.search(START_OF_LINE);
  return text.slice(start + (text.charAt(start) === '\n' ? 1 : 0));
}
