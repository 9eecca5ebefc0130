import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import type { LayerFile } from '../domain/images/imports.js';
import type { FileTwin } from '../storage/files/linked-file.js';
import type { LayerInFile } from './found.js';
import type { BlobTask, Failure, FileTask, LayerMeasured, LayerTask } from './layer-task.js';
import { BrokenError } from './problems.js';
import { short } from './v2-folder.js';
import type { NamedBlob } from './v2-manifest.js';

/** Milliseconds after which it is told how far the reading of long files is. */
const TELLING = 200;

export interface LayerFilesOptions {
  readonly maxLayer: number;
  readonly maxInflated: number;
  /** Whether layers are to share the bytes of the files. */
  readonly link: boolean;
  readonly onBytes: (bytes: number) => void;
}

/** A blob in a file of somebody else's. */
export interface BlobFile {
  /** The file, where the blob is to share its bytes if the file system can. */
  readonly twin: FileTwin | undefined;
  /** Reads the file to its end, and makes a copy of it at a path if one is given. Throws where it has another digest. */
  read(copy: string | undefined): Promise<void>;
}

/** Reads files of layers and blobs in threads, as many as there are cores. */
export class LayerFiles {
  readonly #options: LayerFilesOptions;
  /** Bytes that threads have read and nobody was told of: a message for each piece would cost more than to read it. */
  readonly #untold = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));
  #pool: Tinypool | undefined;
  #telling: NodeJS.Timeout | undefined;

  constructor(options: LayerFilesOptions) {
    this.#options = options;
  }

  /** A layer as an import takes it. Its `read` throws a BrokenError, or the error of the system. */
  layer(found: LayerInFile): LayerFile {
    const { maxLayer: most, maxInflated } = this.#options;
    return {
      twin: this.#options.link ? found.file : undefined,
      read: (json, copy) =>
        this.#run<LayerMeasured, LayerTask>('read', {
          ...found,
          json,
          copy,
          most,
          maxInflated,
          what: 'its layer',
          untold: this.#untold,
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
        const untold = this.#untold;
        await this.#run<undefined, BlobTask>('readBlob', {
          file,
          size,
          digest,
          copy,
          most,
          what,
          untold,
        });
      },
    };
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    clearInterval(this.#telling);
    await this.#pool?.destroy();
  }

  async #run<R, T extends FileTask>(name: 'read' | 'readBlob', task: T): Promise<R> {
    this.#telling ??= setInterval(() => this.#tell(), TELLING).unref();
    const outcome: R | Failure = await this.#threads().run(task, { name });
    this.#tell();
    if (isFailure(outcome)) throw errorOf(outcome);
    return outcome;
  }

  #tell(): void {
    const bytes = Number(Atomics.exchange(this.#untold, 0, 0n));
    if (bytes > 0) this.#options.onBytes(bytes);
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
