/** Lets work run side by side, or one thing alone that changes what the others work on. */
export class Gate {
  readonly #running = new Set<Promise<unknown>>();
  #alone: Promise<unknown> | undefined;

  /** Whether something runs alone. */
  get isClosed(): boolean {
    return this.#alone !== undefined;
  }

  /** Resolves when what runs alone has ended. */
  async opened(): Promise<void> {
    if (this.#alone !== undefined) await settled(this.#alone);
  }

  /** Runs `work` beside other work, once nothing runs alone. */
  async enter<R>(work: () => Promise<R>): Promise<R> {
    while (this.#alone !== undefined) await settled(this.#alone);
    const mine = work();
    this.#running.add(mine);
    try {
      return await mine;
    } finally {
      this.#running.delete(mine);
    }
  }

  /** Runs `work` once all running work has ended or failed; new work waits meanwhile. */
  async alone<R>(work: () => Promise<R>): Promise<R> {
    while (this.#alone !== undefined) await settled(this.#alone);
    const mine = Promise.allSettled(this.#running).then(work);
    this.#alone = mine;
    try {
      return await mine;
    } finally {
      this.#alone = undefined;
    }
  }
}

async function settled(work: Promise<unknown>): Promise<void> {
  await Promise.allSettled([work]);
}
