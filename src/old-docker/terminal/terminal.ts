/** Where a command writes. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  write(data: string | Uint8Array): void | Promise<void>;
}

/** Where a command reads. */
export interface Input {
  readonly isTerminal: boolean;
  /** The next line without its end; undefined where there is none. */
  readLine(): Promise<string | undefined>;
  /** The same, typed unseen; only of a terminal. */
  readSecret(): Promise<string | undefined>;
  /** All that comes. */
  bytes(): AsyncIterable<Buffer>;
}

/** What a command of the played docker talks to: a real terminal, or a pane in a page. */
export interface Terminal {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}
