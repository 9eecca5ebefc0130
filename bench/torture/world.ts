import { type Client, Gone, Unexpected } from './client.js';
import { FolderVerifier } from './folder.js';
import type { RepositoryRecord } from './ledger.js';
import { Random } from './random.js';
import { Verifier } from './verify.js';
import { emptyTally, type Tally, Writer } from './writer.js';

/** How far a violation list goes; one broken promise is as bad as a thousand. */
const MOST_VIOLATIONS = 50;

/** What a writer does with an answer that it did not want: true when that was to be expected. */
export type Excuse = (error: Unexpected) => boolean;

/** The writers at one hub, what it has promised them, and where it broke a promise. */
export class World {
  readonly random: Random;
  readonly tally: Tally = emptyTally();
  readonly violations: string[] = [];
  readonly counts = { answered: 0, cutOff: 0, looks: 0, files: 0 };
  readonly #writers: readonly Writer[];
  readonly #folder: string;
  readonly #files: FolderVerifier;
  /** Which round it is, for the list of violations. */
  round = 0;

  constructor(folder: string, seed: string, writers: number) {
    this.random = new Random(seed);
    this.#folder = folder;
    this.#files = new FolderVerifier(folder, (violation) => this.complain(violation));
    this.#writers = Array.from(
      { length: writers },
      (_, number) => new Writer(`w${number}`, new Random(`${seed} ${number}`), this.tally),
    );
  }

  complain(violation: string): void {
    if (this.violations.length >= MOST_VIOLATIONS) return;
    this.violations.push(`round ${this.round}: ${violation}`);
  }

  /** Runs part of a torture; that it fails, such as a hub that does not start, is a violation too. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.complain((error as Error).message);
    }
  }

  /**
   * Lets all writers write side by side, each until `isOver` says so or the hub dies. Dying is a
   * violation unless `isOver` by then, and so is a refusal without an excuse.
   */
  async write(client: Client, isOver: () => boolean, excuse: Excuse = () => false): Promise<void> {
    await this.#eachWriter(isOver, async (writer) => {
      while (!isOver()) {
        try {
          await writer.act(client);
        } catch (error) {
          if (!(error instanceof Unexpected && excuse(error))) throw error;
          // What came of it must be known before anything is built on it.
          await this.#verifyWriter(client, writer, false);
        }
      }
    });
  }

  /** Pushes again, to the end, what was cut off. */
  async repeatPushes(client: Client): Promise<void> {
    await this.#eachWriter(never, async (writer) => {
      for (const repository of writer.unfinished()) await writer.repeat(client, repository);
    });
  }

  /** Holds the hub against all that it acknowledged, over HTTP and in its folder. */
  async verify(client: Client, isThorough: boolean): Promise<void> {
    await this.#eachWriter(never, (writer) => this.#verifyWriter(client, writer, isThorough));
    this.#files.verify();
    this.counts.files = this.#files.files;
  }

  /** Every push that was cut off and not repeated yet. */
  unfinished(): RepositoryRecord[] {
    return this.#writers.flatMap((writer) => writer.unfinished());
  }

  /** Adds up what a client did that is used no more. */
  retire(client: Client): void {
    this.counts.answered += client.counts.answered;
    this.counts.cutOff += client.counts.cutOff;
    client.close();
  }

  async #verifyWriter(client: Client, writer: Writer, isThorough: boolean): Promise<void> {
    const verifier = new Verifier(client, this.#folder, (violation) => this.complain(violation));
    for (const person of writer.people) await verifier.verify(person, isThorough);
    this.counts.looks += verifier.looks;
  }

  async #eachWriter(isOver: () => boolean, work: (writer: Writer) => Promise<void>): Promise<void> {
    await Promise.all(
      this.#writers.map(async (writer) => {
        try {
          await work(writer);
        } catch (error) {
          if (!(error instanceof Gone && isOver())) this.complain((error as Error).message);
        }
      }),
    );
  }
}

/** The hub may not die at all. */
function never(): boolean {
  return false;
}
