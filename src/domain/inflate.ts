import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const CHUNK = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** What is wrong with a layer: its compression, its tar, or that it inflates to more than allowed. */
export type LayerFault = 'gzip' | 'tar' | 'size';

/** The bytes are not a layer. What the source stream itself throws is passed on as it is. */
export class LayerFormatError extends Error {
  override readonly name = 'LayerFormatError';
  readonly fault: LayerFault;

  constructor(fault: LayerFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

export interface LayerReadOptions {
  /** Most bytes the layer may inflate to; one more is a LayerFormatError. Without it, no limit. */
  readonly maxInflated?: number | undefined;
}

/** The bytes of a layer's tar: gunzipped if it begins as gzip does, else as they are. */
export async function* inflateLayer(
  layer: Readable,
  options: LayerReadOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const limit = options.maxInflated ?? Number.POSITIVE_INFINITY;
  const chunks: AsyncIterableIterator<Buffer> = layer[Symbol.asyncIterator]();
  let inflated = 0;
  try {
    const head = await readHead(chunks);
    const bytes = startsAsGzip(head) ? gunzip(head, chunks) : rejoin(head, chunks);
    for await (const chunk of bytes) {
      inflated += chunk.length;
      if (inflated > limit) {
        throw new LayerFormatError('size', `Layer inflates to more than ${limit} bytes`);
      }
      yield chunk;
    }
  } finally {
    // A source that has stalled would keep its descriptor open until it is heard from again.
    layer.destroy();
  }
}

function startsAsGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Enough of the beginning to tell gzip; shorter only if there is no more. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = EMPTY;
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* rejoin(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzip(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflater = createGunzip({ chunkSize: CHUNK });
  // Whatever goes wrong on the way in also destroys the inflater, and is thrown from it below.
  pipeline(rejoin(head, rest), inflater).catch(() => undefined);
  try {
    yield* inflater as AsyncIterable<Buffer>;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new LayerFormatError('gzip', `Layer is no sound gzip: ${error.message}`, {
      cause: error,
    });
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
