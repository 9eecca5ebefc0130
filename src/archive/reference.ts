import { HubError } from '../domain/errors.js';
import {
  checkTagName,
  parseRepositoryName,
  type RepositoryName,
} from '../domain/repositories/names.js';
import type { ArchiveName } from './contents.js';
import { ArchiveError, quote } from './errors.js';

/** A repository and perhaps a tag, as people and archives write them: `[host/][ns/]repo[:tag]`. */
export interface Reference {
  /** Without the registry's host. */
  readonly repository: string;
  readonly tag: string | undefined;
}

/** The tag where none is named. */
export const DEFAULT_TAG = 'latest';

/** Takes a reference apart; the validity of its parts is not checked. */
export function splitReference(text: string): Reference {
  const [named = ''] = text.split('@');
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const path = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  return { repository: withoutHost(path), tag };
}

/** docker's own rule: the first part is a host when it looks like one. */
function withoutHost(path: string): string {
  const slash = path.indexOf('/');
  if (slash === -1) return path;
  const first = path.slice(0, slash);
  return first === 'localhost' || /[.:]/.test(first) ? path.slice(slash + 1) : path;
}

/** The name of an archive's image, from `repo:tag`; one without a tag means `latest`. */
export function archiveName(text: string): ArchiveName {
  const { repository, tag = DEFAULT_TAG } = splitReference(text);
  return { repository, tag };
}

/** The repository of a reference. Throws an ArchiveError when the hub could not have such a name. */
export function repositoryNamed(repository: string): RepositoryName {
  const parts = repository.split('/');
  if (parts.length > 2) {
    throw new ArchiveError(`${quote(repository)} has more than a namespace and a name`);
  }
  const [name = '', namespace] = parts.reverse();
  return explained(repository, () => parseRepositoryName(namespace, name));
}

/** Passes valid names of tags. Throws an ArchiveError. */
export function requireTagName(tag: string): void {
  explained(tag, () => checkTagName(tag));
}

function explained<R>(text: string, check: () => R): R {
  try {
    return check();
  } catch (error) {
    if (error instanceof HubError) throw new ArchiveError(`${quote(text)}: ${error.message}`);
    throw error;
  }
}
