/** Letters, digits and the marks that mean the same with and without an escape. */
const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/** A slash within a name: repositories have one between their namespace and their own name. */
const ESCAPED_SLASH = /%2f/gi;

/** A target may be a whole address, as proxies are sent. */
const REPOSITORY = /^(?:https?:\/\/[^/]*)?\/v1\/repositories\//i;

/**
 * A request's target with nothing escaped in its path that need not be: `/v1/%75sers/` is the path
 * `/v1/users/` (RFC 3986 §6.2.2.2), and must not be taken for a repository or a user of that name. A
 * client that escapes the whole name of a repository, `foo%2Fbar`, means `foo/bar`: the Hub and
 * docker-registry were Python behind WSGI, which undoes escapes before a path is looked at.
 */
export function withoutNeedlessEscapes(target: string): string {
  if (!/[%\\]/.test(target)) return target;
  // A backslash in a whole address would be read as a slash.
  const [path = '', ...rest] = target.replaceAll('\\', '%5C').split('?');
  const plain = path.replace(NEEDLESS_ESCAPE, (each) => decodeURIComponent(each));
  const whole = REPOSITORY.test(plain) ? plain.replace(ESCAPED_SLASH, '/') : plain;
  return [whole, ...rest].join('?');
}
