import type {
  ListedImage,
  RepositoryDocument,
  TagDocument,
} from '../../storage/documents/documents.js';
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

/** The repository, unless it is being deleted: what was deleted does not come back with its name. */
export function alive(repository: RepositoryDocument | undefined): RepositoryDocument | undefined {
  return repository?.deletion === undefined ? repository : undefined;
}

/** A repository that a push makes is everybody's if the pusher is everybody; an owner's push takes one over. */
export function pushedBy(
  { isCommon }: { readonly isCommon: boolean },
  repository: RepositoryDocument,
  before: RepositoryDocument | undefined,
): RepositoryDocument {
  if (!isCommon) return withoutCommon(repository);
  return alive(before) === undefined ? { ...repository, common: true } : repository;
}

/** What can be changed about a repository besides its images; a field left out stays as it is. */
export interface Properties {
  readonly access?: 'public' | 'private' | undefined;
  readonly description?: string | undefined;
  /** Markdown. */
  readonly fullDescription?: string | undefined;
  readonly stars?: number | undefined;
  readonly trusted?: boolean | undefined;
}

/** With the properties that are given; private with a new generation, so that its tokens end. */
export function withProperties(
  repository: RepositoryDocument,
  properties: Properties,
  newGeneration: () => string,
): RepositoryDocument {
  const { access = repository.access, description = repository.description } = properties;
  const { fullDescription = repository.fullDescription } = properties;
  const { stars = repository.stars, trusted = repository.trusted } = properties;
  const open = access === 'private' ? closed(repository, newGeneration) : repository;
  return {
    ...open,
    ...{ access, description, stars, trusted },
    ...(fullDescription === undefined ? {} : { fullDescription }),
  };
}

/** Where a tag is to point; with when it was set and by which client, if that is known. */
export type GivenTag = Pick<TagDocument, 'image'> & Partial<TagDocument>;

/** By name; an image id where no more is known. */
export type GivenTags = Readonly<Record<string, string | GivenTag>>;

/** With tags pointed at images; itself when they are already. */
export function withTags(
  repository: RepositoryDocument,
  tags: GivenTags,
  updated: string,
): RepositoryDocument {
  const given = Object.entries(tags).map(([tag, to]) => {
    const known = typeof to === 'string' ? { image: to } : to;
    return [tag, { updated, client: {}, ...known }] as const;
  });
  const pointed = given.filter(([tag, { image }]) => repository.tags[tag]?.image !== image);
  if (pointed.length === 0) return repository;
  // A name is either in `tags` or in `unlisted`.
  const others = pointed.reduce((left, [tag]) => withoutTag(left, tag), repository);
  return { ...others, updated, tags: { ...others.tags, ...Object.fromEntries(pointed) } };
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

/** Private, and of a new generation if it was not, so that its tokens end; itself when it is already. */
export function closed(
  repository: RepositoryDocument,
  newGeneration: () => string,
): RepositoryDocument {
  if (repository.access === 'private') return repository;
  return { ...withoutCommon(repository), access: 'private', generation: newGeneration() };
}

/** As one that belongs to somebody; itself when it does already. */
export function withoutCommon(repository: RepositoryDocument): RepositoryDocument {
  if (repository.common === undefined) return repository;
  const { common: _, ...owned } = repository;
  return owned;
}

/** Without anything that only v2 has. */
export function withoutV2(repository: RepositoryDocument): RepositoryDocument {
  const { unlisted: _, manifests: __, blobs: ___, ...rest } = repository;
  return rest;
}

/** Without a tag, set over v1 or v2; the same repository where there is no such tag. */
export function withoutTag(repository: RepositoryDocument, tag: string): RepositoryDocument {
  const { tags, unlisted = {} } = repository;
  if (Object.hasOwn(tags, tag)) {
    const { [tag]: _, ...others } = tags;
    return { ...repository, tags: others };
  }
  if (!Object.hasOwn(unlisted, tag)) return repository;
  const { [tag]: _, ...others } = unlisted;
  return { ...repository, unlisted: others };
}

/** Without any tag; itself where there is none. */
export function withoutTags(repository: RepositoryDocument): RepositoryDocument {
  const { unlisted, ...rest } = repository;
  const isEmpty = Object.keys(rest.tags).length === 0 && Object.keys(unlisted ?? {}).length === 0;
  return isEmpty ? repository : { ...rest, tags: {} };
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
