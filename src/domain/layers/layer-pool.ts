import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import { LayerFormatError } from './layer-bounds.js';
import type { LayerAnswers, LayerOutcome, LayerQuestion, LayerTask } from './layer-work.js';

/** Megabytes of heap that a thread may use: the sums of a million entries take 200. */
const HEAP = 512;

/** What reads layers from end to end, away from the thread that answers. */
export interface LayerReader {
  /** How many make sense at a time. */
  readonly atOnce: number;
  /**
   * Throws a LayerFormatError, with the fault `time` after `longest` milliseconds; or the error of the system.
   * A file that was being written then may still be there.
   */
  read<Q extends LayerQuestion>(task: LayerTask<Q>, longest: number): Promise<LayerAnswers[Q]>;
  close(): Promise<void>;
}

/** Worker threads that read layers; there are none while nobody asks. */
export class LayerPool implements LayerReader {
  /** One core stays with the thread that answers. */
  readonly atOnce = Math.max(1, availableParallelism() - 1);
  #pool: Tinypool | undefined;

  async read<Q extends LayerQuestion>(
    task: LayerTask<Q>,
    longest: number,
  ): Promise<LayerAnswers[Q]> {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), longest);
    try {
      const options = { name: 'read', signal: giveUp.signal };
      const outcome: LayerOutcome<Q> = await this.#workers().run(task, options);
      if ('answer' in outcome) return outcome.answer;
      if ('code' in outcome) {
        throw Object.assign(new Error(outcome.message), { code: outcome.code });
      }
      throw new LayerFormatError(outcome.fault, outcome.message);
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
      throw new LayerFormatError('time', `Layer takes more than ${longest / 1000} s to read`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #workers(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: new URL('./layer-worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: this.atOnce,
      idleTimeout: 10_000,
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
      // Not the flags of the parent process, as in BcryptPool.
      execArgv: [],
    });
    return this.#pool;
  }
}
