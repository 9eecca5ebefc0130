import type { UploadDocument } from '../../storage/documents/documents.js';

/** A layer that has arrived, and its sum. */
export type ArrivedLayer = NonNullable<UploadDocument['layer']>;

/** An image as one client of its push describes it; its layer once that has come. */
export type Version = Pick<UploadDocument, 'ancestry' | 'json' | 'layer'>;

/** How many are kept for one push. */
const MOST = 4;

/**
 * Versions of an image under way that were followed by another client's of the same push. Two dockers may write
 * one image's json, or compress its layer, in two ways, and each will name the sum of its own, so none is thrown
 * away while both are at it. No document names these files: what a crash leaves of them goes at the next start.
 */
export class SpareLayers {
  readonly #byUpload = new Map<string, readonly Version[]>();

  /** The spare versions of an upload, the newest last. */
  of(key: string): readonly Version[] {
    return this.#byUpload.get(key) ?? [];
  }

  /** Keeps one more; returns those that had to make room. */
  keep(key: string, version: Version): readonly Version[] {
    const all = [...this.of(key)];
    // An older version with the same json, and the same layer or none, adds nothing to the new one.
    const former = all.findIndex((each) => says(version, each));
    const replaced = former === -1 ? [] : all.splice(former, 1);
    all.push(version);
    this.#byUpload.set(key, all.slice(-MOST));
    return [...replaced, ...all.slice(0, -MOST)];
  }

  /** Forgets the layer of a version that has found its use; the json stays, for another client of it. */
  forget(key: string, { json, layer }: Version): void {
    const isUsed = (each: Version): boolean =>
      each.json === json && each.layer?.file === layer?.file;
    const left = this.of(key).map((each) => (isUsed(each) ? withoutLayer(each) : each));
    if (left.length > 0) this.#byUpload.set(key, left);
  }

  /** Forgets and returns all of an upload. */
  takeAll(key: string): readonly Version[] {
    const all = this.of(key);
    this.#byUpload.delete(key);
    return all;
  }

  /** The uploads that have any. */
  keys(): string[] {
    return [...this.#byUpload.keys()];
  }
}

/** The files of some versions, each once. */
export function filesOf(versions: readonly Version[]): string[] {
  const files = versions.flatMap(({ json, layer }) =>
    layer === undefined ? [json] : [json, layer.file],
  );
  return [...new Set(files)];
}

/** Whether one version says all that another one does. */
function says(version: Version, other: Version): boolean {
  if (version.json !== other.json) return false;
  return other.layer === undefined || other.layer.payload === version.layer?.payload;
}

/** A version as it was before its layer came. */
export function withoutLayer<V extends Version>({ layer: _, ...version }: V): Omit<V, 'layer'> {
  return version;
}
