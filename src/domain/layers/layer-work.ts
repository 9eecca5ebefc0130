import type { LayerPlace } from '../../storage/files/open-layer.js';
import type { LayerBounds, LayerFault } from './layer-bounds.js';
import type { LayerMeasure } from './layer-measure.js';

/** What can be asked of a layer, and what each comes to. Sums are as their headers spell them. */
export interface LayerAnswers {
  /** The rows of `GET …/files`: JSON, gzipped. */
  readonly listing: Uint8Array;
  /** `tarsum` over this json and the layer. */
  readonly tarsum: string;
  readonly bareTarSum: string;
  readonly contentSum: string;
  readonly measure: LayerMeasure;
}

export type LayerQuestion = keyof LayerAnswers;

/** One question about one layer, in a form that another thread can be sent. */
export interface LayerTask<Q extends LayerQuestion = LayerQuestion> {
  readonly question: Q;
  readonly place: LayerPlace;
  readonly bounds: LayerBounds & { readonly maxListing: number };
  /** Only a tarsum needs it. */
  readonly json?: Uint8Array | undefined;
}

/** The answer, or what is wrong with the layer: errors of our own lose their kind between threads. */
export type LayerOutcome<Q extends LayerQuestion = LayerQuestion> =
  | { readonly answer: LayerAnswers[Q] }
  | { readonly fault: LayerFault; readonly message: string };
