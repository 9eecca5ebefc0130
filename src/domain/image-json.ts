import { errors } from './errors.js';
import { parseJson } from './json.js';
import { isImageId } from './names.js';

/**
 * Reads what the registry needs of an image json; the rest is docker's own business and is kept as
 * it came. Throws `imageJsonInvalid`, `imageJsonWithoutId`, `imageJsonWrongId` or `parentMissing`.
 */
export function parseImageJson(id: string, bytes: Uint8Array): { parent: string | undefined } {
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw errors.imageJsonInvalid();
  }
  const image = value as { id?: unknown; parent?: unknown };
  if (!Object.hasOwn(image, 'id')) throw errors.imageJsonWithoutId();
  if (image.id !== id) throw errors.imageJsonWrongId();
  if (image.parent === undefined || image.parent === null || image.parent === '') {
    return { parent: undefined };
  }
  if (typeof image.parent !== 'string' || !isImageId(image.parent) || image.parent === id) {
    throw errors.parentMissing();
  }
  return { parent: image.parent };
}
