import { MOST_OUTPUT } from './bounds.js';

/** What a line has printed, as far as it is shown. */
export class Printed {
  #text = '';
  #isCut = false;

  /** Adds to it; both streams come to the same place, as on a terminal. */
  readonly add = (data: string | Uint8Array): void => {
    const room = MOST_OUTPUT - this.#text.length;
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
    if (text.length > room) this.#isCut = true;
    this.#text += text.slice(0, room);
  };

  /** Without control characters, which would steer a terminal; there is none. */
  get text(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
    const shown = this.#text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
    return this.#isCut ? `${shown}\n[… ${MOST_OUTPUT} characters are shown]\n` : shown;
  }
}
