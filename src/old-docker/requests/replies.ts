import { z } from 'zod';
import type { Dialect } from '../eras/dialect.js';
import { OldDockerError } from './errors.js';
import {
  cannotUnmarshal,
  type Decoded,
  decodeJson,
  decodeStringList,
  decodeStringMap,
} from './go.js';
import { checkId, checkTag } from './names.js';
import { unmarshal } from './unmarshal.js';

const IMAGE_LIST = z
  .array(z.looseObject({ id: z.string().nullish(), Tag: z.string().nullish() }).nullable())
  .nullable();

/** No image has so many below it; docker's own bound for a container was 127. */
const LONGEST_ANCESTRY = 1024;

/**
 * The list of GET images; `[]` and `null` are fine. An entry with a `Tag` would be pulled, and perhaps
 * tagged, without regard to the tags (graph/pull.go up to 1.9, distribution/pull_v1.go after it).
 */
export function checkImageList(body: Buffer): void {
  const list = unmarshal(IMAGE_LIST, body, {
    '': '[]*registry.ImgData',
    '*': 'registry.ImgData',
  });
  for (const { id, Tag } of (list ?? []).filter((entry) => entry !== null)) {
    if (Tag) {
      throw new OldDockerError(`docker would pull ${id} for the tag ${Tag}, whatever the tags say`);
    }
  }
}

/** All tags: a map of tag to image id. */
export function readTags(dialect: Dialect, body: Buffer): Record<string, string> {
  const tags = unwrap(decodeStringMap(body));
  for (const [tag, id] of Object.entries(tags)) {
    checkTag(dialect, tag);
    checkId(id);
  }
  return tags;
}

/** One tag: a quoted image id. */
export function readId(body: Buffer): string {
  const id = unwrap(decodeJson(body));
  if (typeof id !== 'string') {
    throw new OldDockerError(cannotUnmarshal(id, 'string'));
  }
  checkId(id);
  return id;
}

/** An ancestry, which begins with the image's own id (clients.md, "Pull"), and has no id twice. */
export function readAncestry(body: Buffer, id: string): string[] {
  const chain = unwrap(decodeStringList(body));
  if (chain[0] !== id) {
    throw new OldDockerError(`ancestry of ${id} does not begin with the image itself`);
  }
  chain.forEach(checkId);
  if (new Set(chain).size < chain.length) {
    throw new OldDockerError(`ancestry of ${id} goes round in a circle`);
  }
  if (chain.length > LONGEST_ANCESTRY) {
    throw new OldDockerError(`ancestry of ${id} has more than ${LONGEST_ANCESTRY} images`);
  }
  return chain;
}

function unwrap<T>(decoded: Decoded<T>): T {
  if ('error' in decoded) {
    throw new OldDockerError(decoded.error);
  }
  return decoded.value;
}
