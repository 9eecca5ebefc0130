import { rm } from 'node:fs/promises';
import type { Collection } from '../documents/collection.js';
import type {
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
  UploadDocument,
} from '../documents/documents.js';
import { blobsOfImage, blobsOfManifest, blobsOfRepository } from '../documents/references.js';
import { IMAGE_DOCUMENT, uploadKey } from '../documents/shapes.js';
import type { BlobFiles } from '../files/blob-files.js';
import { isDigest } from '../files/digests.js';
import { type ImageFiles, listingOf } from '../files/image-files.js';

/*
 * What a start tidies up in a data directory, once all its documents are read.
 */

/** The documents that name files, and the files. */
export interface Tidied {
  readonly repositories: Collection<RepositoryDocument>;
  readonly images: Collection<ImageDocument>;
  readonly uploads: Collection<UploadDocument>;
  readonly manifests: Collection<ManifestDocument>;
  readonly files: ImageFiles;
  readonly blobs: BlobFiles;
}

/**
 * The removal of an upload need not last, and its files may be gone when it comes back in a power cut: then
 * there is nothing to go on with.
 */
export async function dropUploadsWithoutFiles({
  uploads,
  files,
}: Pick<Tidied, 'uploads' | 'files'>): Promise<void> {
  for (const { id, repository, json, layer } of [...uploads.values()]) {
    const named = layer === undefined ? [json] : [json, layer.file];
    if (named.every((file) => files.has(id, file))) continue;
    await uploads.update(uploadKey(id, repository), () => undefined);
  }
}

/** What a killed process was writing: temporary files, and blobs and files of images that no document names. */
export async function removeUnfinished(
  unfinished: readonly string[],
  storage: Tidied,
): Promise<void> {
  for (const path of unfinished) await rm(path, { force: true });
  const named = namedFiles(storage);
  const bereft = withoutDocument(storage);
  await storage.files.sweep((id, file) => bereft.has(id) || (named.get(id)?.has(file) ?? false));
  const blobs = namedBlobs(storage);
  const isUnsure = hasBereftManifest(storage);
  await storage.blobs.sweep((digest) => isUnsure || blobs.has(digest));
}

/** As `withoutDocument`: what a manifest names whose document somebody took away is not known here. */
function hasBereftManifest({ repositories, manifests }: Tidied): boolean {
  return [...repositories.values()].some(({ manifests: own = {} }) =>
    Object.keys(own).some((digest) => manifests.get(digest) === undefined),
  );
}

/** The blobs that a document names. */
function namedBlobs({ images, manifests, repositories }: Tidied): Set<string> {
  const named = new Set<string>();
  const name = (digests: Iterable<string>): void => {
    for (const digest of digests) named.add(digest);
  };
  for (const image of images.values()) name(blobsOfImage(image));
  for (const manifest of manifests.values()) name(blobsOfManifest(manifest));
  for (const repository of repositories.values()) {
    name(Object.keys(repository.manifests ?? {}));
    name(blobsOfRepository(repository));
  }
  return named;
}

/**
 * Images that a repository holds and that have no document: somebody took it away. Their files are
 * all that is left of them, and `hub-v1 check` is to judge them, not a start.
 */
function withoutDocument({ repositories, images }: Tidied): Set<string> {
  const bereft = new Set<string>();
  for (const { holds } of repositories.values()) {
    for (const id of holds) if (images.get(id) === undefined) bereft.add(id);
  }
  return bereft;
}

function namedFiles(storage: Tidied): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  const name = (id: string, ...files: string[]): void => {
    const known = named.get(id) ?? new Set();
    for (const file of files) known.add(file);
    named.set(id, known);
  };
  for (const image of storage.images.values()) {
    name(image.id, IMAGE_DOCUMENT, image.json, listingOf(image.layer));
    if (!isDigest(image.layer)) name(image.id, image.layer);
  }
  for (const upload of storage.uploads.values()) {
    name(upload.id, upload.json);
    if (upload.layer !== undefined) {
      name(upload.id, upload.layer.file, listingOf(upload.layer.file));
    }
  }
  return named;
}
