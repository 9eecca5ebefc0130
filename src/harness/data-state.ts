import type { Collections, Storage } from '../storage/storage.js';
import type { Snapshottable } from './resettable.js';

/** Everything that lasts, at one moment: a map of documents for each collection. */
export type DataSnapshot = {
  readonly [K in keyof Collections]: ReturnType<Collections[K]['capture']>;
};

/**
 * The documents and image files of a hub as one thing that can be put back. Documents never change in
 * place and image files are never rewritten, so a snapshot is a list of references, and going back
 * writes only what differs.
 */
export class DataState implements Snapshottable<DataSnapshot> {
  readonly #storage: Storage;
  #baseline: DataSnapshot;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#baseline = this.capture();
  }

  /** What is there now is what a reset goes back to. */
  markBaseline(): void {
    this.#baseline = this.capture();
  }

  async reset(): Promise<void> {
    await this.restore(this.#baseline);
  }

  capture(): DataSnapshot {
    const { hub, users, repositories, images, uploads, files } = this.#storage;
    for (const image of images.values()) {
      files.keep(image.id, image.json);
      files.keep(image.id, image.layer);
    }
    for (const upload of uploads.values()) {
      files.keep(upload.id, upload.json);
      if (upload.layer !== undefined) files.keep(upload.id, upload.layer.file);
    }
    return {
      hub: hub.capture(),
      users: users.capture(),
      repositories: repositories.capture(),
      images: images.capture(),
      uploads: uploads.capture(),
    };
  }

  async restore(snapshot: DataSnapshot): Promise<void> {
    const { hub, users, repositories, images, uploads } = this.#storage;
    const before = [...filesOf(images.values(), uploads.values())];
    // Images before those who hold them, so that nobody meets a repository whose images are missing.
    await images.restore(snapshot.images);
    await repositories.restore(snapshot.repositories);
    await uploads.restore(snapshot.uploads);
    await users.restore(snapshot.users);
    await hub.restore(snapshot.hub);
    await this.#removeStrays(before);
  }

  /** Files that came since the snapshot, and that no document names any more. */
  async #removeStrays(before: readonly NamedFile[]): Promise<void> {
    const { images, uploads, files } = this.#storage;
    const named = new Set<string>();
    for (const { id, file } of filesOf(images.values(), uploads.values()))
      named.add(`${id}/${file}`);
    for (const { id, file } of before) {
      if (!named.has(`${id}/${file}`)) await files.remove(id, [file]);
    }
  }
}

interface NamedFile {
  readonly id: string;
  readonly file: string;
}

function* filesOf(
  images: Iterable<{ readonly id: string; readonly json: string; readonly layer: string }>,
  uploads: Iterable<{
    readonly id: string;
    readonly json: string;
    readonly layer?: { readonly file: string };
  }>,
): Generator<NamedFile> {
  for (const { id, json, layer } of images) {
    yield { id, file: json };
    yield { id, file: layer };
  }
  for (const { id, json, layer } of uploads) {
    yield { id, file: json };
    if (layer !== undefined) yield { id, file: layer.file };
  }
}
