import type { LayerInFile } from './found.js';

/* What a thread that reads files of layers and blobs is asked, and what it answers. */

export interface FileTask extends LayerInFile {
  /** What messages call it: `its layer`. */
  readonly what: string;
  /** Where to put a copy. */
  readonly copy: string | undefined;
  /** The most bytes that it may have. */
  readonly most: number;
  /** Where bytes are counted that were read, in memory that threads share. */
  readonly untold: BigInt64Array;
}

export interface LayerTask extends FileTask {
  /** What the payload sum begins with. */
  readonly json: Uint8Array;
  readonly maxInflated: number;
}

/** A blob, which must have this digest. */
export interface BlobTask extends FileTask {
  readonly digest: string;
}

export type LayerMeasured = { readonly size: number; readonly payload: string };

export type Failure =
  /** Why it can't come. */
  | { readonly broken: string }
  /** An error of the system that is not the file's. */
  | { readonly code: string; readonly message: string };
