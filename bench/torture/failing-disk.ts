import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KillOptions, type KillResult, killAtRandom } from './kills.js';
import { CannotMount } from './small-disk.js';

const SIZE = 512 * 1024 * 1024;
/** `FS_IOC_GOINGDOWN` of linux/fs.h, and its flag to throw away what is not on the disk yet. */
const GOING_DOWN = 0x8004587d;
const NO_LOG_FLUSH = 2;

/** A file system of its own in a file, which can fail and be mounted again on the same boot. */
export class FailingDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;

  private constructor(folder: string, image: string) {
    this.folder = folder;
    this.#image = image;
  }

  /** Makes and mounts one below a folder. Throws CannotMount, saying why, where that can't be done. */
  static mount(place: string): FailingDisk {
    const image = join(place, 'disk.img');
    const disk = new FailingDisk(join(place, 'disk'), image);
    mkdirSync(disk.folder);
    writeFileSync(image, '');
    truncateSync(image, SIZE);
    run('mkfs.ext4', ['-q', '-F', image]);
    disk.#mount();
    try {
      disk.fail();
    } catch (error) {
      disk.unmount();
      throw error;
    }
    return disk;
  }

  /** All that was not forced to the disk is lost, as when it fails; then it is mounted again. */
  fail(): void {
    const program = `open F, '<', shift or die $!; my $f = pack "L", ${NO_LOG_FLUSH}; ioctl F, ${GOING_DOWN}, $f or die $!`;
    run('perl', ['-e', program, this.folder]);
    run('umount', [this.folder]);
    this.#mount();
  }

  /** And it is gone. */
  unmount(): void {
    run('umount', [this.folder]);
    rmSync(this.#image);
  }

  #mount(): void {
    run('mount', ['-o', 'loop', this.#image, this.folder]);
  }
}

/**
 * As `killAtRandom`, on a disk that fails after each kill and is mounted again: what was acknowledged is
 * there, though the system is the same and its boot too. Throws CannotMount where there can be no such disk.
 */
export async function failDisk(options: KillOptions): Promise<KillResult> {
  const disk = FailingDisk.mount(options.folder);
  try {
    const data = join(disk.folder, 'data');
    return await killAtRandom({ ...options, folder: data, afterKill: () => disk.fail() });
  } finally {
    disk.unmount();
  }
}

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new CannotMount((error as Error).message.trim().replaceAll(/\s+/g, ' '));
  }
}
