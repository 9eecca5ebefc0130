import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import type { BlobFile } from '../domain/bridge/waiting-blobs.js';
import type { LayerFile } from '../domain/images/imports.js';
import type { LayerInFile } from './found.js';
import type { BlobTask, Failure, FileTask, LayerMeasured, LayerTask } from './layer-task.js';
import { BrokenError } from './problems.js';
import { short } from './v2-folder.js';
import type { NamedBlob } from './v2-manifest.js';

export interface LayerFilesOptions {
  readonly maxLayer: number;
  readonly maxInflated: number;
  /** Whether layers are to share the bytes of the files. */
  readonly link: boolean;
  readonly onBytes: (bytes: number) => void;
}

/** Reads files of layers and blobs in threads, as many as there are cores. */
export class LayerFiles {
  readonly #options: LayerFilesOptions;
  #pool: Tinypool | undefined;

  constructor(options: LayerFilesOptions) {
    this.#options = options;
  }

  /** A layer as an import takes it. Its `read` throws a BrokenError, or the error of the system. */
  layer(found: LayerInFile): LayerFile {
    const { maxLayer: most, maxInflated } = this.#options;
    return {
      twin: this.#options.link ? found.file : undefined,
      read: (json, copy) =>
        this.#run<LayerMeasured>('read', (progress): LayerTask => {
          return { ...found, json, copy, most, maxInflated, what: 'its layer', progress };
        }),
    };
  }

  /** A blob as a repository takes it. Its `read` throws as that of a layer. */
  blob({ file, size }: LayerInFile, { digest, size: named }: NamedBlob): BlobFile {
    const what = `blob ${short(digest)}`;
    const most = Math.min(named, this.#options.maxLayer);
    return {
      twin: this.#options.link ? file : undefined,
      read: async (copy) => {
        if (size !== undefined && size < named) throw new BrokenError(`${what} is damaged`);
        await this.#run<undefined>('readBlob', (progress): BlobTask => {
          return { file, size, digest, copy, most, what, progress };
        });
      },
    };
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  async #run<R>(
    name: 'read' | 'readBlob',
    taskFor: (progress: FileTask['progress']) => FileTask,
  ): Promise<R> {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', this.#options.onBytes);
    const outcome: R | Failure = await this.#threads()
      .run(taskFor(port2), { name, transferList: [port2] })
      .finally(() => port1.close());
    if (isFailure(outcome)) throw errorOf(outcome);
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

function isFailure<R>(outcome: R | Failure): outcome is Failure {
  if (typeof outcome !== 'object' || outcome === null) return false;
  return 'broken' in outcome || 'code' in outcome;
}

function errorOf(failure: Failure): Error {
  if ('broken' in failure) return new BrokenError(failure.broken);
  return Object.assign(new Error(failure.message), { code: failure.code });
}
