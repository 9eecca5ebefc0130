/** Names of this machine that no page of somebody else can have. */
const OWN_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * Whether a Host names this machine for itself. Any other name may have been made to lead here by a page in a
 * browser (DNS rebinding), or be a proxy's, behind which are others.
 */
export function isOwnName(host: string): boolean {
  return OWN_NAME.test(host);
}
