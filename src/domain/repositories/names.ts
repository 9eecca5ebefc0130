import { errors } from '../errors.js';

/** The namespace of official ("root") repositories: `foo` and `library/foo` are one repository. */
export const LIBRARY = 'library';

/** A validated repository name. `full` is `namespace/name`, the key it is stored under. */
export interface RepositoryName {
  readonly namespace: string;
  readonly name: string;
  readonly full: string;
}

/** docker 1.6 and 1.7 allow the widest namespaces: 2 to 255 (clients.md, What they say on errors). */
const NAMESPACE = /^[a-z0-9_-]{2,255}$/;
const REPOSITORY = /^[a-zA-Z0-9_.-]{1,128}$/;
const USERNAME = /^[a-z0-9_]{4,30}$/;
/** A part of a name that clients of v2 take (v2.md §3); v1 has others too. */
const PART_OF_V2 = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const LISTED_ID = /^[a-zA-Z0-9]{1,64}$/;
const IMAGE_ID = /^(?:[a-f0-9]{16}|[a-f0-9]{64})$/;
const EMAIL = /^[^\s@<>"(),:;[\]\\]{1,64}@([^\s@<>"(),:;[\]\\]+)$/;

/** What names and ids look like, for those who tell others. Some that look so are still refused. */
export const PATTERNS = {
  username: USERNAME,
  namespace: NAMESPACE,
  repository: REPOSITORY,
  tag: TAG,
  imageId: IMAGE_ID,
} as const;

/** Names that nobody may have: the Hub's own, and those with a meaning inside JavaScript objects. */
const RESERVED_USERNAMES = new Set([LIBRARY, 'docker', '__proto__', 'constructor', 'prototype']);
const RESERVED_NAMES = new Set(['.', '..', '__proto__']);

/**
 * The repository that a path names; without a namespace it is an official one.
 * Throws `badName` (400) for what no client could have meant.
 */
export function parseRepositoryName(namespace: string | undefined, name: string): RepositoryName {
  const space = namespace ?? LIBRARY;
  if (!NAMESPACE.test(space) || RESERVED_NAMES.has(space)) {
    throw errors.badName('namespace', 'only [a-z0-9_-] are allowed, size between 2 and 255');
  }
  if (!REPOSITORY.test(name) || RESERVED_NAMES.has(name)) {
    throw errors.badName('repository name', 'only [A-Za-z0-9_.-] are allowed, size up to 128');
  }
  return { namespace: space, name, full: `${space}/${name}` };
}

/** Whether a part of a name can be one over v2: v1 has others too. */
export function isPartOfV2(part: string): boolean {
  return PART_OF_V2.test(part);
}

/** Whether a repository can be named over v2. */
export function isNameOfV2({
  namespace,
  name,
}: Pick<RepositoryName, 'namespace' | 'name'>): boolean {
  return isPartOfV2(namespace) && isPartOfV2(name);
}

/** Throws `usernameFormat` or `usernameReserved` (both 400). */
export function checkUsername(username: string): void {
  if (!USERNAME.test(username)) throw errors.usernameFormat();
  if (RESERVED_USERNAMES.has(username)) throw errors.usernameReserved(username);
}

/** A password has 5 characters at least, and no byte that bcrypt would cut off (its limit is 72). */
export function checkPassword(password: string): void {
  const tooLong = Buffer.byteLength(password) > 72;
  if ([...password].length < 5 || tooLong || password.includes('\0')) throw errors.passwordFormat();
}

/** Throws `emailFormat` (400). */
export function checkEmail(email: string): void {
  const host = email.length > 254 ? '' : (EMAIL.exec(email)?.[1] ?? '');
  const dot = host.lastIndexOf('.');
  if (dot < 1 || dot === host.length - 1) throw errors.emailFormat();
}

/** Throws `tagName` (400); `__proto__` would fit the pattern but never is a tag. */
export function checkTagName(tag: string): void {
  if (!TAG.test(tag) || RESERVED_NAMES.has(tag)) throw errors.tagName();
}

/** Whether an id may stand in a repository's image list: the index is wider than the registry. */
export function isListedId(id: string): boolean {
  return LISTED_ID.test(id);
}

/** Whether the registry takes this for an image id (protocol.md §3). */
export function isImageId(id: string): boolean {
  return IMAGE_ID.test(id);
}
