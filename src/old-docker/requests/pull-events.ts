/** What happens in a pull, in the order in which docker says it. */
export type PullEvent =
  /** An image with a tag is about to be pulled; then again, from this endpoint. */
  | {
      readonly kind: 'image';
      readonly id: string;
      readonly tag: string;
      readonly endpoint?: string;
    }
  | { readonly kind: 'dependents'; readonly id: string }
  | { readonly kind: 'metadata'; readonly id: string }
  /** From 1.10 said twice: when the layer is queued, and when its turn comes. */
  | { readonly kind: 'layer'; readonly id: string }
  /** `bytes` of `size` (-1: not said) of the packed layer have come. */
  | {
      readonly kind: 'received';
      readonly id: string;
      readonly bytes: number;
      readonly size: number;
    }
  | { readonly kind: 'here'; readonly id: string }
  | { readonly kind: 'complete'; readonly id: string; readonly size: number }
  /** From 1.10: the layer has become part of the graph. */
  | { readonly kind: 'unpacked'; readonly id: string; readonly size: number }
  /** Up to 1.9: the tagged image, with all that is below it. */
  | { readonly kind: 'done'; readonly id: string };

/** Gets what happens in a pull. */
export type PullEvents = (event: PullEvent) => void | Promise<void>;
