/* The parts of curl's lines. */

/** Where the hub is for curl, and what can be read there without a login. */
export interface Target {
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  /** Whether anybody may read a repository, `ns/repo`. */
  readonly isPublic: (repository: string) => boolean;
  /** The account whose steps nobody else can repeat, and the one that does them instead, in its own name space. */
  readonly instead?: { readonly of: string; readonly reader: string } | undefined;
}

/** A part of a line of curl. */
export interface Part {
  readonly part: string;
  /** A line that comes before. */
  readonly before?: ((target: Target) => string) | undefined;
}

/** A login whose password is asked for first. */
export function withPassword(username: string): string {
  return /^[\w.-]+$/.test(username)
    ? `"${username}:$PASSWORD"`
    : `${quoted(`${username}:`)}"$PASSWORD"`;
}

/** For a shell, between single quotes. */
export function quoted(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
