import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';

const PIECE = 256 * 1024;

/** Where the bytes of a layer are: a part of a file that somebody keeps open. A thread may be given it. */
export interface LayerPlace {
  readonly descriptor: number;
  readonly start: number;
  readonly end: number;
}

/** A layer that is open until it is closed. */
export interface OpenLayer {
  readonly place: LayerPlace;
  close(): Promise<void>;
}

/** The layer that is the whole file at `path`. Rejects with the error of the system. */
export async function openWholeFile(path: string): Promise<OpenLayer> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    return {
      place: { descriptor: handle.fd, start: 0, end: size },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The bytes of a layer. Each piece is waited for, so this is for a thread of its own. */
export function* piecesOf({ descriptor, start, end }: LayerPlace): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE, end - at));
    const length = readSync(descriptor, piece, 0, piece.length, at);
    if (length === 0) throw new Error('The layer became shorter while it was read');
    at += length;
    yield piece.subarray(0, length);
  }
}
