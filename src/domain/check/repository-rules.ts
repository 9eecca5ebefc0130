import type {
  ImageDocument,
  RepositoryDocument,
  TagDocument,
} from '../../storage/documents/documents.js';
import type { Found } from '../../storage/folder/inspection.js';
import { type Finding, type Note, type Problem, rewritten } from './findings.js';

/** What is there and sound. */
export interface Stored {
  readonly images: ReadonlyMap<string, ImageDocument>;
  /** The digests of manifests that have a document. */
  readonly manifests: ReadonlySet<string>;
  /** The digests of blobs. */
  readonly blobs: { has(digest: string): boolean };
}

/** A repository as it is when it lost what is not there, and what that was. */
export interface Mended {
  readonly document: RepositoryDocument;
  readonly finding: Finding | undefined;
}

/** A repository without what is gone; a push brings it back. */
export function mend({ path, value }: Found<RepositoryDocument>, stored: Stored): Mended {
  const problems: Problem[] = [];
  const isThere = (there: boolean, what: string): boolean => {
    if (!there) problems.push({ what: `${what} is not there`, remedy: 'let go of it' });
    return there;
  };
  const { holds, manifests, blobs } = value;
  const left: RepositoryDocument = {
    ...value,
    holds: holds.filter((id) => isThere(stored.images.has(id), `the image ${id} it holds`)),
    ...(manifests && {
      manifests: entriesOf(manifests, (digest) =>
        isThere(stored.manifests.has(digest), `the manifest ${digest} it has`),
      ),
    }),
    ...(blobs && {
      blobs: entriesOf(blobs, (digest) =>
        isThere(stored.blobs.has(digest), `the blob ${digest} it has`),
      ),
    }),
  };
  const document = withSoundTags(left, stored.images, problems);
  const finding = rewritten(path, document, problems);
  return { document: finding === undefined ? value : document, finding };
}

/**
 * What a held image is built on and is not there: it can't be tagged or pulled until a push brings that. Nothing is
 * wrong with the image itself: a push may end it before its parent and go no further, and a repair sets a broken
 * parent aside.
 */
export function notesOnParents(images: readonly Found<ImageDocument>[]): Note[] {
  const there = new Set(images.map(({ value }) => value.id));
  return images.flatMap(({ path, value: { ancestry } }) => {
    const missing = ancestry.filter((id) => !there.has(id));
    return missing.map((id) => ({
      path,
      what: `it is built on the image ${id}, which is not there`,
    }));
  });
}

/** Why v1 does not list some tags of a repository. */
export function notesOn({ path, value: { unlisted = {} } }: Found<RepositoryDocument>): Note[] {
  return Object.entries(unlisted).map(([tag, { reason }]) => ({
    path,
    what: `v1 does not list its tag ${tag}, since ${reason}`,
  }));
}

function withSoundTags(
  repository: RepositoryDocument,
  images: Stored['images'],
  problems: Problem[],
): RepositoryDocument {
  const { holds, manifests = {}, unlisted } = repository;
  const kept = new Set(holds);
  const isWhole = (id: string): boolean =>
    kept.has(id) && images.get(id)?.ancestry.every((each) => kept.has(each)) === true;
  const tags: Record<string, TagDocument> = {};
  for (const [name, tag] of Object.entries(repository.tags)) {
    const { manifest, ...rest } = tag;
    const { image } = tag;
    const link = manifest === undefined ? undefined : manifests[manifest];
    const isLost = manifest !== undefined && link === undefined;
    if (isLost) {
      problems.push({
        what: `its tag ${name} names the manifest ${manifest}, which it does not have`,
        remedy: isWhole(image) ? `leave it the image ${image}` : 'remove the tag',
      });
    }
    // An image that came over v2 is made when v1 first asks for it; until then it is only promised.
    if (link?.image === image || isWhole(image)) tags[name] = isLost ? rest : tag;
    else if (!isLost) {
      problems.push({
        what: `its tag ${name} names ${image}, which it does not hold with all that it is built on`,
        remedy: 'remove the tag',
      });
    }
  }
  if (unlisted === undefined) return { ...repository, tags };
  const sound = entriesOf(unlisted, (name, { manifest }) => {
    if (manifests[manifest] !== undefined) return true;
    problems.push({
      what: `its tag ${name} names the manifest ${manifest}, which it does not have`,
      remedy: 'remove the tag',
    });
    return false;
  });
  return { ...repository, tags, unlisted: sound };
}

function entriesOf<T>(
  record: Readonly<Record<string, T>>,
  isSound: (name: string, each: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name, each]) => isSound(name, each)));
}
