import type { Output, Terminal } from './terminal.js';

const SPACE = 0x20;
const DELETE = 0x7f;
const LAST_CONTROL = 0x9f;

/** A text without what a terminal would obey: each control letter but line ends and tabs is `?`. */
export function plain(text: string): string {
  return [...text].map((letter) => (isObeyed(letter) ? '?' : letter)).join('');
}

function isObeyed(letter: string): boolean {
  if (letter === '\n' || letter === '\t') return false;
  const code = letter.codePointAt(0) ?? SPACE;
  return code < SPACE || (code >= DELETE && code <= LAST_CONTROL);
}

/** An output on which everything is shown and nothing obeyed, unless it is this docker's own. */
export class PlainOutput implements Output {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  get isTerminal(): boolean {
    return this.#output.isTerminal;
  }

  get columns(): number {
    return this.#output.columns;
  }

  /** Bytes are an archive, which stays as it is where no terminal shows it. */
  async write(data: string | Uint8Array): Promise<void> {
    if (typeof data === 'string') await this.#output.write(plain(data));
    else if (!this.isTerminal) await this.#output.write(data);
    else await this.#output.write(plain(Buffer.from(data).toString('latin1')));
  }

  /** Writes a text with escapes of our own; what others said in it has been through {@link plain}. */
  async writeEscapes(text: string): Promise<void> {
    await this.#output.write(text);
  }
}

/** A terminal as commands have it. */
export interface PlainTerminal extends Terminal {
  readonly stdout: PlainOutput;
  readonly stderr: PlainOutput;
}

/** The same terminal, its outputs obeying nobody else. */
export function plainTerminal({ stdin, stdout, stderr }: Terminal): PlainTerminal {
  return { stdin, stdout: new PlainOutput(stdout), stderr: new PlainOutput(stderr) };
}
