import type { Ran } from './shell.js';

/** Lines that are remembered, and characters of all they printed. */
const MOST_LINES = 100;
const MOST_TEXT = 64_000;

/** A line as a reader typed it, at the prompt where they did. */
export interface Typed extends Ran {
  readonly prompt: string;
}

/** What stands in a terminal pane, the newest of it. */
export class Transcript {
  #lines: readonly Typed[] = [];

  add(typed: Typed): void {
    let room = MOST_TEXT;
    const kept: Typed[] = [];
    for (const each of [...this.#lines, typed].reverse().slice(0, MOST_LINES)) {
      room -= each.line.length + each.text.length;
      if (room < 0 && kept.length > 0) break;
      kept.unshift(each);
    }
    this.#lines = kept;
  }

  get lines(): readonly Typed[] {
    return this.#lines;
  }
}
