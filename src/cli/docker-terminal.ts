import type { Readable } from 'node:stream';
import type { Input, Output, Terminal } from '../old-docker/index.js';

const DEFAULT_COLUMNS = 80;

/** The keys that end a line that is typed unseen, take a letter back, and interrupt. */
const ENTER = '\r\n\u0004';
const ERASE = '\u007f\b';
const INTERRUPT = '\u0003';

/** Standard input, output and error of this process. */
export function ownTerminal(): Terminal {
  return {
    stdin: new OwnInput(process.stdin),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY === true,
    columns: stream.columns || DEFAULT_COLUMNS,
    write: (data) =>
      new Promise((resolve) => {
        // The command goes on without a reader: src/cli/terminal.ts has the rest.
        stream.write(data, () => resolve());
      }),
  };
}

class OwnInput implements Input {
  readonly #stream: NodeJS.ReadStream;
  #pieces: AsyncIterator<Buffer> | undefined;
  #waiting = Buffer.alloc(0);

  constructor(stream: NodeJS.ReadStream) {
    this.#stream = stream;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#waiting.indexOf('\n');
      if (end >= 0) return this.#take(end + 1).replace(/\r?\n$/, '');
      const piece = await this.#next();
      if (piece === undefined) {
        return this.#waiting.length > 0 ? this.#take(this.#waiting.length) : undefined;
      }
      this.#waiting = Buffer.concat([this.#waiting, piece]);
    }
  }

  async readSecret(): Promise<string | undefined> {
    this.#stream.setRawMode(true);
    let typed = '';
    try {
      for (;;) {
        const piece = this.#waiting.length > 0 ? this.#takeAll() : await this.#next();
        if (piece === undefined) return typed === '' ? undefined : typed;
        const letters = [...piece.toString('utf8')];
        for (const [at, letter] of letters.entries()) {
          if (letter === INTERRUPT) process.kill(process.pid, 'SIGINT');
          if (ENTER.includes(letter)) {
            this.#waiting = Buffer.from(letters.slice(at + 1).join(''));
            return typed;
          }
          typed = ERASE.includes(letter) ? typed.slice(0, -1) : typed + letter;
        }
      }
    } finally {
      this.#stream.setRawMode(false);
      this.#stream.pause();
    }
  }

  async *bytes(): AsyncIterable<Buffer> {
    if (this.#waiting.length > 0) yield this.#takeAll();
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      yield piece;
    }
  }

  #take(length: number): string {
    const text = this.#waiting.toString('utf8', 0, length);
    this.#waiting = this.#waiting.subarray(length);
    return text;
  }

  #takeAll(): Buffer {
    const all = this.#waiting;
    this.#waiting = Buffer.alloc(0);
    return all;
  }

  async #next(): Promise<Buffer | undefined> {
    const input: Readable = this.#stream;
    this.#pieces ??= input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { done, value } = await this.#pieces.next();
    return done === true ? undefined : value;
  }
}
