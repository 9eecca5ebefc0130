import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hashSync } from 'bcryptjs';
import type { CollectionShape } from '../../src/storage/documents/collection.js';
import type {
  ImageDocument,
  RepositoryDocument,
  UserDocument,
} from '../../src/storage/documents/documents.js';
import { imageShape, repositoryShape, userShape } from '../../src/storage/documents/shapes.js';
import { basic } from './http.js';

/** Who pushes in the bench; its repositories lie under its name. */
export const ACCOUNT = 'bench';
export const PASSWORD = 'a long enough sentence';
export const LOGIN = basic(ACCOUNT, PASSWORD);

/** The cost of a password where nothing else is said. */
const BCRYPT_ROUNDS = 10;
const REPOSITORIES_PER_ACCOUNT = 50;
/** Images that all repositories share, as a base image is shared. */
const IMAGES = 100;
const CREATED = '2015-06-01T12:00:00.000Z';

/** What repositories are named after; one in forty is named after each. */
export const WORDS: readonly string[] = [
  'alpine busybox centos debian fedora ubuntu nginx apache haproxy varnish redis memcached mysql',
  'postgres mongo cassandra couchdb elastic kibana logstash node ruby python perl php java scala',
  'golang rust erlang wordpress drupal ghost jenkins gitlab gogs drone consul etcd zookeeper kafka',
]
  .join(' ')
  .split(' ');

/**
 * Writes a data directory as a hub would have left it: the account of the bench, others with fifty
 * repositories each, and images that those repositories share.
 */
export function writeData(folder: string, { repositories }: { repositories: number }): void {
  const passwordHash = hashSync(PASSWORD, BCRYPT_ROUNDS);
  write(folder, userShape, user(ACCOUNT, passwordHash));
  for (let number = 0; number < IMAGES; number += 1) writeImage(folder, number);
  for (let number = 0; number < repositories; number += 1) {
    if (number % REPOSITORIES_PER_ACCOUNT === 0) {
      write(folder, userShape, user(ownerOf(number), passwordHash));
    }
    write(folder, repositoryShape, repositoryAt(number));
  }
}

/** Writes a repository of the bench's account that lists, holds and tags this many images. */
export function writeFullRepository(folder: string, name: string, images: number): void {
  const ids = Array.from({ length: images }, (_, number) => imageId(number));
  const tag = (image: string) => ({ image, updated: CREATED, client: {} });
  write(folder, repositoryShape, {
    ...repository(ACCOUNT, name, 'All that a list can hold'),
    images: ids.map((id) => ({ id, checksum: `tarsum+sha256:${id}` })),
    holds: ids,
    tags: Object.fromEntries(ids.map((id, number) => [`v${number}`, tag(id)])),
  });
}

/** `namespace/name` of one of the repositories that `writeData` writes. */
export function repositoryName(number: number): string {
  const { namespace, name } = repositoryAt(number);
  return `${namespace}/${name}`;
}

function repositoryAt(number: number): RepositoryDocument {
  const [word, other] = [wordAt(number), wordAt(number * 7 + 3)];
  const image = imageId(number % IMAGES);
  return {
    ...repository(
      ownerOf(number),
      `${word}-${number}`,
      `An image of ${word} with ${other}, made every night and kept small for those who test with it`,
    ),
    stars: (number * 31) % 997,
    images: [{ id: image }],
    holds: [image],
    tags: { latest: { image, updated: CREATED, client: { arch: 'amd64', os: 'linux' } } },
  };
}

function repository(namespace: string, name: string, description: string): RepositoryDocument {
  return {
    namespace,
    name,
    description,
    access: 'public',
    stars: 0,
    trusted: false,
    created: CREATED,
    updated: CREATED,
    images: [],
    holds: [],
    tags: {},
  };
}

function user(username: string, passwordHash: string): UserDocument {
  return {
    username,
    emails: [`${username}@example.com`],
    passwordHash,
    active: true,
    admin: false,
    created: CREATED,
    updated: CREATED,
  };
}

function writeImage(folder: string, number: number): void {
  const id = imageId(number);
  const json = JSON.stringify({ id, created: CREATED, os: 'linux', architecture: 'amd64' });
  const layer = createHash('sha512').update(id).digest();
  const payload = createHash('sha256').update(`${json}\n`).update(layer).digest('hex');
  const image: ImageDocument = {
    id,
    ancestry: [id],
    size: layer.length,
    payload: `sha256:${payload}`,
    json: 'json-000000000000',
    layer: 'layer-000000000000',
    completed: CREATED,
  };
  write(folder, imageShape, image);
  writeFileSync(join(folder, imageShape.folder, id, image.json), json);
  writeFileSync(join(folder, imageShape.folder, id, image.layer), layer);
}

/** Writes a document where its collection looks for it, as it would. */
function write<T>(folder: string, shape: CollectionShape<T>, document: T): void {
  const key = shape.keyOf(document);
  const path = join(folder, shape.folder, shape.place(key));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
}

function ownerOf(number: number): string {
  return `owner${Math.floor(number / REPOSITORIES_PER_ACCOUNT)}`;
}

function wordAt(number: number): string {
  return WORDS[number % WORDS.length] ?? '';
}

function imageId(number: number): string {
  return createHash('sha256').update(`image ${number}`).digest('hex');
}
