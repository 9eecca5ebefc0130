import { isDeepStrictEqual } from 'node:util';
import { errors } from '../errors.js';
import { parseJson } from '../json.js';
import { isImageId } from '../repositories/names.js';

/** An image has 127 layers at most on a real docker; the bound keeps an ancestry small. */
export const MOST_ANCESTORS = 1000;

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

/**
 * Whether two image jsons mean the same image. From 1.4 on docker rewrites what it pulled: with a
 * newline, in another order, and with fields that are empty (image.go of docker 1.5.0).
 */
export function saysTheSame(one: Uint8Array, other: Uint8Array): boolean {
  return isDeepStrictEqual(withoutEmpty(parseJson(one)), withoutEmpty(parseJson(other)));
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value || undefined;
  const fields = Object.entries(value).map(([name, each]) => [name, withoutEmpty(each)] as const);
  const filled = fields.filter(([, each]) => each !== undefined);
  return filled.length === 0 ? undefined : Object.fromEntries(filled);
}
