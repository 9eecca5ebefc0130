import { isDigest } from '../files/digests.js';
import type { ImageDocument, ManifestDocument, RepositoryDocument } from './documents.js';

/* Which blobs a document names. */

/** The blobs of an image of v1: its layer, as it came and as it goes out over v2, and the config it came with. */
export function blobsOfImage({ layer, config, v2 }: ImageDocument): string[] {
  const named = [layer, ...(config === undefined ? [] : [config])].filter(isDigest);
  return v2 === undefined || v2.layer === layer ? named : [...named, v2.layer];
}

/** The blobs of a manifest: itself, its config and its layers. */
export function blobsOfManifest({ digest, config, layers }: ManifestDocument): string[] {
  const own = [digest, ...layers.map((layer) => layer.digest)];
  return config === undefined ? own : [...own, config.digest];
}

/** The blobs that a repository has besides those that its manifests name. */
export function blobsOfRepository({
  manifests = {},
  blobs = {},
}: Pick<RepositoryDocument, 'manifests' | 'blobs'>): string[] {
  const optional = Object.values(manifests).flatMap((link) => link.optional ?? []);
  return [...Object.keys(blobs), ...optional];
}
