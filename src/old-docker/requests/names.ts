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
