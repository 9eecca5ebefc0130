import type { ListedImage } from '../../storage/documents/documents.js';
import { errors } from '../errors.js';
import { isListedId } from './names.js';

/**
 * Reads an image list as pushers send it: `[{"id", "checksum"?, "Tag"?}, …]`, often `[]`
 * (clients.md, Push 1 and 7). Throws `wrongBody` (400), so that a list such as `[1]` never lands. The
 * tags are not kept: a list that repeated them would make dockers pull, and up to 1.9 need, everything
 * once pushed under a tag (the recorded answers have none).
 */
export function parseImageList(body: unknown): ListedImage[] {
  if (!Array.isArray(body)) throw errors.wrongBody('a list of images');
  return body.map(parseEntry);
}

function parseEntry(entry: unknown): ListedImage {
  if (typeof entry !== 'object' || entry === null) {
    throw errors.wrongBody('a list of objects with an "id"');
  }
  const { id, checksum, Tag } = entry as Record<string, unknown>;
  if (typeof id !== 'string' || !isListedId(id)) {
    throw errors.wrongBody('a list of objects, each "id" being 1 to 64 letters and digits');
  }
  requireText('checksum', checksum);
  requireText('Tag', Tag);
  return checksum ? { id, checksum } : { id };
}

/** Passes a short text, and nothing at all. */
function requireText(
  field: 'checksum' | 'Tag',
  value: unknown,
): asserts value is string | null | undefined {
  if (value === undefined || value === null) return;
  if (typeof value !== 'string' || value.length > 256) {
    throw errors.wrongBody(`a list of images in which "${field}" is a short text`);
  }
}

/**
 * Adds entries to a list: "You always add images, you never remove them" (hub_registry_spec.md of
 * moby 1.5.0). An image has one entry; a later checksum replaces an earlier one.
 * Returns the list itself when nothing changes.
 */
export function mergeImageLists(
  list: readonly ListedImage[],
  added: readonly ListedImage[],
): readonly ListedImage[] {
  const merged = new Map(list.map((entry) => [entry.id, entry]));
  let changed = false;
  for (const { id, checksum } of added) {
    const before = merged.get(id);
    if (before !== undefined && (checksum === undefined || checksum === before.checksum)) continue;
    merged.set(id, checksum === undefined ? { id } : { id, checksum });
    changed = true;
  }
  return changed ? [...merged.values()] : list;
}
