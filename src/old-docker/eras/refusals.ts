import type { Since } from './versions.js';

/** What a docker refuses by itself, and what it says of what is missing. */
export interface Refusals {
  /** What a namespace may be in this docker's own opinion. */
  readonly namespacePattern: RegExp;
  readonly badNamespace: (namespace: string) => string;
  readonly badTag: (tag: string) => string;
  readonly missingRepository: (name: string, tag: string | undefined) => string;
}

/** clients.md, "What they say on errors". */
export function refusalsOf(since: Since): Refusals {
  return {
    ...namespacesOf(since),
    badTag: badTagOf(since),
    missingRepository: missingRepositoryOf(since),
  };
}

/** clients.md, "What they say on errors", images 404. */
function missingRepositoryOf(since: Since): Refusals['missingRepository'] {
  if (!since('1.2')) {
    return () => 'HTTP code: 404';
  }
  const naming = since('1.5') && (!since('1.10') || since('1.11'));
  return (name, tag) =>
    `Error: image ${naming && tag !== undefined ? `${name}:${tag}` : name} not found`;
}

/** clients.md, "What they say on errors", last line. */
function namespacesOf(since: Since): Pick<Refusals, 'namespacePattern' | 'badNamespace'> {
  if (!since('1.5')) {
    return {
      namespacePattern: /^[a-z0-9_]{4,30}$/,
      badNamespace: (namespace) =>
        `Invalid namespace name (${namespace}), only [a-z0-9_] are allowed, size between 4 and 30`,
    };
  }
  const isLong = since('1.6');
  const lengths = isLong
    ? 'Cannot be fewer than 2 or more than 255 characters.'
    : 'Cannot be fewer than 4 or more than 30 characters.';
  return {
    namespacePattern: isLong ? /^[a-z0-9_-]{2,255}$/ : /^[a-z0-9_-]{4,30}$/,
    badNamespace: (namespace) =>
      `Invalid namespace name (${namespace}). ` +
      (/^[a-z0-9_-]*$/.test(namespace) ? lengths : 'Only [a-z0-9-_] are allowed.'),
  };
}

function badTagOf(since: Since): Refusals['badTag'] {
  if (!since('1.0')) return (tag) => `Illegal tag name: ${tag}`;
  if (since('1.10')) return () => 'invalid tag format';
  const initial = since('1.6') ? " ('.' and '-' are NOT allowed in the initial)" : '';
  return (tag) =>
    `Illegal tag name (${tag}): only [A-Za-z0-9_.-] are allowed${initial}, ` +
    'minimum 1, maximum 128 in length';
}
