import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  statSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

const fsyncInThread = promisify(fsync);
const fdatasyncInThread = promisify(fdatasync);
const writeInThread = promisify(write);

/** Up to how many bytes are written at once; in bytes. */
export const SHORT = 64 * 1024;

/**
 * A file that did not exist before. What only touches the system's memory (opening, a short write,
 * closing) is done at once, since to have a thread do it takes several times as long; what waits for the
 * disk waits in a thread.
 */
export class NewFile {
  readonly path: string;
  #descriptor: number | undefined;

  /** Creates the file, for its owner alone. Throws the error of the system. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      0o600,
    );
  }

  /** Whether the file is still there under its path, and no other in its place. */
  get isInPlace(): boolean {
    const there = statSync(this.path, { throwIfNoEntry: false });
    const mine = fstatSync(this.#open());
    return there?.ino === mine.ino && there.dev === mine.dev;
  }

  /** Adds bytes at the end of what was appended so far. Rejects with the error of the system. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, undefined);
  }

  /** Writes bytes from `position` on, in bytes. Rejects with the error of the system. */
  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, position);
  }

  /** Cuts the file off at a length in bytes. Throws the error of the system. */
  truncate(length: number): void {
    ftruncateSync(this.#open(), length);
  }

  /** Resolves when the bytes are on the disk, and everything else about the file. */
  async sync(): Promise<void> {
    await fsyncInThread(this.#open());
  }

  /** Resolves when the bytes are on the disk, and what is needed to read them. */
  async syncBytes(): Promise<void> {
    await fdatasyncInThread(this.#open());
  }

  /** Nothing happens when it is closed already. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  async #write(bytes: Uint8Array, position: number | undefined): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const at = position === undefined ? null : position + written;
      written += await this.#writeSome(bytes.subarray(written), at);
    }
  }

  async #writeSome(bytes: Uint8Array, position: number | null): Promise<number> {
    if (bytes.length <= SHORT) return writeSync(this.#open(), bytes, 0, bytes.length, position);
    const length = bytes.length;
    const { bytesWritten } = await writeInThread(this.#open(), bytes, 0, length, position);
    return bytesWritten;
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed`);
    return this.#descriptor;
  }
}
