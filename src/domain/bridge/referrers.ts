import type { ManifestDocument } from '../../storage/documents/documents.js';

/** How many manifests a page has at most, and how many bytes they may take, in JSON: 1 MiB with what is around them. */
const MOST_OF_PAGE = 1000;
const BYTES_OF_PAGE = 1024 * 1024 - 1024;

/** How a list of referrers names a manifest. */
export interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Which referrers are wanted. */
export interface ReferrersAsked {
  /** Those of this kind alone. */
  readonly artifactType?: string | undefined;
  /** Those whose digests come after this one. */
  readonly after?: string | undefined;
}

/** A part of a list of referrers, from a to z by digest. */
export interface ReferrersPage {
  readonly referrers: readonly Referrer[];
  /** True: more come after the last of these. */
  readonly isMore: boolean;
}

/**
 * A page of the manifests of `digests`. A manifest may have many annotations, so that bytes end a page too; it has one
 * manifest at least, where there is any.
 */
export function pageOfReferrers(
  digests: readonly string[],
  manifestOf: (digest: string) => ManifestDocument | undefined,
  { artifactType, after = '' }: ReferrersAsked,
): ReferrersPage {
  const referrers: Referrer[] = [];
  let size = 0;
  for (const digest of digests.filter((each) => each > after).sort()) {
    const document = manifestOf(digest);
    if (document === undefined) continue;
    if (artifactType !== undefined && document.artifactType !== artifactType) continue;
    const referrer = referrerOf(document);
    size += Buffer.byteLength(JSON.stringify(referrer)) + ','.length;
    const isFull = referrers.length === MOST_OF_PAGE || size > BYTES_OF_PAGE;
    if (isFull && referrers.length > 0) return { referrers, isMore: true };
    referrers.push(referrer);
  }
  return { referrers, isMore: false };
}

function referrerOf(document: ManifestDocument): Referrer {
  const { mediaType, digest, size, artifactType, annotations } = document;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
