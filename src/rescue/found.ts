import type { Readable } from 'node:stream';
import type { TagDocument } from '../storage/documents/documents.js';
import type { FileTwin } from '../storage/files/linked-file.js';

/*
 * What a rescue finds in an old registry of API v1, in a folder or over HTTP. All of it is somebody else's:
 * nothing is believed before it is checked.
 */

/** A tag, and what is known of its push. */
export interface FoundTag {
  readonly tag: string;
  /** The id that it names, unchecked. */
  readonly image: string;
  /** When it was set, ISO 8601. */
  readonly updated?: string | undefined;
  /** The docker that set it. */
  readonly client?: TagDocument['client'] | undefined;
}

/** A part of a repository that can't come. */
export interface FoundFault {
  /** A tag, where it is one. */
  readonly tag?: string;
  readonly reason: string;
}

export interface FoundRepository {
  /** As the old registry calls it: `library/busybox`. */
  readonly name: string;
  readonly isPrivate: boolean;
  readonly tags: readonly FoundTag[];
  /** The ids in its image list, whether they came or not. */
  readonly listed: readonly string[];
  readonly faults: readonly FoundFault[];
}

/** An image that is complete as far as can be told without reading its layer. */
export interface FoundImage {
  readonly parent: string | undefined;
  /** Length of the layer in bytes, where it is known. */
  readonly size: number | undefined;
}

/** What is known of a layer or a blob before it is read. */
interface Expected {
  /** How many bytes it is to have, where that is known. */
  readonly size?: number | undefined;
  /** What its bytes must sum up to, where that is known: `sha256:<hex>`. */
  readonly digest?: string | undefined;
}

/** A layer that comes over HTTP, from its beginning. */
export interface StreamedLayer extends Expected {
  readonly stream: Readable;
}

/** A layer that lies in a file. */
export interface LayerInFile extends Expected {
  readonly file: FileTwin;
  /** Payload sums (`sha256:<hex>` over json, newline and layer) of which one is enough to show that it is whole. */
  readonly payloads?: readonly string[];
}

export type OpenedLayer = StreamedLayer | LayerInFile;

/** A registry of API v1, in a folder or over HTTP. */
export interface V1Source {
  readonly api: 'v1';
  /** Such as `docker-registry folder`. */
  readonly kind: string;
  /** Its path, or its address without a password. */
  readonly place: string;
  /** How many of its layers are best read at a time. */
  readonly atOnce: number;
  /** What could not be looked through, of a source where that can be: complete when `repositories` has ended. */
  readonly problems?: readonly string[];
  /** What a person should know of it, complete at the same time. */
  readonly notes?: readonly string[];
  /** All repositories, or those asked for; one by one, as there may be many. */
  repositories(): AsyncIterable<FoundRepository>;
  /** The ids of all its images, of a source that can tell. */
  images?(): AsyncIterable<string>;
  /** Throws a BrokenError for an image that is missing or not complete. */
  image(id: string): Promise<FoundImage>;
  /** The image json, byte for byte. Throws a BrokenError. */
  json(id: string): Promise<Buffer>;
  /** Throws a BrokenError. */
  openLayer(id: string): Promise<OpenedLayer>;
  close(): Promise<void>;
}
