/* What is stored, for those who are given it by the domain and know no storage. */

export type {
  ImageDocument,
  ListedImage,
  ManifestDocument,
  RepositoryDocument,
  TagDocument,
  UserDocument,
} from '../storage/documents/documents.js';
export { isDigest } from '../storage/files/digests.js';
export type { ByteRange } from '../storage/files/layer-pieces.js';
