import { createHash } from 'node:crypto';
import { digestFile } from '../files/digests.js';
import type { CollectionShape } from './collection.js';
import {
  type HubDocument,
  hubDocument,
  type ImageDocument,
  imageDocument,
  type ManifestDocument,
  manifestDocument,
  type RepositoryDocument,
  repositoryDocument,
  type UploadDocument,
  type UserDocument,
  uploadDocument,
  userDocument,
} from './documents.js';
import { fileName } from './file-names.js';
import { problemBy } from './problem.js';

/** The key of the one document about the hub itself. */
export const HUB_KEY = 'hub';

/** Where it lies. */
export const HUB_FILE = 'hub.json';

export const hubShape: CollectionShape<HubDocument> = {
  folder: '.',
  depth: 0,
  place: () => HUB_FILE,
  isDocument: (name) => name === HUB_FILE,
  keyOf: () => HUB_KEY,
  problem: problemBy(hubDocument),
};

export const userShape: CollectionShape<UserDocument, 'users'> = {
  folder: 'users',
  depth: 0,
  place: (key) => `${fileName(key)}.json`,
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (user) => user.username,
  problem: problemBy(userDocument),
};

export const repositoryShape: CollectionShape<RepositoryDocument, 'repositories'> = {
  folder: 'repositories',
  depth: 1,
  place: (key) => {
    const [namespace = '', name = ''] = key.split('/');
    return `${fileName(namespace)}/${fileName(name)}.json`;
  },
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (repository) => `${repository.namespace}/${repository.name}`,
  problem: problemBy(repositoryDocument),
};

/** The name of an image's own document within its folder. */
export const IMAGE_DOCUMENT = 'image.json';

export const imageShape: CollectionShape<ImageDocument, 'images'> = {
  folder: 'images',
  depth: 1,
  place: (key) => `${key}/${IMAGE_DOCUMENT}`,
  isDocument: (name) => name === IMAGE_DOCUMENT,
  keyOf: (image) => image.id,
  problem: problemBy(imageDocument),
};

/** The key of an upload: one image on its way to one repository. */
export function uploadKey(id: string, repository: string): string {
  return `${id} ${repository}`;
}

export const uploadShape: CollectionShape<UploadDocument, 'uploads'> = {
  folder: 'uploads',
  depth: 0,
  // One that comes back is of an image that has arrived, or of a repository that does not want it.
  isPassing: true,
  place: (key) => {
    const [id = '', repository = ''] = key.split(' ');
    const digest = createHash('sha256').update(repository).digest('hex').slice(0, 16);
    return `${id}.${digest}.json`;
  },
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (upload) => uploadKey(upload.id, upload.repository),
  problem: problemBy(uploadDocument),
};

export const manifestShape: CollectionShape<ManifestDocument, 'manifests'> = {
  folder: 'manifests',
  depth: 0,
  place: (key) => `${digestFile(key)}.json`,
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (manifest) => manifest.digest,
  problem: problemBy(manifestDocument),
};

/** The folder of the blobs, which no document lies in. */
export const BLOBS = 'blobs';

/** All kinds that have a folder of their own. */
export const KINDS = [userShape, repositoryShape, imageShape, uploadShape, manifestShape] as const;
