import { Fields, parseDocument } from '../domain/bridge/document-fields.js';
import { LONGEST_JSON } from '../domain/bridge/v1-chain.js';
import { isImageId } from '../domain/repositories/names.js';
import type { ArchivedImage, ArchivedTag, Contents } from './contents.js';
import { MOST_IMAGES, tooMany } from './contents.js';
import { ArchiveError, quote } from './errors.js';
import { splitReference } from './reference.js';
import type { TarFile } from './tar-file.js';

/*
 * The layout of `docker save` before 1.10, which 1.10 to 24 write beside their own: a folder for each
 * image, with `json`, `layer.tar` and `VERSION`, and `repositories`, the tags.
 */

export const REPOSITORIES = 'repositories';
const LONGEST_DOCUMENT = 8 * 1024 * 1024;

/** Everything in an archive of the old layout. Throws an ArchiveError. */
export async function readOldLayout(tar: TarFile): Promise<Contents> {
  const found = new Map<string, ArchivedImage>();
  for (const name of tar.names()) {
    const [id = '', file, ...rest] = name.split('/');
    if (file !== 'json' || rest.length > 0 || !isImageId(id)) continue;
    if (found.size === MOST_IMAGES) throw tooMany();
    found.set(id, await readOldImage(tar, id));
  }
  const images = parentsFirst(found);
  const tags = await readTags(tar, found);
  return { images, tops: topsOf(images, tags), tags, notes: [] };
}

/** One image of the old layout. `sums` are what else the archive says of its layer. */
export async function readOldImage(
  tar: TarFile,
  id: string,
  diffId?: string,
): Promise<ArchivedImage> {
  const json = await tar.read(`${id}/json`, LONGEST_JSON);
  const fields = new Fields(parseDocument(json, `${id}/json`), `${id}/json`);
  const own = fields.text('id');
  if (own !== id) throw new ArchiveError(`${id}/json is of another image: ${quote(own)}`);
  const parent = fields.optionalText('parent') || undefined;
  if (parent !== undefined && !isImageId(parent)) {
    throw new ArchiveError(`${id}/json: ${quote(parent)} is not an image id`);
  }
  const file = tar.target(`${id}/layer.tar`);
  const layer = { file, size: tar.size(`${id}/layer.tar`), digest: undefined, diffId };
  return { id, parent, json, layer };
}

/** The tags of an archive: `{"repo": {"tag": "<id>"}}`. */
export async function readRepositories(tar: TarFile): Promise<ArchivedTag[]> {
  if (!tar.has(REPOSITORIES)) return [];
  const bytes = await tar.read(REPOSITORIES, LONGEST_DOCUMENT);
  const repositories = new Fields(parseDocument(bytes, REPOSITORIES), REPOSITORIES);
  const found = repositories.entries().flatMap(([name]) => {
    const tags = repositories.object(name);
    const { repository } = splitReference(name);
    return tags.entries().map(([tag]) => ({ repository, tag, image: tags.text(tag) }));
  });
  if (found.length > MOST_IMAGES) throw tooMany();
  return found;
}

async function readTags(
  tar: TarFile,
  images: ReadonlyMap<string, ArchivedImage>,
): Promise<ArchivedTag[]> {
  const tags = await readRepositories(tar);
  const astray = tags.find(({ image }) => !images.has(image));
  if (astray === undefined) return tags;
  const { repository, tag, image } = astray;
  throw new ArchiveError(
    `${quote(`${repository}:${tag}`)} is image ${quote(image)}, which it lacks`,
  );
}

/** In an order in which they can be pushed. Throws an ArchiveError where that is impossible. */
function parentsFirst(found: ReadonlyMap<string, ArchivedImage>): ArchivedImage[] {
  const ordered = new Map<string, ArchivedImage>();
  for (const start of found.values()) {
    const row: ArchivedImage[] = [];
    const inRow = new Set<string>();
    let image: ArchivedImage | undefined = start;
    while (image !== undefined && !ordered.has(image.id)) {
      if (inRow.has(image.id)) throw new ArchiveError(`image ${image.id} is built on itself`);
      inRow.add(image.id);
      row.push(image);
      image = image.parent === undefined ? undefined : requireParent(found, image);
    }
    for (const each of row.reverse()) ordered.set(each.id, each);
  }
  return [...ordered.values()];
}

function requireParent(
  found: ReadonlyMap<string, ArchivedImage>,
  { id, parent = '' }: ArchivedImage,
): ArchivedImage {
  const image = found.get(parent);
  if (image !== undefined) return image;
  throw new ArchiveError(`image ${id} is built on ${parent}, which it lacks`);
}

function topsOf(images: readonly ArchivedImage[], tags: readonly ArchivedTag[]): string[] {
  const parents = new Set(images.map(({ parent }) => parent));
  const tagged = new Set(tags.map(({ image }) => image));
  return images.map(({ id }) => id).filter((id) => tagged.has(id) || !parents.has(id));
}
