/** What a command waits for: a word that is shown as it is typed, or a secret. */
export type Asks = 'word' | 'secret';

/**
 * What a reader has typed at the prompts of a command. Nothing waits between two lines: a command that asks for more is
 * done again, from its start, once there is another answer. So only commands may ask that do nothing before.
 */
export class Answers {
  readonly #given: readonly string[];
  #taken = 0;
  #missing: Asks | undefined;

  constructor(given: readonly string[]) {
    this.#given = given;
  }

  /** The next answer; undefined where there is none, which the command then has asked for. */
  take(asks: Asks): string | undefined {
    const answer = this.#given[this.#taken];
    this.#taken += 1;
    if (answer === undefined) this.#missing ??= asks;
    return answer;
  }

  /** What the command has asked for in vain; what it says and does after that does not count. */
  get missing(): Asks | undefined {
    return this.#missing;
  }
}
