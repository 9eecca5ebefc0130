/* Where pages are; the table in routes/web/index.ts has the same. */

/** The namespace of official repositories, which the pages show without it. */
const LIBRARY = 'library';

export interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The page of a repository, or a part of it such as `tags/manage/`. */
export function repositoryPath({ namespace, name }: Named, part = ''): string {
  const base = namespace === LIBRARY ? `/_/${name}/` : `/u/${namespace}/${name}/`;
  return base + part;
}

/** What people and dockers call a repository. */
export function repositoryLabel({ namespace, name }: Named): string {
  return namespace === LIBRARY ? name : `${namespace}/${name}`;
}

export function userPath(username: string): string {
  return `/u/${username}/`;
}

export function listPath(namespace: string): string {
  return `/repos/${namespace}/`;
}

/** An address with other parameters in its query; undefined takes one away. */
export function withQuery(
  address: string,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const [path = '', query = ''] = address.split('?', 2);
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The page of a student of the class. */
export function studentPath(username: string): string {
  return `/sandbox/class/students/${username}/`;
}

/** The live page with what one person does. */
export function livePath(username: string): string {
  return `/sandbox/live/?user=${username}`;
}

/** The page of a lesson. */
export function lessonPath(id: string): string {
  return `/sandbox/lessons/${encodeURIComponent(id)}/`;
}
