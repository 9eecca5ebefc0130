import { z } from 'zod';
import { isDigest } from '../files/digests.js';
import { isImageFile } from '../files/image-files.js';

/*
 * What lasts: the documents as they stand in the files. Times are ISO 8601 in UTC, sizes bytes.
 * data/README.md explains each for the person who opens one.
 *
 * Each schema guards what is read from the disk (shapes.ts), and its type is what the hub writes. A field that
 * no schema knows is kept: a person or a later version may have put it there.
 */

/** Documents never change in place. */
type Lasting<T> = T extends readonly (infer E)[]
  ? readonly Lasting<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Lasting<T[K]> }
    : T;

const text = z.string();
const texts = z.array(text);
/** An id becomes a path, so it must be what a hub would make of it. */
const imageId = text.regex(/^[0-9a-f]{16,64}$/, 'is not an image id');
/** So do the names of files. */
const imageFile = text.refine(isImageFile, "is not the name of an image's file");
/** Names a blob, and its file. */
const digest = text.refine(isDigest, 'is not a digest');
const length = z
  .number()
  .refine((size) => Number.isSafeInteger(size) && size >= 0, 'is not a length');

export const hubDocument = z.object({
  /** Counts up from 1 (`MIGRATIONS`). */
  format: z.number().refine((format) => Number.isSafeInteger(format) && format >= 1, {
    error: 'is not a format number',
  }),
  /** The key that token signatures are made with. */
  secret: text.regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits'),
  created: text,
});

/** `hub.json` */
export type HubDocument = Lasting<z.output<typeof hubDocument>>;

export const userDocument = z.object({
  username: text,
  /** The addresses given, the newest last; none is ever removed (protocol.md §1.3). */
  emails: texts,
  /** bcrypt, with its cost and salt. */
  passwordHash: text,
  active: z.boolean(),
  admin: z.boolean(),
  /** What people tell of themselves on their page. */
  profile: z.object({ fullName: text, location: text, company: text, url: text }).exactOptional(),
  /**
   * What its tokens are signed for, besides its name; drawn when the account is made, and again when its
   * password changes, when it is activated again or loses its admin rights, so that no token outlives what
   * it was given for.
   */
  generation: text.exactOptional(),
  /** Only of a student of a class. `card` is the password on their card, readable, until another one is set. */
  student: z.object({ card: text.exactOptional() }).exactOptional(),
  /** The ids of the lessons that they have done to the end. */
  lessons: texts.exactOptional(),
  created: text,
  updated: text,
});

/** `users/<name>.json` */
export type UserDocument = Lasting<z.output<typeof userDocument>>;

/** What people tell of themselves; empty where they do not. */
export type Profile = NonNullable<UserDocument['profile']>;

const listedImage = z.object({ id: text, checksum: text.exactOptional() });

/** One entry of a repository's image list, as its pushers sent it (clients.md, Push 1 and 7). */
export type ListedImage = Lasting<z.output<typeof listedImage>>;

const tagDocument = z.object({
  /** The v1 id of what it names; where a registry of today pushed it, the one that it has in v1. */
  image: text,
  /** What was pushed for it over v2; missing where it came over v1. */
  manifest: digest.exactOptional(),
  updated: text,
  client: z.object({
    arch: text.exactOptional(),
    docker_go_version: text.exactOptional(),
    docker_version: text.exactOptional(),
    kernel: text.exactOptional(),
    os: text.exactOptional(),
  }),
});

/** A tag, and what its push said of the machine it came from (protocol.md §1.11). */
export type TagDocument = Lasting<z.output<typeof tagDocument>>;

const manifestLink = z.object({
  pushed: text,
  /** The v1 id that its image has; missing where v1 can't carry it. */
  image: text.exactOptional(),
  /** As it was pushed here, where that is another than its document has: the bytes need not say one. */
  mediaType: text.exactOptional(),
  /** Blobs of its optional layers that were pushed here too. */
  optional: z.array(digest).exactOptional(),
});

/** A manifest that a repository has. */
export type ManifestLink = Lasting<z.output<typeof manifestLink>>;

const unlistedTag = z.object({
  manifest: digest,
  updated: text,
  /** Why v1 does not list it: a clause. */
  reason: text,
});

/** A tag of what v1 can't carry. */
export type UnlistedTag = Lasting<z.output<typeof unlistedTag>>;

