import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { compressionOf, type ForeignCompression } from '../compression.js';
import { LayerFormatError, requireRatio } from '../layer-bounds.js';
import type { DecompressionRequest, DecompressionSetup } from './decompression-worker.js';

/**
 * Of the thread's own heap, in MiB. What the decoders hold beside it has bounds of its own: a window of
 * 128 MiB (zstd), a dictionary of 64 MiB (xz), a block of 4 MiB (bzip2).
 */
const HEAP = 96;

/**
 * What is compressed with zstd, xz or bzip2, uncompressed. A thread of its own does it: these decoders work
 * without a break, keep memory that they were given until their thread ends, and a few bytes can make them
 * write gigabytes. So the thread waits before each piece until the one before has been used.
 *
 * Throws a LayerFormatError for invalid bytes, for what is compressed twice, for far more bytes than gzip could make
 * of as many, and when the thread runs out of memory. How much comes out in all is for the reader to bound.
 */
export async function* decompress(
  chunks: AsyncIterable<Buffer>,
  compression: ForeignCompression,
): AsyncGenerator<Buffer, void, undefined> {
  const source = chunks[Symbol.asyncIterator]();
  const thread = new Thread(compression);
  let packed = 0;
  let inflated = 0;
  try {
    for (;;) {
      const request = await thread.request();
      if (request.kind === 'end') return;
      if (request.kind === 'fault') throw broken(compression, request.message);
      if (request.kind === 'more') {
        const next = await source.next();
        packed += next.done === true ? 0 : next.value.length;
        thread.answer(next.done === true ? undefined : next.value);
        continue;
      }
      const bytes = Buffer.from(request.bytes.buffer);
      if (inflated === 0 && compressionOf(bytes) !== undefined) {
        throw new LayerFormatError('tar', 'Layer is compressed twice');
      }
      inflated += bytes.length;
      requireRatio(packed, inflated);
      yield bytes;
      thread.answer(undefined);
    }
  } finally {
    await thread.end();
    await source.return?.();
  }
}

/** The thread that decodes, and how one talks with it: it asks, and waits for the answer. */
class Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #compression: ForeignCompression;

  constructor(compression: ForeignCompression) {
    const { port1, port2 } = new MessageChannel();
    this.#compression = compression;
    this.#port = port1;
    const setup: DecompressionSetup = { compression, port: port2, turns: this.#turns };
    this.#worker = new Worker(new URL('./decompression-worker.js', import.meta.url), {
      workerData: setup,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    // An error reaches the caller that waits for a request; nobody waits for a thread that is being ended.
    this.#worker.on('error', () => undefined);
  }

  /** What the thread wants next. */
  async request(): Promise<DecompressionRequest> {
    try {
      const [request] = (await once(this.#worker, 'message')) as [DecompressionRequest];
      return request;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
      throw broken(this.#compression, 'it takes too much memory');
    }
  }

  /** Bytes that the thread asked for, if there are any; or that it may go on. */
  answer(bytes: Uint8Array | undefined): void {
    this.#port.postMessage(bytes);
    Atomics.add(this.#turns, 0, 1);
    Atomics.notify(this.#turns, 0);
  }

  async end(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
  }
}

function broken(compression: ForeignCompression, message: string): LayerFormatError {
  return new LayerFormatError('gzip', `Layer is not sound ${compression}: ${message}`);
}
