import type { FoundFault, OpenedLayer } from './found.js';

/* What a rescue finds in a registry of API v2, in a folder or over HTTP. As with v1, nothing is believed. */

export interface FoundV2Repository {
  /** As the old registry calls it, of as many parts as it likes. */
  readonly name: string;
  /** Digests of manifests by tag. */
  readonly tags: readonly { readonly tag: string; readonly digest: string }[];
  /** Digests of all its manifests, of a source that can tell. */
  readonly revisions: readonly string[];
  readonly faults: readonly FoundFault[];
}

/** A manifest as it is stored there. */
export interface StoredManifest {
  readonly bytes: Buffer;
  /** Empty if nobody says; then its bytes tell. */
  readonly mediaType: string;
}

/** A registry of API v2, in a folder or over HTTP. */
export interface V2Source {
  readonly api: 'v2';
  readonly kind: string;
  /** Its path, or its address without a password. */
  readonly place: string;
  /** How many of its blobs are best read at a time. */
  readonly atOnce: number;
  /** What could not be looked through, of a source where that can be: complete when `repositories` has ended. */
  readonly problems?: readonly string[];
  /** What a person should know of it, complete at the same time. */
  readonly notes?: readonly string[];
  repositories(): AsyncIterable<FoundV2Repository>;
  /** Throws a BrokenError, also where its bytes are not those of the digest. */
  manifest(name: string, digest: string): Promise<StoredManifest>;
  /** Throws a BrokenError. Whether the bytes are those of the digest is for the reader to see. */
  openBlob(name: string, digest: string): Promise<OpenedLayer>;
  close(): Promise<void>;
}

/** The longest manifest that is read, in bytes. */
export const LONGEST_MANIFEST = 4 * 1024 * 1024;
