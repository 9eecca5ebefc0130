import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, lstat, open, readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

/** A link to a link to a link: the system gives up here too. */
const MOST_LINKS = 40;

export interface OutputFileOptions {
  /**
   * The permissions that the file is to have, for one that holds a secret; its predecessor's do not count.
   * Without it a file that is there keeps its own, and a new one has what the umask leaves.
   */
  readonly mode?: number | undefined;
}

/**
 * A file that a command writes, by the path a person gave. It is looked at before any work: links are
 * followed, a folder is refused, and devices and pipes are opened, to be written into. Everything else is
 * written beside its place and put there when it is whole, so that a failure leaves what was there; it
 * keeps the owner of the file that it replaces.
 */
export class OutputFile {
  /** Where the bytes go; closed by `put` and `discard`. */
  readonly handle: FileHandle;
  readonly #path: string;
  /** Where they are until the file is whole; undefined for devices and pipes. */
  readonly #aside: string | undefined;

  private constructor(handle: FileHandle, path: string, aside: string | undefined) {
    this.handle = handle;
    this.#path = path;
    this.#aside = aside;
  }

  /**
   * Opens a path for writing. Throws an InvalidArgumentError where a file can't be, and an Error of
   * one line when the system does not allow it.
   */
  static async open(path: string, { mode }: OutputFileOptions = {}): Promise<OutputFile> {
    try {
      const there = await lookAt(path);
      if (there !== undefined && !there.isFile()) {
        return new OutputFile(await openSpecial(path, there), path, undefined);
      }
      const place = await followLinks(path);
      if (there !== undefined) await access(place, constants.W_OK);
      const aside = `${place}.${randomBytes(6).toString('hex')}.tmp`;
      const handle = await open(aside, 'wx', mode ?? 0o666);
      try {
        await setOwnerAndMode(handle, there, mode);
      } catch (error) {
        await handle.close();
        await rm(aside, { force: true });
        throw error;
      }
      return new OutputFile(handle, place, aside);
    } catch (error) {
      if (error instanceof InvalidArgumentError) throw error;
      throw new Error(`cannot write ${path}: ${(error as Error).message}`);
    }
  }

  /** Ends the file and puts it in its place. */
  async put(): Promise<void> {
    try {
      await this.#close();
      if (this.#aside !== undefined) await rename(this.#aside, this.#path);
    } catch (error) {
      await this.discard();
      throw new Error(`cannot write ${this.#path}: ${(error as Error).message}`);
    }
  }

  /** Gives up: what was there stays. Never rejects, since it runs on the way out of another failure. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    if (this.#aside !== undefined) await rm(this.#aside, { force: true }).catch(() => undefined);
  }

  /** A stream that has ended has closed it already. */
  async #close(): Promise<void> {
    if (this.handle.fd !== -1) await this.handle.close();
  }
}

/** Whether anything is at a path, a link that leads nowhere too. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** What a path leads to; undefined where nothing is yet. */
async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new InvalidArgumentError(`${path} is a folder, not a file`);
    return found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (path.endsWith('/')) throw new InvalidArgumentError(`${path} names a folder, not a file`);
    return undefined;
  }
}

/** A device or a pipe is opened as it is; for a pipe without a reader this waits for one, as for everybody. */
async function openSpecial(path: string, there: Stats): Promise<FileHandle> {
  if (there.isSocket()) throw new InvalidArgumentError(`${path} is a socket, not a file`);
  return open(path, constants.O_WRONLY);
}

/** The path of the file itself, which may not be there yet. */
async function followLinks(path: string): Promise<string> {
  let current = path;
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const target = await readlink(current).catch((error: NodeJS.ErrnoException) => {
      // No link, or nothing at all: here the file is, or will be.
      if (error.code === 'EINVAL' || error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (target === undefined) return current;
    current = resolve(dirname(current), target);
  }
  throw new Error('too many links');
}

/** In this order, since a change of the owner takes permissions away. */
async function setOwnerAndMode(
  handle: FileHandle,
  former: Stats | undefined,
  mode: number | undefined,
): Promise<void> {
  const own = await handle.stat();
  if (former !== undefined && (former.uid !== own.uid || former.gid !== own.gid)) {
    await handle.chown(former.uid, former.gid);
  }
  const wanted = mode ?? (former === undefined ? undefined : former.mode & 0o7777);
  if (wanted !== undefined) await handle.chmod(wanted);
}
