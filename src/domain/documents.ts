/* What is stored, for those who are given it by the domain and know no storage. */

export type {
  ImageDocument,
  ListedImage,
  RepositoryDocument,
  TagDocument,
  UserDocument,
} from '../storage/documents/documents.js';
export type { ByteRange } from '../storage/files/layer-pieces.js';
export { isDigest } from '../storage/files/digests.js';
