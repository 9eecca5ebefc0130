import type { UploadDocument } from '../storage/documents.js';

/** A layer that has arrived, and its sum. */
export type ArrivedLayer = NonNullable<UploadDocument['layer']>;

/** How many are kept for one push. */
const MOST = 4;

/**
 * Layers that came for a push and were followed by another client's of the same push. Two dockers may
 * compress one image in two ways, and each will name the sum of its own, so none is thrown away while
 * both are at it. No document names these files: what a crash leaves of them goes at the next start.
 */
export class SpareLayers {
  readonly #byUpload = new Map<string, readonly ArrivedLayer[]>();

  /** The spare layers of an upload. */
  of(key: string): readonly ArrivedLayer[] {
    return this.#byUpload.get(key) ?? [];
  }

  /** Keeps one more; returns those that had to make room. */
  keep(key: string, layer: ArrivedLayer): readonly ArrivedLayer[] {
    const all = [...this.of(key), layer];
    this.#byUpload.set(key, all.slice(-MOST));
    return all.slice(0, -MOST);
  }

  /** Forgets one that has found its use. */
  forget(key: string, file: string): void {
    const left = this.of(key).filter((layer) => layer.file !== file);
    if (left.length === 0) this.#byUpload.delete(key);
    else this.#byUpload.set(key, left);
  }

  /** Forgets and returns all of an upload. */
  takeAll(key: string): readonly ArrivedLayer[] {
    const all = this.of(key);
    this.#byUpload.delete(key);
    return all;
  }
}
