import type { Placement } from '../domain/images/imports.js';
import type { RepositoryName } from '../domain/repositories/names.js';
import type { ArchivedImage, Contents } from './contents.js';
import { ArchiveError, quote } from './errors.js';
import { DEFAULT_TAG, repositoryNamed, requireTagName } from './reference.js';

/** Where the images of an archive are to go. */
export interface Destination {
  /** `ns/repo` or `repo`; without one, where the archive says. */
  readonly repository?: string | undefined;
  /** For the one image of the archive; without one, the archive's tags. */
  readonly tag?: string | undefined;
}

/** As an archive says it: of a tag it knows the image, and no more. */
interface ArchivePlacement extends Placement {
  readonly tags: Readonly<Record<string, string>>;
}

/** What goes where, and what is left out. */
export interface Plan {
  readonly placements: readonly ArchivePlacement[];
  /** The images to take in, each after what it is built on. */
  readonly images: readonly ArchivedImage[];
  /** Images without a name, in the archive or from the caller. */
  readonly leftOut: readonly string[];
}

/** Decides which images go to which repositories. Throws an ArchiveError when that is not clear. */
export function planImport(contents: Contents, { repository, tag }: Destination): Plan {
  const placements =
    repository === undefined
      ? byTheirNames(contents)
      : [inOneRepository(contents, repositoryNamed(repository), tag)];
  for (const { tags } of placements) for (const each of Object.keys(tags)) requireTagName(each);
  const wanted = withAncestors(contents, new Set(placements.flatMap(({ images }) => images)));
  return {
    placements,
    images: contents.images.filter(({ id }) => wanted.has(id)),
    leftOut: contents.tops.filter((id) => !wanted.has(id)),
  };
}

function inOneRepository(
  contents: Contents,
  name: RepositoryName,
  tag: string | undefined,
): ArchivePlacement {
  return {
    name,
    images: contents.tops,
    tags: tag === undefined ? ownTags(contents) : sole(contents, tag),
  };
}

/** The archive's tags, of all its repositories. */
function ownTags({ tags, tops }: Contents): Record<string, string> {
  const [top, ...others] = tops;
  if (tags.length === 0 && top !== undefined) {
    if (others.length === 0) return { [DEFAULT_TAG]: top };
    throw new ArchiveError(`it holds ${tops.length} images and gives no tags to them`);
  }
  const own = new Map<string, string>();
  for (const { tag, image } of tags) {
    if ((own.get(tag) ?? image) !== image) {
      throw new ArchiveError(`it has two images with the tag ${quote(tag)}, for two repositories`);
    }
    own.set(tag, image);
  }
  return Object.fromEntries(own);
}

/** A tag for the one image there is. */
function sole({ tops }: Contents, tag: string): Record<string, string> {
  const [top, ...others] = tops;
  if (top === undefined || others.length > 0) {
    throw new ArchiveError(
      `it holds ${tops.length} images, and one tag can't name them all; without it they keep theirs`,
    );
  }
  return { [tag]: top };
}

function byTheirNames({ tags }: Contents): ArchivePlacement[] {
  const found = new Map<string, { name: RepositoryName; tags: Map<string, string> }>();
  for (const { repository, tag, image } of tags) {
    if (repository === undefined) continue;
    const name = repositoryNamed(repository);
    const entry = found.get(name.full) ?? { name, tags: new Map() };
    entry.tags.set(tag, image);
    found.set(name.full, entry);
  }
  if (found.size === 0) {
    throw new ArchiveError('it names no repository; say which the images are for');
  }
  return [...found.values()].map(({ name, tags: own }) => ({
    name,
    images: [...new Set(own.values())],
    tags: Object.fromEntries(own),
  }));
}

function withAncestors({ images }: Contents, ids: ReadonlySet<string>): ReadonlySet<string> {
  const wanted = new Set(ids);
  for (const { id, parent } of images.toReversed()) {
    if (wanted.has(id) && parent !== undefined) wanted.add(parent);
  }
  return wanted;
}
