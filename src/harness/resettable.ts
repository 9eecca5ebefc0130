/** Something that a test changes, and wants to restore. */
export interface Resettable {
  /** Back to the start. */
  reset(): void | Promise<void>;
}

/** Something that can also be put back to a moment in between. */
export interface Snapshottable<S> extends Resettable {
  /** What it is now; never changed afterwards. */
  capture(): S;
  /** Puts it back to what `capture` gave. */
  restore(state: S): void | Promise<void>;
  /** Gives back what `capture` holds on to, if it does. */
  release?(state: S): void | Promise<void>;
}
