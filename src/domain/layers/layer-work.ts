import type { LayerPlace } from '../../storage/files/open-layer.js';
import type { LayerBounds, LayerFault } from './layer-bounds.js';
import type { LayerDigests, PackedLayer } from './layer-digests.js';

/** What can be asked of a layer, and what each comes to. Sums are as their headers spell them. */
export interface LayerAnswers {
  /** The rows of `GET …/files`: JSON, gzipped. */
  readonly listing: Uint8Array;
  /** `tarsum` over this json and the layer. */
  readonly tarsum: string;
  /** `sha256:` over this json, a newline and the layer. */
  readonly payload: string;
  readonly bareTarSum: string;
  readonly contentSum: string;
  readonly digests: LayerDigests;
  /** What was written to `target`. */
  readonly gzipped: PackedLayer;
}

export type LayerQuestion = keyof LayerAnswers;

/** One question about one layer, in a form that another thread can be sent. */
export interface LayerTask<Q extends LayerQuestion = LayerQuestion> {
  readonly question: Q;
  readonly place: LayerPlace;
  readonly bounds: LayerBounds & { readonly maxListing: number };
  /** Only the sums over both need it. */
  readonly json?: Uint8Array | undefined;
  /** Where `gzipped` writes: the path of a file that is not there. */
  readonly target?: string | undefined;
}

/**
 * The answer, or what is wrong with the layer, or what the system said: errors lose their kind and their code
 * between threads.
 */
export type LayerOutcome<Q extends LayerQuestion = LayerQuestion> =
  | { readonly answer: LayerAnswers[Q] }
  | { readonly fault: LayerFault; readonly message: string }
  | { readonly code: string; readonly message: string };
