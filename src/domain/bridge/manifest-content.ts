import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ManifestDocument } from '../../storage/documents/documents.js';
import { algorithmOf, isDigest } from '../../storage/files/digests.js';
import { errors } from '../errors.js';
import { parseJson } from '../json.js';

/*
 * What a manifest says: docker's (schema 2, manifest lists) and those of the Open Container Initiative, which have
 * the same fields (v2.md §3). What it says beyond that is kept with its bytes and not looked at.
 */

export const MEDIA_TYPES = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
} as const;

const INDEXES: readonly string[] = [MEDIA_TYPES.dockerList, MEDIA_TYPES.ociIndex];
const IMAGES: readonly string[] = [MEDIA_TYPES.dockerManifest, MEDIA_TYPES.ociManifest];
/** Docker's, signed and not. */
const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+';
const CONFIGS: readonly string[] = [MEDIA_TYPES.dockerConfig, MEDIA_TYPES.ociConfig];

/** How many blobs or manifests one manifest may name, and how long a media type or an annotation may be. */
const MOST_NAMED = 250;
/** How many values a manifest may have in all, its annotations among them: those that it names have ten each. */
const MOST_VALUES = 50_000;
const LONGEST_TEXT = 255;
/** How much of a manifest is kept in memory, as JSON: every list of tags and check of rights needs it. In letters. */
const LONGEST_DOCUMENT = 96 * 1024;
const LONGEST_ANNOTATIONS = 64 * 1024;

const text = z.string().max(LONGEST_TEXT);
const descriptor = z.looseObject({
  mediaType: text.optional(),
  digest: z.string().refine(isDigest, 'is no sha256 or sha512 digest'),
  size: z.int().min(0),
});
const annotations = z.record(z.string(), z.string()).nullish();
const platform = z.looseObject({
  os: text.nullish(),
  architecture: text.nullish(),
  variant: text.nullish(),
});

const image = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: text.nullish(),
  artifactType: text.nullish(),
  config: descriptor,
  layers: z.array(descriptor).max(MOST_NAMED).nullish(),
  subject: descriptor.nullish(),
  annotations,
});

const index = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: text.nullish(),
  artifactType: text.nullish(),
  manifests: z
    .array(descriptor.extend({ platform: platform.nullish() }))
    .max(MOST_NAMED)
    .nullish(),
  subject: descriptor.nullish(),
  annotations,
});

