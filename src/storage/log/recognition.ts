import { join } from 'node:path';
import type { CollectionShape } from '../documents/collection.js';
import {
  hubShape,
  imageShape,
  manifestShape,
  repositoryShape,
  uploadShape,
  userShape,
} from '../documents/shapes.js';
import { oneLine } from '../errors.js';

/** A document, or why there is none. */
export type Recognised<T> = { readonly value: T } | { readonly reason: string };

/**
 * Judges what a file holds by the rules of its kind; `path` is below the data directory, which a reason
 * names as `folder` does.
 */
export function recognise<T>(
  shape: CollectionShape<T>,
  path: string,
  bytes: Uint8Array,
  folder = '.',
): Recognised<T> {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch (error) {
    return { reason: oneLine((error as Error).message) };
  }
  const reason = shape.problem(value);
  if (reason !== undefined) return { reason };
  const place = join(shape.folder, shape.place(shape.keyOf(value as T)));
  return place === path
    ? { value: value as T }
    : { reason: `it belongs into ${join(folder, place)}` };
}

/** Without a copy. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}

/** Whether a file is a document of some kind, and lies where it belongs. */
export function isSoundDocument(path: string, bytes: Uint8Array): boolean {
  const isOf = <T>(shape: CollectionShape<T>): boolean => 'value' in recognise(shape, path, bytes);
  return (
    isOf(hubShape) ||
    isOf(userShape) ||
    isOf(repositoryShape) ||
    isOf(imageShape) ||
    isOf(uploadShape) ||
    isOf(manifestShape)
  );
}
