/*
 * What an image is made of, as seeds and tests write it. Nothing here needs another package, so that the
 * types of startHub are whole by themselves.
 */

/** A file: its text alone, or what else it is. A mode is octal digits, such as `"0755"`. */
export type LayerFile =
  | string
  | { readonly text: string; readonly mode?: string }
  | { readonly base64: string; readonly mode?: string }
  | { readonly directory: true; readonly mode?: string }
  /** A symbolic link, and what it says. */
  | { readonly symlink: string };

/** What docker runs an image with, as far as it is checked; docker knows more fields. */
export interface ImageConfig {
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Env?: readonly string[] | null;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly User?: string;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly [other: string]: unknown;
}

/** What an image says of itself. */
export interface ImageFacts {
  /** ISO 8601; the beginning of 1970. */
  readonly created?: string;
  readonly author?: string;
  /** `{ Cmd: ['/bin/sh'] }`. */
  readonly config?: ImageConfig;
}

/** One layer: files by path. It is an image of its own, as all were in v1. */
export interface LayerContent extends ImageFacts {
  readonly files: Readonly<Record<string, LayerFile>>;
}

/** One layer, or several, the lowest first; fields beside them hold for each layer that does not have its own. */
export type ImageContent = ImageFacts & {
  /** The image it is built on, as `ns/repo:tag` or an id. */
  readonly from?: string;
} & (
    | { readonly files: Readonly<Record<string, LayerFile>>; readonly layers?: never }
    | { readonly layers: readonly LayerContent[]; readonly files?: never }
  );

/** An image to make. */
export type NewImage = ImageContent & {
  /** The repository it belongs to; made if missing. */
  readonly repository: string;
  /** `latest`. */
  readonly tag?: string;
};

/** An image as a test sees it. */
export interface Image {
  readonly id: string;
  /** The image's own id first, then what it is built on. */
  readonly ancestry: readonly string[];
  /** Length of the layer in bytes. */
  readonly size: number;
  /** `sha256:` over json, newline and layer. */
  readonly checksum: string;
}
