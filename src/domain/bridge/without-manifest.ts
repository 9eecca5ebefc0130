import type { RepositoryDocument, TagDocument } from '../../storage/documents/documents.js';
import type { Holders } from '../access/holders.js';

/**
 * A repository without one of its manifests: without the tags that name it, and without its images of v1, as far as
 * no other tag, manifest or image of the repository needs them. So what a deletion over v2 frees is freed for v1 too.
 */
export function withoutManifest(
  repository: RepositoryDocument,
  digest: string,
  holders: Holders,
): RepositoryDocument {
  const { [digest]: link, ...manifests } = repository.manifests ?? {};
  const image = link?.image;
  const isOf = (tag: TagDocument): boolean =>
    (tag.manifest ?? holders.complete(tag.image)?.v2?.manifest) === digest;
  const tags = entriesWithout(repository.tags, isOf);
  const unlisted = entriesWithout(repository.unlisted ?? {}, ({ manifest }) => manifest === digest);
  const left: RepositoryDocument = { ...repository, tags, unlisted, manifests };
  if (image === undefined) return left;
  const needed = new Set<string>();
  const tops = [
    ...Object.values(tags).map((tag) => tag.image),
    ...Object.values(manifests).flatMap((each) => each.image ?? []),
  ];
  for (const top of tops) for (const id of ancestryOf(top, holders)) needed.add(id);
  const own = new Set(ancestryOf(image, holders));
  // What came over v1 on top of it may have no tag yet, or never get one.
  for (const id of repository.holds.filter((each) => !own.has(each))) {
    for (const each of ancestryOf(id, holders)) needed.add(each);
  }
  const gone = new Set([...own].filter((id) => !needed.has(id)));
  return {
    ...left,
    images: repository.images.filter(({ id }) => !gone.has(id)),
    holds: repository.holds.filter((id) => !gone.has(id)),
  };
}

function ancestryOf(id: string, holders: Holders): readonly string[] {
  return holders.complete(id)?.ancestry ?? [id];
}

function entriesWithout<T>(
  record: Readonly<Record<string, T>>,
  isGone: (each: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, each]) => !isGone(each)));
}
