/** How often uploads are looked through, in milliseconds. */
const EVERY = 10 * 60 * 1000;

export interface UploadExpiryOptions {
  /** Ends the uploads that nobody will go on with. */
  readonly dropStale: () => Promise<void>;
  /** Hears of a failure of the disk; the next round tries again. */
  readonly onFailure: (error: unknown) => void;
}

/** Ends forgotten uploads while a hub runs: from time to time, and when its clock was moved. */
export class UploadExpiry {
  readonly #options: UploadExpiryOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isWanted = false;

  constructor(options: UploadExpiryOptions) {
    this.#options = options;
  }

  /** Starts; it does not keep the process running. */
  start(): void {
    this.#timer ??= setInterval(() => this.wake(), EVERY).unref();
  }

  /** Looks now, and once more if it was already looking; nothing before `start` and after `close`. */
  wake(): void {
    if (this.#timer === undefined) return;
    this.#isWanted = true;
    this.#round ??= this.#look();
  }

  /** Resolves when no look is under way. */
  async rest(): Promise<void> {
    await this.#round;
  }

  /** Stops; resolves when all work has ended. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.rest();
  }

  async #look(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#options.dropStale().catch(this.#options.onFailure);
    }
    this.#round = undefined;
  }
}