export const repositoryDocument = z.object({
  namespace: text,
  name: text,
  description: text,
  /** The long one, in Markdown, as it was typed. */
  fullDescription: text.exactOptional(),
  access: z.enum(['public', 'private'], 'is neither public nor private'),
  stars: z.number(),
  trusted: z.boolean(),
  created: text,
  updated: text,
  /**
   * Part of what a token is signed for; drawn when the repository is made, and again when it is made
   * private, so that no token outlives what it was given for.
   */
  generation: text.exactOptional(),
  /** The index's list: what pushers announced, whether it came or not. */
  images: z.array(listedImage),
  /** The registry's truth: the complete images that are readable through this repository. */
  holds: texts,
  tags: z.record(text, tagDocument),
  /** Tags that only v2 has; a name is either here or in `tags`. */
  unlisted: z.record(text, unlistedTag).exactOptional(),
  /** Manifests that are readable through this repository, by digest, with the blobs that they name. */
  manifests: z.record(digest, manifestLink).exactOptional(),
  /** When blobs were uploaded or mounted that none of its manifests names, by digest. */
  blobs: z.record(digest, text).exactOptional(),
  /** Present between the first DELETE and the last (protocol.md §1.5). */
  deletion: z.object({ since: text }).exactOptional(),
  /** True: a push that nobody was asked a login for made it, and no owner has pushed to it since. */
  common: z.literal(true).exactOptional(),
  /** Signatures of delete tokens that have been used. */
  spent: texts.exactOptional(),
});

/** `repositories/<namespace>/<name>.json` */
export type RepositoryDocument = Lasting<z.output<typeof repositoryDocument>>;

export const imageDocument = z
  .object({
    id: imageId,
    /** The image's own id first, then its parents up to the base. */
    ancestry: texts,
    /** Length of the layer as it was sent. */
    size: length,
    /** The tarsum that the pushing client named, if it did. */
    checksum: text.exactOptional(),
    /** `sha256:` over json, newline and layer as sent. */
    payload: text,
    /** The file beside this document that holds the json. */
    json: imageFile,
    /** The same of the layer, or the digest of the blob that it is. */
    layer: text.refine((file) => isImageFile(file) || isDigest(file), "is no layer's name"),
    completed: text,
    /** The config that it came with in an archive, a blob: what dockers of today name the image by. */
    config: digest.exactOptional(),
    /** What it is over v2, once that was asked. */
    v2: z
      .object({
        /** Its own layer as it goes out: the same bytes, or, where clients of today can't read those, others. */
        layer: digest,
        size: length,
        /** `sha256:` over the tar inside. */
        diffId: digest,
        /** The manifest of the image whose top this is, and its config. */
        manifest: digest.exactOptional(),
        config: digest.exactOptional(),
      })
      .exactOptional(),
  })
  .refine(({ id, ancestry }) => ancestry[0] === id, {
    error: 'does not begin with the image',
    path: ['ancestry'],
  });

/** `images/<id>/image.json`; there is one exactly when the image is complete. */
export type ImageDocument = Lasting<z.output<typeof imageDocument>>;

export const uploadDocument = z.object({
  id: imageId,
  /** `namespace/name` of the repository that the image is pushed to. */
  repository: text,
  /** That of the repository when it began: an earlier repository of the name had pushes of its own. */
  generation: text.exactOptional(),
  ancestry: texts,
  json: imageFile,
  /** How many clients began this push and have not ended it. */
  clients: z.number(),
  layer: z.object({ file: imageFile, size: length, payload: text }).exactOptional(),
  /** When somebody last began it, or brought its layer. */
  started: text,
});

/** `uploads/<id>.<digest of the repository's name>.json`: a push that is under way. */
export type UploadDocument = Lasting<z.output<typeof uploadDocument>>;

const platform = z.object({
  os: text.exactOptional(),
  architecture: text.exactOptional(),
  variant: text.exactOptional(),
});

/** What an index says of the machine that one of its manifests is for. */
export type PlatformDocument = Lasting<z.output<typeof platform>>;

const descriptor = z.object({ digest, mediaType: text, size: length });

/** How a manifest names a blob or another manifest; size in bytes. */
export type Descriptor = Lasting<z.output<typeof descriptor>>;

/** All of it follows from the manifest's bytes, so that it is the same in every repository. */
export const manifestDocument = z.object({
  digest,
  mediaType: text,
  /** Bytes of the manifest itself, which is a blob. */
  size: length,
  /** An image for one machine, a list of manifests for several, or anything else that somebody packed. */
  kind: z.enum(['image', 'index', 'artifact']),
  config: descriptor.exactOptional(),
  /** The blobs of an image or an artifact. */
  layers: z.array(descriptor),
  /** Layers that a repository need not have: they lie elsewhere, or may not be handed on. */
  optional: z.array(descriptor).exactOptional(),
  /** The manifests of an index. */
  manifests: z.array(descriptor.extend({ platform: platform.exactOptional() })).exactOptional(),
  /** The manifest that this one is about. */
  subject: digest.exactOptional(),
  artifactType: text.exactOptional(),
  annotations: z.record(text, text).exactOptional(),
});

/** `manifests/<algorithm>-<hex>.json`: a manifest of v2; its bytes are the blob of the same digest. */
export type ManifestDocument = Lasting<z.output<typeof manifestDocument>>;
