import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';

/** What hashes and compares; each call takes its time on purpose. */
export interface Bcrypt {
  /** How many calls make sense at a time. */
  readonly atOnce: number;
  hash(password: string, rounds: number): Promise<string>;
  compare(password: string, hash: string): Promise<boolean>;
  close(): Promise<void>;
}

/** bcrypt in worker threads, so that hashing never holds up another request. */
export class BcryptPool implements Bcrypt {
  /** One core stays with the thread that answers. */
  readonly atOnce = Math.max(1, availableParallelism() - 1);
  #pool: Tinypool | undefined;

  hash(password: string, rounds: number): Promise<string> {
    return this.#workers().run({ password, rounds }, { name: 'hash' });
  }

  compare(password: string, hash: string): Promise<boolean> {
    return this.#workers().run({ password, hash }, { name: 'compare' });
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #workers(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: new URL('./bcrypt-worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: this.atOnce,
      idleTimeout: 10_000,
      // Not the flags of the parent process: with `node --input-type=module -e` no worker would start.
      execArgv: [],
    });
    return this.#pool;
  }
}
