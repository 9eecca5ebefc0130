/** Where in a text something stands. */
export interface Place {
  /** The file. */
  readonly source?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
}

/** Something a test or an operator gave is wrong; the message names the field and what was expected. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  /** Where it stands, such as `then.status` or `users[2].password`; empty for the whole. */
  readonly field: string;
  /** What is wrong with it. */
  readonly problem: string;

  /** `source` is the file that it stands in. */
  constructor(field: string, problem: string, { source, line }: Place = {}) {
    const message = [source, field, problem].filter((part) => part).join(': ');
    super(line === undefined ? message : `${message} (line ${line})`);
    this.field = field;
    this.problem = problem;
  }
}
