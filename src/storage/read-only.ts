import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Disk } from './disk.js';
import type { FolderView } from './folder-view.js';
import { ImageFiles, isImageFile } from './image-files.js';
import { imageShape } from './shapes.js';

/** A disk on which nothing changes: whatever would, is an error. */
export function readOnlyDisk(): Disk {
  const disk = new Disk({ durable: false });
  disk.close();
  return disk;
}

/** The files of images in a data directory that is only read. */
export interface FilesToRead {
  readonly files: ImageFiles;
  /** Removes what had to be put elsewhere to be read. */
  close(): void;
}

/** Files that stand in the log alone are put into the temporary folder meanwhile. */
export function filesToRead(view: FolderView): FilesToRead {
  const missing = [...view.instead].filter(([path]) => isImageFile(basename(path)));
  const elsewhere = new Map<string, string>();
  const place = missing.length === 0 ? undefined : mkdtempSync(join(tmpdir(), 'hub-v1-read-'));
  for (const [path, bytes] of missing) {
    if (place === undefined || bytes === undefined) continue;
    const copy = join(place, path);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, bytes, { mode: 0o600 });
    elsewhere.set(join(view.folder, path), copy);
  }
  return {
    files: new ImageFiles(readOnlyDisk(), join(view.folder, imageShape.folder), elsewhere),
    close: () => {
      if (place !== undefined) rmSync(place, { recursive: true, force: true });
    },
  };
}
