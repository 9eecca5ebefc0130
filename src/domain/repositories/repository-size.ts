import type { RepositoryDocument } from '../../storage/documents/documents.js';
import { blobsOfRepository } from '../../storage/documents/references.js';
import { errors } from '../errors.js';

/**
 * How long a repository's document may become in bytes: every change of it writes all of it again. Room for
 * some 12,000 images, or 7,000 tags; the longest real ones have hundreds.
 */
const MOST_BYTES = 2 * 1024 * 1024;

/** What an image takes in the indented file, its checksum, a held image and a tag; ids have 64 digits. */
const LISTED = 100;
const SUMMED = 22;
const HELD = 72;
const TAG = 190;
/** The same of a manifest, with its digest and its image's id, of a digest alone, and of a tag's digest. */
const MANIFEST = 230;
const DIGEST = 120;

/**
 * Passes a change that leaves room, and every one that does not lengthen the document. Throws
 * `repositoryFull`.
 */
export function requireRoom(
  before: RepositoryDocument | undefined,
  after: RepositoryDocument,
): RepositoryDocument {
  if (after === before) return after;
  const bytes = bytesOf(after);
  if (bytes <= MOST_BYTES) return after;
  if (before !== undefined && bytes <= bytesOf(before)) return after;
  throw errors.repositoryFull(MOST_BYTES);
}

/**
 * The length of a document in its file, nearly. What is listed counts as held, so that an announced image
 * finds room when it comes.
 */
function bytesOf(repository: RepositoryDocument): number {
  const { images, holds, tags, fullDescription = '' } = repository;
  const { manifests = {}, blobs = {}, unlisted = {} } = repository;
  let bytes = MANIFEST * Object.keys(manifests).length;
  bytes += DIGEST * blobsOfRepository({ manifests, blobs }).length;
  for (const [tag, { reason }] of Object.entries(unlisted)) {
    bytes += TAG + DIGEST + tag.length + reason.length;
  }
  bytes += LISTED * images.length + HELD * Math.max(images.length, holds.length);
  bytes += Buffer.byteLength(fullDescription);
  for (const { checksum } of images) bytes += checksum ? SUMMED + checksum.length : 0;
  for (const [tag, { client, manifest }] of Object.entries(tags)) {
    bytes += TAG + tag.length + (manifest === undefined ? 0 : DIGEST);
    for (const [field, value] of Object.entries(client)) bytes += field.length + value.length + 16;
  }
  return bytes;
}
