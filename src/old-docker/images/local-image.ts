import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { unpacked, unpackedWhole } from './compression.js';

/** A layer on the disk: read as often as it is needed, never held whole. */
export interface Layer {
  /** Tells layers apart: the same for the same bytes. */
  readonly key: string;
  /** Sum of the sizes of its files, in bytes. */
  readonly size: number;
  /** The tar without its end-of-archive blocks. */
  tar(): AsyncIterable<Buffer>;
  /** The tar with the end that it came with. */
  whole(): AsyncIterable<Buffer>;
  /**
   * The tar as it is sent, gzipped.
   * @param onRead gets the count of bytes of the tar that have been read so far
   */
  packed(onRead?: (bytes: number) => void): AsyncIterable<Buffer>;
}

/** An image as it lies on the pusher's disk, ready to be sent. */
export interface LocalImage {
  /** 64 hex digits. */
  readonly id: string;
  readonly parent?: string | undefined;
  /** The bytes of PUT json. */
  readonly json: Buffer;
  readonly layer: Layer;
}

/** Go copies bodies in pieces of this size. */
const PIECE = 32 * 1024;

/** A layer whose packed bytes are in memory. */
export function layerInMemory(packed: Buffer): Layer {
  const tar = (): AsyncIterable<Buffer> => unpacked(Readable.from([packed]));
  return {
    key: createHash('sha256').update(packed).digest('hex'),
    size: packed.length,
    tar,
    whole: tar,
    async *packed(onRead) {
      for (let start = 0; start < packed.length; start += PIECE) {
        yield packed.subarray(start, start + PIECE);
      }
      onRead?.(unpackedWhole(packed).length);
    },
  };
}
