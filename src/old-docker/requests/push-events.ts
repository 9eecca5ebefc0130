import type { LocalImage } from '../images/local-image.js';

/** What happens in a push, in the order in which docker says it. */
export type PushEvent =
  | { readonly kind: 'listing' }
  | { readonly kind: 'endpoint' }
  /** From 1.10: the layers that it tries to send to a v2 registry. */
  | { readonly kind: 'preparing'; readonly image: LocalImage }
  /** From 1.10: the registry does not have the image, which will be sent when its turn comes. */
  | { readonly kind: 'waiting'; readonly image: LocalImage }
  | { readonly kind: 'known'; readonly image: LocalImage }
  | { readonly kind: 'pushing'; readonly image: LocalImage }
  /** The layer lies ready; `size` in bytes of tar, as below. */
  | { readonly kind: 'buffered'; readonly image: LocalImage; readonly size: number }
  | {
      readonly kind: 'sent';
      readonly image: LocalImage;
      readonly bytes: number;
      readonly size: number;
    }
  | { readonly kind: 'pushed'; readonly image: LocalImage; readonly size: number }
  /** A tag is about to be set, at this address. */
  | { readonly kind: 'tag'; readonly id: string; readonly url: string };

/** Gets what happens in a push. */
export type PushEvents = (event: PushEvent) => void | Promise<void>;
