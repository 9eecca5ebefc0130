import { createHash } from 'node:crypto';
import { isImageFile } from '../files/image-files.js';
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

/** Names the first of several lists that holds anything but strings. */
function checkLists(document: object, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const list = (document as Record<string, readonly unknown[]>)[field] ?? [];
    if (!list.every((each) => typeof each === 'string')) return `"${field}" holds more than texts`;
  }
  return undefined;
}

/** An id and the names of files become paths, so they must be what this hub would make. */
function checkPlaces({ id }: { readonly id: string }, files: readonly string[]) {
  if (!/^[0-9a-f]{16,64}$/.test(id)) return '"id" is no image id';
  const odd = files.find((file) => !isImageFile(file));
  return odd === undefined ? undefined : `"${odd}" is no name of an image's file`;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

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
  problem: (value) => {
    const problem = checkFields(value, { format: 'number', secret: 'string', created: 'string' });
    if (problem !== undefined) return problem;
    const { format, secret } = value as HubDocument;
    if (!Number.isSafeInteger(format) || format < 1) return '"format" is no number of a format';
    return /^[0-9a-f]{64}$/.test(secret) ? undefined : '"secret" is not 64 hex digits';
  },
};

export const userShape: CollectionShape<UserDocument, 'users'> = {
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
    }) ?? checkUser(value as UserDocument),
};

function checkUser(user: UserDocument): string | undefined {
  const { generation = '' } = user;
  return checkFields({ generation }, { generation: 'string' }) ?? checkLists(user, ['emails']);
}

export const repositoryShape: CollectionShape<RepositoryDocument, 'repositories'> = {
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
    }) ?? checkRepository(value as RepositoryDocument),
};

function checkRepository(repository: RepositoryDocument): string | undefined {
  const { access, images, tags } = repository;
  if (access !== 'public' && access !== 'private') return '"access" is neither public nor private';
  const { generation = '', spent = [], deletion = { since: '' } } = repository;
  return (
    checkFields({ generation, spent }, { generation: 'string', spent: 'array' }) ??
    checkFields(deletion, { since: 'string' }) ??
    checkLists({ ...repository, spent }, ['holds', 'spent']) ??
    firstProblem(images, (image) => checkFields(image, { id: 'string' })) ??
    firstProblem(Object.values(tags), (tag) =>
      checkFields(tag, { image: 'string', updated: 'string', client: 'object' }),
    )
  );
}

function firstProblem<V>(
  values: readonly V[],
  check: (value: V) => string | undefined,
): string | undefined {
  for (const value of values) {
    const problem = check(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The name of an image's own document within its folder. */
export const IMAGE_DOCUMENT = 'image.json';

export const imageShape: CollectionShape<ImageDocument, 'images'> = {
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
    }) ?? checkImage(value as ImageDocument),
};

function checkImage(image: ImageDocument): string | undefined {
  const problem = checkPlaces(image, [image.json, image.layer]) ?? checkLists(image, ['ancestry']);
  if (problem !== undefined) return problem;
  if (!Number.isSafeInteger(image.size) || image.size < 0) return '"size" is no length';
  return image.ancestry[0] === image.id ? undefined : '"ancestry" does not begin with the image';
}

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
  problem: (value) =>
    checkFields(value, {
      id: 'string',
      repository: 'string',
      ancestry: 'array',
      json: 'string',
      clients: 'number',
      started: 'string',
    }) ?? checkUpload(value as UploadDocument),
};

function checkUpload(upload: UploadDocument): string | undefined {
  const { layer, json, generation = '' } = upload;
  const problem =
    checkFields({ generation }, { generation: 'string' }) ??
    checkPlaces(upload, [json]) ??
    checkLists(upload, ['ancestry']);
  if (problem !== undefined || layer === undefined) return problem;
  return (
    checkFields(layer, { file: 'string', size: 'number', payload: 'string' }) ??
    checkPlaces(upload, [layer.file])
  );
}

/** All kinds that have a folder of their own. */
export const KINDS = [userShape, repositoryShape, imageShape, uploadShape] as const;
