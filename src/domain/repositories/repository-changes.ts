import type { ListedImage, RepositoryDocument } from '../../storage/documents/documents.js';
import { mergeImageLists } from './image-lists.js';
import type { RepositoryName } from './names.js';

/* Changes of a repository's document, as functions from one to the next. */

/** A repository as it begins. `generation` tells it from earlier ones of its name. */
export function emptyRepository(
  { namespace, name }: RepositoryName,
  created: string,
  generation: string,
): RepositoryDocument {
  return {
    namespace,
    name,
    description: '',
    access: 'public',
    stars: 0,
    trusted: false,
    created,
    updated: created,
    generation,
    images: [],
    holds: [],
    tags: {},
  };
}

/** With tags pointed at images; itself when they are already. */
export function withTags(
  repository: RepositoryDocument,
  tags: Readonly<Record<string, string>>,
  updated: string,
): RepositoryDocument {
  const fresh = Object.entries(tags).filter(([tag, id]) => repository.tags[tag]?.image !== id);
  if (fresh.length === 0) return repository;
  const pointed = fresh.map(([tag, image]) => [tag, { image, updated, client: {} }]);
  return {
    ...repository,
    updated,
    tags: { ...repository.tags, ...Object.fromEntries(pointed) },
  };
}

/** With more in its list and more that it holds; itself when nothing is new. */
export function withImages(
  repository: RepositoryDocument,
  images: readonly ListedImage[],
  holds: readonly string[],
  updated: string,
): RepositoryDocument {
  const merged = mergeImageLists(repository.images, images);
  const fresh = holds.filter((id) => !repository.holds.includes(id));
  const isOld = repository.updated !== repository.created || repository.images.length > 0;
  if (isOld && merged === repository.images && fresh.length === 0) return repository;
  return {
    ...repository,
    updated,
    images: merged,
    holds: fresh.length === 0 ? repository.holds : [...repository.holds, ...fresh],
  };
}

/** As one that belongs to somebody; itself when it does already. */
export function withoutCommon(repository: RepositoryDocument): RepositoryDocument {
  if (repository.common === undefined) return repository;
  const { common: _, ...owned } = repository;
  return owned;
}

/** Without images, and without the tags that point at them. */
export function withoutImages(
  repository: RepositoryDocument,
  gone: ReadonlySet<string>,
): RepositoryDocument {
  const tags = Object.entries(repository.tags).filter(([, { image }]) => !gone.has(image));
  return {
    ...repository,
    images: repository.images.filter(({ id }) => !gone.has(id)),
    holds: repository.holds.filter((id) => !gone.has(id)),
    tags: Object.fromEntries(tags),
  };
}
