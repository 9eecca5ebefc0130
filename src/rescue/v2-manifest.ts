import { createHash } from 'node:crypto';
import { isImageId } from '../domain/repositories/names.js';
import { BrokenError, quote } from './problems.js';
import { fieldOf, parsed } from './v1-documents.js';

/** An image of v1 in a manifest of schema 1. */
export interface HistoricImage {
  readonly id: string;
  readonly parent: string | undefined;
  /** The image json, as docker put it there. */
  readonly json: Buffer;
  /** The digest of its layer. */
  readonly blob: string;
}

/** A blob that a manifest names. */
export interface NamedBlob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** Whether a registry may be without it: it lies elsewhere, or may not be handed on. */
  readonly isElsewhere: boolean;
}

/** What a manifest names, as far as a rescue needs it; the store of the hub looks at the rest. */
export type ManifestParts =
  | { readonly kind: 'schema 1'; readonly images: readonly HistoricImage[] }
  | { readonly kind: 'image'; readonly blobs: readonly NamedBlob[] }
  | { readonly kind: 'index'; readonly manifests: readonly string[] };

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && DIGEST.test(value);
}

/** The digest of some bytes by the algorithm of another digest. */
export function digestLike(digest: string, bytes: Uint8Array): string {
  const [algorithm = ''] = digest.split(':');
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Reads a manifest. Throws a BrokenError where it is not one. */
export function readParts(bytes: Uint8Array): ManifestParts {
  const manifest = parsed(bytes);
  if (fieldOf(manifest, 'schemaVersion') === 1) {
    return { kind: 'schema 1', images: historicImages(manifest) };
  }
  const manifests = fieldOf(manifest, 'manifests');
  if (Array.isArray(manifests)) {
    const digests = manifests.map((each) => fieldOf(each, 'digest'));
    return { kind: 'index', manifests: digests.map(requireDigest) };
  }
  const layers = fieldOf(manifest, 'layers') ?? [];
  if (!Array.isArray(layers)) throw new BrokenError('its manifest is not one');
  const blobs = [fieldOf(manifest, 'config'), ...layers].map(namedBlob);
  return { kind: 'image', blobs };
}

function namedBlob(descriptor: unknown): NamedBlob {
  const [size, type] = [fieldOf(descriptor, 'size'), fieldOf(descriptor, 'mediaType')];
  const digest = requireDigest(fieldOf(descriptor, 'digest'));
  if (!Number.isSafeInteger(size)) throw new BrokenError(`its manifest gives ${digest} no size`);
  const isElsewhere = /foreign|nondistributable/.test(String(type));
  return { digest, size: Number(size), isElsewhere };
}

function requireDigest(digest: unknown): string {
  if (isDigest(digest)) return digest;
  throw new BrokenError(`its manifest names ${quote(String(digest))}, which is not a digest`);
}

/** The chain that a manifest of schema 1 has in its history, the uppermost first. */
function historicImages(manifest: unknown): HistoricImage[] {
  const [history, layers] = [fieldOf(manifest, 'history'), fieldOf(manifest, 'fsLayers')];
  if (!Array.isArray(history) || !Array.isArray(layers) || history.length !== layers.length) {
    throw new BrokenError('its manifest of schema 1 has not a layer for each image');
  }
  return history.map((entry, index) => {
    const text = fieldOf(entry, 'v1Compatibility');
    const json = Buffer.from(typeof text === 'string' ? text : '');
    const [id, parent] = [fieldOf(parsed(json), 'id'), fieldOf(parsed(json), 'parent')];
    if (typeof id !== 'string' || !isImageId(id)) {
      throw new BrokenError('its manifest of schema 1 has an image without an id');
    }
    const blob = requireDigest(fieldOf(layers[index], 'blobSum'));
    return {
      id,
      parent: typeof parent === 'string' && parent !== '' ? parent : undefined,
      json,
      blob,
    };
  });
}
