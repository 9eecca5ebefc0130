import type { ListedImage } from '../storage/documents.js';
import { errors } from './errors.js';
import { isListedId } from './names.js';

/** How many entries one repository's list may grow to; the longest real ones have some hundreds. */
export const MOST_LISTED_IMAGES = 20_000;

/**
 * Reads an image list as pushers send it: `[{"id", "checksum"?, "Tag"?}, …]`, often `[]`
 * (clients.md, Push 1 and 7). Throws `wrongBody` (400), so that a list such as `[1]` never lands.
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
  return {
    id,
    ...optionalText('checksum', checksum),
    ...optionalText('Tag', Tag),
  };
}

function optionalText(field: 'checksum' | 'Tag', value: unknown): Partial<ListedImage> {
  if (value === undefined || value === null || value === '') return {};
  if (typeof value !== 'string' || value.length > 256) {
    throw errors.wrongBody(`a list of images in which "${field}" is a short text`);
  }
  return { [field]: value };
}

/**
 * Adds entries to a list: "You always add images, you never remove them" (hub_registry_spec.md of
 * moby 1.5.0). An image has one entry for each tag it was pushed under (docker sends it so); what
 * an entry says anew replaces what it said.
 * Returns the list itself when nothing changes. Throws `tooManyImages`.
 */
export function mergeImageLists(
  list: readonly ListedImage[],
  added: readonly ListedImage[],
): readonly ListedImage[] {
  const merged = [...list];
  const places = new Map<string, number[]>();
  for (const [place, { id }] of merged.entries()) notePlace(places, id, place);
  let changed = false;
  for (const entry of added) {
    const own = places.get(entry.id) ?? [];
    const targets = own.filter((place) => concernsSameTag(merged[place], entry));
    if (targets.length === 0) {
      notePlace(places, entry.id, merged.push(entry) - 1);
      changed = true;
    }
    for (const place of targets) {
      const before = merged[place];
      if (before === undefined || !adds(before, entry)) continue;
      merged[place] = { ...before, ...entry };
      changed = true;
    }
  }
  if (merged.length > MOST_LISTED_IMAGES) throw errors.tooManyImages(MOST_LISTED_IMAGES);
  return changed ? merged : list;
}

function notePlace(places: Map<string, number[]>, id: string, place: number): void {
  const known = places.get(id);
  if (known === undefined) places.set(id, [place]);
  else known.push(place);
}

/** An entry without a tag speaks of the image under whatever tag; one with a tag, of that alone. */
function concernsSameTag(listed: ListedImage | undefined, entry: ListedImage): boolean {
  return listed?.Tag === undefined || entry.Tag === undefined || listed.Tag === entry.Tag;
}

function adds(before: ListedImage, entry: ListedImage): boolean {
  const { checksum = before.checksum, Tag = before.Tag } = entry;
  return checksum !== before.checksum || Tag !== before.Tag;
}
