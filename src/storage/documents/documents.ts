/*
 * What lasts: the documents as they stand in the files. Times are ISO 8601 in UTC, sizes bytes.
 * data/README.md explains each for the person who opens one.
 */

/** `users/<name>.json` */
export interface UserDocument {
  readonly username: string;
  /** The addresses given, the newest last; none is ever removed (protocol.md §1.3). */
  readonly emails: readonly string[];
  /** bcrypt, with its cost and salt. */
  readonly passwordHash: string;
  readonly active: boolean;
  readonly admin: boolean;
  /**
   * What its tokens are signed for, besides its name; drawn when the account is made, and anew when its
   * password changes, when it is activated again or is no admin any more, so that no token outlives what
   * it was given for.
   */
  readonly generation?: string;
  readonly created: string;
  readonly updated: string;
}

/** One entry of a repository's image list, as its pushers sent it (clients.md, Push 1 and 7). */
export interface ListedImage {
  readonly id: string;
  readonly checksum?: string;
}

/** A tag, and what its push said of the machine it came from (protocol.md §1.11). */
export interface TagDocument {
  readonly image: string;
  readonly updated: string;
  readonly client: {
    readonly arch?: string;
    readonly docker_go_version?: string;
    readonly docker_version?: string;
    readonly kernel?: string;
    readonly os?: string;
  };
}

/** `repositories/<namespace>/<name>.json` */
export interface RepositoryDocument {
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly access: 'public' | 'private';
  readonly stars: number;
  readonly trusted: boolean;
  readonly created: string;
  readonly updated: string;
  /**
   * Part of what a token is signed for; drawn when the repository is made, and anew when it is made
   * private, so that no token outlives what it was given for.
   */
  readonly generation?: string;
  /** The index's list: what pushers announced, whether it came or not. */
  readonly images: readonly ListedImage[];
  /** The registry's truth: the complete images that are readable through this repository. */
  readonly holds: readonly string[];
  readonly tags: Readonly<Record<string, TagDocument>>;
  /** Present between the first DELETE and the last (protocol.md §1.5). */
  readonly deletion?: { readonly since: string };
  /** Signatures of delete tokens that have been used. */
  readonly spent?: readonly string[];
}

/** `images/<id>/image.json`; there is one exactly when the image is complete. */
export interface ImageDocument {
  readonly id: string;
  /** The image's own id first, then its parents up to the base. */
  readonly ancestry: readonly string[];
  /** Length of the layer as it was sent. */
  readonly size: number;
  /** The tarsum that the pushing client named, if it did. */
  readonly checksum?: string;
  /** `sha256:` over json, newline and layer as sent. */
  readonly payload: string;
  /** The files beside this document that hold the json and the layer. */
  readonly json: string;
  readonly layer: string;
  readonly completed: string;
}

/** `uploads/<id>.<digest of the repository's name>.json`: a push that is under way. */
export interface UploadDocument {
  readonly id: string;
  /** `namespace/name` of the repository that the image is pushed to. */
  readonly repository: string;
  /** That of the repository when it began: an earlier repository of the name had pushes of its own. */
  readonly generation?: string;
  readonly ancestry: readonly string[];
  readonly json: string;
  /** How many clients began this push and have not ended it. */
  readonly clients: number;
  readonly layer?: { readonly file: string; readonly size: number; readonly payload: string };
  /** When somebody last began it, or brought its layer. */
  readonly started: string;
}

/** `hub.json` */
export interface HubDocument {
  /** Counts up from 1 (`MIGRATIONS`). */
  readonly format: number;
  /** The key that token signatures are made with, 64 hex digits. */
  readonly secret: string;
  readonly created: string;
}
