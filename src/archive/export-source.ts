import type { Readable } from 'node:stream';
import { OPERATOR } from '../domain/access/access.js';
import { NoV1FormError, v1ChainOf } from '../domain/bridge/v1-chain.js';
import type { Domain } from '../domain/domain.js';
import type { RepositoryName } from '../domain/repositories/names.js';
import type { ImageDocument, ManifestDocument } from '../storage/documents/documents.js';
import { ArchiveError, quote } from './errors.js';
import { DEFAULT_TAG, repositoryNamed, splitReference } from './reference.js';

/** A v1 image that is to be written, and where its layer is. */
export interface SourceImage {
  readonly id: string;
  readonly json: Buffer;
  /** Length of the layer as it is stored. */
  readonly size: number;
  /** `sha256:` of the uncompressed layer, where a config has said so. */
  readonly promised?: string;
  openLayer(): Promise<Readable>;
}

/** What an export writes. */
export interface ExportSource {
  readonly name: RepositoryName;
  readonly tag: string;
  /** The lowest first. */
  readonly images: readonly SourceImage[];
  /** The config that it came with, over v2 or in an archive; undefined for what only came over v1. */
  readonly config: Buffer | undefined;
}

/** The image that `ns/repo[:tag]` names, with all it is built on. Throws an ArchiveError. */
export async function findSource(domain: Domain, reference: string): Promise<ExportSource> {
  const { repository, tag = DEFAULT_TAG } = splitReference(reference);
  const name = repositoryNamed(repository);
  const found = domain.repositories.find(name);
  if (found === undefined) throw new ArchiveError(`there is no repository ${name.full}`);
  const { tags, unlisted = {} } = found;
  if (Object.hasOwn(unlisted, tag)) {
    throw new ArchiveError(`${name.full}:${tag} can't be exported: ${unlisted[tag]?.reason}`);
  }
  const top = Object.hasOwn(tags, tag) ? tags[tag]?.image : undefined;
  if (top === undefined) {
    const names = Object.keys(tags).sort().join(', ') || 'none';
    throw new ArchiveError(`${name.full} has no tag ${quote(tag)}; it has: ${names}`);
  }
  const pushed = domain.manifests.ofImage(name, top);
  const image = findImage(domain, top);
  if (image === undefined) {
    if (pushed === undefined) throw gone(top);
    return { name, tag, ...fromManifest(domain, pushed) };
  }
  const images = [];
  for (const id of image.ancestry.toReversed()) images.push(await fromImage(domain, id));
  const config = pushed?.config?.digest ?? image.config;
  return {
    name,
    tag,
    images,
    config: config === undefined ? undefined : domain.blobs.read(config),
  };
}

/** An image can be missing by an accident of the disk, or since nobody asked for it over v1. */
function findImage({ library }: Domain, id: string): ImageDocument | undefined {
  try {
    return library.find(OPERATOR, id);
  } catch {
    return undefined;
  }
}

function gone(id: string): ArchiveError {
  return new ArchiveError(`image ${id} is not here any more`);
}

async function fromImage(domain: Domain, id: string): Promise<SourceImage> {
  const document = findImage(domain, id);
  if (document === undefined) throw gone(id);
  return {
    id,
    json: await domain.library.readJson(document),
    size: document.size,
    openLayer: () => domain.library.openLayer(document),
  };
}

/** What was pushed over v2, in the form that v1 would give to it. */
function fromManifest(
  domain: Domain,
  document: ManifestDocument,
): Pick<ExportSource, 'images' | 'config'> {
  const config = configOf(domain, document);
  const { layers } = document;
  const images = chainOf(config, document).map(({ id, json, diffId }, index): SourceImage => {
    const layer = layers[index];
    if (layer === undefined) throw new ArchiveError('it has fewer layers than its config says');
    return {
      id,
      json,
      size: layer.size,
      promised: diffId,
      openLayer: () => domain.blobs.open(layer.digest),
    };
  });
  return { images, config };
}

function configOf({ blobs }: Domain, { config }: ManifestDocument): Buffer {
  return blobs.read(config?.digest ?? '');
}

function chainOf(config: Buffer, { config: named }: ManifestDocument) {
  try {
    return v1ChainOf(config, named?.digest.slice('sha256:'.length) ?? '');
  } catch (error) {
    if (!(error instanceof NoV1FormError)) throw error;
    throw new ArchiveError(`it can't be exported: ${error.message}`);
  }
}
