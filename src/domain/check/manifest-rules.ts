import { isDeepStrictEqual } from 'node:util';
import type { ImageDocument, ManifestDocument } from '../../storage/documents/documents.js';
import type { Found, Inspection } from '../../storage/folder/inspection.js';
import { readManifest } from '../bridge/manifest-content.js';
import { HubError } from '../errors.js';
import { type Finding, rewritten } from './findings.js';

/** What is wrong between a document and the manifest that it is of. */
export interface Disagreement {
  readonly what: string;
  /** What the document is to be; undefined where the manifest can't be read. */
  readonly instead?: ManifestDocument;
}

/** How the bytes of a manifest disagree with its document; undefined where they do not. */
export function disagreement(
  document: ManifestDocument,
  bytes: Uint8Array,
): Disagreement | undefined {
  try {
    const { document: instead } = readManifest(bytes, { digest: document.digest, mediaType: '' });
    if (isDeepStrictEqual(instead, known(document))) return undefined;
    return { what: 'it says something else than its manifest', instead };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { what: `its manifest can't be read: ${error.message}` };
  }
}

/** What is wrong with the blobs that a manifest names. */
export function faultOfBlobs(
  { blobs }: Pick<Inspection, 'blobs'>,
  { digest, size, config, layers }: ManifestDocument,
): string | undefined {
  const named = [{ digest, size }, ...(config === undefined ? [] : [config]), ...layers];
  for (const each of named) {
    const found = blobs.get(each.digest);
    if (found === undefined) return `its blob ${each.digest} is missing`;
    if (found !== each.size) {
      return `its blob ${each.digest} has ${found} bytes and should have ${each.size}`;
    }
  }
  return undefined;
}

/** An image that says of itself over v2 what is not so; it is found out again when somebody asks. */
export function staleForm(
  { path, value }: Found<ImageDocument>,
  { blobs }: Pick<Inspection, 'blobs'>,
): Finding | undefined {
  const { v2, ...rest } = value;
  if (v2 === undefined || blobs.get(v2.layer) === v2.size) return undefined;
  const what = `the blob ${v2.layer} that it is over v2 is not there with ${v2.size} bytes`;
  return rewritten(path, rest, [{ what, remedy: 'have it made again' }]);
}

/** Those fields of a document that this version knows. */
function known(document: ManifestDocument): object {
  const fields = ['digest', 'mediaType', 'size', 'kind', 'config', 'layers', 'manifests'] as const;
  const more = ['optional', 'subject', 'artifactType', 'annotations'] as const;
  const own = [...fields, ...more].filter((field) => document[field] !== undefined);
  return Object.fromEntries(own.map((field) => [field, document[field]]));
}
