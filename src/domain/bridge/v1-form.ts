import type { ManifestDocument, RepositoryDocument } from '../../storage/documents/documents.js';
import type { Blobs } from './blobs.js';
import { NoV1FormError, v1ChainOf } from './v1-chain.js';

/** What a manifest is to v1: the id of its image, or why there is none, as a clause. */
export type V1Form = { readonly image: string } | { readonly reason: string };

/** The longest config that is looked into at a push, in bytes; that of a large image has some ten thousand. */
const LONGEST_CONFIG = 128 * 1024;

/** Layers that v1 can be given: gzipped or plain tars as they are, zstd made gzip (v2.md §5). */
const LAYER = /^application\/vnd\.(?:docker\.image\.rootfs\.diff\.tar|oci\.image\.layer\.v1\.tar)/;

/** What an image manifest is to v1, by its config; its layers may turn out to differ. */
export function v1FormOf(document: ManifestDocument, blobs: Blobs): V1Form {
  const { kind, config, layers } = document;
  if (kind !== 'image' || config === undefined) return { reason: 'it is not an image' };
  const odd = layers.find(({ mediaType }) => !LAYER.test(mediaType));
  if (odd !== undefined)
    return { reason: `a layer of the type ${odd.mediaType} is no layer of v1` };
  if ((blobs.files.size(config.digest) ?? 0) > LONGEST_CONFIG)
    return { reason: 'its config is too long' };
  try {
    const chain = v1ChainOf(blobs.read(config.digest), hexOf(config.digest));
    const top = chain.at(-1);
    if (top === undefined || chain.length !== layers.length) {
      return { reason: `it has ${layers.length} layers, and its config lists ${chain.length}` };
    }
    return { image: top.id };
  } catch (error) {
    if (!(error instanceof NoV1FormError)) throw error;
    return { reason: error.message };
  }
}

/**
 * What an index is to v1, in a repository that has its manifests: its image for linux/amd64, or the first for
 * another linux. Attestations beside images, for a platform called unknown, are not images.
 */
export function v1FormOfIndex(
  { manifests = [] }: ManifestDocument,
  { manifests: links = {} }: Pick<RepositoryDocument, 'manifests'>,
): V1Form {
  const isFor = (each: (typeof manifests)[number], architecture?: string): boolean => {
    const { os = 'linux', architecture: own } = each.platform ?? {};
    return os === 'linux' && (architecture === undefined || own === architecture);
  };
  const candidates = [
    ...manifests.filter((each) => isFor(each, 'amd64')),
    ...manifests.filter((each) => isFor(each)),
  ];
  for (const { digest } of candidates) {
    const image = links[digest]?.image;
    if (image !== undefined) return { image };
  }
  return { reason: 'none of its images is for linux' };
}

/** The hex of a digest. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}
