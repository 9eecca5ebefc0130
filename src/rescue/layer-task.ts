import type { MessagePort } from 'node:worker_threads';
import type { LayerInFile } from './found.js';

/* What a thread that reads files of layers is asked, and what it answers. */

export interface LayerTask extends LayerInFile {
  /** What the payload sum begins with. */
  readonly json: Uint8Array;
  /** Where to put a copy. */
  readonly copy: string | undefined;
  readonly maxLayer: number;
  readonly maxInflated: number;
  /** Where to tell of bytes that were read, in bytes. */
  readonly progress: MessagePort;
}

export type LayerOutcome =
  | { readonly size: number; readonly payload: string }
  /** Why the layer can't come. */
  | { readonly broken: string }
  /** An error of the system that is not the layer's. */
  | { readonly code: string; readonly message: string };
