/** A body as far as it is remembered: its first bytes, or of a layer only what it was. */
export interface SeenBody {
  /** Length in bytes. */
  readonly size: number;
  /** The first bytes, at most `SEEN_BYTES`. */
  readonly start?: Buffer;
  /** `sha256:…` as the registry computed it. */
  readonly digest?: string;
}

/** How much of a body is remembered. */
export const SEEN_BYTES = 2048;
