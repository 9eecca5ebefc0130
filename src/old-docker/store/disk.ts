/** What lies at a path. */
export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Bytes of a file. */
  readonly size: number;
  /** Permissions, without the kind. */
  readonly mode: number;
  /** Seconds. */
  readonly mtime: number;
  /** Where a link leads. */
  readonly target?: string;
}

/** The files of a played docker or of its user: a folder, or memory. Paths are `a/b`, below its root. */
export interface Disk {
  /** A whole file, if there is one. */
  read(path: string): Promise<Buffer | undefined>;
  /** A file piece by piece; fails if there is none. */
  stream(path: string): AsyncIterable<Buffer>;
  /** Puts a file there at once, and the folders that it needs. */
  write(
    path: string,
    content: string | Buffer | AsyncIterable<Buffer>,
    mode?: number,
  ): Promise<void>;
  move(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder, if it is there. */
  remove(path: string): Promise<void>;
  /** What is in a folder, by name; undefined if it is no folder. */
  list(path: string): Promise<DiskEntry[] | undefined>;
  stat(path: string): Promise<DiskEntry | undefined>;
}
