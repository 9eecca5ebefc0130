/** How long the hex of each algorithm is. */
const DIGITS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

const DIGEST = /^(sha256|sha512):([0-9a-f]+)$/;

/** Whether a text is a digest that this hub can compute: `sha256:<64 hex>` or `sha512:<128 hex>`. */
export function isDigest(text: string): boolean {
  const [, algorithm = '', hex = ''] = DIGEST.exec(text) ?? [];
  return hex.length > 0 && DIGITS[algorithm] === hex.length;
}

/** The algorithm of a digest, as node:crypto calls it. */
export function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** The file name of a digest: `sha256-<hex>`, since a colon has a meaning in some file systems. */
export function digestFile(digest: string): string {
  return digest.replace(':', '-');
}

/** The digest that a file is named by; undefined where it is another name. */
export function digestOfFile(name: string): string | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}
