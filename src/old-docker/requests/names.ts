import type { Dialect } from '../eras/dialect.js';
import { OldDockerError } from './errors.js';

/** The path of the repository's routes: a root name stays bare (clients.md, "Root names"). */
export function repositoryPath(name: string): string {
  return `/v1/repositories/${name}`;
}

/** Tags are always read with a namespace. */
export function tagsPath(name: string): string {
  return `${repositoryPath(name.includes('/') ? name : `library/${name}`)}/tags`;
}

/** What docker itself refuses before it asks anybody (clients.md, "What they say on errors"). */
export function checkName(dialect: Dialect, name: string): void {
  const [first = '', ...rest] = name.split('/');
  const namespace = rest.length === 0 ? 'library' : first;
  const repository = rest.length === 0 ? first : rest.join('/');
  if (!dialect.namespacePattern.test(namespace)) {
    throw new OldDockerError(dialect.badNamespace(namespace));
  }
  if (!/^[a-z0-9-_.]+$/.test(repository)) {
    throw new OldDockerError(
      `Invalid repository name (${repository}), only [a-z0-9-_.] are allowed`,
    );
  }
}

/**
 * Checks the id of an image that an archive or a registry names; it becomes part of paths.
 * @throws OldDockerError as docker said it from 1.3.3 on
 */
export function checkId(id: string): void {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new OldDockerError(`image ID '${id}' is invalid`);
}

/** Checks a tag that an archive or a registry names. */
export function checkTag(dialect: Dialect, tag: string): void {
  if (!isTag(tag)) throw new OldDockerError(dialect.badTag(tag));
}

/** What a tag may be from 1.0 on; before, all without a slash and a colon. */
export function isTag(tag: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(tag);
}

/** Checks what an archive calls a repository, the host among it; no version took less than this. */
export function checkLocalName(name: string): void {
  const [first = '', ...rest] = name.split('/');
  const parts = /^[\w.-]+:\d{1,5}$/.test(first) && rest.length > 0 ? rest : [first, ...rest];
  if (!parts.every((part) => /^\w[\w.-]{0,254}$/.test(part))) {
    throw new OldDockerError(`Invalid repository name (${name}), only [a-z0-9-_.] are allowed`);
  }
}
