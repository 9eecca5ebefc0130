import type {
  Descriptor,
  ManifestDocument,
  ManifestLink,
  RepositoryDocument,
  TagDocument,
} from '../../storage/documents/documents.js';
import { blobsOfManifest } from '../../storage/documents/references.js';
import { errors } from '../errors.js';
import { mergeImageLists } from '../repositories/image-lists.js';
import { withoutTag } from '../repositories/repository-changes.js';
import type { Blobs } from './blobs.js';
import type { V1Form } from './v1-form.js';

/* What a repository becomes by a manifest that is pushed to it, and what it must have before. */

/** A manifest, and how a push names it. */
export interface Naming {
  readonly document: ManifestDocument;
  /** As it was sent. */
  readonly mediaType: string;
  /** Those of its optional layers that the repository has. */
  readonly here: readonly Descriptor[];
  readonly form: V1Form;
  readonly now: string;
  /** The tags that come to name it. */
  readonly tags: readonly string[];
  /** What the pushing client said of its machine. */
  readonly client: TagDocument['client'];
}

/** A repository with a manifest and tags that name it; the blobs that it names no longer wait for one. */
export function withManifest(
  repository: RepositoryDocument,
  { document, mediaType, here, form: found, tags, client, now }: Naming,
): RepositoryDocument {
  const { digest } = document;
  const known = repository.manifests?.[digest];
  // Pushed again, it stays the v1 image that it was: other tags name that one.
  const isKnown = document.kind !== 'index' && known?.image !== undefined;
  const form: V1Form = isKnown ? { image: known.image } : found;
  const image = 'image' in form ? form.image : undefined;
  const optional = [...new Set([...(known?.optional ?? []), ...here.map((each) => each.digest)])];
  const link: ManifestLink = {
    pushed: known?.pushed ?? now,
    ...(image === undefined ? {} : { image }),
    ...(mediaType === document.mediaType ? {} : { mediaType }),
    ...(optional.length === 0 ? {} : { optional }),
  };
  const named = new Set([...blobsOfManifest(document), ...optional]);
  const waiting = Object.entries(repository.blobs ?? {}).filter(([each]) => !named.has(each));
  const changed: RepositoryDocument = {
    ...repository,
    // Old dockers look for a tag's image in the index's list too.
    images:
      image === undefined ? repository.images : mergeImageLists(repository.images, [{ id: image }]),
    updated: now,
    blobs: Object.fromEntries(waiting),
    manifests: { ...repository.manifests, [digest]: link },
  };
  const reference = { manifest: digest, updated: now };
  return tags.reduce((left, tag) => withTag(left, tag, form, reference, client), changed);
}

/** A repository with a tag of v1, or, where v1 can't carry what it names, of v2 alone. */
function withTag(
  repository: RepositoryDocument,
  tag: string,
  form: V1Form,
  named: { readonly manifest: string; readonly updated: string },
  client: TagDocument['client'],
): RepositoryDocument {
  const others = withoutTag(repository, tag);
  if ('image' in form) {
    return { ...others, tags: { ...others.tags, [tag]: { image: form.image, ...named, client } } };
  }
  const unlisted = { ...others.unlisted, [tag]: { ...named, reason: form.reason } };
  return { ...others, unlisted };
}

/**
 * Throws `manifestBlobUnknown` for what the repository does not have of what a manifest names, and what does not come
 * with it.
 */
export function requireContent(
  { digest, config, layers, manifests = [] }: ManifestDocument,
  repository: Pick<RepositoryDocument, 'manifests' | 'blobs'>,
  blobs: Blobs,
  coming: ReadonlySet<string> = new Set(),
): void {
  const named = [...(config === undefined ? [] : [config]), ...layers];
  // Each once: a manifest may name the same blob a thousand times, with the same length.
  for (const each of new Map(named.map((one) => [`${one.digest} ${one.size}`, one])).values()) {
    const isHere = coming.has(each.digest) || blobs.isIn(repository, each.digest);
    if (each.digest === digest || !isHere) {
      throw errors.manifestBlobUnknown(each.digest);
    }
    const size = blobs.files.size(each.digest);
    if (size !== each.size) {
      throw errors.manifestInvalid(`${each.digest} has ${size} bytes, and not ${each.size}`);
    }
  }
  for (const each of manifests) {
    if (!coming.has(each.digest) && repository.manifests?.[each.digest] === undefined) {
      throw errors.manifestBlobUnknown(each.digest);
    }
  }
}
