import type { Readable } from 'node:stream';
import { GzipError, gunzipMembers, type Trailing } from './gzip-members.js';
import { DEFAULT_BOUNDS, type LayerBounds, LayerFormatError } from './layer-bounds.js';

export { type LayerFault, LayerFormatError } from './layer-bounds.js';

const EMPTY = Buffer.alloc(0);

/** How a layer is read: bounds that are not given are those of `DEFAULT_BOUNDS`. */
export interface LayerReadOptions extends Partial<LayerBounds> {
  /** Told at the end what follows the sound part of a gzip, if anything. */
  readonly onTrailing?: ((trailing: Trailing) => void) | undefined;
}

/**
 * The bytes of a layer's tar: gunzipped if it begins as gzip does, else as they are. What follows the
 * gzip and is none is left out. The layer is read to its end, or destroyed when reading stops early.
 */
export async function* inflateLayer(
  layer: Readable,
  options: LayerReadOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const limit = options.maxInflated ?? DEFAULT_BOUNDS.maxInflated;
  const chunks: AsyncIterableIterator<Buffer> = layer[Symbol.asyncIterator]();
  let inflated = 0;
  try {
    for await (const chunk of plainBytes(chunks, options)) {
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

async function* plainBytes(
  chunks: AsyncIterator<Buffer>,
  { onTrailing = () => {} }: LayerReadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const head = await readHead(chunks);
  if (!startsAsGzip(head)) {
    yield* rejoin(head, chunks);
    return;
  }
  try {
    yield* gunzipMembers(rejoin(head, chunks), onTrailing);
  } catch (error) {
    if (!(error instanceof GzipError)) throw error;
    throw new LayerFormatError('gzip', `Layer is not sound gzip: ${error.message}`, {
      cause: error,
    });
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

async function* rejoin(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
