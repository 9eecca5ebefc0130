import { createHash } from 'node:crypto';
import type { CollectionShape } from './collection.js';
import type {
  HubDocument,
  ImageDocument,
  RepositoryDocument,
  UploadDocument,
  UserDocument,
} from './documents.js';
import { fileName } from './file-names.js';

type FieldType = 'string' | 'number' | 'boolean' | 'array' | 'object';

/** Names the first field of a document that is missing or of another type. */
function checkFields(
  value: unknown,
  fields: Readonly<Record<string, FieldType>>,
): string | undefined {
  if (typeOf(value) !== 'object') return 'it holds no JSON object';
  const document = value as Record<string, unknown>;
  for (const [field, type] of Object.entries(fields)) {
    if (typeOf(document[field]) !== type) return `"${field}" is not of type ${type}`;
  }
  return undefined;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

/** The key of the one document about the hub itself. */
export const HUB_KEY = 'hub';

export const hubShape: CollectionShape<HubDocument> = {
  folder: '.',
  depth: 0,
  place: () => 'hub.json',
  isDocument: (name) => name === 'hub.json',
  keyOf: () => HUB_KEY,
  problem: (value) => {
    const problem = checkFields(value, { format: 'number', secret: 'string', created: 'string' });
    if (problem !== undefined) return problem;
    const { format, secret } = value as HubDocument;
    if (format !== 1) return `its format is ${format}; this hub reads format 1`;
    return /^[0-9a-f]{64}$/.test(secret) ? undefined : '"secret" is not 64 hex digits';
  },
};

export const userShape: CollectionShape<UserDocument> = {
  folder: 'users',
  depth: 0,
  place: (key) => `${fileName(key)}.json`,
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (user) => user.username,
  problem: (value) =>
    checkFields(value, {
      username: 'string',
      emails: 'array',
      passwordHash: 'string',
      active: 'boolean',
      admin: 'boolean',
      created: 'string',
      updated: 'string',
    }),
};

export const repositoryShape: CollectionShape<RepositoryDocument> = {
  folder: 'repositories',
  depth: 1,
  place: (key) => {
    const [namespace = '', name = ''] = key.split('/');
    return `${fileName(namespace)}/${fileName(name)}.json`;
  },
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (repository) => `${repository.namespace}/${repository.name}`,
  problem: (value) =>
    checkFields(value, {
      namespace: 'string',
      name: 'string',
      description: 'string',
      access: 'string',
      stars: 'number',
      trusted: 'boolean',
      created: 'string',
      updated: 'string',
      images: 'array',
      holds: 'array',
      tags: 'object',
    }),
};

/** The name of an image's own document within its folder. */
export const IMAGE_DOCUMENT = 'image.json';

export const imageShape: CollectionShape<ImageDocument> = {
  folder: 'images',
  depth: 1,
  place: (key) => `${key}/${IMAGE_DOCUMENT}`,
  isDocument: (name) => name === IMAGE_DOCUMENT,
  keyOf: (image) => image.id,
  problem: (value) =>
    checkFields(value, {
      id: 'string',
      ancestry: 'array',
      size: 'number',
      payload: 'string',
      json: 'string',
      layer: 'string',
      completed: 'string',
    }),
};

/** The key of an upload: one image on its way to one repository. */
export function uploadKey(id: string, repository: string): string {
  return `${id} ${repository}`;
}

export const uploadShape: CollectionShape<UploadDocument> = {
  folder: 'uploads',
  depth: 0,
  place: (key) => {
    const [id = '', repository = ''] = key.split(' ');
    const digest = createHash('sha256').update(repository).digest('hex').slice(0, 16);
    return `${id}.${digest}.json`;
  },
  isDocument: (name) => name.endsWith('.json'),
  keyOf: (upload) => uploadKey(upload.id, upload.repository),
  problem: (value) =>
    checkFields(value, {
      id: 'string',
      repository: 'string',
      ancestry: 'array',
      json: 'string',
      clients: 'number',
      started: 'string',
    }),
};
