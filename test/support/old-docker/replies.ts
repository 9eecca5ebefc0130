import { OldDockerError } from './errors.js';
import {
  cannotUnmarshal,
  type Decoded,
  decodeJson,
  decodeStringList,
  decodeStringMap,
} from './go.js';

/** The list of GET images is looked into only for its ids; `[]` and `null` are fine. */
export function checkImageList(body: Buffer): void {
  const list = unwrap(decodeJson(body));
  if (list !== null && !Array.isArray(list)) {
    throw new OldDockerError(cannotUnmarshal(list, '[]*registry.ImgData'));
  }
}

/** All tags: a map of tag to image id. */
export function readTags(body: Buffer): Record<string, string> {
  return unwrap(decodeStringMap(body));
}

/** One tag: a quoted image id. */
export function readId(body: Buffer): string {
  const id = unwrap(decodeJson(body));
  if (typeof id !== 'string') {
    throw new OldDockerError(cannotUnmarshal(id, 'string'));
  }
  return id;
}

/** An ancestry, which begins with the image's own id (clients.md, "Pull"). */
export function readAncestry(body: Buffer, id: string): string[] {
  const chain = unwrap(decodeStringList(body));
  if (chain[0] !== id) {
    throw new OldDockerError(`ancestry of ${id} does not begin with the image itself`);
  }
  return chain;
}

function unwrap<T>(decoded: Decoded<T>): T {
  if ('error' in decoded) {
    throw new OldDockerError(decoded.error);
  }
  return decoded.value;
}
