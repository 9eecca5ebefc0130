import { type PlainOutput, plain } from './plain.js';
import { goDuration, humanSize } from './units.js';

/** How much of something is done, in bytes; a total of 0 is not known. */
export interface Progress {
  readonly current: number;
  readonly total: number;
}

/** A line from the daemon: what it does, and with which layer. */
export interface Message {
  readonly id?: string;
  readonly status: string;
  /** A step of something; without numbers it replaces the layer's last line. */
  readonly progress?: Progress | 'none';
}

/** How messages reach the screen; docs/played-docker.md has the shapes. */
export interface DisplayStyle {
  readonly display: 'escapes' | 'erased lines' | 'empty lines' | 'quiet progress' | 'lines';
  readonly progress: 'percent' | 'time left' | 'plain';
}

const ERASE = '\x1b[2K\r';

/** Columns from which on a bar is drawn, and those from which on the time left is told. */
const FOR_A_BAR = 110;
const FOR_THE_TIME = 50;

/** Shows the messages of one push, pull or build. */
export class Display {
  readonly #output: PlainOutput;
  readonly #style: DisplayStyle;
  readonly #now: () => number;
  readonly #lines = new Map<string, number>();
  readonly #starts = new Map<string, number>();

  constructor(output: PlainOutput, style: DisplayStyle, now: () => number) {
    this.#output = output;
    this.#style = style;
    this.#now = now;
  }

  /** Shows a message. */
  async show(given: Message): Promise<void> {
    const message = { ...given, status: plain(given.status) };
    const text = this.#style.display === 'escapes' ? this.#escaped(message) : this.#shown(message);
    if (text !== '') await this.#output.writeEscapes(text);
  }

  /** 0.6: the same with and without a terminal. */
  #escaped(message: Message): string {
    if (message.progress === undefined) return `${ERASE}${prefix(message)}${message.status}\r\n`;
    const text = [message.status, this.#percent(message.progress)].filter(Boolean).join(' ');
    return this.#atLine(message.id, `${ERASE}${prefix(message)}${text}\r`);
  }

  #shown(message: Message): string {
    const { progress } = message;
    const { isTerminal } = this.#output;
    const { display } = this.#style;
    const erases = display === 'erased lines';
    if (progress === undefined) {
      const line = `${prefix(message)}${message.status}`;
      return erases && isTerminal ? `${ERASE}${line}\r\n` : `${line}\n`;
    }
    if (isTerminal) {
      const text = `${ERASE}${prefix(message)}${message.status} ${this.#numbers(message, progress)}\r`;
      return this.#atLine(message.id, text);
    }
    if (erases || display === 'empty lines') return this.#isNew(message.id) ? '\n' : '';
    const isSilent = display === 'quiet progress' || progress !== 'none';
    return isSilent ? '' : `${prefix(message)}${message.status}\n`;
  }

  /** Moves to the layer's line and back. */
  #atLine(id: string | undefined, text: string): string {
    if (id === undefined) return text;
    const isNew = this.#isNew(id);
    const up = isNew ? 0 : this.#lines.size - (this.#lines.get(id) ?? 0);
    return `${isNew ? '\n' : ''}\x1b[${up}A${text}\x1b[${up}B`;
  }

  #isNew(id: string | undefined): boolean {
    if (id === undefined || this.#lines.has(id)) return false;
    this.#lines.set(id, this.#lines.size);
    return true;
  }

  #percent(progress: Progress | 'none'): string {
    if (progress === 'none') return '';
    const { current, total } = progress;
    if (total <= 0) return `${current}/? (n/a)`;
    const percent = Math.round((current / total) * 100);
    return `${humanSize(current).padStart(8)}/${humanSize(total)} (${percent}%)`;
  }

  #numbers(message: Message, progress: Progress | 'none'): string {
    if (progress === 'none') return '';
    const { current, total } = progress;
    const shown = humanSize(current).padStart(8);
    if (total <= 0) return shown;
    const half = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2));
    const bar = `[${'='.repeat(half)}>${' '.repeat(50 - half)}] `;
    const numbers = current > total ? shown : `${shown}/${humanSize(total)}`;
    const { columns } = this.#output;
    return (columns > FOR_A_BAR ? bar : '') + numbers + this.#timeLeft(message, progress, half);
  }

  #timeLeft({ id, status }: Message, { current, total }: Progress, half: number): string {
    const key = `${id} ${status}`;
    const now = this.#now();
    const start = this.#starts.get(key) ?? now;
    this.#starts.set(key, start);
    const isTold = this.#style.progress === 'time left' && this.#output.columns > FOR_THE_TIME;
    if (!isTold || current <= 0 || half >= 50) return '';
    // Docker counted from the beginning of the second.
    const passed = now - Math.trunc(start / 1000) * 1000;
    return ` ${goDuration(Math.trunc(((passed / current) * (total - current)) / 1000))}`;
  }
}

function prefix({ id }: Message): string {
  return id === undefined ? '' : `${plain(id)}: `;
}
