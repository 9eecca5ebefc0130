/** Letters, digits and the marks that mean the same with and without an escape. */
const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/** A slash within a name: repositories have one between their namespace and their own name. */
const ESCAPED_SLASH = /%2f/gi;

/** What a whole address, as proxies are sent, has before its path. */
const AUTHORITY = /^https?:\/\/[^/?#]*/i;

/**
 * A request's target from its path on, without needless escapes: `/v1/%75sers/` is
 * the path `/v1/users/` (RFC 3986 §6.2.2.2), and must not be taken for a repository or a user. A client that
 * escapes the whole name of a repository, `foo%2Fbar`, means `foo/bar`: the Hub and docker-registry were
 * Python behind WSGI, which undoes escapes before a path is looked at.
 */
export function plainTarget(target: string): string {
  if (target.startsWith('/') && !/[%\\#]/.test(target)) return target;
  // No client sends what comes after a `#`; if one did, it would not belong to the path.
  const [whole = ''] = target.replace(AUTHORITY, '').split('#');
  const [path = '', ...rest] = whole.split('?');
  const plain = path
    .replace(NEEDLESS_ESCAPE, (each) => decodeURIComponent(each))
    // Koa would take it for a slash where it reads the rest of an odd path.
    .replaceAll('\\', '%5C');
  const isRepository = plain.startsWith('/v1/repositories/');
  return [isRepository ? plain.replace(ESCAPED_SLASH, '/') : plain || '/', ...rest].join('?');
}

/** The path of a target that begins with its path. */
export function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}

const SHORT_PART = /^(\/v1\/repositories)\/([^/]+\/(?:images|auth|tags|json|properties))$/;

/**
 * A path as the patterns of routes have it. Without a slash at its end, `foo/tags` is a part of the official
 * repository `foo`, for methods too that it does not have, and never the repository `tags` of `foo`.
 */
export function spelledOut(path: string): string {
  return path.replace(SHORT_PART, '$1/library/$2');
}
