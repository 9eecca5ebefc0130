/** What is wrong with a layer: its compression, its tar, or that it is more than the hub reads. */
export type LayerFault = 'gzip' | 'tar' | LayerExcess;

/** What there can be too much of: inflated bytes, or such for each packed one, entries, bytes of names, rows of a list, or time. */
export type LayerExcess = 'size' | 'ratio' | 'entries' | 'names' | 'listing' | 'time';

/** The bytes are not a layer. What the source stream itself throws is passed on as it is. */
export class LayerFormatError extends Error {
  override readonly name = 'LayerFormatError';
  readonly fault: LayerFault;

  constructor(fault: LayerFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/**
 * How much of a layer is read at most. A megabyte can say that it holds gigabytes, millions of files, or
 * names of a gigabyte: each bound is far above what real layers have, and near what a hub can afford.
 */
export interface LayerBounds {
  /** Bytes that the layer may inflate to. */
  readonly maxInflated: number;
  /** Entries of its tar; a whole distribution has 300,000. */
  readonly maxEntries: number;
  /** Bytes of the headers that lengthen names or add attributes (GNU `L` and `K`, PAX `x` and `g`). */
  readonly maxNames: number;
}

/** How many times the longest layer one may inflate to: what people pack shrinks to a half or a third. */
const MOST_INFLATED = 4;
/** A PAX header has some hundred bytes, and a few files have more. */
const NAMES_PER_ENTRY = 256;

/** What holds where nothing else is said. */
export const DEFAULT_BOUNDS: LayerBounds = {
  maxInflated: 100 * 1024 ** 3,
  ...perEntry(1_000_000),
};

/** The bounds that follow from the longest layer accepted, in bytes, and the most entries. */
export function boundsFor(maxLayer: number, maxEntries: number): LayerBounds {
  return { maxInflated: MOST_INFLATED * maxLayer, ...perEntry(maxEntries) };
}

function perEntry(maxEntries: number): Omit<LayerBounds, 'maxInflated'> {
  return { maxEntries, maxNames: NAMES_PER_ENTRY * maxEntries };
}

/** How many times its length anything may inflate to: gzip can't go beyond that, and others need not. */
const MOST_TIMES = 1032;
/** Bytes that anything may inflate to: a short layer of little but zeros is worth it. */
const ALWAYS_INFLATED = 64 * 1024 ** 2;

/** Passes what has inflated to so many bytes so far. Throws a LayerFormatError for many more than went in. */
export function requireRatio(packed: number, inflated: number): void {
  if (inflated <= ALWAYS_INFLATED || inflated <= MOST_TIMES * packed) return;
  throw new LayerFormatError('ratio', `Layer inflates to more than ${MOST_TIMES} times its length`);
}

/** Whether a fault is one of the bounds, and not of the bytes. */
export function isExcess(fault: LayerFault): fault is LayerExcess {
  return fault !== 'gzip' && fault !== 'tar';
}

/** Adds up what there is of one thing. Throws a LayerFormatError for more than the bound. */
export class Allowance {
  readonly #fault: LayerExcess;
  readonly #most: number;
  readonly #what: string;
  #used = 0;

  /** `what` ends the sentence "Layer has more than 7 …". */
  constructor(fault: LayerExcess, most: number, what: string) {
    this.#fault = fault;
    this.#most = most;
    this.#what = what;
  }

  use(amount: number): void {
    this.#used += amount;
    if (this.#used <= this.#most) return;
    throw new LayerFormatError(this.#fault, `Layer has more than ${this.#most} ${this.#what}`);
  }
}
