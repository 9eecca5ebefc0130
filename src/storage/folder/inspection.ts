import { basename, dirname, join } from 'node:path';
import type { CollectionShape } from '../documents/collection.js';
import type {
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
  UploadDocument,
  UserDocument,
} from '../documents/documents.js';
import {
  BLOBS,
  hubShape,
  imageShape,
  manifestShape,
  repositoryShape,
  uploadShape,
  userShape,
} from '../documents/shapes.js';
import { oneLine } from '../errors.js';
import { digestFile, digestOfFile } from '../files/digests.js';
import { isUnfinished } from '../files/disk.js';
import { isImageFile, isListing } from '../files/image-files.js';
import { recognise } from '../log/recognition.js';
import type { FolderView } from './folder-view.js';

/** A document and where it lies. */
export interface Found<T> {
  readonly path: string;
  readonly value: T;
}

/** Everything that lies in a data directory; all paths are below it. */
export interface Inspection {
  readonly users: readonly Found<UserDocument>[];
  readonly repositories: readonly Found<RepositoryDocument>[];
  readonly images: readonly Found<ImageDocument>[];
  readonly uploads: readonly Found<UploadDocument>[];
  readonly manifests: readonly Found<ManifestDocument>[];
  /** Files that should be documents and are not, and why. */
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
  /** What a process was writing when it was killed. */
  readonly unfinished: readonly string[];
  /** Files among the documents that are not the hub's. */
  readonly foreign: readonly string[];
  /** The json, layer and list files of each image: their lengths in bytes, by their names. */
  readonly imageFiles: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The length of each blob in bytes, by its digest. */
  readonly blobs: ReadonlyMap<string, number>;
}

/** Where a blob lies. */
export function pathOfBlob(digest: string): string {
  return join(BLOBS, digestFile(digest));
}

/** Where a file of an image lies. */
export function pathOfImageFile(id: string, file: string): string {
  return join(imageShape.folder, id, file);
}

/** Looks at every file of a data directory, and goes on where a start would give up. */
export function inspect(view: FolderView): Inspection {
  return new Inspector(view).inspect();
}

function belongsToImage(name: string): boolean {
  return isImageFile(name) || isListing(name);
}

class Inspector {
  readonly #view: FolderView;
  readonly #broken: { path: string; reason: string }[] = [];
  readonly #unfinished: string[] = [];
  readonly #foreign: string[] = [];
  readonly #imageFiles = new Map<string, Map<string, number>>();

  constructor(view: FolderView) {
    this.#view = view;
  }

  inspect(): Inspection {
    this.#inspectTop();
    return {
      users: this.#documents(userShape),
      repositories: this.#documents(repositoryShape),
      images: this.#documents(imageShape),
      uploads: this.#documents(uploadShape),
      manifests: this.#documents(manifestShape),
      broken: this.#broken,
      unfinished: this.#unfinished,
      foreign: this.#foreign,
      imageFiles: this.#imageFiles,
      blobs: this.#blobs(),
    };
  }

  #blobs(): Map<string, number> {
    const blobs = new Map<string, number>();
    for (const { name } of this.#view.entries(BLOBS)) {
      const path = join(BLOBS, name);
      const digest = digestOfFile(name);
      const length = this.#view.length(path);
      if (isUnfinished(name)) this.#unfinished.push(path);
      else if (digest === undefined) this.#foreign.push(path);
      else if (length !== undefined) blobs.set(digest, length);
    }
    return blobs;
  }

  /** What people put beside the hub's own folders does not concern the hub. */
  #inspectTop(): void {
    for (const { name } of this.#view.entries('.')) {
      if (hubShape.isDocument(name)) this.#read(hubShape, name);
      else if (isUnfinished(name)) this.#unfinished.push(name);
    }
  }

  #documents<T>(shape: CollectionShape<T>): Found<T>[] {
    const found: Found<T>[] = [];
    for (const path of this.#files(shape)) {
      const name = basename(path);
      if (isUnfinished(name)) this.#unfinished.push(path);
      else if (shape.isDocument(name)) found.push(...this.#read(shape, path));
      else if (shape.folder === imageShape.folder && belongsToImage(name))
        this.#noteImageFile(path);
      else this.#foreign.push(path);
    }
    return found;
  }

  /** All files at the depth of a kind; above that depth only folders are the hub's. */
  #files({ folder, depth }: { readonly folder: string; readonly depth: 0 | 1 }): string[] {
    const top = this.#view.entries(folder);
    if (depth === 0) return top.map(({ name }) => join(folder, name));
    const files: string[] = [];
    for (const entry of top) {
      const path = join(folder, entry.name);
      if (entry.isFolder)
        files.push(...this.#view.entries(path).map(({ name }) => join(path, name)));
      else this.#foreign.push(path);
    }
    return files;
  }

  #read<T>(shape: CollectionShape<T>, path: string): Found<T>[] {
    try {
      const bytes = this.#view.read(path);
      if (bytes === undefined) return [];
      const found = recognise(shape, path, bytes);
      if ('value' in found) return [{ path, value: found.value }];
      this.#broken.push({ path, reason: found.reason });
    } catch (error) {
      this.#broken.push({ path, reason: oneLine((error as Error).message) });
    }
    return [];
  }

  #noteImageFile(path: string): void {
    const id = basename(dirname(path));
    const files = this.#imageFiles.get(id) ?? new Map<string, number>();
    const length = this.#view.length(path);
    if (length === undefined) return;
    files.set(basename(path), length);
    this.#imageFiles.set(id, files);
  }
}
