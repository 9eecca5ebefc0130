/** Letters, digits and the marks that mean the same with and without an escape. */
const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/**
 * A request's target with nothing escaped in its path that need not be: `/v1/%75sers/` is the path
 * `/v1/users/` (RFC 3986 §6.2.2.2), and must not be taken for a repository or a user of that name.
 */
export function withoutNeedlessEscapes(target: string): string {
  if (!target.includes('%')) return target;
  const [path = '', ...rest] = target.split('?');
  const plain = path.replace(NEEDLESS_ESCAPE, (each) => decodeURIComponent(each));
  return [plain, ...rest].join('?');
}
