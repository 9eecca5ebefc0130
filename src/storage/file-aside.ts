import { closeSync, constants, fsync, openSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const fsyncInThread = promisify(fsync);
const writeInThread = promisify(write);

/** Up to how many bytes are written at once; in bytes. */
const SHORT = 64 * 1024;

/**
 * A file being written beside the place it is meant for. What only touches the system's memory (opening,
 * a short write, closing) is done at once, since to have a thread do it takes several times as long;
 * what waits for the disk waits in a thread.
 */
export class FileAside {
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

  /** Adds bytes at the end. Rejects with the error of the system. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      written += await this.#writeSome(bytes.subarray(written));
    }
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    if (bytes.length <= SHORT) return writeSync(this.#open(), bytes);
    const { bytesWritten } = await writeInThread(this.#open(), bytes);
    return bytesWritten;
  }

  /** Resolves when the bytes are on the disk. */
  async sync(): Promise<void> {
    await fsyncInThread(this.#open());
  }

  /** Nothing happens when it is closed already. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed`);
    return this.#descriptor;
  }
}