/** What is said of a manifest besides its bytes. */
export interface Said {
  /** The Content-Type, without parameters; empty where there is none. */
  readonly mediaType: string;
  /** The digest that its bytes must have, if one was named. */
  readonly digest?: string | undefined;
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** A manifest that was read. */
export interface ReadManifest {
  /** What its bytes say, and nothing of how they were sent: the same bytes give the same. */
  readonly document: ManifestDocument;
  /** As it was sent; that of the document where nothing was said. */
  readonly mediaType: string;
}

/**
 * Reads a manifest. Throws `manifestInvalid` (400) where it is none, is of another media type than is said, or of one
 * that is not taken (schema 1), or `digestInvalid` where it has not the digest it must have.
 */
export function readManifest(bytes: Uint8Array, { mediaType, digest: wanted }: Said): ReadManifest {
  const digest = digestOf(bytes, wanted === undefined ? undefined : algorithmOf(wanted));
  if (wanted !== undefined && wanted !== digest) throw errors.digestInvalid(digest);
  const refusal = () =>
    errors.manifestInvalid(`it is not JSON, or has more than ${MOST_VALUES} values`);
  const value = parseJson(bytes, refusal, MOST_VALUES);
  refuseOddNames(value);
  const named = (value as { mediaType?: unknown } | null)?.mediaType;
  const own = typeof named === 'string' ? named : undefined;
  const sent = mediaType || own;
  if (own !== undefined && own !== sent) {
    throw errors.manifestInvalid(`it says that it is ${own}, and was sent as ${sent}`);
  }
  const type = own ?? typeOf(value);
  const read = INDEXES.includes(type) ? readIndex : IMAGES.includes(type) ? readImage : undefined;
  if (read === undefined || !isOfKind(sent ?? type, type)) {
    throw errors.manifestInvalid(reasonAgainst(sent ?? type));
  }
  const document = { digest, mediaType: type, size: bytes.length, ...read(value) };
  if (JSON.stringify(document).length > LONGEST_DOCUMENT) {
    throw errors.manifestInvalid(`what it names takes more than ${LONGEST_DOCUMENT} letters`);
  }
  return { document, mediaType: sent ?? type };
}

/** Whether two media types are both of an index, or both of an image: the bytes decide which it is. */
function isOfKind(one: string, other: string): boolean {
  return [INDEXES, IMAGES].some((kind) => kind.includes(one) && kind.includes(other));
}

function reasonAgainst(type: string): string {
  return type.startsWith(SCHEMA_1)
    ? 'schema 1 is not taken over v2, push schema 2 or OCI'
    : `it was sent as ${type}, which it is not, or which is not taken`;
}

/** By its fields, for clients that do not say (curl, folders of old registries). */
function typeOf(value: unknown): string {
  const { manifests, config } = (value ?? {}) as {
    manifests?: unknown;
    config?: { mediaType?: unknown };
  };
  if (Array.isArray(manifests)) return MEDIA_TYPES.ociIndex;
  return config?.mediaType === MEDIA_TYPES.dockerConfig
    ? MEDIA_TYPES.dockerManifest
    : MEDIA_TYPES.ociManifest;
}

type Content = Omit<ManifestDocument, 'digest' | 'mediaType' | 'size'>;

function readImage(value: unknown): Content {
  refuseField(value, 'manifests');
  const { artifactType, config, layers, subject, annotations: notes } = parsed(image, value);
  const configType = config.mediaType ?? '';
  const isImage = CONFIGS.includes(configType) && !artifactType;
  const all = (layers ?? []).map(plain);
  const optional = all.filter(isElsewhere);
  return {
    kind: isImage ? 'image' : 'artifact',
    config: plain(config),
    layers: all.filter((each) => !isElsewhere(each)),
    ...(optional.length > 0 ? { optional } : {}),
    ...about({ artifactType: artifactType || configType, subject, annotations: notes }),
  };
}

function readIndex(value: unknown): Content {
  for (const field of ['config', 'layers']) refuseField(value, field);
  const { artifactType, manifests, subject, annotations: notes } = parsed(index, value);
  const listed = (manifests ?? []).map((each) => {
    const { os, architecture, variant } = each.platform ?? {};
    const machine = {
      ...(os && { os }),
      ...(architecture && { architecture }),
      ...(variant && { variant }),
    };
    return { ...plain(each), ...(each.platform ? { platform: machine } : {}) };
  });
  return {
    kind: 'index',
    layers: [],
    manifests: listed,
    ...about({ artifactType, subject, annotations: notes }),
  };
}

function about({
  artifactType,
  subject,
  annotations: notes,
}: {
  readonly artifactType?: string | null | undefined;
  readonly subject?: { readonly digest: string } | null | undefined;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
}): Partial<Content> {
  // Only lists of referrers show them, so that those of other manifests stay with their bytes.
  const shown = subject ? notes : undefined;
  if (shown && JSON.stringify(shown).length > LONGEST_ANNOTATIONS) {
    throw errors.manifestInvalid(
      `annotations: they are longer than ${LONGEST_ANNOTATIONS} letters`,
    );
  }
  return {
    ...(artifactType ? { artifactType } : {}),
    ...(subject ? { subject: subject.digest } : {}),
    ...(shown ? { annotations: shown } : {}),
  };
}

/** The fields that registries and clients read, by their names without regard to case. */
const FIELDS = new Map(
  [
    ...['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'manifests', 'subject'],
    ...['annotations', 'digest', 'size', 'urls', 'data', 'platform', 'os', 'architecture'],
    ...['variant', 'os.version', 'os.features', 'features', 'fsLayers', 'history', 'signatures'],
  ].map((name) => [folded(name), name]),
);

/** Clients in Go take a field in any case for the one that it resembles, and would see another manifest. */
function refuseOddNames(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    const known = Array.isArray(value) ? name : (FIELDS.get(folded(name)) ?? name);
    if (known !== name) throw errors.manifestInvalid(`it has ${name}, which is read as ${known}`);
    // The names of annotations mean nothing to a registry.
    if (known !== 'annotations') refuseOddNames(each);
  }
}

/** As Go compares names: the long s is an s, and the sign of Kelvin a k. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** A manifest that one client takes for an image and another for an index hides one of the two (CVE-2021-41190). */
function refuseField(value: unknown, field: string): void {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return;
  throw errors.manifestInvalid(
    `${field}: an image has no manifests, and an index no config and no layers`,
  );
}

function isElsewhere({ mediaType }: { readonly mediaType: string }): boolean {
  return /foreign|nondistributable/.test(mediaType);
}

function plain({ mediaType = '', digest, size }: z.output<typeof descriptor>) {
  return { mediaType, digest, size };
}

function parsed<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') || 'it';
  throw errors.manifestInvalid(`${place}: ${issue?.message ?? 'is invalid'}`);
}
