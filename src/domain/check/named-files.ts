import type { UploadDocument } from '../../storage/documents/documents.js';
import { isDigest } from '../../storage/files/digests.js';
import { listingOf } from '../../storage/files/image-files.js';
import { type Inspection, pathOfImageFile } from '../../storage/folder/inspection.js';

/** The files that a document names: those of an image, or of one on its way. */
export interface NamedFiles {
  /** Where the document lies. */
  readonly path: string;
  readonly id: string;
  readonly json: string;
  readonly layer?: UploadDocument['layer'];
}

/** As `NamedFiles`, with a layer. */
export type NamedLayer = NamedFiles & { readonly layer: NonNullable<NamedFiles['layer']> };

/** What images name. */
export function namedByImages({ images }: Inspection): NamedLayer[] {
  return images.map(({ path, value: { id, json, layer, size, payload } }) => ({
    path,
    id,
    json,
    layer: { file: layer, size, payload },
  }));
}

/** What uploads name. */
export function namedByUploads({ uploads }: Inspection): NamedFiles[] {
  return uploads.map(({ path, value: { id, json, layer } }) => ({
    path,
    id,
    json,
    ...(layer === undefined ? {} : { layer }),
  }));
}

/** The layers whose sums can be computed: those that are there, with the right length; also those that are blobs. */
export function layersOf(inspection: Inspection): NamedLayer[] {
  return [...namedByImages(inspection), ...namedByUploads(inspection)].filter(
    (named): named is NamedLayer =>
      named.layer !== undefined && faultOfFiles(inspection, named) === undefined,
  );
}

/** What is wrong with the files that a document names, as far as their lengths tell. */
export function faultOfFiles(
  { imageFiles, blobs }: Inspection,
  { id, json, layer }: NamedFiles,
): string | undefined {
  const files = imageFiles.get(id);
  if (files?.has(json) !== true) return `its file ${json} is missing`;
  if (layer === undefined) return undefined;
  const size = isDigest(layer.file) ? blobs.get(layer.file) : files.get(layer.file);
  if (size === undefined) return `its file ${layer.file} is missing`;
  if (size === layer.size) return undefined;
  return `its file ${layer.file} has ${size} bytes and should have ${layer.size}`;
}

/** Where the files lie that a document names, and what is listed of its layer, whether they are there or not. */
export function pathsOf({ id, json, layer }: NamedFiles): string[] {
  const files = layer === undefined ? [json] : [json, layer.file, listingOf(layer.file)];
  return files.filter((file) => !isDigest(file)).map((file) => pathOfImageFile(id, file));
}

/** Where those files of images lie that no document names. */
export function pathsWithout(named: ReadonlySet<string>, { imageFiles }: Inspection): string[] {
  return [...imageFiles].flatMap(([id, files]) =>
    [...files.keys()].map((file) => pathOfImageFile(id, file)).filter((path) => !named.has(path)),
  );
}
