import type { Dialect } from '../eras/dialect.js';
import type { Wording } from '../eras/wording.js';
import { isHubName } from '../requests/hosts.js';
import { isTag } from '../requests/names.js';
import { Failure } from './failure.js';

/** `[HOST/]NAME[:TAG]`, taken apart. */
export interface Name {
  /** The private host; undefined is the Hub. */
  readonly host: string | undefined;
  /** The name at the host. */
  readonly path: string;
  readonly tag: string | undefined;
  /** What the repository is called in the graph. */
  readonly local: string;
}

/** Takes a name apart as docker does: a first part with a dot or a colon, or localhost, is a host. */
export function readName(text: string): Name {
  const colon = text.lastIndexOf(':');
  const hasTag = colon > text.lastIndexOf('/');
  const repository = hasTag && colon > 0 ? text.slice(0, colon) : text;
  const tag = hasTag && colon > 0 ? text.slice(colon + 1) : undefined;
  const slash = repository.indexOf('/');
  const first = repository.slice(0, Math.max(slash, 0));
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  if (!isHost) return { host: undefined, path: repository, tag, local: repository };
  const path = repository.slice(slash + 1);
  if (isHubName(first)) return { host: undefined, path, tag, local: path };
  return { host: first, path, tag, local: repository };
}

/** A name part from 1.8 on, and the words for an invalid one. */
const PATTERN = '[a-z0-9](?:-*[a-z0-9])*(?:[._][a-z0-9](?:-*[a-z0-9])*)*';

/**
 * Checks a name in the way and with the words of the version.
 * @throws Failure for a name that it does not take
 */
export function checkReference(wording: Wording, dialect: Dialect, text: string): Name {
  const name = readName(text);
  if (wording.badName === 'parts') {
    checkParts(dialect, name);
    return name;
  }
  const parts = name.path.split('/');
  const hasTag = name.tag === undefined || isTag(name.tag);
  if (parts.every(isPart) && hasTag) return name;
  throw new Failure(
    'client',
    wording.badName === 'reference'
      ? `Error parsing reference: "${text}" is not a valid repository/tag`
      : parts.every(isPart)
        ? dialect.badTag(name.tag ?? '')
        : `repository name component must match "${PATTERN}"`,
  );
}

/** Lower-case letters and digits, with single dots or underscores and any dashes between. */
function isPart(part: string): boolean {
  return (
    /^[a-z0-9._-]+$/.test(part) &&
    !/^[._-]/.test(part) &&
    !/[._-]$/.test(part) &&
    !/[._][._-]|-[._]/.test(part)
  );
}

function checkParts(dialect: Dialect, { path }: Name): void {
  const slash = path.indexOf('/');
  const namespace = slash < 0 ? 'library' : path.slice(0, slash);
  const repository = path.slice(slash + 1);
  if (!dialect.namespacePattern.test(namespace)) {
    throw new Failure('client', dialect.badNamespace(namespace));
  }
  if (!/^[a-z0-9-_.]+$/.test(repository)) {
    throw new Failure(
      'client',
      `Invalid repository name (${repository}), only [a-z0-9-_.] are allowed`,
    );
  }
}
