import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PIECES = [1024 * 1024, 4096];

/** Only who may mount can have a small disk. */
export class CannotMount extends Error {
  override readonly name = 'CannotMount';
}

/** A small file system of its own, and something that fills it. */
export class SmallDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #ballast: string;
  #handle: number | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.#ballast = join(folder, 'ballast');
  }

  /** Mounts one on a folder. Throws CannotMount, saying why, where that can't be done. */
  static mount(folder: string, megabytes: number): SmallDisk {
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder];
    try {
      execFileSync('mount', options, { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      throw new CannotMount((error as Error).message.trim().replaceAll(/\s+/g, ' '));
    }
    return new SmallDisk(folder);
  }

  /** Takes all room that there is. */
  fill(): void {
    this.#handle ??= openSync(this.#ballast, 'a');
    for (const length of PIECES) this.#fillWith(this.#handle, Buffer.alloc(length));
  }

  /** Gives all room back. */
  free(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    this.free();
    execFileSync('umount', [this.folder]);
  }

  #fillWith(handle: number, piece: Buffer): void {
    for (;;) {
      try {
        if (writeSync(handle, piece) < piece.length) return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
        throw error;
      }
    }
  }
}
