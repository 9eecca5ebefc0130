import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { BLOBS, imageShape } from '../documents/shapes.js';
import { BlobFiles } from '../files/blob-files.js';
import { digestOfFile } from '../files/digests.js';
import { Disk } from '../files/disk.js';
import { ImageFiles, isImageFile } from '../files/image-files.js';
import type { FolderView } from './folder-view.js';

/** A disk on which nothing changes: an attempt is an error. */
export function readOnlyDisk(): Disk {
  const disk = new Disk({ durable: false });
  disk.close();
  return disk;
}

/** The blobs, and the files of images, in a data directory that is only read. */
export interface FilesToRead {
  readonly files: ImageFiles;
  readonly blobs: BlobFiles;
  /** Removes what had to be put elsewhere to be read. */
  close(): void;
}

/** Files that stand in the log alone are put into the temporary folder meanwhile. */
export function filesToRead(view: FolderView): FilesToRead {
  const missing = [...view.instead].filter(([path]) => isContent(basename(path)));
  const place = missing.length === 0 ? undefined : mkdtempSync(join(tmpdir(), 'hub-v1-read-'));
  const close = (): void => {
    if (place !== undefined) rmSync(place, { recursive: true, force: true });
  };
  try {
    const elsewhere = place === undefined ? new Map() : putInto(place, view.folder, missing);
    const root = join(view.folder, imageShape.folder);
    const blobs = new BlobFiles(readOnlyDisk(), join(view.folder, BLOBS), elsewhere);
    return { files: new ImageFiles(readOnlyDisk(), root, blobs, elsewhere), blobs, close };
  } catch (error) {
    close();
    throw error;
  }
}

function isContent(name: string): boolean {
  return isImageFile(name) || digestOfFile(name) !== undefined;
}

/** Writes files of the data directory `folder` into `place`; returns where each is now. */
function putInto(
  place: string,
  folder: string,
  files: readonly (readonly [path: string, bytes: Uint8Array | undefined])[],
): Map<string, string> {
  const elsewhere = new Map<string, string>();
  for (const [path, bytes] of files) {
    if (bytes === undefined) continue;
    const copy = join(place, path);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, bytes, { mode: 0o600 });
    elsewhere.set(join(folder, path), copy);
  }
  return elsewhere;
}
