import { OldDockerError } from '../requests/errors.js';
import { humanSize } from '../terminal/units.js';

/** What a played docker takes onto its disk. */
export interface LayerLimits {
  /** Bytes of one layer: of its tar, and as it comes. */
  readonly layer: number;
  /** Bytes of all layers that one command brings. */
  readonly total: number;
  /** How many times its packed bytes a layer may have, beyond {@link free}. */
  readonly ratio: number;
  /** Bytes that any layer may have. */
  readonly free: number;
}

const GIB = 1024 ** 3;

/** A container had 10 GB at most where docker kept it in a file of its own (devicemapper). */
export const LAYER_LIMITS: LayerLimits = {
  layer: 10 * GIB,
  total: 40 * GIB,
  ratio: 200,
  free: GIB / 4,
};

/** Watches over the layers that a command brings. */
export class LayerMeter {
  readonly #limits: LayerLimits;
  #total = 0;

  constructor(limits: Partial<LayerLimits> = {}) {
    this.#limits = { ...LAYER_LIMITS, ...limits };
  }

  /**
   * The tar of a layer as it comes.
   * @param packed how many bytes of it have come so far where it was packed
   * @throws OldDockerError where it grows too large
   */
  async *tar(pieces: AsyncIterable<Buffer>, packed?: () => number): AsyncIterable<Buffer> {
    const { layer, total, ratio, free } = this.#limits;
    let bytes = 0;
    for await (const piece of pieces) {
      bytes += piece.length;
      this.#total += piece.length;
      refuse(bytes, layer, 'the layer is');
      refuse(this.#total, total, 'the layers are');
      if (packed !== undefined && bytes > free && bytes > ratio * packed()) {
        throw new OldDockerError(`the layer unpacks to more than ${ratio} times its size`);
      }
      yield piece;
    }
  }

  /** The packed bytes of a layer as they come; what follows the end of a gzip counts as well. */
  async *packed(
    pieces: AsyncIterable<Buffer>,
    onBytes: (bytes: number) => void,
  ): AsyncIterable<Buffer> {
    let bytes = 0;
    for await (const piece of pieces) {
      bytes += piece.length;
      refuse(bytes, this.#limits.layer, 'the layer is');
      onBytes(bytes);
      yield piece;
    }
  }
}

function refuse(bytes: number, most: number, what: string): void {
  if (bytes > most) throw new OldDockerError(`${what} larger than ${humanSize(most)}`);
}
