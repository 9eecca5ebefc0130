import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import type { LayerFile } from '../domain/images/imports.js';
import type { LayerInFile } from './found.js';
import type { LayerOutcome, LayerTask } from './layer-task.js';
import { BrokenError } from './problems.js';

export interface LayerFilesOptions {
  readonly maxLayer: number;
  readonly maxInflated: number;
  /** Whether layers are to share the bytes of the files. */
  readonly link: boolean;
  readonly onBytes: (bytes: number) => void;
}

/** Reads files of layers in threads, as many as there are cores. */
export class LayerFiles {
  readonly #options: LayerFilesOptions;
  #pool: Tinypool | undefined;

  constructor(options: LayerFilesOptions) {
    this.#options = options;
  }

  /** A layer as an import takes it. Its `read` throws a BrokenError, or the error of the system. */
  layer(found: LayerInFile): LayerFile {
    return {
      twin: this.#options.link ? found.file : undefined,
      read: (json, copy) => this.#read(found, json, copy),
    };
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  async #read(found: LayerInFile, json: Buffer, copy: string | undefined) {
    const { maxLayer, maxInflated, onBytes } = this.#options;
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onBytes);
    const task: LayerTask = { ...found, json, copy, maxLayer, maxInflated, progress: port2 };
    const outcome: LayerOutcome = await this.#threads()
      .run(task, { name: 'read', transferList: [port2] })
      .finally(() => port1.close());
    if ('broken' in outcome) throw new BrokenError(outcome.broken);
    if ('code' in outcome) throw Object.assign(new Error(outcome.message), { code: outcome.code });
    return outcome;
  }

  #threads(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: new URL('./layer-worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: availableParallelism(),
      idleTimeout: 10_000,
      // Not the flags of the parent process.
      execArgv: [],
    });
    return this.#pool;
  }
}
